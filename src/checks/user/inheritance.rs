use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Severity};
use crate::checks::permission::evidence::{account, object};
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
    let inheritance = format!("inheritance at {name}");
    if !object.descriptor.is_protected() {
        return Ok(Judgement::pass(format!("{name} inherits the permissions of its container."))
            .said(&inheritance, "on")
            .or_edited(object.record, &inheritance, "off", Edit::Protected(true)));
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
    let judgement =
        judgement.said(&inheritance, "off").or_edited(object.record, &inheritance, "on", Edit::Protected(false));
    Ok(rights.decisions.iter().fold(judgement, |judgement, decision| {
        judgement.with("why", decision.why).said(decision.why.right.name(), decision.why)
    }))
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
