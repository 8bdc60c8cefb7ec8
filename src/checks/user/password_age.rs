use super::facts::{Age, age, as_file_time};
use super::operation::Operation;
use crate::calendar::instant;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::policy::governing::{Governing, Policies};
use crate::checks::targets;
use crate::evidence::User;

crate::declare_check! {
    PW912, "The password is old enough to be changed now",
    area: User, severity: Medium, proof: B, class: Policy,
    target: User via targets::found_users,
    evidence: [User, DomainPolicy, Pso, OperatorInput],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Wait until the time shown, or set minimum age to 0.",
    link: "L-NC", since: "0.1.0",
    rule: "Earliest time = pwdLastSet plus the minimum age of the governing policy, against the controller's time; pwdLastSet 0 passes.
NotApplicable (by design): operation Unlock.
Pass: the controller's time is not earlier.
Fail: it is earlier, and the operation is Change.
Warn: it is earlier, and the operation is Reset, AdminReset or not stated (sources disagree whether resets are held).
Unknown: pwdLastSet or the governing policy is not known; or it is old enough by the domain's policy while fine-grained ones are hidden, which proves nothing.
Too young by the domain's policy counts as above, assuming no fine-grained one.",
}

/// The line of evidence with the time before which the password may not be changed.
const EARLIEST: &str = "earliestUnixMs";

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let operation = Operation::stated(case.scene);
    if operation == Some(Operation::Unlock) {
        let message = format!("An unlock sets no password; the age of {name}'s does not matter.");
        return Err(Operation::read(Judgement::not_applicable(Reason::ByDesign, message), case));
    }
    let fact = case.need::<User>()?;
    let user = fact.data;
    let governing = Policies::around(case.scene, case.target).of(user);
    let assumed = matches!(governing, Governing::AssumedDomain(_));
    let judgement = match age(user, governing.minimum_age()) {
        Some(Age::TooYoung(earliest)) => {
            let assuming = if assumed { ", assuming no fine-grained policy" } else { "" };
            let message = format!("The password of {name} can be changed from {} on{assuming}.", instant(earliest));
            let judgement = match operation {
                Some(Operation::Change) => Judgement::fail(message),
                _ => Judgement::warn(format!("{message} Whether a reset has to wait as well, sources disagree.")),
            };
            judgement.with("earliest", instant(earliest)).with(EARLIEST, earliest).step(wait(earliest))
        }
        Some(Age::Reached) if assumed && !may_change_at_once(user) => Judgement::unknown(
            Reason::NotReadable,
            format!("Fine-grained policies are hidden from this account; one may hold the password of {name} longer."),
        )
        .rule("while fine-grained ones are hidden"),
        Some(Age::Reached) => Judgement::pass(format!("The password of {name} may be changed now.")),
        None => Judgement::unknown(
            Reason::NotReadable,
            format!("When the password of {name} was set, or the policy that governs it, could not be read."),
        )
        .rule("is not known"),
    };
    let judgement = governing.read(judgement, case.scene, case.target, ["minPwdAge", "minAge"]);
    let judgement = judgement.read(fact.record, "pwdLastSet").or("0");
    let judgement = match user.dc_time_unix_ms {
        Some(now) => judgement.or(as_file_time(now)),
        None => judgement,
    };
    let judgement = Operation::read(judgement.read(fact.record, "dcTimeUnixMs"), case);
    Ok(judgement.with("governing policy", governing.name()))
}

/// pwdLastSet 0: every policy lets the password be changed.
fn may_change_at_once(user: &User) -> bool {
    age(user, None) == Some(Age::Reached)
}

/// The time before which the password may not be changed, where it lies ahead, from what this check said.
pub fn earliest(said: &Judgement) -> Option<i64> {
    said.evidence.iter().find(|line| line.name == EARLIEST)?.value.parse().ok()
}

fn wait(earliest: i64) -> Step {
    Step {
        text: format!(
            "Wait until {}, or set the minimum password age of the governing policy to 0 (PW601, PW602).",
            instant(earliest)
        ),
        verify_with: Some("Test-PasswordWritebackUser -Check PW912".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::Target;
    use crate::catalog::testing::{NOW, Stage};
    use crate::evidence::{DomainPolicy, OperatorInput, Pso, PsoContainer};

    /// A day before the stage's time, and a second less than a day.
    const A_DAY_OLD: &str = "134397360000000000";
    const ALMOST: &str = "134397360010000000";

    fn stage(operation: Option<&str>, readable: bool, set: Option<&str>) -> (Stage, Target) {
        let domain = Target::domain("corp.example", None);
        let target = Target::user("g", "anna", Some(&domain));
        let container = PsoContainer { readable, count: None };
        let input = OperatorInput { operation: operation.map(str::to_owned), ..OperatorInput::default() };
        let user = User {
            pwd_last_set: set.map(str::to_owned),
            resultant_pso_state: Some("none".to_owned()),
            dc_time_unix_ms: Some(NOW),
            ..User::default()
        };
        let stage = Stage::with_input(input)
            .add(&domain, DomainPolicy { min_pwd_age: Some(86_400), ..DomainPolicy::default() })
            .add(&domain, Pso { container: Some(container), ..Pso::default() })
            .add(&target, user);
        (stage, target)
    }

    #[test]
    fn a_change_has_to_wait_a_reset_may_and_an_unlock_has_not() {
        for (operation, readable, set, outcome) in [
            (Some("Change"), true, Some(A_DAY_OLD), Status::Pass),
            (Some("Change"), true, Some(ALMOST), Status::Fail),
            (Some("Reset"), true, Some(ALMOST), Status::Warn),
            (Some("AdminReset"), true, Some(ALMOST), Status::Warn),
            (None, true, Some(ALMOST), Status::Warn),
            (Some("Unlock"), true, Some(ALMOST), Status::NotApplicable),
            (Some("Change"), true, Some("0"), Status::Pass),
            (Some("Change"), false, Some("0"), Status::Pass),
            (Some("Change"), false, Some(ALMOST), Status::Fail),
            (Some("Change"), false, Some(A_DAY_OLD), Status::Unknown),
            (Some("Change"), true, None, Status::Unknown),
        ] {
            let (stage, target) = stage(operation, readable, set);
            let judgement = stage.judge_at("PW912", &target.key);
            assert_eq!(judgement.outcome, outcome, "{operation:?} {readable} {set:?}: {}", judgement.message);
        }
    }

    #[test]
    fn the_message_gives_the_time_and_says_what_it_assumes() {
        let (stage, target) = stage(Some("Change"), false, Some(ALMOST));
        let message = stage.judge_at("PW912", &target.key).message;
        assert!(message.contains("2026-11-22 12:00:01 UTC"), "{message}");
        assert!(message.contains("assuming no fine-grained policy"), "{message}");
    }

    #[test]
    fn the_earliest_time_is_given_only_when_it_lies_ahead() {
        for (set, expected) in [(ALMOST, Some(NOW + 1000)), (A_DAY_OLD, None), ("0", None)] {
            let (stage, target) = stage(None, true, Some(set));
            assert_eq!(earliest(&stage.judge_at("PW912", &target.key)), expected, "{set}");
        }
    }
}
