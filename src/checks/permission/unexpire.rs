use super::evidence::{account, object};
use super::on_users::{verdict_on, verify};
use super::steps::{AppliesTo, Grantee, grant_on_object, without_deny};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case};
use crate::checks::targets;
use crate::directory::{Right, Verdict, decide};

crate::declare_check! {
    PW508, "The connector account holds Unexpire Password on every domain head",
    area: Permission, severity: Medium, proof: B, class: Rights,
    target: Domain via targets::domains_with_rights,
    evidence: [SecurityDescriptor, TokenGroups],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Grant Unexpire Password to the account on the root of the domain, this object and descendants.",
    link: "L-UNEXP", since: "0.1.0",
    rule: "The effective right Unexpire Password (ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501) on the domain head's own descriptor.
Pass: granted (by default Authenticated Users hold it, and the message says so).
Fail: denied or not granted (the default was removed).
Unknown: the head is not readable, or the ACEs or the groups do not settle it.",
}

fn judge(case: &Case) -> Answer {
    let head = format!("the head of {}", clean(&case.target.display));
    let object = object(case.scene, &case.target.key, "domainHead", &head)?;
    let account = account(case)?;
    let decision = decide(&object.descriptor, &account.token, Right::UnexpirePassword, object.class);
    let mut judgement = verdict_on(&head, case, &account, &object, &decision);
    Ok(match decision.verdict {
        Verdict::Granted => {
            judgement.message = format!("{} has Unexpire Password on {head}: {}.", account.name, decision.why);
            judgement
        }
        Verdict::Denied | Verdict::NotGranted => {
            let to = Grantee { name: "the connector account", sid: &account.sid() };
            let all = AppliesTo::ThisObjectAndDescendants;
            let grant = || grant_on_object(decision.why.right, &object.dn, to, all, &verify(case));
            judgement.step(without_deny(&decision.why, &object.dn, &verify(case)).unwrap_or_else(grant))
        }
        Verdict::Undecided(_) => judgement,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{AUTHENTICATED_USERS, TestAce, allow, deny, domain, sd, stage};
    use super::*;
    use crate::catalog::{Reason, Status};
    use crate::evidence::{Kind, State};

    #[test]
    fn the_default_of_authenticated_users_is_enough() {
        let right = Right::UnexpirePassword;
        let default = TestAce { sid: AUTHENTICATED_USERS, flags: 0, ..allow(right) };
        for (aces, outcome, says, step) in [
            (vec![default.clone()], Status::Pass, "Authenticated Users", None),
            (vec![allow(right)], Status::Pass, "S-1-5-21-1-2-3-1105", None),
            (vec![deny(right), default], Status::Fail, "deny", Some("Remove the entry that denies")),
            (vec![], Status::Fail, "nobody", Some("Grant Unexpire Password to the connector account")),
            (vec![allow(Right::ResetPassword)], Status::Fail, "no ACE", Some("Grant Unexpire Password")),
        ] {
            let judgement = stage().add(&domain(), sd("domainHead", false, &aces)).judge_at("PW508", &domain().key);
            assert_eq!(judgement.outcome, outcome, "{aces:?}");
            assert!(judgement.message.contains(says), "{}", judgement.message);
            let texts: Vec<&str> = judgement.steps.iter().map(|step| step.text.as_str()).collect();
            let expected = texts.len() == step.iter().len() && texts.iter().zip(step).all(|(a, b)| a.starts_with(b));
            assert!(expected, "{step:?}: {texts:?}");
        }
    }

    #[test]
    fn an_unread_head_is_unknown() {
        let stage = stage().add_failed(&domain(), Kind::SecurityDescriptor, State::AccessDenied, "ldap");
        assert_eq!(stage.judge_at("PW508", &domain().key).reason, Some(Reason::AccessDenied));
    }
}
