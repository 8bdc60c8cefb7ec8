//! `fsmo`: who is the PDC emulator of a domain, by the directory and by DNS.

use super::controllers::{all_decided, answering, domains, located};
use super::names::{dn_of_domain, parent};
use super::session::{LDAP_TIMEOUT, open, search, value};
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Fsmo, Kind, Record, State};
use ldap3::{Ldap, Scope, ldap_escape};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Controllers that are asked one after the other.
const MOST_ASKED: usize = 2;

pub struct FsmoCollector;

impl Collector for FsmoCollector {
    fn kind(&self) -> Kind {
        Kind::Fsmo
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for domain in domains(evidence, world) {
            let hosts = answering(evidence, world, &domain);
            if hosts.is_empty() && !all_decided(evidence, world, &domain) {
                continue;
            }
            let srv = located(evidence, &domain, "_ldap._tcp.pdc._msdcs.");
            let this = world.clone();
            let target = domain.clone();
            let touches =
                vec![Touched::new("ldap", format!("{}: role owner (base search)", dn_of_domain(&domain.display)))];
            let timeout = world.timeout(LDAP_TIMEOUT) * 2;
            probes.push(probe(Kind::Fsmo, "", &target, timeout, touches, async move {
                vec![read(&this, &domain, hosts, srv).await]
            }));
        }
        probes
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new(
            "ldap",
            "fSMORoleOwner of each domain head, its server object, CN=Partitions (base searches)",
        )]
    }
}

async fn read(world: &World, domain: &Target, hosts: Vec<String>, srv: Vec<String>) -> Record {
    let started = Instant::now();
    let limit: Duration = world.timeout(LDAP_TIMEOUT);
    let mut why = "no controller of the domain answers LDAP".to_owned();
    for host in hosts.iter().take(MOST_ASKED) {
        let mut ldap = match open(world, host).await {
            Ok(ldap) => ldap,
            Err(refusal) => {
                why = refusal;
                continue;
            }
        };
        match role_owner(&mut ldap, limit, &domain.display, srv.clone()).await {
            Ok(data) => return world.record(domain, started, data),
            Err(refusal) => why = format!("{host}: {refusal}"),
        }
    }
    let state = if hosts.is_empty() { State::NotReadable } else { State::AccessDenied };
    world.failed(Kind::Fsmo, domain, started, state, "ldap", "", why)
}

async fn role_owner(ldap: &mut Ldap, limit: Duration, dns: &str, srv: Vec<String>) -> Result<Fsmo, String> {
    let head = dn_of_domain(dns);
    let found = search(ldap, limit, &head, Scope::Base, "(objectClass=*)", &["fSMORoleOwner"]).await?;
    let owner = found.first().and_then(|entry| value(entry, "fSMORoleOwner")).map(str::to_owned);
    let pdc_host = match owner.as_deref().and_then(parent) {
        // The owner is the NTDS Settings object; its parent, the server object, has the name.
        Some(server) => {
            let found = search(ldap, limit, &server, Scope::Base, "(objectClass=*)", &["dNSHostName"])
                .await
                .unwrap_or_default();
            found.first().and_then(|entry| value(entry, "dNSHostName")).map(str::to_lowercase)
        }
        None => None,
    };
    let root = search(
        ldap,
        limit,
        "",
        Scope::Base,
        "(objectClass=*)",
        &["configurationNamingContext", "rootDomainNamingContext"],
    )
    .await?;
    let root = root.first().ok_or("the rootDSE is empty")?;
    let configuration = value(root, "configurationNamingContext").unwrap_or_default();
    let filter = format!("(&(objectClass=crossRef)(nCName={}))", ldap_escape(head.as_str()));
    let partitions = format!("CN=Partitions,{configuration}");
    let cross = search(ldap, limit, &partitions, Scope::OneLevel, &filter, &["nETBIOSName"]).await.unwrap_or_default();
    Ok(Fsmo {
        fsmo_role_owner: owner,
        pdc_host,
        srv_pdc_hosts: srv,
        domain_dns: dns.to_owned(),
        netbios_name: cross.first().and_then(|entry| value(entry, "nETBIOSName")).map(str::to_owned),
        cross_ref_dn: cross.first().map(|entry| entry.dn.clone()),
        is_forest_root: value(root, "rootDomainNamingContext").map(|dn| dn.eq_ignore_ascii_case(&head)),
        is_domain_selected_in_connector: None,
    })
}
