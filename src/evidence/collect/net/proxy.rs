//! An HTTP proxy and the tunnels (CONNECT) that it opens.

use super::exchange::{Answer, USER_AGENT, ask, read_body};
use super::failure::{Broken, Failure};
use super::head::Head;
use super::limits::{BODY_TIMEOUT, TCP_TIMEOUT};
use super::stream;
use crate::evidence::collect::Credential;
use base64::Engine;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Host and port of a proxy that is spoken to in plain HTTP, as .NET does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub host: String,
    pub port: u16,
}

/// What became of one CONNECT.
#[derive(Debug)]
pub struct Attempt {
    pub started: Instant,
    /// The answer with the beginning of its body, or why there is none.
    pub outcome: Result<Answer, Broken>,
}

impl Proxy {
    /// Reads `http://host:port`; `None` for other schemes (SOCKS, TLS to the proxy), which .NET Framework
    /// does not speak either.
    pub fn parse(address: &str) -> Option<Proxy> {
        let url = reqwest::Url::parse(address).ok().filter(|url| url.scheme() == "http")?;
        Some(Proxy { host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Asks for a tunnel to `host:port`. A 407 that asks for Basic is answered once with the credential,
    /// where there is one; both attempts are returned, and the stream when the tunnel is open.
    pub async fn tunnel(
        &self,
        host: &str,
        port: u16,
        credential: Option<&Credential>,
        limit: Duration,
    ) -> (Vec<Attempt>, Option<TcpStream>) {
        let (first, stream) = self.attempt(host, port, None, limit).await;
        let wants_basic = matches!(&first.outcome, Ok(answer) if asks_for_basic(&answer.head));
        let mut attempts = vec![first];
        let header = credential.filter(|_| wants_basic).and_then(basic);
        if let Some(header) = header {
            let (second, stream) = self.attempt(host, port, Some(&header), limit).await;
            attempts.push(second);
            return (attempts, stream);
        }
        (attempts, stream)
    }

    async fn attempt(
        &self,
        host: &str,
        port: u16,
        authorization: Option<&Zeroizing<String>>,
        limit: Duration,
    ) -> (Attempt, Option<TcpStream>) {
        let started = Instant::now();
        let asking = async {
            let mut stream = stream::to_name(&self.host, self.port, limit.min(TCP_TIMEOUT)).await?;
            let mut request = Zeroizing::new(format!(
                "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {USER_AGENT}\r\n"
            ));
            if let Some(authorization) = authorization {
                request.push_str(authorization);
            }
            request.push_str("\r\n");
            let mut answer = ask(&mut stream, request.as_bytes()).await?;
            if (200..300).contains(&answer.head.status) {
                // TLS servers wait for the client: bytes behind a 2xx are not from the host.
                return match answer.body.is_empty() {
                    true => Ok((answer, Some(stream))),
                    false => Err(Broken::Peer(Failure::NotHttp)),
                };
            }
            read_body(&mut stream, &mut answer, BODY_TIMEOUT).await;
            Ok((answer, None))
        };
        match timeout(limit, asking).await {
            Ok(Ok((answer, stream))) => (Attempt { started, outcome: Ok(answer) }, stream),
            Ok(Err(broken)) => (Attempt { started, outcome: Err(broken) }, None),
            Err(_) => (Attempt { started, outcome: Err(Broken::Peer(Failure::Timeout)) }, None),
        }
    }
}

/// A password goes to a proxy only when it asks for one in this form.
fn asks_for_basic(head: &Head) -> bool {
    let is_basic = |value: &str| value.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("basic"));
    head.status == 407 && head.headers("Proxy-Authenticate").any(is_basic)
}

/// The header line for Basic (RFC 7617), wiped after use; `None` for a secret that is not UTF-8.
fn basic(credential: &Credential) -> Option<Zeroizing<String>> {
    let secret = credential.secret.reveal()?;
    let pair = Zeroizing::new(format!("{}:{secret}", credential.user));
    let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(pair.as_bytes()));
    Some(Zeroizing::new(format!("Proxy-Authorization: Basic {}\r\n", encoded.as_str())))
}

#[cfg(test)]
mod tests {
    use super::super::head::{Parsed, parse};
    use super::*;

    #[test]
    fn addresses_of_proxies() {
        let proxy = |host: &str, port| Some(Proxy { host: host.to_owned(), port });
        for (address, expected) in [
            ("http://proxy.corp.example:8080", proxy("proxy.corp.example", 8080)),
            ("http://proxy.corp.example/", proxy("proxy.corp.example", 80)),
            ("http://192.0.2.1:3128", proxy("192.0.2.1", 3128)),
            ("http://[2001:db8::1]:3128", proxy("[2001:db8::1]", 3128)),
            ("socks5://proxy:1080", None),
            ("https://proxy:443", None),
            ("proxy:8080", None),
            ("", None),
        ] {
            assert_eq!(Proxy::parse(address), expected, "{address}");
        }
    }

    #[test]
    fn a_password_is_sent_for_basic_only() {
        for (headers, expected) in [
            ("407 x\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: BASIC realm=\"x\"", true),
            ("407 x\r\nProxy-Authenticate: Basic", true),
            ("407 x\r\nProxy-Authenticate: NTLM", false),
            ("407 x", false),
            ("401 x\r\nProxy-Authenticate: Basic", false),
        ] {
            match parse(format!("HTTP/1.1 {headers}\r\n\r\n").as_bytes()) {
                Parsed::Complete(head, _) => assert_eq!(asks_for_basic(&head), expected, "{headers}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
