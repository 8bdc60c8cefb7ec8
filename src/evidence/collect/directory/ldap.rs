//! LDAP connections: every operation has a time-out, and no answer of a peer can end more than itself.

use super::connection::{Connection, Ended};
use super::controllers::LDAP;
use super::{pair, pump, start_tls};
use crate::evidence::State;
use crate::panics;
use futures_util::FutureExt;
use ldap3::{LdapConnSettings, LdapError, StdStream};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// LDAP_TIMEOUT of the catalog (0.6), for each operation.
pub const LDAP_TIMEOUT: Duration = Duration::from_secs(5);

/// Result codes that are told apart ([RFC 4511] appendix A).
const OPERATIONS_ERROR: u32 = 1;
const STRONGER_AUTH_REQUIRED: u32 = 8;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_CREDENTIALS: u32 = 49;
const INSUFFICIENT_ACCESS: u32 = 50;

/// What protects a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    Plain,
    Ldaps,
    StartTls,
}

impl Protection {
    /// As it stands in the record of a bind.
    pub fn name(self) -> &'static str {
        match self {
            Protection::Plain => "none",
            Protection::Ldaps => "ldaps",
            Protection::StartTls => "startTls",
        }
    }
}

/// Why an operation gave nothing. No text holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing came within this time.
    NoAnswer(Duration),
    /// The controller answered with this result code.
    Refused { code: u32, text: String },
    /// The connection or the answer broke, or this machine could not ask.
    Broken(String),
}

impl Failure {
    pub fn malformed() -> Failure {
        Failure::Broken("the answer is not well-formed LDAP".to_owned())
    }

    pub fn state(&self) -> State {
        match self {
            Failure::NoAnswer(_) => State::Timeout,
            // Active Directory answers "a successful bind must be completed" as an operations error.
            Failure::Refused {
                code: OPERATIONS_ERROR | STRONGER_AUTH_REQUIRED | INVALID_CREDENTIALS | INSUFFICIENT_ACCESS,
                ..
            } => State::AccessDenied,
            Failure::Refused { .. } | Failure::Broken(_) => State::NotReadable,
        }
    }

    /// `noAnswer`, `broken`, or the result code.
    pub fn code(&self) -> String {
        match self {
            Failure::NoAnswer(_) => "noAnswer".to_owned(),
            Failure::Refused { code, .. } => code.to_string(),
            Failure::Broken(_) => "broken".to_owned(),
        }
    }

    pub fn is_no_such_object(&self) -> bool {
        matches!(self, Failure::Refused { code: NO_SUCH_OBJECT, .. })
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NoAnswer(limit) => write!(f, "no answer within {} ms", limit.as_millis()),
            Failure::Refused { code, text } => write!(f, "result code {code}: {text}"),
            Failure::Broken(text) => f.write_str(text),
        }
    }
}

impl From<LdapError> for Failure {
    fn from(error: LdapError) -> Failure {
        match error {
            LdapError::LdapResult { result } => Failure::Refused { code: result.rc, text: reason(&result.text) },
            // What the library says of a connection that ended is about its own channels.
            LdapError::ResultRecv { .. } | LdapError::OpSend { .. } | LdapError::EndOfStream => {
                Failure::Broken("the controller closed the connection".to_owned())
            }
            other => Failure::Broken(printable(&other.to_string())),
        }
    }
}

/// Runs an operation of `ldap3`, which knows no time-outs and panics on some answers that are not well
/// formed: both become data.
pub async fn guarded<T>(limit: Duration, operation: impl Future<Output = Result<T, LdapError>>) -> Result<T, Failure> {
    match tokio::time::timeout(limit, AssertUnwindSafe(operation).catch_unwind()).await {
        Ok(Ok(done)) => done.map_err(Failure::from),
        Ok(Err(_)) => {
            panics::take_incident();
            Err(Failure::malformed())
        }
        Err(_) => Err(Failure::NoAnswer(limit)),
    }
}

/// A connection without a bind: enough for rootDSE.
pub async fn connect(
    host: &str,
    protection: Protection,
    trust: Option<Arc<rustls::ClientConfig>>,
    limit: Duration,
) -> Result<Connection, Failure> {
    guarded(limit, async { Ok(open(host, protection, trust).await) }).await?
}

/// Inside TLS nothing but `ldap3` sees the messages: a peer with a certificate that this machine trusts for
/// its name is trusted not to send what breaks its parser.
async fn open(
    host: &str,
    protection: Protection,
    trust: Option<Arc<rustls::ClientConfig>>,
) -> Result<Connection, Failure> {
    let settings = LdapConnSettings::new();
    let settings = match (protection, trust) {
        (Protection::Plain, _) => {
            let stream = tcp(host).await?;
            let (ours, settings, url) = pair::streams().await.map_err(LdapError::from)?;
            let ended = Ended::default();
            tokio::spawn(pump::run(stream, ours, ended.clone()));
            return Ok(Connection::open(settings, url, ended).await?);
        }
        // The library would fall back to a store of its own.
        (_, None) => return Err(Failure::Broken("TLS without the trust of this machine is not used".to_owned())),
        (Protection::Ldaps, Some(trust)) => settings.set_config(trust),
        (Protection::StartTls, Some(trust)) => {
            let mut stream = tcp(host).await?;
            start_tls::agree(&mut stream).await?;
            let stream = stream.into_std().map_err(LdapError::from)?;
            settings.set_config(trust).set_std_stream(StdStream::Tcp(stream))
        }
    };
    Ok(Connection::open(settings, &format!("ldaps://{host}"), Ended::default()).await?)
}

/// To the port of LDAP, unless the host brings its own.
async fn tcp(host: &str) -> Result<TcpStream, LdapError> {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { host.to_owned() } else { format!("{host}:{LDAP}") };
    Ok(TcpStream::connect(address).await?)
}

/// The part of a diagnostic message that tells something: `data 52e` ([MS-ERREF] in hex).
pub fn reason(text: &str) -> String {
    let printable = printable(text);
    match printable.find("data ") {
        Some(start) => printable[start..].split(',').next().unwrap_or_default().to_owned(),
        None => printable,
    }
}

/// Text of a peer or a library, short and without control characters.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::super::query::{Query, ask};
    use super::super::testing::nested;
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    const SHORT: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_secs(10);

    /// A peer that answers with these bytes and then waits.
    async fn serve(answer: Vec<u8>, close: bool) -> (String, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let host = listener.local_addr().expect("address").to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accept");
            let mut question = [0; 512];
            let _ = stream.read(&mut question).await;
            let _ = stream.write_all(&answer).await;
            if !close {
                tokio::time::sleep(SHORT * 10).await;
            }
        });
        (host, server)
    }

    /// What a rootDSE search says of a peer that answers with these bytes and then waits.
    async fn asked(answer: impl Into<Vec<u8>>, close: bool, limit: Duration) -> Failure {
        let (host, server) = serve(answer.into(), close).await;
        let mut ldap = connect(&host, Protection::Plain, None, limit).await.expect("TCP connects");
        let failure = ask(&mut ldap, limit, Query::base("", &["currentTime"]), Vec::new()).await;
        server.abort();
        failure.expect_err("no answer is an entry")
    }

    #[tokio::test]
    async fn a_frozen_controller_ends_at_the_time_out() {
        assert_eq!(asked(b"", false, SHORT).await, Failure::NoAnswer(SHORT));
    }

    #[tokio::test]
    async fn other_protocols_and_malformed_answers_are_data() {
        for answer in [
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x30\x00",
            // An entry whose DN is an integer.
            b"\x30\x0c\x02\x01\x01\x64\x07\x02\x01\x05\x30\x02\x04\x00",
            // A message of an unknown operation.
            b"\x30\x05\x02\x01\x01\x7f\x00",
        ] {
            let failure = asked(answer, true, SHORT).await;
            assert!(matches!(failure, Failure::Broken(_) | Failure::NoAnswer(_)), "{failure:?}");
        }
        assert!(matches!(asked(b"", true, SHORT).await, Failure::Broken(_)));
    }

    #[tokio::test]
    async fn what_would_break_the_parser_ends_the_connection_with_a_reason() {
        for (answer, expected) in [
            (nested(20_000), "the controller sent a message that is nested deeper than 32 levels"),
            (b"\x30\x84\xff\xff\xff\xff".to_vec(), "the controller announced a message of 4294967295 bytes"),
        ] {
            assert_eq!(asked(answer, false, LONG).await, Failure::Broken(expected.to_owned()));
        }
    }

    #[tokio::test]
    async fn nothing_is_descended_into_before_tls_begins() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let nobody = rustls::RootCertStore::empty();
        let trust = Arc::new(trust.expect("versions").with_root_certificates(nobody).with_no_client_auth());
        let success = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        let no_tls = "I/O error: received corrupt message of type InvalidContentType";
        for (answer, expected) in [
            (nested(20_000), "the answer is not well-formed LDAP"),
            // What follows is for TLS, which knows no nesting.
            ([&success[..], &nested(20_000)].concat(), no_tls),
        ] {
            let (host, server) = serve(answer, false).await;
            let failure = connect(&host, Protection::StartTls, Some(trust.clone()), LONG).await.err();
            assert_eq!(failure, Some(Failure::Broken(expected.to_owned())));
            server.abort();
        }
    }

    #[tokio::test]
    async fn tls_is_never_used_without_the_trust_of_the_machine() {
        for protection in [Protection::Ldaps, Protection::StartTls] {
            assert!(matches!(connect("127.0.0.1:1", protection, None, SHORT).await, Err(Failure::Broken(_))));
        }
    }

    #[test]
    fn the_reason_is_cut_out_of_the_message() {
        let text = "80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data 52e, v4563\0";
        assert_eq!(reason(text), "data 52e");
        assert_eq!(reason("no\u{1b}[31m such object"), "no[31m such object");
        assert_eq!(reason(&"x".repeat(1000)).len(), 200);
    }

    #[test]
    fn what_was_refused_and_what_was_not_seen_are_told_apart() {
        let refused = |code| Failure::Refused { code, text: String::new() };
        assert_eq!(refused(OPERATIONS_ERROR).state(), State::AccessDenied);
        assert_eq!(refused(INSUFFICIENT_ACCESS).state(), State::AccessDenied);
        assert_eq!(refused(52).state(), State::NotReadable);
        assert!(refused(NO_SUCH_OBJECT).is_no_such_object());
        assert_eq!(Failure::NoAnswer(SHORT).state(), State::Timeout);
    }
}
