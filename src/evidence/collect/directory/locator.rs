//! `dns` of the directory: the locator records of each domain and the addresses of each controller.

use super::asked::{planned_controllers, planned_domains};
use super::controllers::{CONTROLLERS, ROLE_OWNER, controllers, domains, located, site_service};
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
        let dns = |name: String| Touched::new("dns", name);
        let mut services = SERVICES.map(str::to_owned).to_vec();
        // Which site a machine is in only Windows says.
        if cfg!(windows) {
            services.push("_ldap._tcp.<site of this machine>._sites.dc._msdcs.".to_owned());
        }
        let places = planned_domains(world);
        let records = places.iter().flat_map(|asked| services.iter().map(|service| format!("{service}{}", asked.dns)));
        records.chain(planned_controllers(world)).map(dns).collect()
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
