//! `dc-inventory`: one controller and its roles. It comes also for a controller that is dead: the roles
//! are what its failure is weighed by.

use super::asked::{Asked, in_plan, subtree};
use super::attempts::{Candidate, candidates, is_over};
use super::controllers::{Controller, ROLE_OWNER, awaits_configuration, controllers, is_decided, located, root_dse};
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::query::{Query, ask};
use super::session::{Access, open};
use super::values::{boolean, build};
use crate::directory::names::{dn_of_domain, dns_name, site_of_server};
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{DcInventory, Dns, Evidence, Fsmo, Kind, Record, RecordError, State};
use ldap3::ldap_escape;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Capability of a read-only controller ([MS-ADTS] 3.1.1.3.4.3.5).
const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";

pub struct DcInventoryCollector {
    pub access: Arc<Access>,
}

impl Collector for DcInventoryCollector {
    fn kind(&self) -> Kind {
        Kind::DcInventory
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse, Kind::Fsmo]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        if awaits_configuration(evidence, world) {
            return Vec::new();
        }
        let all = controllers(evidence, world);
        let mut probes = Vec::new();
        for controller in &all {
            let roles_are_known =
                controller.domain.as_ref().is_none_or(|domain| is_over(evidence, world, Kind::Fsmo, domain));
            if !roles_are_known || !is_decided(evidence, controller) || is_another_name(evidence, controller, &all) {
                continue;
            }
            let known = assemble(evidence, controller);
            let source = source(evidence, world, controller);
            let touches = match &source {
                Some(source) => {
                    let asked = Asked::at(source, controller.domain_name().unwrap_or_default());
                    asked.touched(vec![computer_search(&asked, &ldap_escape(controller.fqdn.as_str()))])
                }
                None => Vec::new(),
            };
            let limit = world.timeout(LDAP_TIMEOUT);
            let whole = limit * 3 + Duration::from_millis(500);
            let (this, access) = (world.clone(), self.access.clone());
            let about = controller.clone();
            probes.push(probe(Kind::DcInventory, "", &controller.target, whole, touches, async move {
                vec![complete(&this, &access, &about, source, known, limit).await]
            }));
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        in_plan(world, |asked| vec![computer_search(asked, "<each controller>")])
    }
}

fn computer_search(asked: &Asked, host: &str) -> String {
    subtree(&asked.head, &computer_filter(host), "computer object")
}

/// A controller by its registered name and the primary group of writable or read-only controllers
/// ([MS-ADTS] 6.1.1.3.1, [MS-SAMR] 2.2.1.14).
fn computer_filter(host: &str) -> String {
    format!("(&(dNSHostName={host})(|(primaryGroupID=516)(primaryGroupID=521)))")
}

/// A controller that was named by a short name or an address says its full name in rootDSE; under that
/// name it is in the inventory, provided that the name leads to it.
fn is_another_name(evidence: &Evidence, controller: &Controller, all: &[Controller]) -> bool {
    let full = root_dse(evidence, controller).and_then(|root| dns_name(root.dns_host_name.as_deref()?));
    let Some(full) = full.filter(|name| *name != controller.fqdn) else { return false };
    let known = all.iter().find(|other| other.fqdn == full);
    let resolves = |other: &Controller| {
        evidence.facts_at::<Dns>(&other.target.key).iter().any(|fact| !fact.data.answers.is_empty())
    };
    !controller.preferred && !controller.last && known.is_some_and(resolves)
}

/// The controller itself when it lets us in, else another of its domain: the entry is the same everywhere.
fn source(evidence: &Evidence, world: &World, controller: &Controller) -> Option<Candidate> {
    let mut all = candidates(evidence, world, controller.domain.as_ref()?);
    let own = all.iter().position(|candidate| candidate.controller.target.key == controller.target.key);
    (!all.is_empty()).then(|| all.swap_remove(own.unwrap_or(0)))
}

/// What is known without another question.
fn assemble(evidence: &Evidence, controller: &Controller) -> DcInventory {
    let is_pdc = controller.domain.as_ref().is_some_and(|domain| {
        let fsmo = evidence.facts_at::<Fsmo>(&domain.key);
        match fsmo.iter().find_map(|fact| dns_name(fact.data.pdc_host.as_deref()?)) {
            Some(host) => host == controller.fqdn,
            // Without the directory DNS is the second-best source of the role.
            None => located(evidence, domain, ROLE_OWNER).contains(&controller.fqdn),
        }
    });
    let marks =
        [(is_pdc, "pdc"), (controller.preferred, "preferred"), (controller.last, "last"), (controller.in_site, "site")];
    let mut roles: Vec<String> = marks.iter().filter(|(has, _)| *has).map(|(_, role)| (*role).to_owned()).collect();
    if roles.is_empty() {
        roles.push("other".to_owned());
    }
    let root = root_dse(evidence, controller);
    let capabilities = root.and_then(|root| root.supported_capabilities.as_ref());
    DcInventory {
        fqdn: controller.fqdn.clone(),
        domain: controller.domain_name().unwrap_or_default().to_owned(),
        roles,
        site: root.and_then(|root| site_of_server(root.server_name.as_deref()?)),
        is_rodc: capabilities.map(|list| list.iter().any(|oid| oid == PARTIAL_SECRETS)),
        is_gc: root.and_then(|root| root.is_global_catalog_ready),
        connector_last_dc: controller.last.then(|| controller.fqdn.clone()),
        ..DcInventory::default()
    }
}

/// Adds what the computer object says; without it the record is partial.
async fn complete(
    world: &World,
    access: &Access,
    controller: &Controller,
    source: Option<Candidate>,
    mut data: DcInventory,
    limit: Duration,
) -> Record {
    let started = Instant::now();
    let missing = match source {
        Some(source) => computer(world, access, &source, &mut data, limit).await.err(),
        None => Some(Failure::Broken("no controller of the domain lets us in".to_owned())),
    };
    let mut record = world.record(&controller.target, started, data);
    if let Some(failure) = missing {
        record.state = State::Partial;
        record.error = Some(RecordError { class: "ldap".to_owned(), code: failure.code(), text: failure.to_string() });
    }
    record
}

/// The computer object of a controller.
async fn computer(
    world: &World,
    access: &Access,
    source: &Candidate,
    data: &mut DcInventory,
    limit: Duration,
) -> Result<(), Failure> {
    let mut ldap = open(world, access, &source.door(), source.way, limit).await?;
    let head = dn_of_domain(&data.domain);
    let filter = computer_filter(&ldap_escape(data.fqdn.as_str()));
    let attributes = ["operatingSystem", "operatingSystemVersion", "msDS-isRODC"];
    let found = ask(&mut ldap, limit, Query::subtree(&head, &filter, &attributes), Vec::new()).await?;
    let entry = found.into_iter().next();
    let mut entry = entry.ok_or_else(|| Failure::Broken("its computer object cannot be seen".to_owned()))?;
    data.operating_system = entry.take_value("operatingSystem");
    data.operating_system_version = entry.take_value("operatingSystemVersion");
    data.build = data.operating_system_version.as_deref().and_then(build);
    data.is_rodc = data.is_rodc.or_else(|| entry.value("msDS-isRODC").and_then(boolean));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Target;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    /// The keys of the controllers whose inventory is due.
    fn due(stage: &Stage, settings: Settings) -> Vec<String> {
        let collector = DcInventoryCollector { access: Arc::default() };
        collector.probes(&stage.evidence, &world(settings)).into_iter().map(|probe| probe.target.key).collect()
    }

    fn roles(stage: &Stage, host: &str) -> Vec<String> {
        let all = controllers(&stage.evidence, &world(corp()));
        let controller = all.iter().find(|it| it.fqdn == host).expect("a controller in question");
        assemble(&stage.evidence, controller).roles
    }

    fn no_role_owner(stage: Stage) -> Stage {
        stage.add_failed(&domain(), Kind::Fsmo, State::NotReadable, "session")
    }

    #[test]
    fn a_dead_controller_is_in_the_inventory_too() {
        let stage = two().add(&dc("dc1"), ldap_port("Timeout"));
        assert!(due(&stage, corp()).is_empty(), "the role is not decided");
        let stage = no_role_owner(stage.add(&dc("dc2"), ldap_port("Refused")));
        assert_eq!(due(&stage, corp()), ["dc:dc1.corp.example", "dc:dc2.corp.example"]);
        // Nobody says who owns the role: DNS does.
        assert_eq!(roles(&stage, "dc1.corp.example"), ["pdc"]);
        assert_eq!(roles(&stage, "dc2.corp.example"), ["other"]);
    }

    #[test]
    fn a_frozen_controller_waits_for_its_time_out_only() {
        let stage = two()
            .add(&dc("dc1"), ldap_port("Connected"))
            .add(&dc("dc2"), ldap_port("Connected"))
            .add(&dc("dc2"), root_of("dc2", Some(0)))
            .add(&domain(), Fsmo { pdc_host: Some("dc1.corp.example".to_owned()), ..Fsmo::default() });
        assert_eq!(due(&stage, corp()), ["dc:dc2.corp.example"]);
        let stage = stage.add_failed(&dc("dc1"), Kind::RootDse, State::Timeout, "ldap");
        assert_eq!(due(&stage, corp()).len(), 2);
    }

    #[test]
    fn the_directory_decides_who_owns_the_role() {
        let stage = two().add(&domain(), Fsmo { pdc_host: Some("DC2.corp.example".to_owned()), ..Fsmo::default() });
        assert_eq!(roles(&stage, "dc2.corp.example"), ["pdc"]);
        assert_eq!(roles(&stage, "dc1.corp.example"), ["other"]);
    }

    #[test]
    fn roles_wait_for_a_configuration_that_is_offered() {
        let dead = || {
            let stage = two().add(&dc("dc1"), ldap_port("Timeout")).add(&dc("dc2"), ldap_port("Timeout"));
            no_role_owner(stage)
        };
        let offered = || Settings { expects: vec![Kind::AdSyncConfig], ..corp() };
        assert!(due(&dead(), offered()).is_empty());
        let known =
            dead().add(&server(), configuration("DC=corp,DC=example", &["dc2.corp.example"], Some("dc1.corp.example")));
        assert_eq!(due(&known, offered()).len(), 2);
        assert_eq!(roles(&known, "dc1.corp.example"), ["pdc", "last"]);
        assert_eq!(roles(&known, "dc2.corp.example"), ["preferred"]);
        let none = dead().add_failed(&server(), Kind::AdSyncConfig, State::NotCollected, "offer");
        assert_eq!(due(&none, offered()).len(), 2);
    }

    #[test]
    fn a_named_controller_that_leads_nowhere_is_in_the_inventory() {
        let settings = || Settings { servers: vec!["dc1.corp.example".to_owned()], ..Settings::default() };
        let stage = Stage::new().add(&dc("dc1"), address(None));
        assert_eq!(due(&stage, settings()), ["dc:dc1.corp.example"]);
    }

    #[test]
    fn another_name_of_a_controller_is_left_out_where_its_full_name_leads_to_it() {
        let settings = || Settings { servers: vec!["192.0.2.2".to_owned()], ..corp() };
        let by_address = Target::dc("192.0.2.2", &domain());
        let both = |stage: Stage| no_role_owner(stage).add(&by_address, root_of("dc2", None));
        let with_full_name = both(two().add(&dc("dc2"), ldap_port("Timeout")).add(&dc("dc1"), ldap_port("Timeout")));
        assert!(!due(&with_full_name, settings()).contains(&by_address.key));
        let without = both(Stage::new().add(&domain(), service("_ldap._tcp.dc._msdcs.", &[])))
            .add(&domain(), service("_ldap._tcp.pdc._msdcs.", &[]));
        assert!(due(&without, settings()).contains(&by_address.key));
    }

    #[test]
    fn what_rootdse_says_is_taken_over() {
        let mut root = root_of("dc1", Some(0));
        root.supported_capabilities = Some(vec![PARTIAL_SECRETS.to_owned()]);
        root.is_global_catalog_ready = Some(true);
        let stage = two().add(&dc("dc1"), root);
        let all = controllers(&stage.evidence, &world(corp()));
        let data = assemble(&stage.evidence, &all[0]);
        assert_eq!((data.is_rodc, data.is_gc, data.site.as_deref()), (Some(true), Some(true), Some("Main")));
        assert_eq!(assemble(&stage.evidence, &all[1]).is_rodc, None);
    }
}
