use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Severity};
use crate::checks::permission::evidence::{Object, account, object};
use crate::checks::permission::facts::{All, rights};
use crate::checks::permission::steps::inherit_again;
use crate::checks::targets;
use crate::directory::Edit;

crate::declare_check! {
    PW919, "Inheritance is on at the user object",
    area: User, severity: High, proof: B, class: Rights,
    target: User via targets::found_users,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW901, PW917, PW918],
    remediation: "Re-enable inheritance on the user.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: the user's DACL is not protected.
Warn (low): protected, but Reset Password, Write lockoutTime and Write pwdLastSet are granted.
Fail: protected, and one of them is not.
Unknown: the descriptor is not readable, or it is protected and neither is shown.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let object = object(case.scene, &case.target.key, "user", &name)?;
    if !object.descriptor.is_protected() {
        let judgement = Judgement::pass(format!("{name} inherits the permissions of its container."));
        return Ok(decided(judgement, case, &name, &object));
    }
    let account = account(case)?;
    let rights = rights(&object.descriptor, &account.token, object.class);
    let again = inherit_again(&object.dn, "Test-PasswordWritebackUser -Check PW919");
    let judgement = match rights.all() {
        All::Missing => Judgement::fail(format!(
            "Inheritance is off at {name}, so the grants of its container do not arrive: {}.",
            rights.missing().map(|decision| decision.why.to_string()).collect::<Vec<_>>().join("; ")
        ))
        .step(again),
        All::Granted => Judgement::warn(format!(
            "Inheritance is off at {name}; the rights of {} stand on the user itself.",
            account.name
        ))
        .severity(Severity::Low)
        .step(again),
        All::Unknown => Judgement::unknown(
            Reason::Ambiguous,
            format!("Inheritance is off at {name}, and whether {} has its rights is not settled.", account.name),
        ),
    };
    let judgement = decided(judgement, case, &name, &object);
    Ok(rights.decisions.iter().fold(judgement, |judgement, decision| {
        let why = decision.why.text();
        let judgement = if case.explains { judgement.said(decision.why.right.name(), &why) } else { judgement };
        judgement.with("why", why)
    }))
}

/// Adds whether inheritance is on, and the descriptor with which it would be otherwise.
fn decided(judgement: Judgement, case: &Case, name: &str, object: &Object) -> Judgement {
    if !case.explains {
        return judgement;
    }
    let (field, is_off) = (format!("inheritance at {name}"), object.descriptor.is_protected());
    let (now, otherwise) = if is_off { ("off", "on") } else { ("on", "off") };
    judgement.said(&field, now).or_edited(object.record, &field, otherwise, Edit::Protected(!is_off))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::Stage;
    use crate::checks::permission::testing::{TestAce, allow, good_aces, member, sd, stage, user};
    use crate::directory::Right;
    use crate::evidence::{Kind, State};

    #[test]
    fn inheritance_that_is_off_fails_where_a_right_is_missing() {
        let conditional = TestAce { conditional: true, ..allow(Right::ResetPassword) };
        for (protected, aces, outcome, severity) in [
            (false, vec![], Status::Pass, None),
            (true, good_aces(), Status::Warn, Some(Severity::Low)),
            (true, vec![allow(Right::ResetPassword)], Status::Fail, None),
            (
                true,
                vec![conditional, allow(Right::WriteLockoutTime), allow(Right::WritePwdLastSet)],
                Status::Unknown,
                None,
            ),
        ] {
            let target = user("anna");
            let stage = stage().add(&target, member(&[], false)).add(&target, sd("user", protected, &aces));
            let judgement = stage.judge_at("PW919", &target.key);
            assert_eq!((judgement.outcome, judgement.severity), (outcome, severity), "{protected} {aces:?}");
        }
    }

    #[test]
    fn what_was_not_read_is_unknown() {
        let target = user("anna");
        let denied = stage().add(&target, member(&[], false)).add_failed(
            &target,
            Kind::SecurityDescriptor,
            State::AccessDenied,
            "ldap",
        );
        assert_eq!(denied.judge_at("PW919", &target.key).reason, Some(Reason::AccessDenied));
        let no_token = Stage::new().add(&target, member(&[], false)).add(&target, sd("user", true, &[]));
        assert_eq!(no_token.judge_at("PW919", &target.key).reason, Some(Reason::NotCollected));
    }
}
