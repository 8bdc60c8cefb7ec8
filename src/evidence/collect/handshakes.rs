//! `tls` of the cloud hosts: two handshakes each, one that offers TLS 1.2 alone and a free one.
//!
//! The presented chain is recorded also when nobody trusts it: that is how an inspecting proxy is named.

use super::net::failure::Broken;
use super::net::handshake::{Offer, Shake, shake};
use super::net::limits::{MOST_CERTIFICATES, TLS_TIMEOUT, whole};
use super::net::recorder::Shown;
use super::net::roots::Roots;
use super::net::way::{Way, open_way};
use super::net::{certificate, origin, os_trust};
use super::{
    Collector, Probe, Touched, World, cloud_hosts, each_planned, is_of_the_cloud, planned_hosts, probe, unix_ms,
};
use crate::catalog::Check;
use crate::checks::network::hosts::Host;
use crate::evidence::{Certificate, Evidence, Kind, OsTrust, Record, State, Tls};
use crate::runtime::blocking;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout;

pub struct HandshakesCollector;

impl Collector for HandshakesCollector {
    fn kind(&self) -> Kind {
        Kind::Tls
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::ProxyConfig, Kind::Tcp, Kind::Http]
    }

    fn serves(&self, check: &Check) -> bool {
        is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world) {
            if let Some(way) = open_way(evidence, &host.name, host.port, &host.target.key) {
                probes.push(handshake(world, &host, way.clone(), Offer::Only12));
                probes.push(handshake(world, &host, way, Offer::Free));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        each_planned(&planned_hosts(world), "tls", |host| format!("{host}:443"))
    }
}

fn handshake(world: &Arc<World>, host: &Host, way: Way, offer: Offer) -> Probe {
    let (this, about) = (world.clone(), host.clone());
    let part = format!("{} {}", way.via(), offer.names().join("+"));
    // Opening the way, the handshake, and asking the trust store.
    let timeout = whole(3, world.timeout(TLS_TIMEOUT));
    let touches = vec![Touched::new("tls", format!("{}:{}", host.name, host.port))];
    probe(Kind::Tls, &part, &host.target, timeout, touches, async move { vec![look(&this, &about, &way, offer).await] })
}

async fn look(world: &World, host: &Host, way: &Way, offer: Offer) -> Record {
    let started = Instant::now();
    let failed = |class: &str, code: &str, text: String| {
        world.failed(Kind::Tls, &host.target, started, State::Error, class, code, text)
    };
    let limit = world.timeout(TLS_TIMEOUT);
    let stream = match timeout(limit, way.open(world, &host.name, host.port)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(Broken::Peer(failure))) => {
            return failed("io", failure.word(), format!("the way that was open is not any more: {}", failure.word()));
        }
        Ok(Err(Broken::Ours(error))) => return failed("io", "", error.to_string()),
        Err(_) => return failed("io", "Timeout", "the way that was open is not any more: Timeout".to_owned()),
    };
    let Shake { version, cipher, alert, shown, stream } = match shake(stream, &host.name, offer, limit).await {
        Ok(shake) => shake,
        Err(error) => return failed("io", "", error.to_string()),
    };
    // Nothing more is asked on this connection.
    drop(stream);
    let name = host.name.clone();
    let chain: Vec<Certificate> =
        shown.chain.iter().take(MOST_CERTIFICATES).map(|der| certificate::describe(der)).collect();
    let name_matches = shown.chain.first().and_then(|leaf| os_trust::name_matches(leaf, &name));
    let judged = blocking(move || judge(&shown, &name));
    // A store that does not answer in time leaves its fields null.
    let judged = timeout(limit, judged).await.ok().and_then(Result::ok).unwrap_or_default();
    world.record(
        &host.target,
        started,
        Tls {
            host: host.name.clone(),
            port: host.port,
            sni: host.name.clone(),
            via: way.via().to_owned(),
            stack: "own".to_owned(),
            offered: offer.names().iter().map(|name| (*name).to_owned()).collect(),
            version_negotiated: version,
            cipher,
            alert,
            chain,
            name_matches,
            os_trust: judged.trust,
            root_sha1: judged.root_sha1,
            root_origin: judged.origin,
            http_date_header: None,
        },
    )
}

/// What the machine's store says about a chain.
#[derive(Default)]
struct Judged {
    trust: Option<OsTrust>,
    root_sha1: Option<String>,
    origin: String,
}

/// Blocks: reads the store anew, because it may change between two runs of one process.
fn judge(shown: &Shown, host: &str) -> Judged {
    let Some(leaf) = shown.chain.first() else {
        return Judged { origin: "Unknown".to_owned(), ..Judged::default() };
    };
    let considered = &shown.chain[..shown.chain.len().min(MOST_CERTIFICATES)];
    let root = Roots::load().find(considered);
    Judged {
        trust: os_trust::ask(shown, host, &certificate::describe(leaf), root.as_ref(), unix_ms()),
        origin: origin::origin(root.as_ref()).to_owned(),
        root_sha1: root.map(|root| root.sha1),
    }
}
