//! What a sample of users, or all of them, says of a domain (PW505 to PW507, PW509): pure counting.

use crate::catalog::Status;
use crate::directory::{Decision, Verdict, Why};
use std::collections::BTreeMap;

/// Fewest sampled users of a container for which "none of them" says something of the container.
const MIN_IN_CONTAINER: usize = 3;
const MOST_CONTAINERS: usize = 10;

/// Names of the counts, in evidence and explanations.
pub const GRANTED: &str = "granted";
pub const REFUSED: &str = "not granted";
pub const UNKNOWN: &str = "not known";

/// Counts of one container, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub granted: usize,
    pub refused: usize,
    /// Of the refused: nothing can be inherited, because the user's own list is protected.
    pub closed: usize,
    pub unknown: usize,
}

impl Counts {
    pub fn all(&self) -> usize {
        self.granted + self.refused + self.unknown
    }

    /// Users with a known result.
    pub fn known(&self) -> usize {
        self.granted + self.refused
    }
}

/// Why users lack the right, in words, with how often each occurs.
type Reasons = BTreeMap<String, (usize, Why)>;

/// A container with users who lack the right.
pub struct Failing<'a> {
    pub dn: &'a str,
    pub counts: &'a Counts,
    /// The most frequent reason.
    pub why: &'a Why,
}

/// Which users of a domain were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    #[default]
    Sample,
    All,
    /// All were wanted, and some could not be read.
    Part,
}

/// The users of a domain that were looked at, and what was found for one right.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub extent: Extent,
    pub total: Counts,
    /// Users who are or were protected (PW917, PW918), who are left out of the statistics.
    pub set_aside: usize,
    containers: BTreeMap<String, (Counts, Reasons)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Granted,
    /// At most 5 % of the known are not granted.
    FewMissing,
    Missing {
        /// More than half of the known.
        most: bool,
    },
    /// Over 10 % are not known, or nobody is.
    Unknown,
}

impl Outcome {
    /// What a domain gets for it (PW505 to PW507).
    pub fn status(&self) -> Status {
        match self {
            Outcome::Granted => Status::Pass,
            Outcome::FewMissing => Status::Warn,
            Outcome::Missing { .. } => Status::Fail,
            Outcome::Unknown => Status::Unknown,
        }
    }
}

impl Tally {
    /// The count with which the status would be another: nobody without the right, nobody of whom it is not
    /// known, or one more without it.
    pub fn turn(&self, status: impl Fn(&Tally) -> Status) -> Option<(&'static str, usize, Status)> {
        let moved = |change: fn(&mut Counts)| {
            let mut other = self.clone();
            other.containers.values_mut().for_each(|(counts, _)| change(counts));
            change(&mut other.total);
            other
        };
        let repaired = moved(|counts| counts.granted += std::mem::take(&mut counts.refused));
        let read = moved(|counts| counts.granted += std::mem::take(&mut counts.unknown));
        let mut broken = self.clone();
        if let Some((counts, _)) = broken.containers.values_mut().max_by_key(|(counts, _)| counts.granted) {
            let one = counts.granted.min(1);
            for counts in [counts, &mut broken.total] {
                counts.granted -= one;
                counts.refused += one;
            }
        }
        let own = status(self);
        [
            (REFUSED, repaired.total.refused, status(&repaired)),
            (UNKNOWN, read.total.unknown, status(&read)),
            (REFUSED, broken.total.refused, status(&broken)),
        ]
        .into_iter()
        .find(|(.., other)| *other != own)
    }

    /// Counts a user; `is_closed` when inheritance is off at the user.
    pub fn add(&mut self, container: &str, decision: Option<Decision>, is_closed: bool) {
        let (counts, reasons) = self.containers.entry(container.to_owned()).or_default();
        for counts in [&mut self.total, counts] {
            match decision.map(|decision| decision.verdict) {
                Some(Verdict::Granted) => counts.granted += 1,
                Some(Verdict::Denied | Verdict::NotGranted) => {
                    counts.refused += 1;
                    counts.closed += usize::from(is_closed);
                }
                Some(Verdict::Undecided(_)) | None => counts.unknown += 1,
            }
        }
        let refused = |decision: &Decision| matches!(decision.verdict, Verdict::Denied | Verdict::NotGranted);
        if let Some(decision) = decision.filter(refused) {
            reasons.entry(decision.why.to_string()).or_insert((0, decision.why)).0 += 1;
        }
    }

    pub fn set_aside(&mut self) {
        self.set_aside += 1;
    }

    pub fn outcome(&self) -> Outcome {
        let Counts { refused, unknown, .. } = self.total;
        let known = self.total.known();
        let without_any = |counts: &Counts| counts.all() >= MIN_IN_CONTAINER && counts.refused == counts.all();
        let a_container_has_none = self.containers.values().any(|(counts, _)| without_any(counts));
        if refused * 20 > known || a_container_has_none {
            Outcome::Missing { most: refused * 2 > known }
        } else if known == 0 || unknown * 10 > self.total.all() {
            Outcome::Unknown
        } else if refused > 0 {
            Outcome::FewMissing
        } else {
            Outcome::Granted
        }
    }

    /// Number of containers with users who lack the right.
    pub fn failing(&self) -> usize {
        self.containers.values().filter(|(counts, _)| counts.refused > 0).count()
    }

    /// The worst of them, most users first.
    pub fn failing_containers(&self) -> Vec<Failing<'_>> {
        let mut failing: Vec<Failing> = self
            .containers
            .iter()
            .filter(|(_, (counts, _))| counts.refused > 0)
            .filter_map(|(dn, (counts, reasons))| Some(Failing { dn, counts, why: most_frequent(reasons)? }))
            .collect();
        failing.sort_by(|a, b| b.counts.refused.cmp(&a.counts.refused).then(a.dn.cmp(b.dn)));
        failing.truncate(MOST_CONTAINERS);
        failing
    }

    /// The most frequent reason over all containers.
    pub fn reason(&self) -> Option<Why> {
        let mut all = Reasons::new();
        for (reason, (count, why)) in self.containers.values().flat_map(|(_, reasons)| reasons) {
            all.entry(reason.clone()).or_insert((0, *why)).0 += count;
        }
        most_frequent(&all).copied()
    }

    /// "sample of 12 in 3 containers".
    pub fn size(&self) -> String {
        let (users, containers) = (self.total.all(), self.containers.len());
        let places = format!("in {containers} container{}", if containers == 1 { "" } else { "s" });
        match self.extent {
            Extent::Sample => format!("sample of {users} {places}"),
            Extent::All => format!("all {users} {places}"),
            Extent::Part => format!("the {users} {places} that could be read"),
        }
    }
}

/// Ties go to the first in the order of the texts, so that a report is the same from run to run.
fn most_frequent(reasons: &Reasons) -> Option<&Why> {
    let best = reasons.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(a.0)));
    best.map(|(_, (_, why))| why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Right, Undecided, Via, Why};

    fn decision(verdict: Verdict) -> Option<Decision> {
        let right = Right::ResetPassword;
        let why = Why { right, decision: verdict, ace_index: None, inherited: false, trustee: None, via: Via::Missing };
        Some(Decision { verdict, why })
    }

    /// Containers of (granted, refused, unknown).
    fn tally(containers: &[(usize, usize, usize)]) -> Tally {
        let mut tally = Tally::default();
        for (number, (granted, refused, unknown)) in containers.iter().enumerate() {
            let name = format!("OU=c{number}");
            let open = Verdict::Undecided(Undecided::Conditional);
            for (verdict, count) in [(Verdict::Granted, granted), (Verdict::NotGranted, refused), (open, unknown)] {
                (0..*count).for_each(|_| tally.add(&name, decision(verdict), false));
            }
        }
        tally
    }

    #[test]
    fn five_percent_is_few_and_a_container_without_any_is_not() {
        for (containers, expected) in [
            (&[(20, 0, 0)][..], Outcome::Granted),
            (&[(19, 1, 0)], Outcome::FewMissing),
            (&[(95, 5, 0)], Outcome::FewMissing),
            (&[(94, 6, 0)], Outcome::Missing { most: false }),
            (&[(10, 10, 0)], Outcome::Missing { most: false }),
            (&[(10, 11, 0)], Outcome::Missing { most: true }),
            (&[(97, 0, 0), (0, 3, 0)], Outcome::Missing { most: false }),
            (&[(97, 0, 0), (0, 2, 0)], Outcome::FewMissing),
            (&[(97, 0, 0), (0, 3, 1)], Outcome::FewMissing),
            (&[(97, 0, 0), (1, 3, 0)], Outcome::FewMissing),
            (&[(9, 0, 1)], Outcome::Granted),
            (&[(8, 0, 1)], Outcome::Unknown),
            (&[(0, 0, 5)], Outcome::Unknown),
            (&[(1, 9, 5)], Outcome::Missing { most: true }),
            (&[], Outcome::Unknown),
        ] {
            assert_eq!(tally(containers).outcome(), expected, "{containers:?}");
        }
    }

    #[test]
    fn the_worst_containers_stand_first_and_at_most_ten_are_listed() {
        let tally = tally(&[(0, 1, 0), (5, 3, 0), (4, 0, 0), (0, 3, 0)]);
        let names: Vec<&str> = tally.failing_containers().iter().map(|failing| failing.dn).collect();
        assert_eq!(names, ["OU=c1", "OU=c3", "OU=c0"]);
        assert_eq!(tally.size(), "sample of 16 in 4 containers");
        let of = |extent: Extent| Tally { extent, ..tally.clone() }.size();
        assert_eq!(of(Extent::All), "all 16 in 4 containers");
        assert_eq!(of(Extent::Part), "the 16 in 4 containers that could be read");
        assert_eq!(tally.reason().unwrap().to_string(), "no ACE grants Reset Password");
        let mut open = decision(Verdict::Undecided(Undecided::Conditional)).unwrap();
        open.why.decision = open.verdict;
        let mut mostly_open = tally.clone();
        (0..20).for_each(|_| mostly_open.add("OU=c1", Some(open), false));
        assert_eq!(
            mostly_open.reason().unwrap().decision,
            Verdict::NotGranted,
            "the reason of those without the right"
        );
        let many: Vec<(usize, usize, usize)> = vec![(0, 1, 0); 12];
        let many = self::tally(&many);
        assert_eq!((many.failing_containers().len(), many.failing()), (10, 12));
    }
}
