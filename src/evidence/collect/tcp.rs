//! `tcp` of the cloud hosts: one connection attempt per address. Always direct; behind an explicit proxy
//! the result is information.

use super::net::failure::{Broken, Failure};
use super::net::limits::{MOST_ADDRESSES, TCP_TIMEOUT, whole};
use super::net::stream::to_address;
use super::{Collector, Probe, Touched, World, scene};
use crate::catalog::Target;
use crate::checks::network::hosts::{Host, hosts};
use crate::evidence::{Dns, Evidence, Kind, Record, State, Tcp};
use crate::knowledge::HostRole;
use futures_util::FutureExt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// Ports of older relay bindings that an old event text still asks for (facts cloud 1.2).
const LEGACY_PORTS: [u16; 6] = [5671, 9350, 9351, 9352, 9353, 9354];

pub struct TcpCollector;

impl Collector for TcpCollector {
    fn kind(&self) -> Kind {
        Kind::Tcp
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::Dns]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in hosts(&scene(evidence, world)) {
            let addresses = addresses(evidence, &host.target);
            for &address in &addresses {
                probes.push(probe(world, &host, SocketAddr::new(address, host.port)));
            }
            let is_relay = matches!(host.role, HostRole::RelayEvent | HostRole::RelayDoc);
            if world.settings.include_legacy_port && is_relay {
                for (port, address) in LEGACY_PORTS.into_iter().zip(addresses.iter().take(1).cycle()) {
                    probes.push(probe(world, &host, SocketAddr::new(*address, port)));
                }
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let mut patterns = super::host_patterns(world, "tcp", ":443");
        if world.settings.include_legacy_port {
            patterns.push(Touched::new("tcp", "relay hosts, ports 5671 and 9350-9354"));
        }
        patterns
    }
}

/// Addresses of a host that can be connected to, in the order of the resolver.
fn addresses(evidence: &Evidence, target: &Target) -> Vec<IpAddr> {
    let facts = evidence.facts_at::<Dns>(&target.key);
    let answers = facts.iter().filter(|fact| fact.data.record_type == "A+AAAA").flat_map(|fact| &fact.data.answers);
    let addresses = answers.filter_map(|answer| answer.value.parse::<IpAddr>().ok());
    // An unspecified address would connect to this machine itself.
    addresses.filter(|address| !address.is_unspecified()).take(MOST_ADDRESSES).collect()
}

fn probe(world: &Arc<World>, host: &Host, address: SocketAddr) -> Probe {
    let (world, target, name) = (world.clone(), host.target.clone(), host.name.clone());
    Probe {
        key: format!("tcp:{name}:{address}"),
        kind: Kind::Tcp,
        target: target.clone(),
        timeout: whole(1, world.timeout(TCP_TIMEOUT)),
        touches: vec![Touched::new("tcp", format!("{name}:{}", address.port()))],
        work: Box::new(move || async move { vec![connect(&world, &target, name, address).await] }.boxed()),
    }
}

async fn connect(world: &World, target: &Target, host: String, address: SocketAddr) -> Record {
    let started = Instant::now();
    let result = match to_address(address, world.timeout(TCP_TIMEOUT)).await {
        Ok(_) => "Connected",
        Err(Broken::Peer(failure @ (Failure::Refused | Failure::Reset | Failure::Timeout | Failure::Unreachable))) => {
            failure.word()
        }
        Err(Broken::Peer(failure)) => {
            return world.failed(Kind::Tcp, target, started, State::Error, "io", failure.word(), "no connection");
        }
        Err(Broken::Ours(error)) => {
            let code = error.raw_os_error().unwrap_or_default();
            return world.failed(Kind::Tcp, target, started, State::Error, "io", code, error);
        }
    };
    world.record(
        target,
        started,
        Tcp {
            host,
            address: address.ip().to_string(),
            port: address.port(),
            via: "direct".to_owned(),
            result: result.to_owned(),
            ms: started.elapsed().as_millis().min(u128::from(u32::MAX)) as u32,
            epm: None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::DnsAnswer;

    #[test]
    fn addresses_come_from_the_system_resolver_and_can_be_connected_to() {
        let target = Target::host("a.example", 443, &server());
        let dns = |record_type: &str, values: &[&str]| Dns {
            record_type: record_type.to_owned(),
            answers: values
                .iter()
                .map(|value| DnsAnswer { value: (*value).to_owned(), ..DnsAnswer::default() })
                .collect(),
            ..Dns::default()
        };
        let stage = Stage::new()
            .add(&target, dns("A", &["192.0.2.9"]))
            .add(&target, dns("A+AAAA", &["192.0.2.1", "0.0.0.0", "::", "no address"]));
        assert_eq!(addresses(&stage.evidence, &target), ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    }
}
