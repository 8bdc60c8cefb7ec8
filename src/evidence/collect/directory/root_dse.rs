//! `rootdse`: what a controller says of itself to anybody, and which binds it accepts.

use super::controllers::{LDAP, controllers};
use super::session::{LDAP_TIMEOUT, Protection, bind_over_tls, bind_sealed, connect, search, value, values};
use super::values::{boolean, generalized_time};
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe, unix_ms};
use crate::evidence::{Evidence, Kind, LdapBind, Record, RootDse, State, Tcp};
use ldap3::{Scope, SearchEntry};
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

pub struct RootDseCollector;

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
            let touches = vec![Touched::new("ldap", format!("{}: rootDSE (base search, anonymous)", controller.fqdn))];
            let this = world.clone();
            let target = controller.target.clone();
            // Questions to one controller run beside each other; each has the time-out.
            probes.push(probe(Kind::RootDse, "", &target, limit + Duration::from_secs(1), touches, async move {
                vec![read(&this, &controller.fqdn, &controller.target, limit).await]
            }));
        }
        probes
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new("ldap", "rootDSE of each controller that answers on TCP 389 (base search, anonymous)")]
    }
}

async fn read(world: &World, host: &str, target: &Target, limit: Duration) -> Record {
    let started = Instant::now();
    let (entry, binds) = tokio::join!(root_dse(host, limit), binds(world, host, limit));
    match entry {
        Ok((entry, round_trip_ms)) => world.record(target, started, assemble(&entry, round_trip_ms, binds)),
        // TCP connects, LDAP does not answer: seen, not guessed (PW403).
        Err(refusal) if refusal.starts_with("no answer") => {
            world.failed(Kind::RootDse, target, started, State::Timeout, "ldap", "noAnswer", refusal)
        }
        Err(refusal) => world.failed(Kind::RootDse, target, started, State::NotReadable, "ldap", "refused", refusal),
    }
}

async fn root_dse(host: &str, limit: Duration) -> Result<(SearchEntry, u32), String> {
    let mut ldap = connect(host, Protection::Plain, limit).await?;
    let sent = Instant::now();
    let found = search(&mut ldap, limit, "", Scope::Base, "(objectClass=*)", &ATTRIBUTES).await?;
    let round_trip_ms = sent.elapsed().as_millis() as u32;
    // The answer is at hand; how the peer takes the farewell does not matter.
    let _ = ldap.unbind().await;
    let entry = found.into_iter().next().ok_or("the answer to the rootDSE search is empty")?;
    Ok((entry, round_trip_ms))
}

/// The sealed bind is always tried, the others where the operator gave a credential (PW417).
async fn binds(world: &World, host: &str, limit: Duration) -> Vec<LdapBind> {
    let sealed = async { Some(bind_sealed(host, limit).await.0) };
    let over_tls = |protection| async move {
        match &world.settings.credential {
            Some(credential) => Some(bind_over_tls(host, protection, credential, limit).await.0),
            None => None,
        }
    };
    let (sealed, ldaps, start_tls) = tokio::join!(sealed, over_tls(Protection::Ldaps), over_tls(Protection::StartTls));
    [sealed, ldaps, start_tls].into_iter().flatten().collect()
}

fn assemble(entry: &SearchEntry, round_trip_ms: u32, binds: Vec<LdapBind>) -> RootDse {
    let text = |name: &str| value(entry, name).map(str::to_owned);
    let number = |name: &str| value(entry, name).and_then(|value| value.parse().ok());
    let list = |name: &str| values(entry, name).map(<[String]>::to_vec);
    RootDse {
        dns_host_name: text("dnsHostName"),
        server_name: text("serverName"),
        ds_service_name: text("dsServiceName"),
        default_naming_context: text("defaultNamingContext"),
        root_domain_naming_context: text("rootDomainNamingContext"),
        configuration_naming_context: text("configurationNamingContext"),
        schema_naming_context: text("schemaNamingContext"),
        naming_contexts: list("namingContexts").unwrap_or_default(),
        current_time_unix_ms: value(entry, "currentTime").and_then(generalized_time),
        local_utc_at_receipt_unix_ms: Some(unix_ms()),
        round_trip_ms: Some(round_trip_ms),
        domain_functionality: number("domainFunctionality"),
        forest_functionality: number("forestFunctionality"),
        domain_controller_functionality: number("domainControllerFunctionality"),
        supported_control: list("supportedControl"),
        supported_capabilities: list("supportedCapabilities"),
        is_synchronized: value(entry, "isSynchronized").and_then(boolean),
        is_global_catalog_ready: value(entry, "isGlobalCatalogReady").and_then(boolean),
        binds,
    }
}
