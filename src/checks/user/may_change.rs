use super::enabled::identity;
use super::operation::Operation;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Scene, Step, Target};
use crate::checks::permission::deciding::{Holder, decided};
use crate::checks::permission::evidence::object;
use crate::checks::targets::{self, domain_key};
use crate::directory::{Decision, Descriptor, Guid, Right, Sid, Token, Verdict, decide, sid};
use crate::evidence::{Fact, Kind, Record, TokenGroups, User};
use std::sync::Arc;

crate::declare_check! {
    PW915, "The user may change the own password",
    area: User, severity: Medium, proof: B, class: UserState,
    target: User via targets::found_users,
    evidence: [SecurityDescriptor, OperatorInput],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Clear \"user cannot change password\".",
    link: "L-UAC", since: "0.1.0",
    rule: "Read: the effective right Change Password on the user's own descriptor, for the user: SELF, the own SID and all groups ([MS-ADTS] 3.1.1.3.1.5.1); bit 0x40 of userAccountControl is display only.
Pass: granted.
Fail: denied or not granted, and the operation is Change.
Warn: denied or not granted, any other operation or none stated.
Unknown: the descriptor is not readable, an ACE that cannot be evaluated decides, or the groups of the user are not known and nothing that is known grants it.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let object = object(case.scene, &case.target.key, "user", &name)?;
    let (user, unread) = (case.fact::<User>(), User::default());
    let user = user.map_or(&unread, |fact| fact.data);
    let decision = own_change(&object.descriptor, object.class, &own_token(user, &added(case.scene, case.target)));
    let why = decision.why.text();
    let judgement = match (decision.verdict, Operation::stated(case.scene)) {
        (Verdict::Denied | Verdict::NotGranted, Some(Operation::Change)) => {
            Judgement::fail(format!("{name} cannot change the own password: {why}."))
        }
        (Verdict::Denied | Verdict::NotGranted, _) => {
            Judgement::warn(format!("{name} cannot change the own password ({why}); a reset is not held."))
        }
        (Verdict::Undecided(open), _) => Judgement::unknown(
            open.reason(),
            format!("Whether {name} may change the own password is not settled: {why}."),
        ),
        (Verdict::Granted, _) => Judgement::pass(format!("{name} may change the own password: {why}.")),
    };
    let holder = Holder { name: &name, sid: user.sid.as_deref() };
    let judgement = decided(judgement.with("why", why), case, holder, &object, &decision);
    let judgement = Operation::read(judgement, case);
    Ok(match decision.verdict {
        Verdict::Denied | Verdict::NotGranted => judgement.step(allow_again(case)),
        _ => judgement,
    })
}

/// The token of a user on the own object. `added` are the groups of Builtin that every account of the
/// domain is in. Without the user's groups it is incomplete.
pub fn own_token(user: &User, added: &Added) -> Token {
    let groups = user.member_of_transitive.as_deref();
    let own = parsed(user.sid.iter().chain(groups.unwrap_or_default()));
    let is_whole = |sids: &[Option<Sid>]| sids.iter().all(Option::is_some);
    let complete = user.sid.is_some() && groups.is_some() && is_whole(&own) && is_whole(&added.0);
    let of_every_user = [sid::SELF_SID].into_iter().chain(sid::OF_A_REMOTE_LOGON);
    Token::new(of_every_user.chain(own.into_iter().chain(added.0.iter().copied()).flatten()), complete)
}

/// `None` for a SID that cannot be read.
fn parsed<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<Option<Sid>> {
    texts.into_iter().map(|text| text.parse().ok()).collect()
}

/// Change Password as the user itself has it.
pub fn own_change(descriptor: &Descriptor, class: Option<Guid>, own: &Token) -> Decision {
    decide(descriptor, own, Right::ChangePassword, class)
}

/// What [`added`] finds.
#[derive(Debug, Default)]
pub struct Added(Vec<Option<Sid>>);

/// The groups of Builtin that Authenticated Users or Everyone are members of in the domain of a target, as
/// they were read for the connector account: they hold for every account alike.
pub fn added(scene: &Scene, target: &Target) -> Arc<Added> {
    let domain = domain_key(target).and_then(|key| key.strip_prefix("domain:"));
    let mut facts = scene.evidence.records_of(Kind::TokenGroups).filter_map(Record::fact::<TokenGroups>);
    let here = facts.find(|fact| domain.is_some_and(|domain| fact.data.domain.eq_ignore_ascii_case(domain)));
    let read =
        |fact: Fact<TokenGroups>| scene.evidence.derived(fact.record, || Added(parsed(&fact.data.well_known_added)));
    here.map_or_else(Arc::default, read)
}

fn allow_again(case: &Case) -> Step {
    let identity = case.fact::<User>().map_or_else(|| "<user>".to_owned(), |fact| identity(fact.data));
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
    fn the_right_of_the_user_itself_counts_whoever_it_comes_through() {
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
            (vec![to(deny(right), "S-1-5-11"), to(allow(right), own)], Some("Change"), Status::Fail),
            (vec![to(deny(right), GROUP), to(allow(right), own)], Some("Change"), Status::Fail),
            (vec![to(allow(right), GROUP), to(deny(right), own)], Some("Change"), Status::Pass),
            (vec![to(deny(right), own)], Some("Reset"), Status::Warn),
            (vec![to(deny(right), own)], None, Status::Warn),
            (vec![to(deny(right), "S-1-5-32-544"), to(allow(right), own)], Some("Change"), Status::Pass),
            (vec![to(deny(Right::ResetPassword), own)], Some("Change"), Status::Fail),
            (vec![], None, Status::Warn),
            (vec![conditional, to(allow(right), own)], Some("Change"), Status::Unknown),
        ] {
            let input = OperatorInput { operation: operation.map(str::to_owned), ..OperatorInput::default() };
            let anna = User { member_of_transitive: Some(vec![GROUP.to_owned()]), ..member(&[], false) };
            let stage = Stage::with_input(input).add(&user("anna"), anna);
            let stage = stage.add(&user("anna"), sd("user", false, &aces));
            assert_eq!(stage.judge_at("PW915", &user("anna").key).outcome, outcome, "{aces:?} {operation:?}");
        }
    }

    /// A group that the user is a member of.
    const GROUP: &str = "S-1-5-21-1-2-3-2000";

    #[test]
    fn without_the_groups_only_a_known_grant_is_an_answer() {
        let right = Right::ChangePassword;
        let own = TestAce { sid: "S-1-5-10", ..allow(right) };
        for (aces, outcome) in [(vec![own], Status::Pass), (vec![allow(Right::ResetPassword)], Status::Unknown)] {
            let anna = User { member_of_transitive: None, ..member(&[], false) };
            let stage = Stage::new().add(&user("anna"), anna).add(&user("anna"), sd("user", false, &aces));
            assert_eq!(stage.judge_at("PW915", &user("anna").key).outcome, outcome, "{aces:?}");
        }
    }

    #[test]
    fn an_unread_descriptor_is_unknown() {
        let stage = Stage::new().add(&user("anna"), member(&[], false));
        let stage = stage.add_failed(&user("anna"), Kind::SecurityDescriptor, State::AccessDenied, "ldap");
        assert_eq!(stage.judge_at("PW915", &user("anna").key).reason, Some(Reason::AccessDenied));
    }
}
