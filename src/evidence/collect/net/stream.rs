//! TCP connections, each under a time-out.

use super::failure::{Broken, Failure};
use super::names;
use std::net::SocketAddr;
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

/// The addresses of a name, or of an address in its URL form, by the system resolver.
async fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Broken> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    match timeout(limit, names::system(name)).await {
        Ok(Ok(Ok(addresses))) => Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()),
        Ok(Ok(Err(_))) => Err(Broken::Peer(Failure::NameUnknown)),
        Ok(Err(crate::runtime::Saturated)) => Err(Broken::Ours(std::io::Error::other("no thread left to resolve"))),
        Err(_) => Err(Broken::Peer(Failure::Timeout)),
    }
}
