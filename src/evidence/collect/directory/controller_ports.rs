//! `tcp` of the controllers: the ports that writeback needs, and those that some configurations need.

use super::asked::planned_controllers;
use super::controllers::controllers;
use super::rpc;
use crate::catalog::{Check, Target};
use crate::directory::ports::{ENDPOINT_MAPPER, SERVICES};
use crate::evidence::collect::cloud_ports::{attempt, port};
use crate::evidence::collect::net::limits::TCP_TIMEOUT;
use crate::evidence::collect::{Collector, Probe, Touched, World, is_of_the_cloud, probe};
use crate::evidence::{Data, Dns, EndpointMap, Evidence, Kind, Payload, Tcp};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Addresses of a controller that are tried.
pub const MOST_ADDRESSES: usize = 2;

pub struct ControllerPortsCollector;

impl Collector for ControllerPortsCollector {
    fn kind(&self) -> Kind {
        Kind::Tcp
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse, Kind::Fsmo]
    }

    fn serves(&self, check: &Check) -> bool {
        !is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for controller in controllers(evidence, world) {
            let names = evidence.facts_at::<Dns>(&controller.target.key);
            let answers = names.iter().flat_map(|fact| &fact.data.answers);
            let listed: Vec<u16> = evidence
                .facts_at::<Tcp>(&controller.target.key)
                .iter()
                .filter_map(|fact| fact.data.epm.as_ref())
                .flat_map(|map| map.samr_ports.iter().copied())
                .collect();
            for address in answers.filter_map(|answer| answer.value.parse::<IpAddr>().ok()).take(MOST_ADDRESSES) {
                for number in SERVICES.iter().map(|service| service.port).chain(listed.iter().copied()) {
                    probes.push(match number {
                        ENDPOINT_MAPPER => endpoint_mapper(world, &controller.target, &controller.fqdn, address),
                        _ => port(world, &controller.target, &controller.fqdn, address, number),
                    });
                }
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let mut all = Vec::new();
        for host in planned_controllers(world) {
            for number in SERVICES.iter().map(|service| service.port).filter(|number| *number != ENDPOINT_MAPPER) {
                all.push(Touched::new("tcp", format!("{host}:{number}")));
            }
            all.push(Touched::new("tcp", format!("{host}:<port of SAM that TCP {ENDPOINT_MAPPER} names>")));
            all.push(look_up(&host));
        }
        all
    }
}

fn look_up(host: &str) -> Touched {
    Touched::new("rpc", format!("{host}:{ENDPOINT_MAPPER} (endpoint map look-up)"))
}

fn endpoint_mapper(world: &Arc<World>, target: &Target, host: &str, address: IpAddr) -> Probe {
    let (this, about, name) = (world.clone(), target.clone(), host.to_owned());
    let limit = world.timeout(TCP_TIMEOUT);
    let touches = vec![look_up(host)];
    let part = format!("{address}:{ENDPOINT_MAPPER}");
    // The connection and the question each have the whole time-out.
    probe(Kind::Tcp, &part, target, limit * 2 + Duration::from_millis(500), touches, async move {
        let (mut record, stream) =
            attempt(&this, &about, &name, SocketAddr::new(address, ENDPOINT_MAPPER), limit).await;
        if let (Some(stream), Some(data)) = (stream, Tcp::from_payload(&record.data)) {
            let map: EndpointMap = rpc::endpoint_map(stream, limit).await;
            record.data = Payload::from(Tcp { epm: Some(map), ..data.clone() });
        }
        vec![record]
    })
}
