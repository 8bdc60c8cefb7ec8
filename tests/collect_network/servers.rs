//! Peers on the loopback interface: hosts that speak TLS or misbehave, and proxies in front of them.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate authority of the tests.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Corp Proxy Root");
        params.distinguished_name.push(DnType::OrganizationName, "Corp");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn der(&self) -> &[u8] {
        self.0.der()
    }

    /// Shows a certificate for these names until the end of a year; the root is not sent.
    pub fn identity(&self, names: &[&str], last_year: i32) -> Identity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        Identity { leaf: leaf.der().to_vec(), key: key.serialize_der() }
    }
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    leaf: Vec<u8>,
    key: Vec<u8>,
}

/// What a host does with a connection.
#[derive(Clone)]
pub enum Host {
    /// Speaks TLS (both versions, or one of them), answers every request with these bytes.
    Https(Identity, &'static [&'static rustls::SupportedProtocolVersion], String),
    ResetsInHandshake,
    ClosesInHandshake,
    Silent,
    /// Plain text in place of TLS.
    Plain,
}

pub static BOTH: [&rustls::SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
pub static ONLY_12: [&rustls::SupportedProtocolVersion; 1] = [&TLS12];
pub static ONLY_13: [&rustls::SupportedProtocolVersion; 1] = [&TLS13];

/// Everything that peers were sent in clear or inside TLS.
pub type Log = Arc<Mutex<String>>;

/// Starts a host; returns its port and what it hears.
pub async fn host(host: Host) -> (u16, Log) {
    listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), host)
}

/// Starts a host on a listener.
pub fn listen(listener: TcpListener, host: Host) -> (u16, Log) {
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let heard = log.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, host.clone(), heard.clone()));
        }
    });
    (port, log)
}

async fn serve(mut stream: TcpStream, host: Host, log: Log) {
    let mut bytes = vec![0; 4096];
    match host {
        Host::Https(identity, versions, answer) => {
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key));
            let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(versions)
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![identity.leaf.into()], key)
                .unwrap();
            // Clients that hang up after the handshake, or refuse it, are part of the tests.
            let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else { return };
            let Ok(length @ 1..) = stream.read(&mut bytes).await else { return };
            note(&log, &bytes[..length]);
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Host::ResetsInHandshake => {
            let _ = stream.read(&mut bytes).await;
            stream.set_zero_linger().unwrap();
        }
        Host::ClosesInHandshake => {
            let _ = stream.read(&mut bytes).await;
        }
        Host::Silent => {
            std::future::pending::<()>().await;
        }
        Host::Plain => {
            let _ = stream.read(&mut bytes).await;
            let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nThis port speaks plain HTTP.").await;
        }
    }
}

fn note(log: &Log, bytes: &[u8]) {
    log.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
}

/// What a proxy does with CONNECT.
#[derive(Clone)]
pub enum Proxy {
    /// Opens a tunnel to this port, whatever the name.
    Opens(u16),
    /// Opens one for those who sign in with this header, offering these schemes.
    SignIn {
        to: u16,
        header: &'static str,
        offers: &'static str,
    },
    /// Answers these bytes and closes.
    Says(String),
    Silent,
}

/// Starts a proxy; returns its port and what it hears before a tunnel is open.
pub async fn proxy(proxy: Proxy) -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let heard = log.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(relay(stream, proxy.clone(), heard.clone()));
        }
    });
    (port, log)
}

async fn relay(mut stream: TcpStream, proxy: Proxy, log: Log) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    note(&log, &head);
    let to = match proxy {
        Proxy::Opens(to) => to,
        Proxy::SignIn { to, header, .. } if String::from_utf8_lossy(&head).contains(header) => to,
        Proxy::SignIn { offers, .. } => {
            let refusal = format!("HTTP/1.1 407 Who are you\r\n{offers}Content-Length: 0\r\n\r\n");
            let _ = stream.write_all(refusal.as_bytes()).await;
            return;
        }
        Proxy::Says(bytes) => {
            let _ = stream.write_all(bytes.as_bytes()).await;
            let _ = stream.shutdown().await;
            return;
        }
        Proxy::Silent => return std::future::pending().await,
    };
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    if stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 corp\r\n\r\n").await.is_ok() {
        pump(&mut stream, &mut far).await;
    }
}

/// Both directions; a reset of the far side is passed on as a reset.
async fn pump(near: &mut TcpStream, far: &mut TcpStream) {
    if copy_bidirectional(near, far).await.is_err() {
        let _ = near.set_zero_linger();
    }
}

/// An answer with a Date of now, as a well-behaved server gives it.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

/// What the relay says to a caller without a token.
pub fn missing_token() -> String {
    let body = "<Error><Code>401</Code><Detail>MissingToken: no authorization token</Detail></Error>";
    answer("401 Unauthorized", "Content-Type: application/xml\r\nServer: Microsoft-HTTPAPI/2.0\r\n", body)
}
