use super::below::{Blame, blame, stands_below};
use super::evidence::{account, object, users_of_domain};
use super::facts::{All, rights};
use super::on_users::verify;
use super::steps::inherit_again;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Severity};
use crate::checks::targets;
use crate::checks::user::protection::{Protection, protection_at};
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
    let inheritance = format!("inheritance at {dn}");
    if !own.descriptor.is_protected() {
        return Ok(Judgement::pass(format!("{dn} inherits permissions from above."))
            .said(&inheritance, "on")
            .or_edited(own.record, &inheritance, "off", Edit::Protected(true)));
    }
    let account = account(case)?;
    let (mut below, mut granted, mut failing) = (0, 0, Vec::new());
    for fact in users_of_domain(case) {
        let (target, user) = (&fact.record.target, fact.data);
        let is_ordinary =
            !matches!(protection_at(case.scene, target, user), Protection::Protected(_) | Protection::Leftover);
        if !stands_below(user, &case.target.display) || !is_ordinary {
            continue;
        }
        below += 1;
        let Ok(object) = object(case.scene, &target.key, "user", &clean(&target.display)) else { continue };
        match rights(&object.descriptor, &account.token, object.class).all() {
            All::Granted => granted += 1,
            All::Missing if blame(case, user, &object.descriptor) == Blame::This => {
                failing.push(target.display.as_str());
            }
            All::Missing | All::Unknown => {}
        }
    }
    let judgement = if !failing.is_empty() {
        let users = if failing.len() == 1 { "1 user" } else { &format!("{} users", failing.len()) };
        Judgement::fail(format!(
            "{dn} does not inherit permissions, and {} lacks rights on {users} below that {} looked at.",
            account.name,
            if failing.len() == 1 { "was" } else { "were" }
        ))
        .with("users without the rights", list(failing.iter().take(10).copied()))
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
        .said("without a right", failing.len()))
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
