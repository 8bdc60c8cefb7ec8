//! `tcp` of the cloud hosts: one connection attempt per address. Always direct; behind an explicit proxy
//! the result is information.

use super::net::failure::{Broken, Failure};
use super::net::limits::{MOST_ADDRESSES, TCP_TIMEOUT, whole};
use super::net::stream::to_address;
use super::{
    Collector, Probe, Touched, World, cloud_hosts, each_planned, is_of_the_cloud, planned_hosts, planned_relays, probe,
};
use crate::catalog::{Check, Target};
use crate::evidence::{Dns, Evidence, Kind, Record, State, Tcp};
use crate::knowledge::HostRole;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Ports of older relay bindings that an old event text still asks for (facts cloud 1.2).
const LEGACY_PORTS: [u16; 6] = [5671, 9350, 9351, 9352, 9353, 9354];

pub struct CloudPortsCollector;

impl Collector for CloudPortsCollector {
    fn kind(&self) -> Kind {
        Kind::Tcp
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::Dns]
    }

    fn serves(&self, check: &Check) -> bool {
        is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world) {
            let addresses = addresses(evidence, &host.target);
            for &address in &addresses {
                probes.push(port(world, &host.target, &host.name, address, host.port));
            }
            let is_relay = matches!(host.role, HostRole::RelayEvent | HostRole::RelayDoc);
            if let Some(&address) = addresses.first().filter(|_| world.settings.include_legacy_port && is_relay) {
                probes.extend(LEGACY_PORTS.map(|number| port(world, &host.target, &host.name, address, number)));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let mut all = each_planned(&planned_hosts(world), "tcp", |host| format!("{host}:443"));
        if world.settings.include_legacy_port {
            for port in LEGACY_PORTS {
                all.extend(each_planned(&planned_relays(world), "tcp", |host| format!("{host}:{port}")));
            }
        }
        all
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

/// A probe of one address and port.
pub fn port(world: &Arc<World>, target: &Target, host: &str, address: IpAddr, port: u16) -> Probe {
    let (this, about, host) = (world.clone(), target.clone(), host.to_owned());
    let limit = world.timeout(TCP_TIMEOUT);
    let touches = vec![Touched::new("tcp", format!("{host}:{port}"))];
    let part = format!("{address}:{port}");
    probe(Kind::Tcp, &part, target, whole(1, limit), touches, async move {
        vec![attempt(&this, &about, &host, SocketAddr::new(address, port), limit).await.0]
    })
}

/// Connects once. A time-out is an observation like any other.
pub async fn attempt(
    world: &World,
    target: &Target,
    host: &str,
    address: SocketAddr,
    limit: Duration,
) -> (Record, Option<TcpStream>) {
    let started = Instant::now();
    let (result, stream) = match to_address(address, limit).await {
        Ok(stream) => ("Connected", Some(stream)),
        Err(Broken::Peer(failure @ (Failure::Refused | Failure::Reset | Failure::Timeout | Failure::Unreachable))) => {
            (failure.word(), None)
        }
        Err(Broken::Peer(failure)) => {
            let text = "the attempt ended in a way that is not known";
            return (world.failed(Kind::Tcp, target, started, State::Error, "io", failure.word(), text), None);
        }
        Err(Broken::Ours(error)) => {
            let code = error.raw_os_error().unwrap_or_default();
            return (world.failed(Kind::Tcp, target, started, State::Error, "io", code, error), None);
        }
    };
    let data = Tcp {
        host: host.to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        via: "direct".to_owned(),
        result: result.to_owned(),
        ms: started.elapsed().as_millis().min(u128::from(u32::MAX)) as u32,
        epm: None,
    };
    (world.record(target, started, data), stream)
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
