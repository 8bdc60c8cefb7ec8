//! `domain-policy`: the password policy on the domain head.

use super::asked::{Asked, base, in_plan};
use super::attempts::{Candidate, questions};
use super::entry::Entry;
use super::ldap::Failure;
use super::query::entry;
use super::session::{Access, open};
use super::values::{lockout_duration, maximum_age, seconds};
use crate::catalog::Target;
use crate::directory::names::dn_of_domain;
use crate::evidence::collect::{Collector, Probe, Touched, World};
use crate::evidence::{DomainPolicy, Evidence, Kind, Record};
use std::sync::Arc;
use std::time::{Duration, Instant};

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

pub struct DomainPolicyCollector {
    pub access: Arc<Access>,
}

impl Collector for DomainPolicyCollector {
    fn kind(&self) -> Kind {
        Kind::DomainPolicy
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        questions(evidence, world, Kind::DomainPolicy, searches, |domain, candidate, limit| {
            let (this, access) = (world.clone(), self.access.clone());
            async move { read(&this, &access, &domain, &candidate, limit).await.map(|record| vec![record]) }
        })
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        in_plan(world, searches)
    }
}

fn searches(asked: &Asked) -> Vec<String> {
    let service = asked.configuration.as_deref().map(|configuration| base(&service_dn(configuration), "dSHeuristics"));
    [base(&asked.head, "password policy")].into_iter().chain(service).collect()
}

async fn read(
    world: &World,
    access: &Access,
    domain: &Target,
    candidate: &Candidate,
    limit: Duration,
) -> Result<Record, Failure> {
    let started = Instant::now();
    let mut ldap = open(world, access, &candidate.door(), candidate.way, limit).await?;
    let head = dn_of_domain(&domain.display);
    let found = entry(&mut ldap, limit, &head, &ATTRIBUTES).await?;
    let found = found.ok_or_else(|| Failure::Broken(format!("{head} cannot be seen")))?;
    let mut data = assemble(&found);
    if let Some(configuration) = &candidate.root.configuration_naming_context {
        let found = entry(&mut ldap, limit, &service_dn(configuration), &["dSHeuristics"]).await.unwrap_or_default();
        data.ds_heuristics = found.as_ref().and_then(|entry| entry.value("dSHeuristics")).map(str::to_owned);
        data.ds_heuristics_state = match (&found, &data.ds_heuristics) {
            (_, Some(_)) => "ok",
            // Absent on most forests.
            (Some(_), None) => "none",
            (None, None) => "notReadable",
        }
        .to_owned()
        .into();
    }
    Ok(world.record(domain, started, data))
}

/// The object that has `dSHeuristics` ([MS-ADTS] 6.1.1.2.4.1.2).
fn service_dn(configuration: &str) -> String {
    format!("CN=Directory Service,CN=Windows NT,CN=Services,{configuration}")
}

fn assemble(entry: &Entry) -> DomainPolicy {
    let (max_pwd_age, max_pwd_age_never) = entry.value("maxPwdAge").and_then(maximum_age).unwrap_or((None, false));
    DomainPolicy {
        min_pwd_age: entry.value("minPwdAge").and_then(seconds),
        max_pwd_age,
        max_pwd_age_never,
        pwd_history_length: entry.number("pwdHistoryLength"),
        min_pwd_length: entry.number("minPwdLength"),
        pwd_properties: entry.value("pwdProperties").and_then(bits),
        lockout_threshold: entry.number("lockoutThreshold"),
        lockout_duration: entry.value("lockoutDuration").and_then(lockout_duration),
        lockout_observation_window: entry.value("lockOutObservationWindow").and_then(seconds),
        ..DomainPolicy::default()
    }
}

/// Flags are signed numbers in the directory.
fn bits(text: &str) -> Option<u32> {
    text.parse::<i32>().map(|number| number as u32).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &str)]) -> Entry {
        let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, std::slice::from_ref(value))).collect();
        Entry::with("DC=corp,DC=example", &attributes)
    }

    #[test]
    fn the_policy_of_a_new_domain_is_read() {
        let policy = assemble(&entry(&[
            ("minPwdAge", "-864000000000"),
            ("maxPwdAge", "-36288000000000"),
            ("pwdHistoryLength", "24"),
            ("minPwdLength", "7"),
            ("pwdProperties", "1"),
            ("lockoutThreshold", "0"),
            ("lockoutDuration", "-18000000000"),
            ("lockOutObservationWindow", "-18000000000"),
        ]));
        let expected = DomainPolicy {
            min_pwd_age: Some(86_400),
            max_pwd_age: Some(3_628_800),
            pwd_history_length: Some(24),
            min_pwd_length: Some(7),
            pwd_properties: Some(1),
            lockout_threshold: Some(0),
            lockout_duration: Some(1800),
            lockout_observation_window: Some(1800),
            ..DomainPolicy::default()
        };
        assert_eq!(policy, expected);
    }

    #[test]
    fn what_is_missing_is_null_and_never_is_said_so() {
        assert_eq!(assemble(&entry(&[])), DomainPolicy::default());
        let policy = assemble(&entry(&[("maxPwdAge", "-9223372036854775808"), ("pwdProperties", "-2147483648")]));
        assert!(policy.max_pwd_age.is_none() && policy.max_pwd_age_never);
        assert_eq!(policy.pwd_properties, Some(0x8000_0000));
    }
}
