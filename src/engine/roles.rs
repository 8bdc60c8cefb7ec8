//! Role rules: what a failure is worth at this host or controller (catalog 2.1, 2.2).
//!
//! They set status and severity; the outcome stays, and blocks what depends on it.

use super::judge::Judge;
use crate::catalog::{Check, RoleRule, Severity, Status, Target};
use crate::checks::network::hosts::{self, Host};
use crate::evidence::DcInventory;
use crate::knowledge::HostRole;

/// What the role of a host or controller makes of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    pub status: Status,
    /// `None` = the check's own.
    pub severity: Option<Severity>,
    /// Why the status is lower than the outcome.
    pub rule: Option<&'static str>,
}

impl Role {
    const fn none(outcome: Status) -> Role {
        Role { status: outcome, severity: None, rule: None }
    }

    const fn warn(severity: Option<Severity>, rule: &'static str) -> Role {
        Role { status: Status::Warn, severity, rule: Some(rule) }
    }
}

/// The rules that lower a failure, as explanations quote them.
pub mod rules {
    pub const OTHER_EVENT_HOST: &str = "another relay host that an event or the operator named passes";
    pub const ONLY_DOCUMENTED: &str = "relay hosts that an event or the operator named are known, and it is none";
    pub const OTHER_DOCUMENTED: &str = "another documented relay host passes";
    pub const SYNC_HOST: &str = "a host of the sync service does not stop writeback";
    pub const LAST_USED: &str =
        "the controller last used is neither the PDC emulator nor preferred; Connect takes another";
    pub const OTHER_CONTROLLER: &str = "the controller is neither the PDC emulator nor preferred nor the one last used";
    pub const ALL: [&str; 6] =
        [OTHER_EVENT_HOST, ONLY_DOCUMENTED, OTHER_DOCUMENTED, SYNC_HOST, LAST_USED, OTHER_CONTROLLER];
}

/// What the role of `target` makes of an outcome.
pub fn apply(judge: &Judge, check: &'static Check, target: &Target, outcome: Status) -> Role {
    if outcome != Status::Fail {
        return Role::none(outcome);
    }
    match check.role_rule {
        RoleRule::None => Role::none(outcome),
        RoleRule::Host => host(judge, check, target),
        RoleRule::ControllerPath => controller(judge, target, false),
        RoleRule::ControllerProperty => controller(judge, target, true),
    }
}

fn host(judge: &Judge, check: &'static Check, target: &Target) -> Role {
    let hosts = hosts::hosts(judge.scene());
    let Some(own) = hosts.iter().find(|host| host.target.key == target.key) else {
        return Role::none(Status::Fail);
    };
    let works = |host: &Host| matches!(judge.outcome(check, &host.target), Status::Pass | Status::Warn);
    let any_works = |role: HostRole| hosts.iter().any(|host| host.role == role && works(host));
    let event_host_known = hosts.iter().any(|host| host.role == HostRole::RelayEvent);
    match own.role {
        HostRole::RelayEvent if any_works(HostRole::RelayEvent) => Role::warn(None, rules::OTHER_EVENT_HOST),
        HostRole::RelayDoc if event_host_known => Role::warn(Some(Severity::Low), rules::ONLY_DOCUMENTED),
        HostRole::RelayDoc if any_works(HostRole::RelayDoc) => Role::warn(None, rules::OTHER_DOCUMENTED),
        HostRole::RelayEvent | HostRole::RelayDoc | HostRole::Reset => Role::none(Status::Fail),
        // Severity "high" and "medium" are ceilings: a check of lower severity keeps its own.
        HostRole::Login => Role { severity: Some(check.severity.min(Severity::High)), ..Role::none(Status::Fail) },
        HostRole::Sync => Role::warn(Some(check.severity.min(Severity::Medium)), rules::SYNC_HOST),
    }
}

fn controller(judge: &Judge, target: &Target, property: bool) -> Role {
    let inventory = judge.scene().evidence.facts_at::<DcInventory>(&target.key);
    let has = |role: &str| inventory.iter().any(|fact| fact.data.roles.iter().any(|name| name == role));
    if has("pdc") || has("preferred") || (property && has("last")) {
        Role::none(Status::Fail)
    } else if has("last") {
        Role::warn(None, rules::LAST_USED)
    } else {
        Role::warn(Some(Severity::Low), rules::OTHER_CONTROLLER)
    }
}
