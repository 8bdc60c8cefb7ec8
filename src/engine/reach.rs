//! Which findings a finding leads to (catalog 6.1).

use super::causes;
use crate::catalog::{Class, Reason, Status, TargetKind};
use crate::contract::Finding;
use std::collections::{HashMap, HashSet};

/// The findings of a run with the graph of causes laid over them.
pub struct Graph<'a> {
    findings: &'a [Finding],
    by_id: HashMap<&'a str, Vec<usize>>,
    /// Those about users, by id and key of the target: of ten thousand users each leads to its own findings only.
    of_user: HashMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Graph<'a> {
    pub fn new(findings: &'a [Finding]) -> Graph<'a> {
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut of_user: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (index, finding) in findings.iter().enumerate() {
            // A step may be Warn, Fail, Unknown or blocked, never Pass.
            let conducts = match finding.status {
                Status::Warn | Status::Fail | Status::Unknown => true,
                Status::NotApplicable => finding.reason == Some(Reason::Blocked),
                Status::Pass => false,
            };
            if conducts {
                by_id.entry(&*finding.id).or_default().push(index);
                if finding.target.kind == TargetKind::User {
                    of_user.entry((&*finding.id, &*finding.target.key)).or_default().push(index);
                }
            }
        }
        Graph { findings, by_id, of_user }
    }

    /// The Warn and Fail findings that this one leads to, over any number of steps.
    pub fn reach(&self, from: usize) -> Vec<usize> {
        let mut seen: HashSet<usize> = HashSet::from([from]);
        let mut open = vec![from];
        let mut reached = Vec::new();
        while let Some(at) = open.pop() {
            for edge in causes::edges_from(&self.findings[at].id) {
                for &next in self.candidates(at, edge.effect) {
                    let effect = &self.findings[next];
                    if !matches_class(effect, edge.classes) || !matches_target(&self.findings[at], effect) {
                        continue;
                    }
                    if seen.insert(next) {
                        open.push(next);
                        if effect.is_open() {
                            reached.push(next);
                        }
                    }
                }
            }
        }
        reached.sort_unstable();
        reached
    }

    /// Findings of a check among which those are that the finding can explain.
    fn candidates(&self, cause: usize, effect: &'static str) -> &[usize] {
        let cause = &self.findings[cause];
        let found = if is_of_one_user(cause) && effect != COVERAGE {
            self.of_user.get(&(effect, &*cause.target.key))
        } else {
            self.by_id.get(effect)
        };
        found.map_or(&[], Vec::as_slice)
    }
}

/// The share of users, which every user has a part in.
const COVERAGE: &str = "PW990";

/// True for what only concerns the user that it is about. Two checks speak of the enabling administrator, not of a
/// user of the domain.
fn is_of_one_user(cause: &Finding) -> bool {
    cause.target.kind == TargetKind::User && cause.id != "PW210" && cause.id != "PW212"
}

/// An edge with classes exists only when the effect has one of them.
fn matches_class(effect: &Finding, classes: &[Class]) -> bool {
    classes.is_empty() || classes.contains(&effect.class) || effect.classes.iter().any(|class| classes.contains(class))
}

/// Whether a finding about `cause.target` can explain one about `effect.target`.
fn matches_target(cause: &Finding, effect: &Finding) -> bool {
    let (from, to) = (&cause.target, &effect.target);
    let same = from.key == to.key;
    let inside = to.is_in(&from.key);
    let around = from.is_in(&to.key);
    match from.kind {
        TargetKind::User if is_of_one_user(cause) => same || (effect.id == COVERAGE && around),
        TargetKind::User => true,
        TargetKind::Tenant | TargetKind::Server | TargetKind::Connector => match to.kind {
            TargetKind::Host => inside || from.kind != TargetKind::Server,
            _ => true,
        },
        TargetKind::Host => match to.kind {
            TargetKind::Host => same,
            TargetKind::Server => around,
            TargetKind::Tenant => true,
            _ => false,
        },
        TargetKind::Forest | TargetKind::Domain | TargetKind::Account | TargetKind::Dc | TargetKind::Container => {
            match to.kind {
                TargetKind::Tenant | TargetKind::Server | TargetKind::Connector => true,
                TargetKind::Host => false,
                // A controller speaks for its domain and the users in it.
                TargetKind::User | TargetKind::Account if matches!(from.kind, TargetKind::Dc | TargetKind::Account) => {
                    from.within.iter().any(|parent| to.is_in(parent))
                }
                _ => inside || around,
            }
        }
    }
}
