//! Which way the probes of a host take: the way of the sync service, as far as it is known (catalog 2.1).

use super::connect::{Authorization, Proxy, Route};
use crate::checks::network::facts::{self, Path};
use crate::checks::network::hosts::Host;
use crate::evidence::collect::World;
use crate::evidence::{Evidence, Http, Kind, Tcp};
use std::net::{IpAddr, SocketAddr};

/// The route to a host, once the evidence shows that it is open; `None` until then, or when it is closed.
pub fn open_route(evidence: &Evidence, world: &World, host: &Host) -> Option<Route> {
    match proxy(evidence, world, host)? {
        Some(proxy) => {
            let opened = evidence.facts_at::<Http>(&host.target.key).into_iter().any(|fact| {
                fact.data.stage == "ProxyConnect" && fact.data.status.is_some_and(|status| (200..300).contains(&status))
            });
            opened.then_some(Route::Proxy(proxy))
        }
        None => {
            let ports = evidence.facts_at::<Tcp>(&host.target.key);
            let open = ports.iter().find(|fact| fact.data.result == "Connected" && fact.data.port == host.port)?;
            let address: IpAddr = open.data.address.parse().ok()?;
            Some(Route::Direct(SocketAddr::new(address, host.port)))
        }
    }
}

/// The proxy of the service, `Some(None)` when it goes directly, `None` while that is not decided.
pub fn proxy(evidence: &Evidence, world: &World, host: &Host) -> Option<Option<Proxy>> {
    evidence.records_of(Kind::ProxyConfig).next()?;
    match facts::path(&world.scene(evidence), &host.target) {
        Path::Proxy(address) => address.and_then(|address| parse(address, world)).map(Some),
        // A script or an unknown setting: hosts are probed directly, the checks say what that proves.
        Path::Direct | Path::Unsettled(_) | Path::Unread => Some(None),
    }
}

/// `http://host:port` or `host:port`; the operator's credential goes to the operator's proxy only.
fn parse(address: &str, world: &World) -> Option<Proxy> {
    let with_scheme = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = reqwest::Url::parse(&with_scheme).ok()?;
    let settings = &world.settings;
    let authorization =
        settings.proxy_credential.as_ref().filter(|_| settings.proxy.is_some()).and_then(|credential| {
            use base64::Engine;
            let secret = credential.secret.reveal()?;
            let pair = zeroize::Zeroizing::new(format!("{}:{secret}", credential.user));
            Some(Authorization(base64::engine::general_purpose::STANDARD.encode(pair.as_bytes())))
        });
    Some(Proxy { host: url.host_str()?.to_owned(), port: url.port_or_known_default()?, authorization })
}
