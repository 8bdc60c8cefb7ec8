//! `tls`: two handshakes per host, one that offers TLS 1.2 alone and a free one.

use super::net::chain;
use super::net::connect::Route;
use super::net::route::open_route;
use super::net::tls::{Offer, Shown, shake_hands};
use super::net::trust;
use super::{Collector, Probe, Touched, World, cloud_hosts, probe};
use crate::checks::network::hosts::Host;
use crate::evidence::collect::unix_ms;
use crate::evidence::{Evidence, Kind, Record, Tls, TlsAlert};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// TLS_TIMEOUT of the catalog (0.6).
const TLS_TIMEOUT: Duration = Duration::from_secs(5);

pub struct HandshakesCollector;

impl Collector for HandshakesCollector {
    fn kind(&self) -> Kind {
        Kind::Tls
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::ProxyConfig, Kind::Tcp, Kind::Http]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world) {
            let Some(route) = open_route(evidence, world, &host) else { continue };
            for offer in [Offer::Tls12, Offer::Free] {
                let limit = world.timeout(TLS_TIMEOUT);
                let touches = vec![Touched::new("tls", format!("{}:{}", host.name, host.port))];
                let (this, about, route) = (world.clone(), host.clone(), route.clone());
                // A little longer than the handshake, so that a silent peer is an observation.
                let timeout = limit + Duration::from_millis(500);
                probes.push(probe(
                    Kind::Tls,
                    &offer.versions().join("+"),
                    &host.target,
                    timeout,
                    touches,
                    async move { vec![handshake(&this, &about, &route, offer, limit).await] },
                ));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        super::documented_hosts(world).map(|name| Touched::new("tls", format!("{name}:443"))).collect()
    }
}

async fn handshake(world: &World, host: &Host, route: &Route, offer: Offer, limit: Duration) -> Record {
    let started = Instant::now();
    let shown = tokio::time::timeout(limit, async {
        match route.open(&host.name, host.port).await {
            Ok(stream) => shake_hands(stream, &host.name, offer).await,
            Err(error) => Shown::cut(&error.to_string()),
        }
    })
    .await
    .unwrap_or_else(|_| Shown::cut("timeout"));
    let mut data = Tls {
        host: host.name.clone(),
        port: host.port,
        sni: host.name.clone(),
        via: route.via().to_owned(),
        stack: "own".to_owned(),
        offered: offer.versions(),
        version_negotiated: shown.version,
        cipher: shown.cipher,
        alert: shown.alert,
        chain: shown.chain.iter().filter_map(|der| chain::describe(der)).collect(),
        name_matches: chain::name_matches(&shown.chain, &host.name),
        root_origin: "Unknown".to_owned(),
        ..Tls::default()
    };
    if !shown.chain.is_empty() {
        let name = host.name.clone();
        let judged = crate::runtime::blocking(move || {
            let store = trust::store();
            let root = trust::root_of(&shown.chain, &store);
            (chain::os_trust(&shown.chain, &name, unix_ms()), trust::origin(root.as_ref()), root.map(|root| root.sha1))
        })
        .await;
        match judged {
            Ok((os_trust, origin, root_sha1)) => {
                data.os_trust = Some(os_trust);
                data.root_origin = origin.to_owned();
                data.root_sha1 = root_sha1;
            }
            Err(_) => return world.saturated(Kind::Tls, &host.target, started),
        }
    }
    world.record(&host.target, started, data)
}

impl Shown {
    /// A handshake that the network ended.
    fn cut(code: &str) -> Shown {
        let alert = TlsAlert { level: None, code: code.to_owned(), side: "peer".to_owned() };
        Shown { chain: Vec::new(), version: None, cipher: None, alert: Some(alert), stream: None }
    }
}
