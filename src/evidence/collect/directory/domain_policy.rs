//! `domain-policy`: the password policy on the domain head.

use super::controllers::{answering, domains};
use super::names::dn_of_domain;
use super::session::{LDAP_TIMEOUT, open, search, value};
use super::values::{lockout_duration, maximum_age, seconds};
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{DomainPolicy, Evidence, Kind, Record, State};
use ldap3::{Scope, SearchEntry};
use std::sync::Arc;
use std::time::Instant;

/// Onprem 4.6.
const ATTRIBUTES: [&str; 8] = [
    "minPwdAge",
    "maxPwdAge",
    "pwdHistoryLength",
    "minPwdLength",
    "pwdProperties",
    "lockoutThreshold",
    "lockoutDuration",
    "lockOutObservationWindow",
];

pub struct DomainPolicyCollector;

impl Collector for DomainPolicyCollector {
    fn kind(&self) -> Kind {
        Kind::DomainPolicy
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
                let touches = vec![Touched::new(
                    "ldap",
                    format!("{}: password policy (base search)", dn_of_domain(&domain.display)),
                )];
                probe(Kind::DomainPolicy, "", &target, world.timeout(LDAP_TIMEOUT) * 2, touches, async move {
                    vec![read(&this, &domain, &host).await]
                })
            })
            .collect()
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new("ldap", "password policy on each domain head (base search)")]
    }
}

async fn read(world: &World, domain: &Target, host: &str) -> Record {
    let started = Instant::now();
    let mut ldap = match open(world, host).await {
        Ok(ldap) => ldap,
        Err(refusal) => {
            return world.failed(Kind::DomainPolicy, domain, started, State::AccessDenied, "ldap", "", refusal);
        }
    };
    let head = dn_of_domain(&domain.display);
    let limit = world.timeout(LDAP_TIMEOUT);
    match search(&mut ldap, limit, &head, Scope::Base, "(objectClass=*)", &ATTRIBUTES).await {
        Ok(found) => match found.first() {
            Some(entry) => world.record(domain, started, assemble(entry)),
            None => world.failed(
                Kind::DomainPolicy,
                domain,
                started,
                State::NotReadable,
                "ldap",
                "",
                "the domain head cannot be seen",
            ),
        },
        Err(refusal) => world.failed(Kind::DomainPolicy, domain, started, State::NotReadable, "ldap", "", refusal),
    }
}

fn assemble(entry: &SearchEntry) -> DomainPolicy {
    let number = |name: &str| value(entry, name).and_then(|value| value.parse().ok());
    let (max_pwd_age, max_pwd_age_never) = value(entry, "maxPwdAge").and_then(maximum_age).unwrap_or((None, false));
    DomainPolicy {
        min_pwd_age: value(entry, "minPwdAge").and_then(seconds),
        max_pwd_age,
        max_pwd_age_never,
        pwd_history_length: number("pwdHistoryLength"),
        min_pwd_length: number("minPwdLength"),
        pwd_properties: value(entry, "pwdProperties").and_then(|value| value.parse().ok()),
        lockout_threshold: number("lockoutThreshold"),
        lockout_duration: value(entry, "lockoutDuration").and_then(lockout_duration),
        lockout_observation_window: value(entry, "lockOutObservationWindow").and_then(seconds),
        ..DomainPolicy::default()
    }
}
