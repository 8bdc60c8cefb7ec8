//! `dns` of the directory: the locator records of each domain and the addresses of each controller.

use super::controllers::{controllers, domains};
use super::names::dns_name;
use crate::catalog::Target;
use crate::evidence::collect::cloud_names::look_up;
use crate::evidence::collect::net::limits::{DNS_TIMEOUT, whole};
use crate::evidence::collect::net::names;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Dns, Evidence, Kind, Record};
use hickory_resolver::proto::rr::RecordType;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records that a domain registers for its controllers (onprem 4.2).
pub const SERVICES: [&str; 3] = ["_ldap._tcp.dc._msdcs.", "_ldap._tcp.pdc._msdcs.", "_kerberos._tcp.dc._msdcs."];

const TRIES: u32 = 2;

pub struct LocatorCollector;

impl Collector for LocatorCollector {
    fn kind(&self) -> Kind {
        Kind::Dns
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Fsmo]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        if evidence.records_of(Kind::Os).next().is_none() {
            // Which domain this machine is in is not known yet.
            return Vec::new();
        }
        let once = world.timeout(DNS_TIMEOUT);
        // As many tries again for a second question to DNS where the answers differ.
        let timeout = whole(2 * TRIES, once);
        let mut probes = Vec::new();
        for domain in domains(evidence, world) {
            for service in SERVICES {
                let name = format!("{service}{}", domain.display);
                let touches = vec![Touched::new("dns", &name)];
                let (this, about) = (world.clone(), domain.clone());
                probes.push(probe(Kind::Dns, service, &domain, timeout, touches, async move {
                    vec![service_record(&this, &about, &name, once).await]
                }));
            }
        }
        for controller in controllers(evidence, world) {
            let touches = vec![Touched::new("dns", &controller.fqdn)];
            let this = world.clone();
            let target = controller.target.clone();
            probes.push(probe(Kind::Dns, "", &target, timeout, touches, async move {
                vec![look_up(&this, &controller.fqdn, &controller.target, once).await]
            }));
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let named = world.settings.domains.iter().filter_map(|name| dns_name(name));
        named.flat_map(|domain| SERVICES.map(|service| Touched::new("dns", format!("{service}{domain}")))).collect()
    }
}

async fn service_record(world: &World, domain: &Target, name: &str, once: Duration) -> Record {
    let started = Instant::now();
    let mut reply = names::dns(name, RecordType::SRV, once).await;
    if reply.rcode == "TIMEOUT" {
        reply = names::dns(name, RecordType::SRV, once).await;
    }
    let data = Dns {
        name: name.to_owned(),
        record_type: "SRV".to_owned(),
        rcode: reply.rcode,
        answers: reply.answers,
        cname_chain: reply.cname_chain,
        ..Dns::default()
    };
    world.record(domain, started, data)
}
