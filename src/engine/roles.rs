//! Role rules: what a failure is worth at this host or controller (catalog 2.1, 2.2).
//!
//! They set status and severity; the outcome stays, and blocks what depends on it.

use super::judge::Judge;
use crate::catalog::{Check, RoleRule, Severity, Status, Target};
use crate::checks::network::hosts::{self, Host};
use crate::evidence::DcInventory;
use crate::knowledge::HostRole;

/// Status and severity of a failing finding; severity `None` = the check's own.
type Lowered = (Status, Option<Severity>);

/// What the role of `target` makes of an outcome.
pub fn apply(judge: &Judge, check: &'static Check, target: &Target, outcome: Status) -> Lowered {
    if outcome != Status::Fail {
        return (outcome, None);
    }
    match check.role_rule {
        RoleRule::None => (outcome, None),
        RoleRule::Host => host(judge, check, target),
        RoleRule::ControllerPath => controller(judge, target, false),
        RoleRule::ControllerProperty => controller(judge, target, true),
    }
}

fn host(judge: &Judge, check: &'static Check, target: &Target) -> Lowered {
    let hosts = hosts::hosts(judge.scene());
    let Some(own) = hosts.iter().find(|host| host.target.key == target.key) else {
        return (Status::Fail, None);
    };
    let works = |host: &Host| matches!(judge.outcome(check, &host.target), Status::Pass | Status::Warn);
    let any_works = |role: HostRole| hosts.iter().any(|host| host.role == role && works(host));
    let event_host_known = hosts.iter().any(|host| host.role == HostRole::RelayEvent);
    match own.role {
        HostRole::RelayEvent if any_works(HostRole::RelayEvent) => (Status::Warn, None),
        HostRole::RelayDoc if event_host_known => (Status::Warn, Some(Severity::Low)),
        HostRole::RelayDoc if any_works(HostRole::RelayDoc) => (Status::Warn, None),
        HostRole::RelayEvent | HostRole::RelayDoc | HostRole::Reset => (Status::Fail, None),
        // Severity "high" and "medium" are ceilings: a check of lower severity keeps its own.
        HostRole::Login => (Status::Fail, Some(check.severity.min(Severity::High))),
        HostRole::Sync => (Status::Warn, Some(check.severity.min(Severity::Medium))),
    }
}

fn controller(judge: &Judge, target: &Target, property: bool) -> Lowered {
    let inventory = judge.scene().evidence.facts_at::<DcInventory>(&target.key);
    let has = |role: &str| inventory.iter().any(|fact| fact.data.roles.iter().any(|name| name == role));
    if has("pdc") || has("preferred") || (property && has("last")) {
        (Status::Fail, None)
    } else if has("last") {
        (Status::Warn, None)
    } else {
        (Status::Warn, Some(Severity::Low))
    }
}
