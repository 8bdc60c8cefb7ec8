//! `rootdse`: what a controller says of itself to anybody, and which binds it accepts.

use super::asked::planned_controllers;
use super::controllers::{Controller, LDAP, controllers};
use super::entry::Entry;
use super::ldap::{Failure, LDAP_TIMEOUT, Protection, connect};
use super::query::entry;
use super::session::{Access, Door, try_binds};
use super::values::{boolean, generalized_time};
use crate::catalog::Target;
use crate::directory::names::domain_of_dn;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe, unix_ms};
use crate::evidence::{Evidence, Kind, Record, RootDse, State, Tcp};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Onprem 4.3.
const ATTRIBUTES: [&str; 16] = [
    "currentTime",
    "dnsHostName",
    "serverName",
    "dsServiceName",
    "defaultNamingContext",
    "rootDomainNamingContext",
    "configurationNamingContext",
    "schemaNamingContext",
    "namingContexts",
    "domainFunctionality",
    "forestFunctionality",
    "domainControllerFunctionality",
    "supportedControl",
    "supportedCapabilities",
    "isSynchronized",
    "isGlobalCatalogReady",
];

pub struct RootDseCollector {
    pub access: Arc<Access>,
}

impl Collector for RootDseCollector {
    fn kind(&self) -> Kind {
        Kind::RootDse
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Fsmo, Kind::Tcp]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for controller in controllers(evidence, world) {
            let ports = evidence.facts_at::<Tcp>(&controller.target.key);
            if !ports.iter().any(|fact| fact.data.port == LDAP && fact.data.result == "Connected") {
                continue;
            }
            let limit = world.timeout(LDAP_TIMEOUT);
            let touches = looks(world, &controller.fqdn);
            let (this, access) = (world.clone(), self.access.clone());
            let target = controller.target.clone();
            let whole = LIMITS * limit + Duration::from_millis(500);
            probes.push(probe(Kind::RootDse, "", &target, whole, touches, async move {
                vec![read(&this, &access, &controller, limit).await]
            }));
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        planned_controllers(world).iter().flat_map(|host| looks(world, host)).collect()
    }
}

fn looks(world: &World, host: &str) -> Vec<Touched> {
    let has_credential = world.settings.credential.is_some();
    let who = if has_credential { "-Credential, " } else { "" };
    let mut looks =
        vec![format!("{host}: rootDSE (base, anonymous)"), format!("{host}: bind ({who}Kerberos, signed and sealed)")];
    if has_credential {
        looks.push(format!("{host}: bind (-Credential, inside TLS)"));
    }
    looks.into_iter().map(|look| Touched::new("ldap", look)).collect()
}

/// One time-out for the connection and the answer, two for the binds.
const LIMITS: u32 = 3;

async fn read(world: &World, access: &Access, controller: &Controller, limit: Duration) -> Record {
    let started = Instant::now();
    let host = controller.fqdn.as_str();
    let mut root = match root_dse(host, limit).await {
        Ok(root) => root,
        Err(failure) => {
            // TCP connects, LDAP does not answer: seen, not guessed (PW403).
            let state = if failure.state() == State::Timeout { State::Timeout } else { State::NotReadable };
            let target = &controller.target;
            return world.failed(Kind::RootDse, target, started, state, "ldap", failure.code(), failure);
        }
    };
    let own = root.default_naming_context.as_deref().and_then(domain_of_dn);
    let forest = root.root_domain_naming_context.as_deref().and_then(domain_of_dn);
    let door = Door { host, domain: controller.domain_name().or(own.as_deref()), forest: forest.as_deref() };
    // The answer stands, whatever becomes of the binds.
    let binds = tokio::time::timeout(limit * (LIMITS - 1), try_binds(world, access, &door, limit)).await;
    root.binds = binds.unwrap_or_default();
    world.record(&located(controller, own.as_deref(), forest.as_deref()), started, root)
}

/// The controller within its domain and forest, as it names them itself where nothing else does.
fn located(controller: &Controller, own: Option<&str>, forest: Option<&str>) -> Target {
    let Some(name) = controller.domain_name().or(own) else { return controller.target.clone() };
    // The forest is that of the domain that the controller really belongs to.
    let forest = forest.filter(|_| own == Some(name)).map(Target::forest);
    Target::dc(&controller.fqdn, &Target::domain(name, forest.as_ref()))
}

/// Connects and asks, both within the time-out.
async fn root_dse(host: &str, limit: Duration) -> Result<RootDse, Failure> {
    let started = Instant::now();
    let mut ldap = connect(host, Protection::Plain, None, limit).await?;
    let sent = Instant::now();
    let left = limit.saturating_sub(started.elapsed());
    let found = entry(&mut ldap, left, "", &ATTRIBUTES).await.map_err(|failure| match failure {
        Failure::NoAnswer(_) => Failure::NoAnswer(limit),
        other => other,
    })?;
    let (round_trip_ms, received) = (sent.elapsed().as_millis() as u32, unix_ms());
    let found = found.ok_or_else(|| Failure::Broken("the answer to the rootDSE search is empty".to_owned()))?;
    Ok(RootDse { round_trip_ms: Some(round_trip_ms), local_utc_at_receipt_unix_ms: Some(received), ..assemble(found) })
}

fn assemble(mut entry: Entry) -> RootDse {
    RootDse {
        dns_host_name: entry.take_value("dnsHostName"),
        server_name: entry.take_value("serverName"),
        ds_service_name: entry.take_value("dsServiceName"),
        default_naming_context: entry.take_value("defaultNamingContext"),
        root_domain_naming_context: entry.take_value("rootDomainNamingContext"),
        configuration_naming_context: entry.take_value("configurationNamingContext"),
        schema_naming_context: entry.take_value("schemaNamingContext"),
        naming_contexts: entry.take_values("namingContexts").unwrap_or_default(),
        current_time_unix_ms: entry.value("currentTime").and_then(generalized_time),
        domain_functionality: entry.number("domainFunctionality"),
        forest_functionality: entry.number("forestFunctionality"),
        domain_controller_functionality: entry.number("domainControllerFunctionality"),
        supported_control: entry.take_values("supportedControl"),
        supported_capabilities: entry.take_values("supportedCapabilities"),
        is_synchronized: entry.value("isSynchronized").and_then(boolean),
        is_global_catalog_ready: entry.value("isGlobalCatalogReady").and_then(boolean),
        ..RootDse::default()
    }
}
