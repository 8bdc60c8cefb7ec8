//! The way to a host that the evidence so far has opened.

use super::failure::Broken;
use super::limits::{HTTP_TIMEOUT, TCP_TIMEOUT};
use super::proxy::Proxy;
use super::stream;
use crate::evidence::collect::World;
use crate::evidence::{Evidence, Http, Kind, ProxyConfig, Route, Tcp, route};
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpStream;

/// How to reach a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Direct(SocketAddr),
    Tunnel(Proxy),
}

/// The route that the proxy settings give; `None` until they were looked at.
pub fn settled_route<'a>(evidence: &'a Evidence, host: &str) -> Option<Route<'a>> {
    // Settings that could not be read mean direct (catalog 2.1): what fails then is judged as unknown.
    evidence.records_of(Kind::ProxyConfig).next()?;
    let configs = evidence.facts::<ProxyConfig>();
    Some(configs.first().map_or(Route::Direct, |fact| route(fact.data, host)))
}

/// The open way to a host: an address that connected, or a proxy that opened a tunnel. `None` as long as
/// neither is known: then the later stages are not tried.
pub fn open_way(evidence: &Evidence, name: &str, port: u16, target_key: &str) -> Option<Way> {
    match settled_route(evidence, name)? {
        Route::Proxy(address) => {
            let tunnels = evidence.facts_at::<Http>(target_key);
            let opened = |http: &Http| http.stage == "ProxyConnect" && matches!(http.status, Some(200..=299));
            tunnels.iter().find(|fact| opened(fact.data))?;
            Proxy::parse(address).map(Way::Tunnel)
        }
        Route::Direct => {
            let attempts = evidence.facts_at::<Tcp>(target_key);
            let connected = |tcp: &Tcp| tcp.result == "Connected" && tcp.port == port && tcp.via == "direct";
            let tcp = attempts.iter().find(|fact| connected(fact.data))?.data;
            let address: IpAddr = tcp.address.parse().ok()?;
            Some(Way::Direct(SocketAddr::new(address, port)))
        }
    }
}

impl Way {
    /// `direct` or `proxy`.
    pub fn via(&self) -> &'static str {
        match self {
            Way::Direct(_) => "direct",
            Way::Tunnel(_) => "proxy",
        }
    }

    /// Opens a stream to the host.
    pub async fn open(&self, world: &World, host: &str, port: u16) -> Result<TcpStream, Broken> {
        match self {
            Way::Direct(address) => stream::to_address(*address, world.timeout(TCP_TIMEOUT)).await,
            Way::Tunnel(proxy) => {
                let credential = world.proxy_credential();
                let limit = world.timeout(HTTP_TIMEOUT);
                let (mut attempts, stream) = proxy.tunnel(host, port, credential, limit).await;
                match (stream, attempts.pop().map(|attempt| attempt.outcome)) {
                    (Some(stream), _) => Ok(stream),
                    (None, Some(Err(broken))) => Err(broken),
                    (None, _) => Err(Broken::Ours(std::io::Error::other("the proxy opens the tunnel no more"))),
                }
            }
        }
    }
}
