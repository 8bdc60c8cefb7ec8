//! One answer per user, from everything that is judged of the user.

use super::{Judge, Plan, Suppressions};
use crate::catalog::{Scene, Target, TargetKind, registry};
use crate::checks::targets;
use crate::checks::user::can_reset::{Circumstances, can_reset};
use crate::checks::user::operation::Operation;
use crate::contract::{Finding, UserReason, UserResult};
use crate::evidence::{Data, Kind, User};
use std::collections::HashMap;

/// The users that the operator asked about, in the order in which they were named. The answer rests on every
/// check of a user; only findings of the selected ones are shown.
pub fn users(scene: &Scene, plan: &Plan, suppressions: &Suppressions) -> Vec<UserResult> {
    let judge = Judge::new(scene).explaining(plan.explain);
    let mut judged: HashMap<String, Vec<Finding>> = HashMap::new();
    for check in registry::checks() {
        for target in judge.targets(check).iter().filter(|target| target.kind == TargetKind::User) {
            judged.entry(target.key.clone()).or_default().push(judge.finding(check, target, suppressions));
        }
    }
    let operation = Operation::stated(scene);
    let is_selected = |finding: &Finding| plan.selected.iter().any(|check| check.id == finding.id);
    let answer = |target: Target| {
        let findings = judged.remove(&target.key).unwrap_or_default();
        let circumstances = Circumstances { operation, earliest_unix_ms: earliest(&findings), ..Default::default() };
        let answer = can_reset(&findings.iter().collect::<Vec<_>>(), &circumstances);
        UserResult {
            target,
            can_reset: answer.can_reset,
            earliest_unix_ms: answer.earliest_unix_ms,
            reasons: answer.reasons.into_iter().map(|id| reason(id, &findings)).collect(),
            findings: findings.into_iter().filter(is_selected).collect(),
        }
    };
    let mut targets = targets::users(scene);
    targets.sort_by_cached_key(|target| place(scene, target));
    targets.into_iter().map(answer).collect()
}

/// Where the user stood in the input; who was not named stays behind, in the order of the evidence.
fn place(scene: &Scene, target: &Target) -> u32 {
    let records = scene.evidence.records_at(Kind::User, &target.key);
    let places = records.filter_map(|record| User::from_payload(&record.data)?.input_index);
    places.min().unwrap_or(u32::MAX)
}

/// The time that PW912 names.
fn earliest(findings: &[Finding]) -> Option<i64> {
    let age = findings.iter().find(|finding| finding.id == "PW912")?;
    age.evidence.iter().find(|line| line.name == "earliestUnixMs")?.value.parse().ok()
}

fn reason(id: String, findings: &[Finding]) -> UserReason {
    let message = findings.iter().find(|finding| finding.id == id).map(|finding| finding.message.clone());
    UserReason { message: message.unwrap_or_else(|| "This was not judged.".to_owned()), id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::checks::permission::testing::{good_aces, member, sd, stage, user};
    use crate::checks::user::can_reset::CanReset;
    use crate::contract::Selection;
    use crate::engine::Diagnostic;
    use crate::evidence::State;

    fn answers(stage: &Stage, checks: &[&str]) -> Vec<UserResult> {
        let selection = Selection { checks: checks.iter().map(|id| id.to_string()).collect(), ..Selection::default() };
        let plan = Plan::new(Diagnostic::TestUser, &selection).unwrap();
        let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
        users(&scene, &plan, &Suppressions::default())
    }

    fn people() -> Stage {
        let sound = User { account_expires: Some("0".to_owned()), ..member(&[], false) };
        let disabled = User { user_account_control: Some(0x202), ..sound.clone() };
        stage()
            .add(&user("anna"), sound)
            .add(&user("anna"), sd("user", false, &good_aces()))
            .add(&user("bert"), disabled)
            .add(&user("bert"), sd("user", false, &good_aces()))
            .add_failed(&user("carl"), Kind::User, State::NotFound, "ldap")
    }

    #[test]
    fn each_user_gets_one_answer_with_its_reasons() {
        let answers = answers(&people(), &[]);
        let short: Vec<(CanReset, Vec<&str>)> = answers
            .iter()
            .map(|answer| (answer.can_reset, answer.reasons.iter().map(|reason| reason.id.as_str()).collect()))
            .collect();
        assert_eq!(
            short,
            [(CanReset::Yes, vec![]), (CanReset::No, vec!["PW909"]), (CanReset::No, vec!["PW901"])],
            "{answers:?}"
        );
        assert!(answers[1].reasons[0].message.contains("disabled"), "{:?}", answers[1].reasons);
        assert!(answers[2].findings.iter().all(|finding| finding.id == "PW901"));
    }

    #[test]
    fn the_answers_stand_in_the_order_of_the_input() {
        let at = |index| User { input_index: index, ..member(&[], false) };
        let stage = stage()
            .add(&user("bert"), at(Some(2)))
            .add(&user("zoe"), at(None))
            .add(&user("anna"), at(Some(1)))
            .add(&user("carl"), at(Some(0)))
            // Named a second time, in another form.
            .add(&user("bert"), at(Some(0)));
        let names: Vec<String> = answers(&stage, &[]).into_iter().map(|answer| answer.target.display).collect();
        assert_eq!(names, ["bert", "carl", "anna", "zoe"]);
    }

    #[test]
    fn a_selection_narrows_the_findings_and_not_the_answer() {
        let answers = answers(&people(), &["PW912"]);
        assert_eq!(answers[1].can_reset, CanReset::No);
        assert!(answers[1].findings.iter().all(|finding| finding.id == "PW912"));
    }
}
