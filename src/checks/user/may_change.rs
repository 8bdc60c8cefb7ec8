use super::enabled::identity;
use super::operation::Operation;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Step};
use crate::checks::permission::evidence::object;
use crate::checks::targets;
use crate::directory::{Decision, Descriptor, Guid, Right, Token, Verdict, decide, sid};
use crate::evidence::User;

crate::declare_check! {
    PW915, "The user may change the own password",
    area: User, severity: Medium, proof: B, class: UserState,
    target: User via targets::found_users,
    evidence: [SecurityDescriptor, OperatorInput],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Clear \"user cannot change password\".",
    link: "L-UAC", since: "0.1.0",
    rule: "Read: an effective deny of Change Password for SELF or Everyone on the user's descriptor; bit 0x40 of userAccountControl is display only.
Pass: no such deny.
Fail: a deny, and the operation is Change.
Warn: a deny, any other operation or none stated.
Unknown: the descriptor is not readable, or an ACE that cannot be evaluated may deny.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let object = object(case.scene, &case.target.key, "user", &name)?;
    let decision = own_change(&object.descriptor, object.class);
    let judgement = match (decision.verdict, Operation::stated(case.scene)) {
        (Verdict::Denied, Some(Operation::Change)) => {
            Judgement::fail(format!("{name} cannot change the own password: {}.", decision.why))
        }
        (Verdict::Denied, _) => {
            Judgement::warn(format!("{name} cannot change the own password ({}); a reset is not held.", decision.why))
        }
        (Verdict::Undecided(open), _) => Judgement::unknown(
            open.reason(),
            format!("Whether {name} may change the own password is not settled: {}.", decision.why),
        ),
        (Verdict::Granted | Verdict::NotGranted, _) => {
            Judgement::pass(format!("Nothing denies {name} a change of the own password."))
        }
    };
    let judgement = judgement.with("why", decision.why);
    Ok(match decision.verdict {
        Verdict::Denied => judgement.step(allow_again(case)),
        _ => judgement,
    })
}

/// Change Password as the user itself has it: a user is SELF on the own object, and Everyone.
pub fn own_change(descriptor: &Descriptor, class: Option<Guid>) -> Decision {
    let token = Token::new([sid::SELF_SID, sid::EVERYONE], true);
    decide(descriptor, &token, Right::ChangePassword, class)
}

fn allow_again(case: &Case) -> Step {
    let users = case.facts::<User>();
    let identity = users.first().map_or_else(|| "<user>".to_owned(), |fact| identity(fact.data));
    Step {
        text: "Clear \"User cannot change password\" on the Account tab of the user.".to_owned(),
        command: Some(format!("Set-ADUser '{identity}' -CannotChangePassword $false")),
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        needs_rights: Some("the right to change permissions on the user".to_owned()),
        verify_with: Some("Test-PasswordWritebackUser -Check PW915".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Reason, Status};
    use crate::checks::permission::testing::{TestAce, allow, deny, member, sd, user};
    use crate::evidence::{Kind, OperatorInput, State};

    #[test]
    fn a_deny_for_self_or_everyone_counts_where_it_is_effective() {
        let right = Right::ChangePassword;
        let to = |ace: TestAce, sid| TestAce { sid, ..ace };
        let (own, everyone) = ("S-1-5-10", "S-1-1-0");
        let conditional = TestAce { conditional: true, ..to(deny(right), own) };
        for (aces, operation, outcome) in [
            (vec![to(allow(right), own), to(allow(right), everyone)], Some("Change"), Status::Pass),
            (vec![], Some("Change"), Status::Fail),
            (vec![to(deny(right), own), to(deny(right), everyone)], Some("Change"), Status::Fail),
            (vec![to(deny(right), everyone), to(allow(right), own)], Some("Change"), Status::Fail),
            (vec![to(allow(right), own), to(deny(right), everyone)], Some("Change"), Status::Pass),
            (vec![to(deny(right), own)], Some("Reset"), Status::Warn),
            (vec![to(deny(right), own)], None, Status::Warn),
            (vec![to(deny(right), "S-1-5-32-544")], Some("Change"), Status::Pass),
            (vec![to(deny(Right::ResetPassword), own)], Some("Change"), Status::Pass),
            (vec![conditional, to(allow(right), own)], Some("Change"), Status::Unknown),
        ] {
            let input = OperatorInput { operation: operation.map(str::to_owned), ..OperatorInput::default() };
            let stage = Stage::with_input(input).add(&user("anna"), member(&[], false));
            let stage = stage.add(&user("anna"), sd("user", false, &aces));
            assert_eq!(stage.judge_at("PW915", &user("anna").key).outcome, outcome, "{aces:?} {operation:?}");
        }
    }

    #[test]
    fn an_unread_descriptor_is_unknown() {
        let stage = Stage::new().add(&user("anna"), member(&[], false));
        let stage = stage.add_failed(&user("anna"), Kind::SecurityDescriptor, State::AccessDenied, "ldap");
        assert_eq!(stage.judge_at("PW915", &user("anna").key).reason, Some(Reason::AccessDenied));
    }
}
