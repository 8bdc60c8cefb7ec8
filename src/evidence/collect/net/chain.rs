//! Presented certificates as evidence, and what this machine thinks of them.

use super::trust;
use crate::evidence::{Certificate, OsTrust};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

/// A certificate's fields; `None` when it cannot be parsed.
pub fn describe(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let names = certificate.subject_alternative_name().ok().flatten();
    Some(Certificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        issuer_org: organisation(certificate.issuer()),
        sha1: trust::sha1(der),
        not_before_unix_ms: validity.not_before.timestamp() * 1_000,
        not_after_unix_ms: validity.not_after.timestamp() * 1_000,
        san: names
            .iter()
            .flat_map(|extension| &extension.value.general_names)
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                _ => None,
            })
            .collect(),
    })
}

fn organisation(name: &X509Name) -> Option<String> {
    name.iter_organization().next().and_then(|value| value.as_str().ok()).map(str::to_owned)
}

/// True when the leaf is for this host.
pub fn name_matches(chain: &[Vec<u8>], host: &str) -> Option<bool> {
    let leaf = CertificateDer::from(chain.first()?.as_slice());
    let name = ServerName::try_from(host).ok()?;
    let parsed = rustls::server::ParsedCertificate::try_from(&leaf).ok()?;
    Some(rustls::client::verify_server_name(&parsed, &name).is_ok())
}

/// Asks the platform's verifier. It may block: call it on the blocking pool.
///
/// The verifier answers with the first thing it dislikes, so dates and name are looked at here as well.
pub fn os_trust(chain: &[Vec<u8>], host: &str, now_unix_ms: i64) -> OsTrust {
    let mut errors: Vec<String> = Vec::new();
    let verdict = verify(chain, host, now_unix_ms);
    if let Err(error) = &verdict {
        errors.push(error.clone());
    }
    if let Some(leaf) = chain.first().and_then(|der| describe(der)) {
        for (is_so, word) in [
            (now_unix_ms > leaf.not_after_unix_ms, "Expired"),
            (now_unix_ms < leaf.not_before_unix_ms, "NotYetValid"),
            (name_matches(chain, host) == Some(false), "NameMismatch"),
        ] {
            if is_so && !errors.iter().any(|known| known == word) {
                errors.push(word.to_owned());
            }
        }
    }
    OsTrust {
        result: if errors.is_empty() { "Trusted" } else { "NotTrusted" }.to_owned(),
        errors,
        // rustls' verifier asks no revocation server outside Windows and macOS.
        revocation: if cfg!(any(windows, target_os = "macos")) && verdict.is_ok() { "good" } else { "notAttempted" }
            .to_owned(),
    }
}

fn verify(chain: &[Vec<u8>], host: &str, now_unix_ms: i64) -> Result<(), String> {
    let name = ServerName::try_from(host).map_err(|_| "NameMismatch".to_owned())?;
    let Some((leaf, rest)) = chain.split_first() else {
        return Err("NoCertificate".to_owned());
    };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|error| word(&error))?;
    let rest: Vec<CertificateDer> = rest.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_millis(now_unix_ms.max(0) as u64));
    let leaf = CertificateDer::from(leaf.as_slice());
    verifier.verify_server_cert(&leaf, &rest, &name, &[], now).map(|_| ()).map_err(|error| word(&error))
}

/// The verifier's error in the words of the `tls` record; its own word where there is none.
fn word(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "Expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "NotYetValid",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "NameMismatch",
            CertificateError::UnknownIssuer => "UntrustedRoot",
            CertificateError::Revoked => "Revoked",
            other => return format!("{other:?}"),
        }
        .to_owned(),
        other => other.to_string(),
    }
}
