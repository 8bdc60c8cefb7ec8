//! `pso`: fine-grained password policies, as far as this account may see them.

use super::asked::{Asked, base, in_plan, one_level, policy_container};
use super::attempts::{Candidate, questions};
use super::entry::Entry;
use super::ldap::Failure;
use super::query::{Query, ask, entry};
use super::session::{Access, open};
use super::values::{boolean, lockout_duration, maximum_age, seconds};
use crate::catalog::Target;
use crate::directory::names::dn_of_domain;
use crate::evidence::collect::{Collector, Probe, Touched, World};
use crate::evidence::{Evidence, Kind, Pso, PsoContainer, Record};
use std::sync::Arc;
use std::time::{Duration, Instant};

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

pub struct PsoCollector {
    pub access: Arc<Access>,
}

impl Collector for PsoCollector {
    fn kind(&self) -> Kind {
        Kind::Pso
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        questions(evidence, world, Kind::Pso, searches, |domain, candidate, limit| {
            let (this, access) = (world.clone(), self.access.clone());
            async move { read(&this, &access, &domain, &candidate, limit).await }
        })
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        in_plan(world, searches)
    }
}

const POLICIES: &str = "(objectClass=msDS-PasswordSettings)";

fn searches(asked: &Asked) -> Vec<String> {
    let container = policy_container(&asked.head);
    vec![base(&container, "cn"), one_level(&container, POLICIES, "fine-grained password policies")]
}

/// One record for the container and one for each policy.
///
/// The container and the policies are for administrators only (defaultSecurityDescriptor of both classes in
/// [MS-ADSC]). Another account gets the container's name, because it may list the parent, but
/// no attribute of it, and an empty list of policies: that is not "there is none" (onprem 4.6).
async fn read(
    world: &World,
    access: &Access,
    domain: &Target,
    candidate: &Candidate,
    limit: Duration,
) -> Result<Vec<Record>, Failure> {
    let started = Instant::now();
    let mut ldap = open(world, access, &candidate.door(), candidate.way, limit).await?;
    let container = policy_container(&dn_of_domain(&domain.display));
    let own = entry(&mut ldap, limit, &container, &["cn"]).await?;
    let is_readable = own.is_some_and(|own| own.value("cn").is_some());
    let found = match ask(&mut ldap, limit, Query::one_level(&container, POLICIES, &ATTRIBUTES), Vec::new()).await {
        Err(failure) if failure.is_no_such_object() => Vec::new(),
        other => other?,
    };
    let count = is_readable.then_some(found.len().min(u32::MAX as usize) as u32);
    let head = Pso { container: Some(PsoContainer { readable: is_readable, count }), ..Pso::default() };
    let policies = found.into_iter().map(assemble);
    Ok(std::iter::once(head).chain(policies).map(|data| world.record(domain, started, data)).collect())
}

fn assemble(mut entry: Entry) -> Pso {
    Pso {
        precedence: entry.number("msDS-PasswordSettingsPrecedence"),
        min_age: entry.value("msDS-MinimumPasswordAge").and_then(seconds),
        max_age: entry.value("msDS-MaximumPasswordAge").and_then(maximum_age).and_then(|(seconds, _)| seconds),
        history: entry.number("msDS-PasswordHistoryLength"),
        min_length: entry.number("msDS-MinimumPasswordLength"),
        complexity: entry.value("msDS-PasswordComplexityEnabled").and_then(boolean),
        lockout_duration: entry.value("msDS-LockoutDuration").and_then(lockout_duration),
        applies_to: entry.take_values("msDS-PSOAppliesTo").unwrap_or_default(),
        dn: Some(entry.dn),
        container: None,
    }
}
