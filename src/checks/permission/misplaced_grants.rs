use super::below::stands_below;
use super::evidence::{account, object, users_of_domain};
use super::facts::{All, NEEDED, rights};
use super::on_users::verify;
use super::steps::grant_below;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, TargetKind};
use crate::checks::targets;
use crate::checks::user::protection::{Protection, protection_at};
use crate::directory::{Edit, Grant, Guid, Reach, Right, Sid, Verdict, grants, guids, well_known_name};
use crate::evidence::User;
use std::collections::BTreeMap;

crate::declare_check! {
    PW512, "Existing grants really reach the users",
    area: Permission, severity: Medium, proof: B, class: Rights,
    target: Container via targets::containers_and_domains_with_rights,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Re-create the grant as \"descendant user objects\" (and for inetOrgPerson as well).",
    link: "L-CONF", since: "0.1.0",
    rule: "Asked for users below who lack Reset Password, Write lockoutTime or Write pwdLastSet, or for whom that is not settled. Looked for: an explicit allow for the account's token on this container or domain head that speaks about the right.
NotApplicable: every user below that was looked at has all three rights.
Fail: such a grant cannot arrive: it is for this object only; it does not propagate; it is for objects of another class (a grant for user does not reach inetOrgPerson); a deny comes first.
What only a protected container or user in between stops belongs to PW510 and PW919.
Pass: there is no such grant.
Unknown: a descriptor is not readable, or no user below was looked at.",
}

/// A grant that does not arrive: where it stands, what it is about, what stops it, and at objects of which
/// class.
type Key = (usize, Right, String, Guid);

fn judge(case: &Case) -> Answer {
    let (purpose, dn) = match case.target.kind {
        TargetKind::Domain => ("domainHead", format!("the head of {}", clean(&case.target.display))),
        _ => ("container", clean(&case.target.display)),
    };
    let account = account(case)?;
    let (mut users, mut unread, mut lacking) = (0, None, 0);
    let mut misplaced: BTreeMap<Key, (Reach, Vec<&str>)> = BTreeMap::new();
    let ancestor = object(case.scene, &case.target.key, purpose, &dn);
    for fact in users_of_domain(case) {
        let (target, user) = (&fact.record.target, fact.data);
        let is_below = case.target.kind == TargetKind::Domain || stands_below(user, &case.target.display);
        let protection = protection_at(case.scene, target, user);
        if !is_below || matches!(protection, Protection::Protected(_) | Protection::Leftover) {
            continue;
        }
        users += 1;
        let own = match object(case.scene, &target.key, "user", &clean(&target.display)) {
            Ok(own) => own,
            Err(judgement) => {
                unread.get_or_insert(judgement);
                continue;
            }
        };
        let rights = rights(&own.descriptor, &account.token, own.class);
        if rights.all() == All::Granted {
            continue;
        }
        lacking += 1;
        let (Ok(ancestor), Some(class)) = (&ancestor, own.class) else { continue };
        let direct = is_direct(case, user);
        for (right, _) in NEEDED.iter().zip(&rights.decisions).filter(|(_, own)| own.verdict != Verdict::Granted) {
            let explicit: Vec<Grant> = grants(&ancestor.descriptor, &account.token, *right, &class, direct)
                .into_iter()
                .filter(|grant| !grant.inherited)
                .collect();
            if explicit.iter().any(|grant| grant.reach == Reach::Arrives) {
                continue;
            }
            if let Some(grant) = explicit.first() {
                let obstacle = format!("{} ({})", in_words(&grant.reach), trustee(&grant.trustee));
                let key = (grant.ace, *right, obstacle, class);
                misplaced.entry(key).or_insert((grant.reach, Vec::new())).1.push(&target.display);
            }
        }
    }
    if users > 0 && lacking == 0 && unread.is_none() {
        let message = format!("{} has its rights on every user below {dn} that was looked at.", account.name);
        return Err(Judgement::not_applicable(Reason::NotConfigured, message)
            .said("users below looked at", users)
            .said("without a right", lacking));
    }
    let ancestor = ancestor?;
    let worst = misplaced.iter().max_by_key(|(_, (_, names))| names.len());
    let Some(((ace, right, obstacle, class), (reach, _))) = worst else {
        return match unread {
            Some(unread) => Err(unread),
            None if users == 0 => {
                let message = format!("No user below {dn} was looked at.");
                Err(Judgement::unknown(Reason::NotCollected, message).said("users below looked at", users))
            }
            None => Ok(Judgement::pass(format!("{dn} has no grant that fails to reach the users below."))
                .said("users below looked at", users)
                .said("without a right", lacking)
                .said("grants that do not arrive", 0)),
        };
    };
    let judgement = Judgement::fail(format!(
        "ACE {ace} of {dn} grants {} but does not reach the users below: {obstacle}.",
        right.name()
    ))
    .rule(branch(reach))
    .said("ACE", ace)
    .said("object", &ancestor.dn)
    .said("right", right.name())
    .said("obstacle", obstacle)
    .said("without a right", lacking)
    .or_edited(ancestor.record, &format!("DACL of {}", ancestor.dn), &format!("without ACE {ace}"), Edit::Without(*ace))
    .step(grant_below(*right, &ancestor.dn, &account.sid(), *class, &verify(case)));
    Ok(misplaced.iter().fold(judgement, |judgement, ((ace, right, obstacle, _), (_, names))| {
        let shown = list(names.iter().take(5).copied());
        let line = format!("ACE {ace}, {}: {obstacle}; {} user(s): {shown}", right.name(), names.len());
        judgement.with("grant that does not arrive", line)
    }))
}

/// A user right below the object of the case.
fn is_direct(case: &Case, user: &User) -> bool {
    match user.parent_containers.first() {
        Some(parent) => parent.eq_ignore_ascii_case(&case.target.display),
        None => case.target.kind == TargetKind::Domain,
    }
}

/// The branch of the rule.
fn branch(reach: &Reach) -> &'static str {
    match reach {
        Reach::Arrives | Reach::ThisObjectOnly => "for this object only",
        Reach::NoPropagate => "does not propagate",
        Reach::OtherClass(_) => "objects of another class",
        Reach::DeniedFirst { .. } => "a deny comes first",
    }
}

fn in_words(reach: &Reach) -> String {
    match reach {
        Reach::Arrives => "it arrives".to_owned(),
        Reach::ThisObjectOnly => "it is for this object only".to_owned(),
        Reach::NoPropagate => "it goes to the direct children only".to_owned(),
        Reach::OtherClass(class) => match guids::name(class) {
            Some(name) => format!("it is for objects of class {name}"),
            None => format!("it is for objects of class {class}"),
        },
        Reach::DeniedFirst { ace } => format!("a deny, ACE {ace}, comes first"),
    }
}

fn trustee(sid: &Sid) -> String {
    match well_known_name(sid) {
        Some(name) => format!("granted to {name}, {sid}"),
        None => format!("granted to {sid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SALES, TestAce, allow, container, deny, domain, good_aces, member, sd, stage, user};
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::Stage;
    use crate::evidence::{Kind, SecurityDescriptor, State};

    const DEEP: &str = "OU=North,OU=Sales,DC=corp,DC=example";
    const RESET: Right = Right::ResetPassword;

    /// An explicit ACE of a container that is inherited by what is below.
    fn explicit(flags: u8, class: Option<guids::Guid>) -> TestAce {
        TestAce { flags, class, ..allow(RESET) }
    }

    fn below(class: &str, parents: &[&str], aces: &[TestAce]) -> Stage {
        let own = SecurityDescriptor { object_class: vec![class.to_owned()], ..sd("user", false, aces) };
        stage().add(&user("anna"), member(parents, true)).add(&user("anna"), own)
    }

    #[test]
    fn a_grant_that_cannot_arrive_fails_with_its_reason() {
        let inherited_deny = TestAce { flags: 0x0A, ..deny(RESET) };
        for (aces, class, outcome, says) in [
            (vec![explicit(0x00, None)], "user", Status::Fail, "this object only"),
            (vec![explicit(0x0E, None)], "user", Status::Fail, "direct children only"),
            (vec![explicit(0x0A, Some(guids::USER))], "inetOrgPerson", Status::Fail, "class user"),
            (vec![inherited_deny, explicit(0x0A, None)], "user", Status::Fail, "a deny, ACE 0"),
            (vec![explicit(0x0A, Some(guids::USER))], "user", Status::Pass, ""),
            (vec![explicit(0x0A, None)], "inetOrgPerson", Status::Pass, ""),
            (vec![explicit(0x00, None), explicit(0x0A, None)], "user", Status::Pass, ""),
            (vec![explicit(0x10, None)], "user", Status::Pass, ""),
            (vec![TestAce { sid: "S-1-5-32-544", ..explicit(0x00, None) }], "user", Status::Pass, ""),
            (vec![], "user", Status::Pass, ""),
        ] {
            let stage = below(class, &[DEEP, SALES], &[]).add(&container(SALES), sd("container", false, &aces));
            let judgement = stage.judge_at("PW512", &container(SALES).key);
            assert_eq!(judgement.outcome, outcome, "{aces:?} {class}: {}", judgement.message);
            assert!(judgement.message.contains(says), "{says}: {}", judgement.message);
        }
    }

    #[test]
    fn a_grant_to_direct_children_reaches_them() {
        let aces = [explicit(0x0E, None)];
        let stage = below("user", &[SALES], &[]).add(&container(SALES), sd("container", false, &aces));
        assert_eq!(stage.judge_at("PW512", &container(SALES).key).outcome, Status::Pass);
    }

    #[test]
    fn nothing_is_asked_where_every_right_is_there() {
        let stage = below("user", &[SALES], &good_aces()).add(&domain(), sd("domainHead", false, &[]));
        let judgement = stage.judge_at("PW512", &domain().key);
        assert_eq!((judgement.outcome, judgement.reason), (Status::NotApplicable, Some(Reason::NotConfigured)));
    }

    #[test]
    fn an_unread_container_or_nobody_below_is_unknown() {
        let target = container(SALES);
        let unread =
            below("user", &[SALES], &[]).add_failed(&target, Kind::SecurityDescriptor, State::AccessDenied, "l");
        assert_eq!(unread.judge_at("PW512", &target.key).reason, Some(Reason::AccessDenied));
        let empty = stage().add(&target, sd("container", false, &[]));
        assert_eq!(empty.judge_at("PW512", &target.key).reason, Some(Reason::NotCollected));
    }
}
