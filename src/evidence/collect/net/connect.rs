//! TCP connections, directly or through a proxy's tunnel.

use super::http1::{self, Head};
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// How a connection attempt ended, in the words of the `tcp` record.
pub fn result_of(error: &io::Error) -> &'static str {
    use io::ErrorKind::*;
    match error.kind() {
        ConnectionRefused | PermissionDenied => "Refused",
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => "Reset",
        TimedOut => "Timeout",
        _ => "Unreachable",
    }
}

/// The way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// An address that is known to answer.
    Direct(SocketAddr),
    Proxy(Proxy),
}

/// An HTTP proxy and, where the operator gave one, the value of `Proxy-Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub host: String,
    pub port: u16,
    pub authorization: Option<Authorization>,
}

/// Base64 of user and password; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization(pub String);

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(..)")
    }
}

impl Route {
    /// `direct` or `proxy`, as records say it.
    pub fn via(&self) -> &'static str {
        match self {
            Route::Direct(_) => "direct",
            Route::Proxy(_) => "proxy",
        }
    }

    /// A connection on which the host's own bytes flow.
    pub async fn open(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        match self {
            Route::Direct(address) => TcpStream::connect(address).await,
            Route::Proxy(proxy) => {
                let mut stream = TcpStream::connect((proxy.host.as_str(), proxy.port)).await?;
                let head = connect(&mut stream, host, port, proxy.authorization.as_ref()).await?;
                if (200..300).contains(&head.status) {
                    Ok(stream)
                } else {
                    Err(io::Error::other(format!("the proxy answered {}", head.status)))
                }
            }
        }
    }
}

/// Asks a proxy for a tunnel and returns its answer.
pub async fn connect(
    stream: &mut TcpStream,
    host: &str,
    port: u16,
    authorization: Option<&Authorization>,
) -> io::Result<Head> {
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some(Authorization(value)) = authorization {
        request.push_str(&format!("Proxy-Authorization: Basic {value}\r\n"));
    }
    request.push_str("\r\n");
    http1::send(stream, &request).await?;
    http1::read_head(stream).await.map(|(head, _)| head)
}
