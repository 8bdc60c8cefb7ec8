//! Runs the canned controller on the loopback interface, on the two ports of LDAP.
//!
//! `controller USERS AUTHORITY-FILE [--all-differ]`: writes the certificate of its authority to the file,
//! says `ready`, and serves until it is ended. With `--all-differ` no two users share a descriptor.

mod canned;

use canned::controller::Controller;
use canned::domain::{DNS, Domain};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [users, authority, options @ ..] = arguments.as_slice() else {
        return Err("usage: controller USERS AUTHORITY-FILE [--all-differ]".into());
    };
    let mut domain = Domain::new(users.parse()?);
    domain.all_differ = options.iter().any(|option| option == "--all-differ");
    let (pem, tls) = identity()?;
    let controller = Controller::new(domain, None);
    controller.serve(TcpListener::bind("127.0.0.1:389")?, None);
    controller.serve(TcpListener::bind("127.0.0.1:636")?, Some(tls));
    // Last: whoever waits for the file finds everything ready.
    std::fs::write(authority, pem)?;
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// The certificate of an authority, and TLS under a certificate of it.
fn identity() -> Result<(String, Arc<ServerConfig>), Box<dyn Error>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(vec![format!("dc1.{DNS}"), "127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    Ok((authority.as_ref().pem(), Arc::new(tls)))
}
