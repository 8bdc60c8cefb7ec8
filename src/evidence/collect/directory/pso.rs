//! `pso`: fine-grained password policies, as far as this account may see them.

use super::controllers::{answering, domains};
use super::names::dn_of_domain;
use super::session::{LDAP_TIMEOUT, open, search, value, values};
use super::values::{boolean, lockout_duration, maximum_age, seconds};
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Pso, PsoContainer, Record, State};
use ldap3::{Scope, SearchEntry};
use std::sync::Arc;
use std::time::Instant;

const ATTRIBUTES: [&str; 8] = [
    "msDS-PasswordSettingsPrecedence",
    "msDS-MinimumPasswordAge",
    "msDS-MaximumPasswordAge",
    "msDS-PasswordHistoryLength",
    "msDS-MinimumPasswordLength",
    "msDS-PasswordComplexityEnabled",
    "msDS-LockoutDuration",
    "msDS-PSOAppliesTo",
];

pub struct PsoCollector;

impl Collector for PsoCollector {
    fn kind(&self) -> Kind {
        Kind::Pso
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::RootDse]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let answered = domains(evidence, world).into_iter().filter_map(|domain| {
            let host = answering(evidence, world, &domain).into_iter().next()?;
            Some((domain, host))
        });
        answered
            .map(|(domain, host)| {
                let this = world.clone();
                let target = domain.clone();
                let touches =
                    vec![Touched::new("ldap", format!("{}: (objectClass=msDS-PasswordSettings)", container(&domain)))];
                probe(Kind::Pso, "", &target, world.timeout(LDAP_TIMEOUT) * 2, touches, async move {
                    read(&this, &domain, &host).await
                })
            })
            .collect()
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new("ldap", "CN=Password Settings Container,CN=System of each domain (one level)")]
    }
}

fn container(domain: &Target) -> String {
    format!("CN=Password Settings Container,CN=System,{}", dn_of_domain(&domain.display))
}

/// One record for the container and one for each policy. An ordinary account sees none of them, and
/// cannot tell that from "there is none" (onprem 4.6): the container is readable only when its own
/// object answers and something in it does.
async fn read(world: &World, domain: &Target, host: &str) -> Vec<Record> {
    let started = Instant::now();
    let mut ldap = match open(world, host).await {
        Ok(ldap) => ldap,
        Err(refusal) => {
            return vec![world.failed(Kind::Pso, domain, started, State::AccessDenied, "ldap", "", refusal)];
        }
    };
    let limit = world.timeout(LDAP_TIMEOUT);
    let filter = "(objectClass=msDS-PasswordSettings)";
    match search(&mut ldap, limit, &container(domain), Scope::OneLevel, filter, &ATTRIBUTES).await {
        Ok(found) => {
            let readable = !found.is_empty();
            let count = readable.then_some(found.len() as u32);
            let head = Pso { container: Some(PsoContainer { readable, count }), ..Pso::default() };
            let policies = found.iter().map(assemble);
            std::iter::once(head).chain(policies).map(|data| world.record(domain, started, data)).collect()
        }
        Err(refusal) => vec![world.failed(Kind::Pso, domain, started, State::NotReadable, "ldap", "", refusal)],
    }
}

fn assemble(entry: &SearchEntry) -> Pso {
    let number = |name: &str| value(entry, name).and_then(|value| value.parse().ok());
    Pso {
        dn: Some(entry.dn.clone()),
        precedence: number("msDS-PasswordSettingsPrecedence"),
        min_age: value(entry, "msDS-MinimumPasswordAge").and_then(seconds),
        max_age: value(entry, "msDS-MaximumPasswordAge").and_then(maximum_age).and_then(|(seconds, _)| seconds),
        history: number("msDS-PasswordHistoryLength"),
        min_length: number("msDS-MinimumPasswordLength"),
        complexity: value(entry, "msDS-PasswordComplexityEnabled").and_then(boolean),
        lockout_duration: value(entry, "msDS-LockoutDuration").and_then(lockout_duration),
        applies_to: values(entry, "msDS-PSOAppliesTo").unwrap_or_default().to_vec(),
        container: None,
    }
}
