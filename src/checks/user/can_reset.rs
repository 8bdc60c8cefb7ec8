//! One answer for one user, from the user's findings (catalog 6.4).

use super::operation::Operation;
use crate::catalog::{Reason, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CanReset {
    Yes,
    /// Only the age of the password stands against it; `earliest` says until when.
    YesAfter,
    NoByDesign,
    No,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAnswer {
    pub can_reset: CanReset,
    /// Ids of the checks that decide, and `service`. With Yes PW912 is a caution: sources disagree whether a reset
    /// waits for the minimum age.
    pub reasons: Vec<String>,
}

/// What the answer depends on besides the findings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances {
    pub operation: Option<Operation>,
    /// The service works for nobody in the domain of the user.
    pub service_not_working: bool,
    /// `-ResetPath` was given: PW921 is about a past attempt and counts only then.
    pub reset_path_given: bool,
}

/// Checks whose Fail is a No. PW912 is not among them, PW917 neither.
const AGAINST: [&str; 17] = [
    "PW901", "PW902", "PW903", "PW904", "PW905", "PW906", "PW907", "PW908", "PW909", "PW910", "PW911", "PW915",
    "PW918", "PW919", "PW505", "PW506", "PW507",
];
/// Checks without whose answer nothing is said: what is blocked gave none. The first two have to be there, because
/// a user who was found always has them; the others speak only where the sync server was asked.
const NEEDED: [&str; 2] = ["PW505", "PW917"];
const NEEDED_WHERE_ASKED: [&str; 2] = ["PW906", "PW907"];
/// A change by the user is bound by the age of the password, and by a right of its own.
const NEEDED_FOR_CHANGE: [&str; 2] = ["PW912", "PW915"];

/// The reason that is no check of the user.
pub const SERVICE: &str = "service";

/// What one check says of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub id: &'static str,
    pub status: Status,
    pub reason: Option<Reason>,
}

/// `findings` are all of one user, also those that a view would fold away.
pub fn can_reset(findings: &[Said], circumstances: &Circumstances) -> UserAnswer {
    let with = |id: &str, status: Status| findings.iter().any(|own| own.id == id && own.status == status);
    let answer = |can_reset: CanReset, reasons: Vec<&str>| UserAnswer {
        can_reset,
        reasons: reasons.into_iter().map(str::to_owned).collect(),
    };
    let (is_protected, changes) = (with("PW917", Status::Fail), circumstances.operation == Some(Operation::Change));
    if is_protected && !changes {
        return answer(CanReset::NoByDesign, vec!["PW917"]);
    }
    if findings.iter().any(|own| own.id == "PW902" && is_by_design(own)) {
        return answer(CanReset::NoByDesign, vec!["PW902"]);
    }
    let path = circumstances.reset_path_given.then_some("PW921");
    let counting = AGAINST.into_iter().chain(path);
    let mut against: Vec<&str> = counting.filter(|id| with(id, Status::Fail)).collect();
    against.extend(circumstances.service_not_working.then_some(SERVICE));
    if !against.is_empty() {
        return answer(CanReset::No, against);
    }
    if is_protected {
        return answer(CanReset::Unknown, vec!["PW917"]);
    }
    let is_known = |own: &&Said| own.status != Status::Unknown && own.reason != Some(Reason::Blocked);
    let has = |id: &str| findings.iter().filter(is_known).any(|own| own.id == id);
    let missing = NEEDED.into_iter().filter(|id| !has(id));
    let of_change = NEEDED_FOR_CHANGE.into_iter().filter(|_| changes);
    let unread = NEEDED_WHERE_ASKED.into_iter().chain(of_change).filter(|id| with(id, Status::Unknown));
    let unknown: Vec<&str> = missing.chain(unread).collect();
    let too_young = with("PW912", Status::Fail);
    match (unknown.is_empty(), too_young) {
        (false, _) => answer(CanReset::Unknown, unknown),
        (true, true) => answer(CanReset::YesAfter, vec!["PW912"]),
        (true, false) if with("PW912", Status::Warn) => answer(CanReset::Yes, vec!["PW912"]),
        (true, false) => answer(CanReset::Yes, Vec::new()),
    }
}

fn is_by_design(finding: &Said) -> bool {
    finding.status == Status::NotApplicable && finding.reason == Some(Reason::ByDesign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::{Scene, registry};
    use crate::checks::permission::testing::{good_aces, member, sd, stage, user};
    use crate::engine::{Judge, Suppressions};
    use crate::evidence::OperatorInput;

    fn answer(others: &[(&'static str, Status)], circumstances: &Circumstances) -> UserAnswer {
        let sound = ["PW505", "PW917"].into_iter().filter(|id| !others.iter().any(|(other, _)| other == id));
        let all: Vec<Said> = sound
            .map(|id| (id, Status::Pass))
            .chain(others.iter().copied())
            .map(|(id, status)| Said { id, status, reason: None })
            .collect();
        can_reset(&all, circumstances)
    }

    #[test]
    fn the_answer_follows_the_findings() {
        use CanReset::{No, NoByDesign, Unknown, Yes, YesAfter};
        use Status::{Fail, Pass, Warn};
        let reset = Circumstances::default();
        let change = Circumstances { operation: Some(Operation::Change), ..reset };
        let path = Circumstances { reset_path_given: true, ..reset };
        let broken = Circumstances { service_not_working: true, ..reset };
        for (findings, circumstances, expected, is_age_named) in [
            (&[][..], &reset, Yes, false),
            (&[("PW909", Warn), ("PW910", Warn)], &reset, Yes, false),
            (&[("PW912", Warn)], &reset, Yes, true),
            (&[("PW912", Fail)], &change, YesAfter, true),
            (&[("PW912", Fail), ("PW909", Fail)], &change, No, false),
            (&[("PW912", Fail), ("PW505", Status::Unknown)], &change, Unknown, false),
            (&[("PW917", Fail)], &reset, NoByDesign, false),
            (&[("PW917", Fail)], &change, Unknown, false),
            (&[("PW917", Fail), ("PW909", Fail)], &change, No, false),
            (&[("PW917", Fail), ("PW909", Fail)], &reset, NoByDesign, false),
            (&[("PW912", Status::Unknown)], &reset, Yes, false),
            (&[("PW912", Status::Unknown)], &change, Unknown, true),
            (&[("PW915", Status::Unknown)], &change, Unknown, false),
            (&[("PW917", Status::Unknown)], &reset, Unknown, false),
            (&[("PW917", Status::Unknown), ("PW908", Fail)], &reset, No, false),
            (&[("PW906", Status::Unknown)], &reset, Unknown, false),
            (&[("PW506", Status::Unknown)], &reset, Yes, false),
            (&[("PW507", Fail)], &reset, No, false),
            (&[("PW918", Fail)], &reset, No, false),
            (&[("PW921", Fail)], &reset, Yes, false),
            (&[("PW921", Fail)], &path, No, false),
            (&[("PW901", Pass)], &broken, No, false),
        ] {
            let answer = answer(findings, circumstances);
            let names_age = answer.reasons.iter().any(|id| id == "PW912");
            assert_eq!((answer.can_reset, names_age), (expected, is_age_named), "{findings:?}");
        }
        assert_eq!(answer(&[("PW507", Fail), ("PW909", Fail)], &broken).reasons, ["PW909", "PW507", "service"]);
    }

    #[test]
    fn what_was_not_judged_is_no_yes() {
        let only = Said { id: "PW917", status: Status::Pass, reason: None };
        let answer = can_reset(&[only], &Circumstances::default());
        assert_eq!((answer.can_reset, answer.reasons), (CanReset::Unknown, vec!["PW505".to_owned()]));
        let cloud_only = Said { id: "PW902", status: Status::NotApplicable, reason: Some(Reason::ByDesign) };
        assert_eq!(can_reset(&[cloud_only], &Circumstances::default()).can_reset, CanReset::NoByDesign);
    }

    #[test]
    fn findings_of_the_engine_give_a_yes_for_a_sound_user() {
        let sound = crate::evidence::User { account_expires: Some("0".to_owned()), ..member(&[], false) };
        let input = OperatorInput { operation: Some("Reset".to_owned()), ..OperatorInput::default() };
        let stage: Stage = stage()
            .add(&crate::catalog::testing::server(), input)
            .add(&user("anna"), sound)
            .add(&user("anna"), sd("user", false, &good_aces()));
        let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
        let judge = Judge::new(&scene);
        let findings: Vec<Said> = registry::checks()
            .filter(|check| judge.targets(check).iter().any(|target| target.key == user("anna").key))
            .map(|check| judge.finding(check, &user("anna"), &Suppressions::default()))
            .map(|finding| (registry::find(&finding.id).unwrap().id, finding))
            .map(|(id, finding)| Said { id, status: finding.status, reason: finding.reason })
            .collect();
        let answer = can_reset(&findings, &Circumstances::default());
        assert_eq!(answer.can_reset, CanReset::Yes, "{:?}", answer.reasons);
    }
}
