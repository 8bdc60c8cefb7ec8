//! A check: what it is called and what it needs, beside the pure function that judges.

use super::terms::{Area, Class, Proof, RunsAt, Severity};
use crate::catalog::judgement::Answer;
use crate::catalog::scene::{Case, Scene};
use crate::catalog::target::{Target, TargetKind};
use crate::evidence::Kind;

/// Which rule lowers a failure to a warning because of the target's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleRule {
    /// The outcome is the status.
    None,
    /// Cloud hosts: catalog 2.1.
    Host,
    /// Controllers, where reachability or time is judged: catalog 2.2.
    ControllerPath,
    /// Controllers, where a property of the controller is judged: the one last used counts fully (2.2).
    ControllerProperty,
}

/// One entry of the catalog. Declared with [`declare_check!`](crate::declare_check), one per file.
#[derive(Debug)]
pub struct Check {
    /// `PW303`. Never reused.
    pub id: &'static str,
    /// The requirement, as a sentence that is true when the check passes.
    pub title: &'static str,
    pub area: Area,
    /// Severity of a Fail; a judgement may override it where the rule says so.
    pub severity: Severity,
    pub proof: Proof,
    pub class: Class,
    /// The kind of thing judged; `targets` lists the instances.
    pub target: TargetKind,
    /// Kinds of record the rule reads. The first is the one without which nothing can be said.
    pub evidence: &'static [Kind],
    pub runs_at: RunsAt,
    /// A Fail of one of these, for this target or one that contains it, makes this check not applicable.
    pub blocked_by: &'static [&'static str],
    /// The same, but only when every finding of that check is a Fail.
    pub blocked_by_all: &'static [&'static str],
    pub role_rule: RoleRule,
    /// The summary of what to do, one or two sentences.
    pub remediation: &'static str,
    /// Key of the documentation link.
    pub link: &'static str,
    /// Product version that introduced the check.
    pub since: &'static str,
    /// The exact verdict rule, a line per outcome.
    pub rule: &'static str,
    /// The targets known from the evidence so far.
    pub targets: fn(&Scene) -> Vec<Target>,
    /// Judges one target. Pure: the same scene always gives the same answer.
    pub judge: fn(&Case) -> Answer,
}

/// Declares the check of a file as `pub const CHECK`, with every field named.
///
/// Fields that most checks leave at their default may be left out: `blocked_by`, `blocked_by_all`
/// (nothing) and `role_rule` (none).
#[macro_export]
macro_rules! declare_check {
    (
        $id:ident, $title:literal,
        area: $area:ident, severity: $severity:ident, proof: $proof:ident, class: $class:ident,
        target: $target:ident via $targets:path,
        evidence: [$($kind:ident),+ $(,)?],
        runs_at: $runs_at:ident,
        $(blocked_by: [$($blocker:ident),* $(,)?],)?
        $(blocked_by_all: [$($blocker_all:ident),* $(,)?],)?
        $(role_rule: $role_rule:ident,)?
        remediation: $remediation:literal,
        link: $link:literal, since: $since:literal,
        rule: $rule:literal $(,)?
    ) => {
        pub const CHECK: $crate::catalog::Check = $crate::catalog::Check {
            id: stringify!($id),
            title: $title,
            area: $crate::catalog::Area::$area,
            severity: $crate::catalog::Severity::$severity,
            proof: $crate::catalog::Proof::$proof,
            class: $crate::catalog::Class::$class,
            target: $crate::catalog::TargetKind::$target,
            evidence: &[$($crate::evidence::Kind::$kind),+],
            runs_at: $crate::catalog::RunsAt::$runs_at,
            blocked_by: &[$($(stringify!($blocker)),*)?],
            blocked_by_all: &[$($(stringify!($blocker_all)),*)?],
            role_rule: $crate::declare_check!(@role $($role_rule)?),
            remediation: $remediation,
            link: $link,
            since: $since,
            rule: $rule,
            targets: $targets,
            judge,
        };
    };
    (@role) => { $crate::catalog::RoleRule::None };
    (@role $role_rule:ident) => { $crate::catalog::RoleRule::$role_rule };
}
