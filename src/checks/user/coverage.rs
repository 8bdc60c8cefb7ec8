//! How many users of a domain can be written back (PW990): counting, rate and verdict.

use super::bucket::Bucket;
use crate::calendar::instant;
use crate::catalog::text::clean;
use crate::catalog::{Judgement, NameValue, Reason, Status};
use foldhash::HashMap;
use std::collections::BTreeMap;

const MOST_CONTAINERS: usize = 5;
const MOST_PLACES: usize = 3;

/// Names of the counts on which the grade turns.
const WRITABLE: &str = "writable users";
const NOT_KNOWN: &str = "users not known";
const NOT_READ: &str = "places not read";

/// The users of one domain, counted one by one.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    all: usize,
    unknown: usize,
    writable: usize,
    left_out: usize,
    names: BTreeMap<&'static str, usize>,
    /// Per container: users who fail, and all.
    containers: HashMap<String, (usize, usize)>,
    last_too_young: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    Good,
    Fair,
    Poor,
    Unknown,
}

impl Grade {
    pub fn status(self) -> Status {
        match self {
            Grade::Good => Status::Pass,
            Grade::Fair => Status::Warn,
            Grade::Poor => Status::Fail,
            Grade::Unknown => Status::Unknown,
        }
    }
}

impl Coverage {
    pub fn add(&mut self, container: &str, bucket: Bucket) {
        self.all += 1;
        self.unknown += usize::from(bucket == Bucket::Unknown);
        self.writable += usize::from(bucket == Bucket::Writable);
        self.left_out += usize::from(bucket.is_left_out());
        *self.names.entry(bucket.name()).or_default() += 1;
        if let Bucket::TooYoung(until) = bucket {
            self.last_too_young = self.last_too_young.max(Some(until));
        }
        // Most users stand in a container that is known already; only a new one is copied.
        if !self.containers.contains_key(container) {
            self.containers.insert(container.to_owned(), (0, 0));
        }
        if let Some((failed, all)) = self.containers.get_mut(container) {
            *failed += usize::from(bucket.is_failure());
            *all += 1;
        }
    }

    /// Users by bucket.
    pub fn buckets(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.names.iter().map(|(name, count)| (*name, *count))
    }

    pub fn all(&self) -> usize {
        self.all
    }

    /// Writable users, and those that the rate is of.
    pub fn rate(&self) -> (usize, usize) {
        (self.writable, self.all - self.left_out)
    }

    pub fn grade(&self) -> Grade {
        self.graded(self.writable, self.unknown)
    }

    /// The grade with these counts in place of the own.
    fn graded(&self, writable: usize, unknown: usize) -> Grade {
        let of = self.all - self.left_out;
        if of == 0 || unknown * 10 > self.all {
            Grade::Unknown
        } else if writable * 100 >= of * 99 {
            Grade::Good
        } else if writable * 100 >= of * 90 {
            Grade::Fair
        } else {
            Grade::Poor
        }
    }

    /// The nearest count with which the grade would be another: of the writable, else of those not known.
    pub fn turn(&self) -> Option<(&'static str, usize, Grade)> {
        let (grade, (writable, of)) = (self.grade(), self.rate());
        let most = of.saturating_sub(self.unknown);
        let other = |count: usize| self.graded(count, self.unknown);
        let worse = || (0..writable).rev().find(|count| other(*count) != grade);
        let better = || (writable + 1..=most).find(|count| other(*count) != grade);
        if let Some(count) = better().or_else(worse) {
            return Some((WRITABLE, count, other(count)));
        }
        let read = self.graded(writable + self.unknown, 0);
        (read != grade).then_some((NOT_KNOWN, 0, read))
    }

    /// The containers with most failures: DN, failures, users.
    pub fn worst_containers(&self) -> Vec<(&str, usize, usize)> {
        let mut worst: Vec<(&str, usize, usize)> = self
            .containers
            .iter()
            .filter(|(_, (failed, _))| *failed > 0)
            .map(|(dn, (failed, all))| (dn.as_str(), *failed, *all))
            .collect();
        worst.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        worst.truncate(MOST_CONTAINERS);
        worst
    }

    /// When the last password that is too young is old enough, in milliseconds since 1970.
    pub fn too_young_until(&self) -> Option<i64> {
        self.last_too_young
    }

    /// The finding about a domain. `scope_known` = the sync server said who is in scope; `gaps` = where users
    /// could not be read, who are not counted: they may be of any bucket.
    pub fn judgement(&self, domain: &str, scope_known: bool, gaps: &[NameValue]) -> Judgement {
        let (domain, (writable, of)) = (clean(domain), self.rate());
        let scope =
            if scope_known { "" } else { " Who is in scope of Connect is not known, so nobody is left out for it." };
        let sentence = format!("{writable} of {of} users of {domain} can be written back.{scope}");
        let judgement = match self.grade() {
            _ if !gaps.is_empty() => Judgement::unknown(
                Reason::Partial,
                format!("Not all users of {domain} could be read ({}). Of the others: {sentence}", places(gaps)),
            ),
            Grade::Good => Judgement::pass(sentence),
            Grade::Fair => Judgement::warn(sentence),
            Grade::Poor => Judgement::fail(sentence),
            Grade::Unknown if of == 0 => Judgement::unknown(
                Reason::NotCollected,
                format!("No user of {domain} is left to judge: all {} are left out.{scope}", self.all),
            ),
            Grade::Unknown => Judgement::unknown(
                Reason::Partial,
                format!("{} of {} users of {domain} could not be judged.{scope}", self.unknown, self.all),
            ),
        };
        let judgement = judgement
            .said(WRITABLE, writable)
            .said("users of the rate", of)
            .said(NOT_KNOWN, self.unknown)
            .said("users", self.all);
        let judgement = match (gaps.is_empty(), self.turn()) {
            (true, Some((name, count, grade))) => judgement.turn(name, count, grade.status()),
            (true, None) => judgement,
            (false, _) if self.grade() == Grade::Unknown => judgement.said(NOT_READ, gaps.len()),
            (false, _) => judgement.said(NOT_READ, gaps.len()).turn(NOT_READ, 0, self.grade().status()),
        };
        let judgement = judgement.with("users", self.all);
        let judgement = self.names.iter().fold(judgement, |judgement, (name, count)| judgement.with(name, count));
        let judgement = self.worst_containers().into_iter().fold(judgement, |judgement, (dn, failed, all)| {
            judgement.with("container", format!("{}: {failed} of {all} cannot be written back", clean(dn)))
        });
        let judgement =
            gaps.iter().fold(judgement, |judgement, gap| judgement.with(&clean(&gap.name), clean(&gap.value)));
        match self.last_too_young {
            Some(until) => judgement.with("no password is too young from", instant(until)),
            None => judgement,
        }
    }
}

/// The first places where users could not be read.
fn places(gaps: &[NameValue]) -> String {
    let mut names: Vec<String> = gaps.iter().take(MOST_PLACES).map(|gap| clean(&gap.name)).collect();
    if gaps.len() > MOST_PLACES {
        names.push(format!("{} more", gaps.len() - MOST_PLACES));
    }
    names.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Right;

    fn coverage(groups: &[(Bucket, usize)]) -> Coverage {
        let mut coverage = Coverage::default();
        for (bucket, count) in groups {
            (0..*count).for_each(|_| coverage.add("OU=a", *bucket));
        }
        coverage
    }

    #[test]
    fn the_rate_leaves_out_who_is_not_expected_to_work() {
        let (good, bad) = (Bucket::Writable, Bucket::RightMissing(Right::ResetPassword));
        let left_out =
            [(Bucket::OutOfScope, 50), (Bucket::Disabled, 50), (Bucket::Protected, 50), (Bucket::TooYoung(1), 50)];
        for (groups, grade, status) in [
            (vec![(good, 99), (bad, 1)], Grade::Good, Status::Pass),
            (vec![(good, 98), (bad, 2)], Grade::Fair, Status::Warn),
            (vec![(good, 90), (bad, 10)], Grade::Fair, Status::Warn),
            (vec![(good, 89), (bad, 11)], Grade::Poor, Status::Fail),
            (vec![(good, 90), (Bucket::Unknown, 10)], Grade::Fair, Status::Warn),
            (vec![(good, 89), (Bucket::Unknown, 11)], Grade::Unknown, Status::Unknown),
            (vec![(bad, 80), (Bucket::Unknown, 20)], Grade::Unknown, Status::Unknown),
            ([&left_out[..], &[(good, 99), (bad, 1)]].concat(), Grade::Good, Status::Pass),
            (left_out.to_vec(), Grade::Unknown, Status::Unknown),
            (vec![(Bucket::Leftover, 1)], Grade::Poor, Status::Fail),
            (vec![(Bucket::CannotChange, 1), (good, 1)], Grade::Poor, Status::Fail),
            (vec![], Grade::Unknown, Status::Unknown),
        ] {
            let coverage = coverage(&groups);
            assert_eq!((coverage.grade(), coverage.judgement("d", true, &[]).outcome), (grade, status), "{groups:?}");
        }
    }

    #[test]
    fn who_could_not_be_read_may_be_anybody() {
        let gap = |name: &str| NameValue { name: name.to_owned(), value: "no answer".to_owned() };
        for bucket in [Bucket::Writable, Bucket::Leftover] {
            let judgement =
                coverage(&[(bucket, 100)]).judgement("d", true, &["OU=a", "OU=b\u{1b}", "OU=c", "OU=d"].map(gap));
            assert_eq!((judgement.outcome, judgement.reason), (Status::Unknown, Some(Reason::Partial)));
            assert!(judgement.message.contains("(OU=a; OU=b; OU=c; 1 more)"), "{}", judgement.message);
            assert!(judgement.message.contains(" of 100 users"), "{}", judgement.message);
            assert_eq!(judgement.evidence.iter().filter(|line| line.value == "no answer").count(), 4);
        }
    }

    #[test]
    fn five_containers_with_most_failures_are_named() {
        let mut coverage = Coverage::default();
        for number in 0..7 {
            let name = format!("OU=c{number}");
            (0..number).for_each(|_| coverage.add(&name, Bucket::InheritanceOff));
            coverage.add(&name, Bucket::Writable);
            coverage.add(&name, Bucket::Unknown);
        }
        let worst = coverage.worst_containers();
        assert_eq!(worst, [("OU=c6", 6, 8), ("OU=c5", 5, 7), ("OU=c4", 4, 6), ("OU=c3", 3, 5), ("OU=c2", 2, 4)]);
    }

    #[test]
    fn the_last_young_password_gives_the_time() {
        let coverage =
            coverage(&[(Bucket::TooYoung(1000), 1), (Bucket::TooYoung(3000), 1), (Bucket::TooYoung(2000), 1)]);
        assert_eq!(coverage.too_young_until(), Some(3000));
        let judgement = coverage.judgement("corp.example", false, &[]);
        assert!(judgement.message.contains("in scope of Connect is not known"), "{}", judgement.message);
        assert!(judgement.evidence.iter().any(|line| line.value == "1970-01-01 00:00:03 UTC"));
        assert!(judgement.evidence.iter().any(|line| line.name == "password too young" && line.value == "3"));
    }
}
