//! What there is to judge, by kind of target, as far as the evidence knows.

use crate::catalog::{Scene, Target, TargetKind};
use crate::checks::network::hosts;
use crate::evidence::{AdSyncConfig, Kind};

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

/// Every Active Directory domain whose locator records were asked for.
pub fn domains(scene: &Scene) -> Vec<Target> {
    of_kind(scene, TargetKind::Domain, &[Kind::Dns, Kind::Fsmo])
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
