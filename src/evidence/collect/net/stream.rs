//! TCP connections, each under a time-out.

use super::failure::{Broken, Failure};
use super::limits::MOST_ADDRESSES;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Connects to one address.
pub async fn to_address(address: SocketAddr, limit: Duration) -> Result<TcpStream, Broken> {
    match timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => {
            // The head of a request goes out at once; a failure here costs milliseconds only.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Broken::Peer(Failure::Timeout)),
    }
}

/// Connects to a name, its addresses in the order of the system resolver.
pub async fn to_name(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Broken> {
    let mut last = Broken::Peer(Failure::NameUnknown);
    for address in resolve(host, port, limit).await? {
        match to_address(address, limit).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses of a name by the system resolver: what every other program of this machine sees.
pub async fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Broken> {
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let lookup = crate::runtime::blocking(move || (name.as_str(), port).to_socket_addrs());
    match timeout(limit, lookup).await {
        Ok(Ok(Ok(addresses))) => Ok(addresses.take(MOST_ADDRESSES).collect()),
        Ok(Ok(Err(_))) => Err(Broken::Peer(Failure::NameUnknown)),
        Ok(Err(crate::runtime::Saturated)) => Err(Broken::Ours(std::io::Error::other("no thread left to resolve"))),
        Err(_) => Err(Broken::Peer(Failure::Timeout)),
    }
}
