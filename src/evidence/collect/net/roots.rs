//! The root that a presented chain leads to. Servers do not send roots: it is found in the machine's own
//! store by the issuer's name, the key id and the signature.

use super::certificate::sha1_hex;
use rustls::pki_types::CertificateDer;
use x509_parser::error::X509Error;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The trust store of the machine, as it is now: a store may change between two runs of one process.
#[derive(Debug, Default)]
pub struct Roots {
    certificates: Vec<CertificateDer<'static>>,
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub der: Vec<u8>,
    pub sha1: String,
    pub in_store: bool,
}

impl Roots {
    /// Reads the store that `rustls-platform-verifier` uses too. Parts that cannot be read are left out.
    pub fn load() -> Roots {
        Roots { certificates: rustls_native_certs::load_native_certs().certs }
    }

    #[cfg(test)]
    pub fn of(certificates: Vec<CertificateDer<'static>>) -> Roots {
        Roots { certificates }
    }

    /// SHA-1 of every certificate of the store.
    pub fn hashes(&self) -> Vec<String> {
        let mut hashes: Vec<String> = self.certificates.iter().map(|der| sha1_hex(der)).collect();
        hashes.sort();
        hashes.dedup();
        hashes
    }

    /// Follows the presented chain from its leaf until an issuer stands in the store, or until a
    /// self-signed certificate ends it. As in a verifier the store is asked first at every step, so a
    /// cross-signed intermediate does not lead past a trusted root.
    pub fn find(&self, chain: &[CertificateDer]) -> Option<Found> {
        let presented: Vec<X509Certificate> = chain.iter().filter_map(|der| parse(der)).collect();
        let store: Vec<X509Certificate> = self.certificates.iter().filter_map(|der| parse(der)).collect();
        let mut current = presented.first()?;
        // A chain that leads in a circle ends after as many steps as it has certificates.
        for _ in 0..presented.len() {
            if let Some(root) = store.iter().find(|root| is_issued_by(current, root)) {
                return Some(found(root, true));
            }
            if current.subject().as_raw() == current.issuer().as_raw() {
                return Some(found(current, false));
            }
            current = presented.iter().find(|issuer| is_issued_by(current, issuer))?;
        }
        None
    }
}

fn parse<'a>(der: &'a CertificateDer) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

fn found(certificate: &X509Certificate, in_store: bool) -> Found {
    let der = certificate.as_raw().to_vec();
    Found { sha1: sha1_hex(&der), der, in_store }
}

fn is_issued_by(certificate: &X509Certificate, issuer: &X509Certificate) -> bool {
    if certificate.issuer().as_raw() != issuer.subject().as_raw() {
        return false;
    }
    let same_key = match (authority_key(certificate), subject_key(issuer)) {
        (Some(wanted), Some(has)) => Some(wanted == has),
        _ => None,
    };
    if same_key == Some(false) {
        return false;
    }
    match certificate.verify_signature(Some(issuer.public_key())) {
        Ok(()) => true,
        // A signature of a kind that cannot be checked here: the key id alone decides.
        Err(X509Error::SignatureUnsupportedAlgorithm) => same_key == Some(true),
        Err(_) => false,
    }
}

fn authority_key<'a>(certificate: &'a X509Certificate) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|key| key.0),
        _ => None,
    })
}

fn subject_key<'a>(certificate: &'a X509Certificate) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    type Authority = CertifiedIssuer<'static, KeyPair>;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.use_authority_key_identifier_extension = true;
        params
    }

    fn root(name: &str) -> Authority {
        CertifiedIssuer::self_signed(params(name), KeyPair::generate().unwrap()).unwrap()
    }

    fn below(name: &str, issuer: &Authority) -> Authority {
        CertifiedIssuer::signed_by(params(name), KeyPair::generate().unwrap(), issuer).unwrap()
    }

    fn chain(authorities: &[&Authority]) -> Vec<CertificateDer<'static>> {
        authorities.iter().map(|authority| authority.der().clone()).collect()
    }

    #[test]
    fn the_root_is_found_in_the_store_when_it_is_not_presented() {
        let (top, namesake, other) = (root("Root"), root("Root"), root("Other"));
        let middle = below("Middle", &top);
        let leaf = below("Leaf", &middle);
        let store = Roots::of(chain(&[&namesake, &other, &top]));
        let expected = Found { der: top.der().to_vec(), sha1: sha1_hex(top.der()), in_store: true };
        for presented in [vec![&leaf, &middle], vec![&leaf, &middle, &top], vec![&leaf, &other, &middle]] {
            assert_eq!(store.find(&chain(&presented)), Some(expected.clone()));
        }
        assert_eq!(store.find(&chain(&[&leaf])), None, "the intermediate is missing");
        assert_eq!(Roots::of(chain(&[&namesake])).find(&chain(&[&leaf, &middle])), None, "same name, other key");
    }

    #[test]
    fn a_presented_root_that_is_not_in_the_store_is_named() {
        let top = root("Corp Root");
        let leaf = below("Leaf", &top);
        let found = Roots::default().find(&chain(&[&leaf, &top])).unwrap();
        assert_eq!((found.sha1, found.in_store), (sha1_hex(top.der()), false));
        assert_eq!(Roots::default().find(&chain(&[&leaf])), None);
    }

    #[test]
    fn garbage_ends_the_search() {
        assert_eq!(Roots::default().find(&[]), None);
        assert_eq!(Roots::default().find(&[CertificateDer::from(vec![0x30, 0x82, 0xff])]), None);
    }
}
