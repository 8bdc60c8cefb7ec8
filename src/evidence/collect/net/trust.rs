//! The trust store of this machine, read afresh each time: it may change between two runs of one process.

use sha1::{Digest, Sha1};
#[cfg(unix)]
use std::path::Path;
use x509_parser::prelude::{FromDer, X509Certificate};

/// One trusted root.
#[derive(Clone, Debug)]
pub struct Root {
    pub der: Vec<u8>,
    /// Upper-case hex.
    pub sha1: String,
}

/// Every root that this machine trusts.
pub fn store() -> Vec<Root> {
    let found = rustls_native_certs::load_native_certs();
    found.certs.into_iter().map(|der| Root { sha1: sha1(&der), der: der.to_vec() }).collect()
}

/// SHA-1 as Windows and Microsoft's lists name a certificate: upper-case hex. Not used as a proof.
pub fn sha1(der: &[u8]) -> String {
    Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The root that a presented chain leads to: the last certificate itself when it is in the store, else
/// the one that signed it. Servers do not send roots.
pub fn root_of(chain: &[Vec<u8>], store: &[Root]) -> Option<Root> {
    let last = chain.last()?;
    let own = sha1(last);
    if let Some(root) = store.iter().find(|root| root.sha1 == own) {
        return Some(root.clone());
    }
    let (_, last) = X509Certificate::from_der(last).ok()?;
    store
        .iter()
        .find(|root| {
            X509Certificate::from_der(&root.der).is_ok_and(|(_, root)| {
                root.subject() == last.issuer() && last.verify_signature(Some(root.public_key())).is_ok()
            })
        })
        .cloned()
}

/// Where a root of the store comes from, in the words of the `tls` record.
pub fn origin(root: Option<&Root>) -> &'static str {
    match root {
        None => "NotInStore",
        Some(root) => origin_of(root),
    }
}

/// The lists that a distribution or Apple ships, apart from what was added here.
#[cfg(unix)]
fn origin_of(root: &Root) -> &'static str {
    let shipped = Path::new("/usr/share/ca-certificates");
    if !shipped.is_dir() {
        return "Unknown";
    }
    if contains(shipped, root) { "PublicProgram" } else { "LocalMachineOnly" }
}

/// The registry of Windows tells group policy from the machine's own store; that is read elsewhere.
#[cfg(not(unix))]
fn origin_of(_: &Root) -> &'static str {
    "Unknown"
}

/// True when a PEM file below the folder holds the certificate.
#[cfg(unix)]
fn contains(folder: &Path, root: &Root) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            return contains(&path, root);
        }
        std::fs::read(&path).is_ok_and(|text| {
            let pems = x509_parser::pem::Pem::iter_from_buffer(&text);
            pems.flatten().any(|pem| pem.contents == root.der)
        })
    })
}
