//! What there is to judge, by kind of target, as far as the evidence knows.

use crate::catalog::{Scene, Target, TargetKind};
use crate::checks::network::hosts;
use crate::directory::names::domain_of_dn;
use crate::evidence::{AdSyncConfig, Kind, Record, RootDse, State, User};
use std::collections::HashSet;

/// The machine that the evidence speaks of.
pub fn server(scene: &Scene) -> Vec<Target> {
    let mut targets =
        of_kind(scene, TargetKind::Server, &[Kind::OperatorInput, Kind::ProxyConfig, Kind::Os, Kind::Services]);
    targets.truncate(1);
    targets
}

/// Every cloud host that the service needs.
pub fn hosts(scene: &Scene) -> Vec<Target> {
    hosts::hosts(scene).into_iter().map(|host| host.target).collect()
}

/// Every Active Directory domain that was looked at.
pub fn domains(scene: &Scene) -> Vec<Target> {
    of_kind(scene, TargetKind::Domain, &[Kind::Dns, Kind::Fsmo, Kind::DomainPolicy])
}

/// The same, and the root domain of each forest, which nobody may have looked at.
pub fn domains_and_roots(scene: &Scene) -> Vec<Target> {
    let mut targets = domains(scene);
    for root in forest_roots(scene) {
        if !targets.iter().any(|known| known.key == root.key) {
            targets.push(root);
        }
    }
    targets
}

/// The root domain of each forest, as its controllers name it.
pub fn forest_roots(scene: &Scene) -> Vec<Target> {
    let mut roots: Vec<Target> = Vec::new();
    for fact in scene.evidence.facts::<RootDse>() {
        let name = fact.data.root_domain_naming_context.as_deref().and_then(domain_of_dn);
        let root = name.map(|name| Target::domain(&name, None));
        roots.extend(root.filter(|root| !roots.iter().any(|known| known.key == root.key)));
    }
    roots
}

/// Every controller of the inventory.
pub fn controllers(scene: &Scene) -> Vec<Target> {
    of_kind(scene, TargetKind::Dc, &[Kind::DcInventory])
}

/// Every connector to an Active Directory forest.
pub fn connectors(scene: &Scene) -> Vec<Target> {
    let mut targets = Vec::new();
    for config in scene.evidence.facts::<AdSyncConfig>() {
        let connectors = config.data.connectors.iter().filter(|connector| connector.kind == "AD");
        targets.extend(connectors.map(|connector| Target::connector(&connector.name, &config.record.target)));
    }
    targets
}

/// Every connector account that was looked for.
pub fn accounts(scene: &Scene) -> Vec<Target> {
    of_kind(scene, TargetKind::Account, &[Kind::User])
}

/// Every user that the operator asked about, found or not; users of a sample are not among them.
pub fn users(scene: &Scene) -> Vec<Target> {
    asked_users(scene, |_| true)
}

/// The same without users that were searched for and are not there: they get PW901 alone.
pub fn found_users(scene: &Scene) -> Vec<Target> {
    asked_users(scene, |record| {
        record.state != State::NotFound && record.fact::<User>().is_none_or(|fact| fact.data.search_count != Some(0))
    })
}

/// The users that were found, and every domain of which users were sampled.
pub fn found_users_and_sampled_domains(scene: &Scene) -> Vec<Target> {
    let mut targets = found_users(scene);
    targets.extend(sampled_domains(scene));
    targets
}

/// Every domain of which a sample was taken, or was to be taken: then the record of the attempt stands at
/// the domain, or at the container that was named.
pub fn sampled_domains(scene: &Scene) -> Vec<Target> {
    let mut sampled: HashSet<&str> = HashSet::new();
    let mut targets = of_kind(scene, TargetKind::Domain, &[Kind::User]);
    for fact in scene.evidence.facts::<User>().into_iter().filter(|fact| fact.data.sampled) {
        sampled.extend(domain_key(&fact.record.target));
    }
    sampled.extend(unsampled(scene).filter_map(|record| domain_key(&record.target)));
    let known =
        of_kind(scene, TargetKind::Domain, &[Kind::SecurityDescriptor, Kind::Dns, Kind::Fsmo, Kind::DomainPolicy]);
    for domain in known.into_iter().filter(|domain| sampled.contains(domain.key.as_str())) {
        if !targets.iter().any(|target| target.key == domain.key) {
            targets.push(domain);
        }
    }
    targets
}

/// What was said of containers of which a sample was to be taken, and was not.
pub fn unsampled<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a Record> {
    scene.evidence.records_of(Kind::User).filter(|record| record.target.kind == TargetKind::Container)
}

/// Every container whose descriptor was looked at.
pub fn containers(scene: &Scene) -> Vec<Target> {
    of_kind(scene, TargetKind::Container, &[Kind::SecurityDescriptor])
}

/// Every container and every head of a domain whose descriptor was looked at.
pub fn containers_and_domains_with_rights(scene: &Scene) -> Vec<Target> {
    let mut targets = containers(scene);
    targets.extend(domains_with_rights(scene));
    targets
}

/// Domains in which rights of a connector account are judged.
pub fn domains_with_rights(scene: &Scene) -> Vec<Target> {
    of_kind(scene, TargetKind::Domain, &[Kind::SecurityDescriptor])
}

/// Key of the domain that a target is or lies in, as far as that is known.
pub fn domain_key(target: &Target) -> Option<&str> {
    let own = (target.kind == TargetKind::Domain).then_some(target.key.as_str());
    own.or_else(|| target.within.iter().map(String::as_str).find(|key| key.starts_with("domain:")))
}

fn asked_users(scene: &Scene, wanted: impl Fn(&Record) -> bool) -> Vec<Target> {
    let mut seen: HashSet<&str> = HashSet::new();
    let records = scene.evidence.records_of(Kind::User).filter(|record| record.target.kind == TargetKind::User);
    let asked = records.filter(|record| record.fact::<User>().is_none_or(|fact| !fact.data.sampled));
    asked
        .filter(|record| wanted(record) && seen.insert(record.target.key.as_str()))
        .map(|record| record.target.clone())
        .collect()
}

/// Distinct targets of one kind among the records of some kinds, in the order they came.
pub fn of_kind(scene: &Scene, target: TargetKind, kinds: &[Kind]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for kind in kinds {
        for record in scene.evidence.records_of(*kind) {
            if record.target.kind == target && !targets.iter().any(|known| known.key == record.target.key) {
                targets.push(record.target.clone());
            }
        }
    }
    targets
}
