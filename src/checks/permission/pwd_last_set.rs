use super::on_users::{self, Scale};
use crate::catalog::{Answer, Case, Severity};
use crate::checks::targets;
use crate::directory::Right;

crate::declare_check! {
    PW507, "The connector account can write pwdLastSet",
    area: Permission, severity: High, proof: B, class: Rights,
    target: Domain via targets::found_users_and_sampled_domains,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW501, PW917, PW918],
    remediation: "Grant Write pwdLastSet on descendant user objects.",
    link: "L-TUT", since: "0.1.0",
    rule: "Write property pwdLastSet, or its property set User-Account-Restrictions, on each user's own descriptor.
User: Pass when granted; Fail when denied or not granted; Unknown when the ACEs or the groups do not settle it.
Domain, over a sample without protected users:
Fail: more than 5 % of the known are not granted, or a container with at least 3 sampled users has none.
Unknown: over 10 % of the sample is not known.
Warn: up to 5 % are not granted.
Pass: all are granted.",
}

const SCALE: Scale = Scale { user: Severity::High, most: Severity::High, some: Severity::High };

fn judge(case: &Case) -> Answer {
    on_users::judge(case, Right::WritePwdLastSet, &SCALE)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SALES, allow, deny, domain, member, sd, stage, user};
    use super::*;
    use crate::catalog::{Reason, Status};
    use crate::evidence::{Kind, State};

    #[test]
    fn only_the_own_right_counts_and_unread_is_unknown() {
        let target = user("anna");
        for (aces, outcome) in [
            (vec![allow(Right::WritePwdLastSet)], Status::Pass),
            (vec![allow(Right::ResetPassword)], Status::Fail),
            (vec![deny(Right::WritePwdLastSet), allow(Right::WritePwdLastSet)], Status::Fail),
        ] {
            let stage = stage().add(&target, member(&[SALES], false)).add(&target, sd("user", false, &aces));
            assert_eq!(stage.judge_at("PW507", &target.key).outcome, outcome, "{aces:?}");
        }
        let stage = stage().add(&target, member(&[SALES], false));
        let stage = stage.add_failed(&target, Kind::SecurityDescriptor, State::Timeout, "ldap");
        assert_eq!(stage.judge_at("PW507", &target.key).reason, Some(Reason::Timeout));
    }

    #[test]
    fn a_domain_where_nobody_has_it_fails_high() {
        let stage = (0..4).fold(stage(), |stage, number| {
            let target = user(&format!("u{number}"));
            stage.add(&target, member(&[SALES], true)).add(&target, sd("user", false, &[]))
        });
        let judgement = stage.judge_at("PW507", &domain().key);
        assert_eq!((judgement.outcome, judgement.severity), (Status::Fail, Some(Severity::High)));
        assert!(judgement.evidence.iter().any(|line| line.name == "container" && line.value.contains(SALES)));
    }
}
