//! `dc-inventory`: one controller and its roles. It comes also for a controller that is dead: the roles
//! are what its failure is weighed by.

use super::controllers::{Controller, answering, answers, controllers, is_decided, located};
use super::names::{dn_of_domain, site_of_server};
use super::session::{LDAP_TIMEOUT, open, search, value};
use super::values::{boolean, build};
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{DcInventory, Evidence, Fsmo, Kind, Record, RootDse};
use ldap3::{Scope, ldap_escape};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Capability of a read-only controller ([MS-ADTS] 3.1.1.3.4.3.5).
const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";

pub struct DcInventoryCollector;

impl Collector for DcInventoryCollector {
    fn kind(&self) -> Kind {
        Kind::DcInventory
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse, Kind::Fsmo]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for controller in controllers(evidence, world) {
            let roles_known = evidence.records_at(Kind::Fsmo, &controller.domain.key).next().is_some();
            if !roles_known || !is_decided(evidence, &controller) {
                continue;
            }
            let known = assemble(evidence, &controller);
            // Itself when it answers, else one that does: the entry is the same everywhere.
            let host = if answers(evidence, &controller) {
                Some(controller.fqdn.clone())
            } else {
                answering(evidence, world, &controller.domain).into_iter().next()
            };
            let this = world.clone();
            let target = controller.target.clone();
            let touches = vec![Touched::new("ldap", format!("computer object of {} (one search)", controller.fqdn))];
            let timeout = world.timeout(LDAP_TIMEOUT) * 2;
            probes.push(probe(Kind::DcInventory, "", &target, timeout, touches, async move {
                vec![complete(&this, &controller, host, known).await]
            }));
        }
        probes
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new("ldap", "computer object of each controller (one search below the domain head)")]
    }
}

/// What is known without another question.
fn assemble(evidence: &Evidence, controller: &Controller) -> DcInventory {
    let fsmo = evidence.facts_at::<Fsmo>(&controller.domain.key);
    let owner = fsmo.iter().find_map(|fact| fact.data.pdc_host.clone());
    let is_pdc = match owner {
        Some(host) => host == controller.fqdn,
        // Without the directory DNS is the second-best source of the role.
        None => located(evidence, &controller.domain, "_ldap._tcp.pdc._msdcs.").contains(&controller.fqdn),
    };
    let mut roles: Vec<String> = Vec::new();
    for (has, role) in [(is_pdc, "pdc"), (controller.preferred, "preferred"), (controller.last, "last")] {
        if has {
            roles.push(role.to_owned());
        }
    }
    if roles.is_empty() {
        roles.push("other".to_owned());
    }
    let root = evidence.facts_at::<RootDse>(&controller.target.key);
    let root = root.first().map(|fact| fact.data);
    let capabilities = root.and_then(|root| root.supported_capabilities.as_ref());
    DcInventory {
        fqdn: controller.fqdn.clone(),
        domain: controller.domain.display.clone(),
        roles,
        site: root.and_then(|root| root.server_name.as_deref()).and_then(site_of_server),
        is_rodc: capabilities.map(|list| list.iter().any(|oid| oid == PARTIAL_SECRETS)),
        is_gc: root.and_then(|root| root.is_global_catalog_ready),
        ..DcInventory::default()
    }
}

/// Adds the operating system, where the directory lets us read it.
async fn complete(world: &World, controller: &Controller, host: Option<String>, mut data: DcInventory) -> Record {
    let started = Instant::now();
    let limit: Duration = world.timeout(LDAP_TIMEOUT);
    if let Some(host) = host {
        if let Ok(mut ldap) = open(world, &host).await {
            let head = dn_of_domain(&controller.domain.display);
            let filter = format!("(&(objectCategory=computer)(dNSHostName={}))", ldap_escape(controller.fqdn.as_str()));
            let attributes = ["operatingSystem", "operatingSystemVersion", "msDS-isRODC"];
            let found = search(&mut ldap, limit, &head, Scope::Subtree, &filter, &attributes).await.unwrap_or_default();
            if let Some(entry) = found.first() {
                data.operating_system = value(entry, "operatingSystem").map(str::to_owned);
                data.operating_system_version = value(entry, "operatingSystemVersion").map(str::to_owned);
                data.build = data.operating_system_version.as_deref().and_then(build);
                data.is_rodc = data.is_rodc.or_else(|| value(entry, "msDS-isRODC").and_then(boolean));
            }
        }
    }
    world.record(&controller.target, started, data)
}
