//! Certificates as they are presented, read for the record.

use super::text::bounded;
use crate::evidence::Certificate;
use sha1::{Digest, Sha1};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Names of one certificate that are recorded; hosts of large services share certificates with many.
const MOST_NAMES: usize = 100;

/// SHA-1 of a certificate, upper-case hex: how Windows and Microsoft's lists name it.
pub fn sha1_hex(der: &[u8]) -> String {
    Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// What a certificate says; of one that cannot be parsed only the hash.
pub fn describe(der: &[u8]) -> Certificate {
    let sha1 = sha1_hex(der);
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return Certificate { sha1, ..Certificate::default() };
    };
    let issuer_org = certificate.issuer().iter_organization().next().and_then(|org| org.as_str().ok());
    Certificate {
        subject: bounded(&certificate.subject().to_string()),
        issuer: bounded(&certificate.issuer().to_string()),
        issuer_org: issuer_org.map(bounded),
        sha1,
        not_before_unix_ms: certificate.validity().not_before.timestamp().saturating_mul(1000),
        not_after_unix_ms: certificate.validity().not_after.timestamp().saturating_mul(1000),
        san: names(&certificate),
    }
}

fn names(certificate: &X509Certificate) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(bounded(name)),
        GeneralName::IPAddress([a, b, c, d]) => Some(format!("{a}.{b}.{c}.{d}")),
        _ => None,
    });
    names.take(MOST_NAMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

    #[test]
    fn fields_of_a_certificate() {
        let mut params = CertificateParams::new(vec!["a.example".to_owned(), "*.b.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Corp\u{1b} Proxy");
        params.distinguished_name.push(DnType::CommonName, "a.example");
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let described = describe(certificate.der());
        assert_eq!(described.subject, "O=Corp Proxy, CN=a.example");
        assert_eq!(described.issuer_org.as_deref(), Some("Corp Proxy"));
        assert_eq!(described.san, ["a.example", "*.b.example"]);
        assert_eq!(described.not_before_unix_ms, 1_767_225_600_000);
        assert_eq!(described.not_after_unix_ms, 1_798_761_600_000);
        assert_eq!(described.sha1.len(), 40);
    }

    #[test]
    fn what_cannot_be_parsed_still_has_a_hash() {
        let described = describe(b"no certificate");
        assert_eq!(described.subject, "");
        assert_eq!(described.sha1, sha1_hex(b"no certificate"));
        assert_eq!(sha1_hex(b"abc"), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    }
}
