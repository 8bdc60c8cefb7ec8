use super::below::{Blame, blame, stands_below};
use super::evidence::{Object, account, object, users_of_domain};
use super::facts::{All, rights};
use super::on_users::verify;
use super::steps::inherit_again;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Severity};
use crate::checks::targets;
use crate::checks::user::protection::is_ordinary_at;
use crate::directory::Edit;

crate::declare_check! {
    PW510, "Permission inheritance is not blocked above the users",
    area: Permission, severity: High, proof: B, class: Rights,
    target: Container via targets::containers,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Re-enable inheritance on the container, or grant the rights there.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Judged: containers from a user's parent up to, not including, the domain head. Only the nearest protected object above or at a user is blamed; protected users (PW917, PW918) do not count.
Pass: the container's DACL is not protected.
Warn (low): protected, but Reset Password, Write lockoutTime and Write pwdLastSet are granted on every user below that was looked at.
Fail: protected, and one of them is missing on a user below.
Unknown: the descriptor is not readable, or it is protected and neither is shown.",
}

fn judge(case: &Case) -> Answer {
    let dn = clean(&case.target.display);
    let own = object(case.scene, &case.target.key, "container", &dn)?;
    if !own.descriptor.is_protected() {
        return of_container(case, &own, &Below::default());
    }
    let account = account(case)?;
    let mut below = Below::default();
    for fact in users_of_domain(case) {
        let (target, user) = (&fact.record.target, fact.data);
        if !stands_below(user, &case.target.display) || !is_ordinary_at(case.scene, target, user) {
            continue;
        }
        let user_object = object(case.scene, &target.key, "user", &clean(&target.display)).ok();
        let all = user_object.as_ref().map(|own| rights(&own.descriptor, &account.token, own.class).all());
        below.add(&target.display, all, || {
            user_object.as_ref().map_or(Blame::Unknown, |own| blame(case, user, &own.descriptor))
        });
    }
    of_container(case, &own, &below)
}

/// Users that are named in a finding.
const MOST_NAMES: usize = 10;

/// The users below a protected container, counted.
#[derive(Debug, Default)]
pub struct Below {
    looked_at: usize,
    granted: usize,
    failing: usize,
    /// The first of the failing.
    names: Vec<String>,
}

impl Below {
    /// A user with what is known of the rights, and who is to blame when one is missing.
    pub fn add(&mut self, name: &str, rights: Option<All>, blame: impl FnOnce() -> Blame) {
        self.looked_at += 1;
        match rights {
            Some(All::Granted) => self.granted += 1,
            Some(All::Missing) if blame() == Blame::This => {
                self.failing += 1;
                if self.names.len() < MOST_NAMES {
                    self.names.push(name.to_owned());
                }
            }
            Some(All::Missing | All::Unknown) | None => {}
        }
    }
}

/// What the container does to the users below, who count where it is protected.
pub fn of_container(case: &Case, own: &Object, users: &Below) -> Answer {
    let dn = clean(&case.target.display);
    let inheritance = format!("inheritance at {dn}");
    if !own.descriptor.is_protected() {
        return Ok(Judgement::pass(format!("{dn} inherits permissions from above."))
            .said(&inheritance, "on")
            .or_edited(own.record, &inheritance, "off", Edit::Protected(true)));
    }
    let account = account(case)?;
    let Below { looked_at: below, granted, failing, ref names } = *users;
    let judgement = if failing > 0 {
        let users = if failing == 1 { "1 user" } else { &format!("{failing} users") };
        Judgement::fail(format!(
            "{dn} does not inherit permissions, and {} lacks rights on {users} below that {} looked at.",
            account.name,
            if failing == 1 { "was" } else { "were" }
        ))
        .with("users without the rights", list(names.iter().map(String::as_str)))
        .step(inherit_again(&own.dn, &verify(case)))
    } else if below > 0 && granted == below {
        Judgement::warn(format!(
            "{dn} does not inherit permissions; {} has its rights on all {below} users below that were looked at by grants further down.",
            account.name
        ))
        .severity(Severity::Low)
        .step(inherit_again(&own.dn, &verify(case)))
    } else {
        Judgement::unknown(
            Reason::Ambiguous,
            format!("{dn} does not inherit permissions; whether users below lack rights for that is not shown."),
        )
    };
    Ok(judgement
        .with("users below looked at", below)
        .with("with all rights", granted)
        .said(&inheritance, "off")
        .or_edited(own.record, &inheritance, "on", Edit::Protected(false))
        .said("users below looked at", below)
        .said("with all rights", granted)
        .said("without a right", failing))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SALES, allow, container, good_aces, member, sd, stage, user};
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::Stage;
    use crate::directory::Right;
    use crate::evidence::{Kind, State, User};

    const INNER: &str = "OU=North,OU=Sales,DC=corp,DC=example";

    /// A user of the inner container; `aces` and whether the user's own inheritance is off.
    fn with_user(stage: Stage, name: &str, own: bool, aces: &[super::super::testing::TestAce]) -> Stage {
        let target = user(name);
        stage.add(&target, member(&[INNER, SALES], true)).add(&target, sd("user", own, aces))
    }

    fn containers(outer: bool, inner: Option<bool>) -> Stage {
        let stage = stage().add(&container(SALES), sd("container", outer, &[]));
        match inner {
            Some(inner) => stage.add(&container(INNER), sd("container", inner, &[])),
            None => stage,
        }
    }

    #[test]
    fn a_protected_container_fails_where_a_right_is_missing_below() {
        let partial = [allow(Right::ResetPassword)];
        for (protected, users, outcome, severity) in [
            (false, vec![&partial[..]], Status::Pass, None),
            (true, vec![&good_aces()[..], &good_aces()], Status::Warn, Some(Severity::Low)),
            (true, vec![&good_aces(), &partial], Status::Fail, None),
            (true, vec![&[]], Status::Fail, None),
            (true, vec![], Status::Unknown, None),
        ] {
            let stage = users.iter().enumerate().fold(containers(protected, Some(false)), |stage, (number, aces)| {
                with_user(stage, &format!("u{number}"), false, aces)
            });
            let judgement = stage.judge_at("PW510", &container(SALES).key);
            assert_eq!((judgement.outcome, judgement.severity), (outcome, severity), "{}", judgement.message);
        }
    }

    #[test]
    fn only_the_nearest_protected_object_is_blamed() {
        for (inner, own, outer_outcome) in [
            (Some(false), false, Status::Fail),
            (Some(true), false, Status::Unknown),
            (Some(false), true, Status::Unknown),
            (None, false, Status::Unknown),
        ] {
            let stage = with_user(containers(true, inner), "anna", own, &[]);
            let judgement = stage.judge_at("PW510", &container(SALES).key);
            assert_eq!(judgement.outcome, outer_outcome, "{inner:?} {own}: {}", judgement.message);
            if inner == Some(true) {
                assert_eq!(stage.judge_at("PW510", &container(INNER).key).outcome, Status::Fail);
            }
        }
    }

    #[test]
    fn protected_users_do_not_count_and_an_unread_container_is_unknown() {
        let admin =
            User { member_of_transitive: Some(vec!["S-1-5-21-1-2-3-512".to_owned()]), ..member(&[SALES], true) };
        let stage = containers(true, None).add(&user("admin"), admin).add(&user("admin"), sd("user", true, &[]));
        assert_eq!(stage.judge_at("PW510", &container(SALES).key).outcome, Status::Unknown);
        let target = container(SALES);
        let unread = super::super::testing::stage();
        let unread = unread.add_failed(&target, Kind::SecurityDescriptor, State::AccessDenied, "ldap");
        assert_eq!(unread.judge_at("PW510", &target.key).reason, Some(Reason::AccessDenied));
    }
}
