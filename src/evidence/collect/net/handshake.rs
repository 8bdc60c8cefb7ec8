//! One TLS handshake with the recording verifier, and how it ended.

use super::failure::{Broken, Failure};
use super::recorder::{Recorder, Shown};
use crate::evidence::TlsAlert;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, ClientConfig, PeerIncompatible, ProtocolVersion, SupportedProtocolVersion};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Which versions a handshake offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    Only12,
    Free,
}

impl Offer {
    /// As the record names them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Offer::Only12 => &["1.2"],
            Offer::Free => &["1.2", "1.3"],
        }
    }

    fn versions(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Offer::Only12 => vec![&TLS12],
            Offer::Free => vec![&TLS13, &TLS12],
        }
    }
}

/// A handshake that ended.
#[derive(Debug)]
pub struct Shake {
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub alert: Option<TlsAlert>,
    pub shown: Shown,
    /// Open only when the handshake succeeded.
    pub stream: Option<TlsStream<TcpStream>>,
}

/// Shakes hands. Every way in which the peer ends it is a result; `Err` is our own failure.
pub async fn shake(stream: TcpStream, host: &str, offer: Offer, limit: Duration) -> io::Result<Shake> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let recorder = Arc::new(Recorder::new(provider.clone()));
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&offer.versions())
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    let ended = timeout(limit, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    let alert = match ended {
        Ok(Ok(stream)) => {
            let (_, connection) = stream.get_ref();
            return Ok(Shake {
                version: connection.protocol_version().map(version_name),
                cipher: connection.negotiated_cipher_suite().map(|suite| suite_name(suite.suite())),
                alert: None,
                shown: recorder.shown(),
                stream: Some(stream),
            });
        }
        Ok(Err(error)) => alert(error)?,
        Err(_) => broken("timeout"),
    };
    Ok(Shake { version: None, cipher: None, alert: Some(alert), shown: recorder.shown(), stream: None })
}

fn version_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The registered name (RFC 8446, B.4): rustls marks the suites of 1.3 in its own way.
fn suite_name(suite: rustls::CipherSuite) -> String {
    let name = format!("{suite:?}");
    match name.strip_prefix("TLS13_") {
        Some(rest) => format!("TLS_{rest}"),
        None => name,
    }
}

/// The end of a connection that no TLS message explains.
fn broken(code: &str) -> TlsAlert {
    TlsAlert { level: None, code: code.to_owned(), side: "peer".to_owned() }
}

fn alert(error: io::Error) -> io::Result<TlsAlert> {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Ok(named(error));
    }
    // How tokio-rustls reports a close during the handshake.
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Ok(broken("closed"));
    }
    match Broken::from(error) {
        Broken::Peer(Failure::Timeout) => Ok(broken("timeout")),
        Broken::Peer(_) => Ok(broken("reset")),
        Broken::Ours(error) => Err(error),
    }
}

fn named(error: &rustls::Error) -> TlsAlert {
    let own = |code: &str| TlsAlert { level: Some("fatal".to_owned()), code: code.to_owned(), side: "own".to_owned() };
    match error {
        rustls::Error::AlertReceived(description) => {
            TlsAlert { level: Some("fatal".to_owned()), code: alert_name(*description), side: "peer".to_owned() }
        }
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::Tls13RequiredForQuic,
        ) => own("protocol_version"),
        rustls::Error::PeerIncompatible(_) => own("handshake_failure"),
        // What is no TLS at all: a plain HTTP page on port 443, for example.
        rustls::Error::InvalidMessage(_) => own("decode_error"),
        rustls::Error::InappropriateMessage { .. } | rustls::Error::InappropriateHandshakeMessage { .. } => {
            own("unexpected_message")
        }
        rustls::Error::PeerMisbehaved(_) => own("illegal_parameter"),
        rustls::Error::DecryptError => own("bad_record_mac"),
        rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertificate(_) => own("bad_certificate"),
        _ => own("internal_error"),
    }
}

/// `HandshakeFailure` as `handshake_failure`, the spelling of the standard.
fn alert_name(description: AlertDescription) -> String {
    let mut name = String::new();
    let mut last = 'A';
    for character in format!("{description:?}").chars() {
        if character.is_ascii_uppercase() && last.is_ascii_lowercase() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
        last = character;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_standard() {
        for (description, expected) in [
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::ProtocolVersion, "protocol_version"),
            (AlertDescription::UnrecognisedName, "unrecognised_name"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::BadRecordMac, "bad_record_mac"),
            (AlertDescription::CloseNotify, "close_notify"),
        ] {
            assert_eq!(alert_name(description), expected);
        }
        assert_eq!(suite_name(rustls::CipherSuite::TLS13_AES_128_GCM_SHA256), "TLS_AES_128_GCM_SHA256");
        let older = rustls::CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
        assert_eq!(suite_name(older), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    }
}
