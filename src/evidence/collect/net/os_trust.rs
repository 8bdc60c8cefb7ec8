//! What the machine's own trust store says about a presented chain.

use super::recorder::Shown;
use super::roots::Found;
use crate::evidence::{Certificate, OsTrust};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// Whether the leaf is for `host`; `None` when it cannot be read. Judged apart from trust, because a
/// verifier stops at the first fault.
pub fn name_matches(leaf: &CertificateDer, host: &str) -> Option<bool> {
    let name = ServerName::try_from(host).ok()?;
    let parsed = ParsedCertificate::try_from(leaf).ok()?;
    Some(verify_server_name(&parsed, &name).is_ok())
}

/// Asks the operating system, and adds the faults that a verifier does not come to. Blocks: on Windows it
/// may ask the network about revocation.
pub fn ask(shown: &Shown, host: &str, leaf: &Certificate, root: Option<&Found>, now_unix_ms: i64) -> Option<OsTrust> {
    let (end, intermediates) = shown.chain.split_first()?;
    let name = ServerName::try_from(host).ok()?;
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_millis(now_unix_ms.max(0).unsigned_abs()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Made anew each time: it reads the store when it is made.
    let verdict = Verifier::new(provider)
        .and_then(|verifier| verifier.verify_server_cert(end, intermediates, &name, &shown.ocsp, now));
    let mut errors: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !errors.contains(&word) {
            errors.push(word);
        }
    };
    if let Err(error) = &verdict {
        add(word(error, shown, root));
    }
    // 0 = not read.
    if leaf.not_after_unix_ms != 0 && now_unix_ms > leaf.not_after_unix_ms {
        add("Expired".to_owned());
    }
    if now_unix_ms < leaf.not_before_unix_ms {
        add("NotYetValid".to_owned());
    }
    if name_matches(end, host) == Some(false) {
        add("NameMismatch".to_owned());
    }
    if root.is_some_and(|root| !root.in_store) {
        add("UntrustedRoot".to_owned());
    }
    if shown.bad_signature {
        add("BadSignature".to_owned());
    }
    let result = if errors.is_empty() { "Trusted" } else { "NotTrusted" };
    let revocation = revocation(errors.iter().any(|error| error == "Revoked"));
    Some(OsTrust { result: result.to_owned(), errors, revocation: revocation.to_owned() })
}

/// The verifier of Windows asks about the leaf and passes over a missing answer, so its silence says
/// neither good nor failed; the others never ask.
fn revocation(revoked: bool) -> &'static str {
    match revoked {
        true => "revoked",
        false if cfg!(windows) => "unknown",
        false => "notAttempted",
    }
}

fn word(error: &Error, shown: &Shown, root: Option<&Found>) -> String {
    let Error::InvalidCertificate(error) = error else {
        // The store is empty or cannot be asked.
        return "UntrustedRoot".to_owned();
    };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "Expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "NotYetValid",
        CertificateError::Revoked => "Revoked",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "NameMismatch",
        // A leaf alone that nobody known has signed: its intermediate was not sent.
        CertificateError::UnknownIssuer if root.is_none() && shown.chain.len() == 1 => "PartialChain",
        CertificateError::UnknownIssuer => "UntrustedRoot",
        CertificateError::BadSignature => "BadSignature",
        CertificateError::BadEncoding => "BadEncoding",
        CertificateError::UnhandledCriticalExtension => "UnhandledCriticalExtension",
        // Names of rustls, with nothing of the certificate's text in them.
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "InvalidPurpose",
        CertificateError::UnknownRevocationStatus => "UnknownRevocationStatus",
        _ => "Other",
    }
    .to_owned()
}
