//! The verifier of the probes: it records what the peer shows and goes on. It decides nothing; trust is
//! asked of the operating system afterwards. No client that holds a secret is ever built on it.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};

/// What a peer showed in a handshake.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// As presented: leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Stapled answer about revocation; empty when there was none.
    pub ocsp: Vec<u8>,
    /// The peer did not prove that it holds the key of its certificate.
    pub bad_signature: bool,
}

/// Records one handshake.
#[derive(Debug)]
pub struct Recorder {
    provider: Arc<CryptoProvider>,
    shown: Mutex<Shown>,
}

impl Recorder {
    pub fn new(provider: Arc<CryptoProvider>) -> Recorder {
        Recorder { provider, shown: Mutex::default() }
    }

    pub fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A signature that does not hold is a fact about the peer, not the end of the probe.
    fn signed(&self, verdict: Result<HandshakeSignatureValid, Error>) -> Result<HandshakeSignatureValid, Error> {
        if verdict.is_err() {
            self.note(|shown| shown.bad_signature = true);
        }
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|shown| {
            shown.chain =
                std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
            shown.ocsp = ocsp_response.to_vec();
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.signed(rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.signed(rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
