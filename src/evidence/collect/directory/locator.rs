//! `dns` of the directory: the locator records of each domain and the addresses of each controller.

use super::controllers::{CONTROLLERS, ROLE_OWNER, controllers, domains, located, site_service};
use super::names::dns_name;
use crate::catalog::{Check, Target};
use crate::evidence::collect::cloud_names::look_up;
use crate::evidence::collect::net::limits::{DNS_TIMEOUT, whole};
use crate::evidence::collect::net::names;
use crate::evidence::collect::{Collector, Probe, Touched, World, is_of_the_cloud, probe};
use crate::evidence::{Dns, Evidence, Kind, Record};
use hickory_resolver::proto::rr::RecordType;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records that a domain registers for its controllers (onprem 4.2).
const SERVICES: [&str; 3] = [CONTROLLERS, ROLE_OWNER, "_kerberos._tcp.dc._msdcs."];

/// Names of one domain that are looked up; a larger answer is not that of a sane DNS server.
const MOST_NAMES: usize = 256;

const TRIES: u32 = 2;

pub struct LocatorCollector;

impl Collector for LocatorCollector {
    fn kind(&self) -> Kind {
        Kind::Dns
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::RootDse, Kind::Fsmo]
    }

    fn serves(&self, check: &Check) -> bool {
        !is_of_the_cloud(check)
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
            for service in SERVICES.into_iter().map(str::to_owned).chain(site_service(evidence)) {
                let name = format!("{service}{}", domain.display);
                let touches = vec![Touched::new("dns", &name)];
                let (this, about) = (world.clone(), domain.clone());
                probes.push(probe(Kind::Dns, &service, &domain, timeout, touches, async move {
                    vec![service_record(&this, &about, &name, once).await]
                }));
            }
        }
        // Every controller that DNS names, also those that are not examined otherwise (PW401).
        let mut hosts: Vec<(String, Target)> =
            controllers(evidence, world).into_iter().map(|it| (it.fqdn, it.target)).collect();
        for domain in domains(evidence, world) {
            let named = located(evidence, &domain, CONTROLLERS).into_iter().take(MOST_NAMES);
            hosts.extend(named.map(|host| (host.clone(), Target::dc(&host, &domain))));
        }
        for (host, target) in hosts {
            let touches = vec![Touched::new("dns", &host)];
            let (this, about) = (world.clone(), target.clone());
            probes.push(probe(Kind::Dns, "", &target, timeout, touches, async move {
                vec![look_up(&this, &host, &about, once).await]
            }));
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let named: Vec<String> = world.settings.domains.iter().filter_map(|name| dns_name(name)).collect();
        let services = |domain: &String| SERVICES.map(|service| Touched::new("dns", format!("{service}{domain}")));
        let mut all: Vec<Touched> = named.iter().flat_map(services).collect();
        if named.is_empty() {
            let source = "this machine's domain, the partitions of the connectors, or the named controllers";
            all.push(Touched::new("dns", format!("the locator records of each domain of {source}")));
        }
        all.extend(
            world.settings.servers.iter().filter_map(|server| dns_name(server)).map(|it| Touched::new("dns", it)),
        );
        all.push(Touched::new("dns", format!("addresses of each target of {CONTROLLERS}<domain>")));
        all
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
