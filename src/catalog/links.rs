//! Addresses of Microsoft's documentation, by key.

/// The page behind a link key; `None` for a key that is not in the table.
pub fn address(key: &str) -> Option<&'static str> {
    LINKS.iter().find(|(name, _)| *name == key).map(|(_, address)| *address)
}

/// Every key with its address.
pub const LINKS: &[(&str, &str)] = &[
    ("L-TSWB", "https://learn.microsoft.com/entra/identity/authentication/troubleshoot-sspr-writeback"),
    ("L-CONC", "https://learn.microsoft.com/entra/identity/authentication/concept-sspr-writeback"),
    ("L-TUT", "https://learn.microsoft.com/entra/identity/authentication/tutorial-enable-sspr-writeback"),
    ("L-TUTCS", "https://learn.microsoft.com/entra/identity/authentication/tutorial-enable-cloud-sync-sspr-writeback"),
    ("L-HOW", "https://learn.microsoft.com/entra/identity/authentication/concept-sspr-howitworks"),
    ("L-LIC", "https://learn.microsoft.com/entra/identity/authentication/concept-sspr-licensing"),
    ("L-LICREF", "https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference"),
    ("L-RPT", "https://learn.microsoft.com/entra/identity/authentication/howto-sspr-reporting"),
    ("L-TSSSPR", "https://learn.microsoft.com/entra/identity/authentication/troubleshoot-sspr"),
    ("L-PRE", "https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-install-prerequisites"),
    ("L-PORTS", "https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-ports"),
    ("L-TSC", "https://learn.microsoft.com/entra/identity/hybrid/connect/tshoot-connect-connectivity"),
    ("L-APPID", "https://learn.microsoft.com/entra/identity/hybrid/connect/authenticate-application-id"),
    ("L-ACC", "https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-accounts-permissions"),
    (
        "L-CONF",
        "https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-configure-ad-ds-connector-account",
    ),
    ("L-STAG", "https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-staging-server"),
    ("L-SCHED", "https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-feature-scheduler"),
    (
        "L-OPS",
        "https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-service-manager-ui-operations",
    ),
    ("L-TLS", "https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-tls-enforcement"),
    ("L-VER", "https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-version-history"),
    ("L-SEC", "https://learn.microsoft.com/entra/identity/hybrid/connect/security-updates-pks"),
    (
        "L-GEN",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-general-troubleshooting-steps",
    ),
    (
        "L-ACCESS",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-access-rights-permissions",
    ),
    (
        "L-29",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-error-code-sspr-0029",
    ),
    (
        "L-09",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-error-code-sspr-009",
    ),
    (
        "L-2C",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-error-code-8023062c",
    ),
    (
        "L-NC",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-not-compliant-on-premises-ad-pwd-policy",
    ),
    (
        "L-UNABLE",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/unable-configure-pwd-writeback-error",
    ),
    (
        "L-M365",
        "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/password-writeback-microsoft-365-admin-center",
    ),
    ("L-RPC", "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/rpc-errors-affecting-aadconnect"),
    (
        "L-UAC",
        "https://learn.microsoft.com/troubleshoot/windows-server/active-directory/useraccountcontrol-manipulate-account-properties",
    ),
    (
        "L-APXC",
        "https://learn.microsoft.com/windows-server/identity/ad-ds/plan/security-best-practices/appendix-c--protected-accounts-and-groups-in-active-directory",
    ),
    ("L-UNEXP", "https://learn.microsoft.com/windows/win32/adschema/r-unexpire-password"),
    ("L-CA", "https://learn.microsoft.com/azure/security/fundamentals/azure-certificate-authority-details"),
    ("L-RFAQ", "https://learn.microsoft.com/azure/azure-relay/relay-faq"),
    ("L-RHC", "https://learn.microsoft.com/azure/azure-relay/relay-hybrid-connections-protocol"),
    ("L-NET", "https://learn.microsoft.com/dotnet/framework/install/versions-and-dependencies"),
    ("L-GERR", "https://learn.microsoft.com/graph/errors"),
    ("L-GORG", "https://learn.microsoft.com/graph/api/resources/organization"),
    ("L-GREG", "https://learn.microsoft.com/graph/api/resources/userregistrationdetails"),
    ("L-GHEALTH", "https://learn.microsoft.com/graph/api/resources/servicehealth"),
];
