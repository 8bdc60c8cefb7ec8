//! A TLS handshake that records what it is shown and goes on.

use crate::evidence::TlsAlert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, ProtocolVersion, SignatureScheme};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Versions that a handshake offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// TLS 1.2 alone: what the sync service may use.
    Tls12,
    /// Whatever this stack can.
    Free,
}

impl Offer {
    pub fn versions(self) -> Vec<String> {
        let names: &[&str] = match self {
            Offer::Tls12 => &["1.2"],
            Offer::Free => &["1.2", "1.3"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// What a handshake showed; the stream is there when it succeeded.
pub struct Shown {
    /// DER, leaf first, as presented.
    pub chain: Vec<Vec<u8>>,
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub alert: Option<TlsAlert>,
    pub stream: Option<TlsStream<TcpStream>>,
}

/// Shakes hands. Never fails: a failure is what was seen.
pub async fn shake_hands(stream: TcpStream, host: &str, offer: Offer) -> Shown {
    let recorder = Arc::new(Recorder { provider: ring::default_provider(), chain: Mutex::default() });
    let mut shown = Shown { chain: Vec::new(), version: None, cipher: None, alert: None, stream: None };
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        shown.alert = Some(own("unusable_name"));
        return shown;
    };
    match TlsConnector::from(config(recorder.clone(), offer)).connect(name, stream).await {
        Ok(stream) => {
            let session = stream.get_ref().1;
            shown.version = session.protocol_version().map(version);
            shown.cipher = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
            shown.stream = Some(stream);
        }
        Err(error) => shown.alert = Some(alert(&error)),
    }
    shown.chain = std::mem::take(&mut *recorder.chain.lock().unwrap_or_else(PoisonError::into_inner));
    shown
}

fn config(recorder: Arc<Recorder>, offer: Offer) -> Arc<ClientConfig> {
    let versions: &[&rustls::SupportedProtocolVersion] = match offer {
        Offer::Tls12 => &[&rustls::version::TLS12],
        Offer::Free => &[&rustls::version::TLS12, &rustls::version::TLS13],
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("ring has suites for these versions")
        .dangerous()
        .with_custom_certificate_verifier(recorder)
        .with_no_client_auth();
    // A resumed session shows no certificate.
    config.resumption = rustls::client::Resumption::disabled();
    Arc::new(config)
}

fn version(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

fn own(code: &str) -> TlsAlert {
    TlsAlert { level: None, code: code.to_owned(), side: "own".to_owned() }
}

/// How a handshake ended: an alert of the peer, a cut connection, or what our side did not accept.
fn alert(error: &io::Error) -> TlsAlert {
    let peer = |code: &str| TlsAlert { level: None, code: code.to_owned(), side: "peer".to_owned() };
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(description)) => {
            TlsAlert { level: Some("fatal".to_owned()), ..peer(&snake_case(&format!("{description:?}"))) }
        }
        Some(Error::PeerIncompatible(_)) => own("protocol_version"),
        Some(
            Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. },
        ) => own("not_tls"),
        Some(other) => own(&other.to_string()),
        None => match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
                peer("reset")
            }
            io::ErrorKind::UnexpectedEof => peer("closed"),
            _ => peer(&error.to_string()),
        },
    }
}

/// `HandshakeFailure` as RFC 8446 writes it: `handshake_failure`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (index, c) in name.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// Accepts every chain and keeps it. Signatures are checked all the same: without that the chain would
/// prove nothing about who answers.
#[derive(Debug)]
struct Recorder {
    provider: CryptoProvider,
    chain: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
