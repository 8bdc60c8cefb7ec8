//! Which findings a check blocks.

use crate::catalog::Reason;
use crate::contract::Finding;
use std::collections::{BTreeSet, HashMap};

/// The blocked findings of a run by the id of what blocks them: to look through all of them for each of ten
/// thousand causes would take half a minute.
pub struct Blocked<'a> {
    by: HashMap<&'a str, (Vec<usize>, BTreeSet<&'a str>)>,
}

impl<'a> Blocked<'a> {
    pub fn new(findings: &'a [Finding]) -> Blocked<'a> {
        let mut by: HashMap<&str, (Vec<usize>, BTreeSet<&str>)> = HashMap::new();
        for (index, finding) in findings.iter().enumerate().filter(|(_, one)| one.reason == Some(Reason::Blocked)) {
            for blocker in &finding.blocked_by {
                let (indexes, checks) = by.entry(blocker).or_default();
                indexes.push(index);
                checks.insert(&finding.id);
            }
        }
        Blocked { by }
    }

    /// Indexes of the findings that one of these checks blocks.
    pub fn findings(&self, blockers: &BTreeSet<&str>) -> BTreeSet<usize> {
        blockers.iter().filter_map(|id| self.by.get(id)).flat_map(|(indexes, _)| indexes).copied().collect()
    }

    /// How many checks have a finding that one of these checks blocks.
    pub fn checks(&self, blockers: &BTreeSet<&str>) -> usize {
        let checks = blockers.iter().filter_map(|id| self.by.get(id)).flat_map(|(_, checks)| checks);
        checks.collect::<BTreeSet<_>>().len()
    }
}
