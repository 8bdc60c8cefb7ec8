//! Names of well-known SIDs, for messages: a reader knows "Authenticated Users" before S-1-5-11.

use super::sid::{self, Sid};

/// [MS-DTYP] 2.4.2.4.
const FIXED: [(Sid, &str); 28] = [
    (sid::EVERYONE, "Everyone"),
    (sid::CREATOR_OWNER, "Creator Owner"),
    (sid::CREATOR_GROUP, "Creator Group"),
    (sid::OWNER_RIGHTS, "Owner Rights"),
    (sid::NETWORK, "Network"),
    (sid::INTERACTIVE, "Interactive"),
    (sid::SERVICE, "Service"),
    (sid::ANONYMOUS, "Anonymous Logon"),
    (sid::ENTERPRISE_DOMAIN_CONTROLLERS, "Enterprise Domain Controllers"),
    (sid::SELF_SID, "Self"),
    (sid::AUTHENTICATED_USERS, "Authenticated Users"),
    (sid::THIS_ORGANIZATION, "This Organization"),
    (sid::LOCAL_SYSTEM, "Local System"),
    (sid::LOCAL_SERVICE, "Local Service"),
    (sid::NETWORK_SERVICE, "Network Service"),
    (sid::ADMINISTRATORS, "Administrators"),
    (sid::USERS, "Users"),
    (sid::GUESTS, "Guests"),
    (Sid::nt([32, 547]), "Power Users"),
    (sid::ACCOUNT_OPERATORS, "Account Operators"),
    (sid::SERVER_OPERATORS, "Server Operators"),
    (sid::PRINT_OPERATORS, "Print Operators"),
    (sid::BACKUP_OPERATORS, "Backup Operators"),
    (sid::REPLICATOR, "Replicator"),
    (sid::PRE_WIN2000, "Pre-Windows 2000 Compatible Access"),
    (Sid::nt([32, 555]), "Remote Desktop Users"),
    (Sid::nt([32, 560]), "Windows Authorization Access Group"),
    (Sid::nt([32, 561]), "Terminal Server License Servers"),
];

/// The relative identifiers that mean the same in every domain.
const RELATIVE: [(u32, &str); 17] = [
    (498, "Enterprise Read-only Domain Controllers"),
    (500, "Administrator"),
    (501, "Guest"),
    (502, "krbtgt"),
    (512, "Domain Admins"),
    (513, "Domain Users"),
    (514, "Domain Guests"),
    (515, "Domain Computers"),
    (516, "Domain Controllers"),
    (517, "Cert Publishers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
    (521, "Read-only Domain Controllers"),
    (525, "Protected Users"),
    (526, "Key Admins"),
    (527, "Enterprise Key Admins"),
];

/// The English name. Directories in other languages show translated ones, so it is never compared.
pub fn well_known_name(sid: &Sid) -> Option<&'static str> {
    if sid.domain().is_some() {
        let rid = sid.rid()?;
        return RELATIVE.iter().find(|(known, _)| *known == rid).map(|(_, name)| *name);
    }
    FIXED.iter().find(|(known, _)| known == sid).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_and_relative_sids_have_names_and_others_none() {
        for (text, name) in [
            ("S-1-1-0", Some("Everyone")),
            ("S-1-5-11", Some("Authenticated Users")),
            ("S-1-5-32-554", Some("Pre-Windows 2000 Compatible Access")),
            ("S-1-3-4", Some("Owner Rights")),
            ("S-1-5-21-1-2-3-512", Some("Domain Admins")),
            ("S-1-5-21-9-9-9-527", Some("Enterprise Key Admins")),
            ("S-1-5-21-1-2-3-502", Some("krbtgt")),
            ("S-1-5-21-1-2-3-1105", None),
            ("S-1-5-32-512", None),
            ("S-1-5-21-1-2-512", None),
        ] {
            assert_eq!(well_known_name(&text.parse().unwrap()), name, "{text}");
        }
    }
}
