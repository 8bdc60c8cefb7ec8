use super::enabled::identity;
use super::facts::locked;
use super::fields;
use super::operation::Operation;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::policy::governing::{Governing, Policies};
use crate::checks::targets;
use crate::evidence::User;

crate::declare_check! {
    PW910, "The account is not locked out",
    area: User, severity: Low, proof: B, class: UserState,
    target: User via targets::found_users,
    evidence: [User, DomainPolicy, Pso, OperatorInput],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Unlock, or let the user use unlock.",
    link: "L-UAC", since: "0.1.0",
    rule: "Read: bit 0x10 of the computed account control; without it lockoutTime plus the duration of the governing policy (0 = until unlocked), against the controller's time.
Pass: not locked (a lockout whose end is not later than the controller's time is over).
Fail: locked, and the operation is Change (33006).
Warn: locked, any other operation or none stated: a reset or unlock releases it when PW506 passes.
Unknown: neither can be read, or the governing policy is not known.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let governing = Policies::around(case.scene, case.target).of(user);
    let judgement = match (locked_under(user, governing), Operation::stated(case.scene)) {
        (Some(false), _) => Judgement::pass(format!("{name} is not locked out.")),
        (Some(true), Some(Operation::Change)) => {
            Judgement::fail(format!("{name} is locked out; a change is refused (33006).")).step(unlock(user))
        }
        (Some(true), _) => Judgement::warn(format!(
            "{name} is locked out; a reset or an unlock that is written back releases it, where lockoutTime may be written (PW506)."
        ))
        .step(unlock(user)),
        (None, _) => {
            let message = format!("Whether {name} is locked out could not be read.");
            Judgement::unknown(Reason::NotReadable, message)
        }
    };
    let bit = user.computed_uac.map_or("not read".to_owned(), |flags| format!("0x{flags:x}"));
    let mut judgement = fields::lockout(judgement, fact);
    if user.computed_uac.is_none() {
        judgement = governing.read(judgement, case.scene, case.target, ["lockoutDuration", "lockoutDuration"]);
    }
    Ok(Operation::read(judgement, case)
        .with("msDS-User-Account-Control-Computed", bit)
        .with("lockoutTime", user.lockout_time.as_deref().map_or("not read".to_owned(), clean))
        .with("governing policy", governing.name()))
}

/// Whether the account is locked out. Under a policy that is only assumed the end of a lockout is not known.
pub fn locked_under(user: &User, governing: Governing) -> Option<bool> {
    let duration = match governing {
        Governing::AssumedDomain(_) => None,
        known => known.lockout_duration(),
    };
    locked(user, duration)
}

fn unlock(user: &User) -> Step {
    Step {
        text: "Unlock the account, or let the user use unlock in the reset portal.".to_owned(),
        command: Some(format!("Unlock-ADAccount -Identity '{}'", identity(user))),
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        verify_with: Some("Test-PasswordWritebackUser -Check PW910".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::{Status, Target};
    use crate::evidence::{DomainPolicy, OperatorInput, Pso, PsoContainer};

    fn stage(operation: Option<&str>, container_readable: bool, user: User) -> (Stage, String) {
        let domain = Target::domain("corp.example", None);
        let target = Target::user("g", "anna", Some(&domain));
        let container = PsoContainer { readable: container_readable, count: None };
        let input = OperatorInput { operation: operation.map(str::to_owned), ..OperatorInput::default() };
        let stage = Stage::with_input(input)
            .add(&domain, DomainPolicy { lockout_duration: Some(1800), ..DomainPolicy::default() })
            .add(&domain, Pso { container: Some(container), ..Pso::default() })
            .add(&target, user);
        (stage, target.key)
    }

    #[test]
    fn only_a_change_fails_at_a_lockout() {
        for (operation, computed, outcome) in [
            (None, Some(0), Status::Pass),
            (Some("Change"), Some(0), Status::Pass),
            (Some("Change"), Some(0x10), Status::Fail),
            (Some("Reset"), Some(0x10), Status::Warn),
            (Some("Unlock"), Some(0x10), Status::Warn),
            (None, Some(0x10), Status::Warn),
            (Some("Change"), None, Status::Unknown),
        ] {
            let (stage, key) = stage(operation, true, User { computed_uac: computed, ..User::default() });
            assert_eq!(stage.judge_at("PW910", &key).outcome, outcome, "{operation:?} {computed:?}");
        }
    }

    #[test]
    fn without_the_bit_the_duration_decides_where_its_policy_is_known() {
        // 2026-11-22 11:30:00, 11:30:01 and 12:00:00 UTC: half an hour before, and now.
        for (since, readable, outcome) in [
            ("134398206000000000", true, Status::Pass),
            ("134398206010000000", true, Status::Warn),
            ("134398206010000000", false, Status::Unknown),
            ("0", false, Status::Pass),
        ] {
            let user = User {
                lockout_time: Some(since.to_owned()),
                resultant_pso_state: Some("none".to_owned()),
                dc_time_unix_ms: Some(NOW),
                ..User::default()
            };
            let (stage, key) = stage(None, readable, user);
            assert_eq!(stage.judge_at("PW910", &key).outcome, outcome, "{since} {readable}");
        }
    }
}
