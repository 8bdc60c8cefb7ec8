//! What there is to judge, by kind of target, as far as the evidence knows.

use crate::catalog::{Scene, Target, TargetKind};
use crate::checks::directory::facts::domain_of_dn;
use crate::checks::network::hosts;
use crate::evidence::{AdSyncConfig, Kind, RootDse};

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
