//! `tcp` of the cloud hosts: port 443 of every address, directly.
//!
//! With an explicit proxy this is information only; the checks know.

use super::net::connect::result_of;
use super::{Collector, Probe, Touched, World, cloud_hosts, probe};
use crate::catalog::Target;
use crate::evidence::{Dns, Evidence, Kind, Record, Tcp};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// TCP_TIMEOUT of the catalog (0.6).
pub const TCP_TIMEOUT: Duration = Duration::from_secs(3);

pub struct CloudPortsCollector;

impl Collector for CloudPortsCollector {
    fn kind(&self) -> Kind {
        Kind::Tcp
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::Dns]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world) {
            let found = evidence.facts_at::<Dns>(&host.target.key);
            let answers = found.iter().flat_map(|fact| &fact.data.answers);
            for address in answers.filter_map(|answer| answer.value.parse::<IpAddr>().ok()) {
                probes.push(port(world, &host.target, &host.name, address, host.port));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        super::documented_hosts(world).map(|name| Touched::new("tcp", format!("{name}:443"))).collect()
    }
}

/// A probe of one address and port.
pub fn port(world: &Arc<World>, target: &Target, host: &str, address: IpAddr, port: u16) -> Probe {
    let this = world.clone();
    let about = target.clone();
    let host = host.to_owned();
    let limit = world.timeout(TCP_TIMEOUT);
    let touches = vec![Touched::new("tcp", format!("{host}:{port}"))];
    let part = format!("{address}:{port}");
    // A little longer than the attempt, so that its own "Timeout" is what is recorded.
    probe(Kind::Tcp, &part, target, limit + Duration::from_millis(500), touches, async move {
        let (record, _) = attempt(&this, &about, &host, SocketAddr::new(address, port), limit).await;
        vec![record]
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
    let outcome = tokio::time::timeout(limit, TcpStream::connect(address)).await;
    let ms = started.elapsed().as_millis().min(u128::from(u32::MAX)) as u32;
    let (result, stream) = match outcome {
        Ok(Ok(stream)) => ("Connected", Some(stream)),
        Ok(Err(error)) => (result_of(&error), None),
        Err(_) => ("Timeout", None),
    };
    let data = Tcp {
        host: host.to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        via: "direct".to_owned(),
        result: result.to_owned(),
        ms,
        epm: None,
    };
    (world.record(target, started, data), stream)
}
