use super::on_users::{self, Scale};
use crate::catalog::{Answer, Case, Severity};
use crate::checks::targets;
use crate::directory::Right;

crate::declare_check! {
    PW505, "The connector account can reset passwords",
    area: Permission, severity: Critical, proof: B, class: Rights,
    target: Domain via targets::found_users_and_sampled_domains,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW501, PW917, PW918],
    remediation: "Grant Reset Password on descendant user objects.",
    link: "L-TUT", since: "0.1.0",
    rule: "The effective right Reset Password on each user's own descriptor.
User: Pass when granted; Fail (high) when denied or not granted; Unknown when the ACEs or the groups do not settle it.
Domain, over a sample without protected users (with -All over all of them):
Fail: more than 5 % of the known are not granted, or a container with at least 3 sampled users has none. Critical when more than half are not granted, else high.
Unknown: over 10 % of the sample is not known.
Warn: up to 5 % are not granted.
Pass: all are granted.",
}

pub const SCALE: Scale = Scale { user: Severity::High, most: Severity::Critical, some: Severity::High };

fn judge(case: &Case) -> Answer {
    on_users::judge(case, Right::ResetPassword, &SCALE)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SALES, allow, deny, domain, member, sd, stage, user};
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Judgement, Reason, Status};
    use crate::evidence::{Kind, State, User};

    fn sample(granted: usize, refused: usize, unknown: usize) -> Stage {
        let mut stage = stage();
        for number in 0..granted + refused + unknown {
            let target = user(&format!("u{number}"));
            let container = format!("OU=c{},DC=corp,DC=example", number % 50);
            stage = stage.add(&target, member(&[&container], true));
            if number < granted {
                stage = stage.add(&target, sd("user", false, &[allow(Right::ResetPassword)]));
            } else if number < granted + refused {
                stage = stage.add(&target, sd("user", false, &[]));
            }
        }
        stage
    }

    fn at_domain(stage: &Stage) -> Judgement {
        stage.judge_at("PW505", &domain().key)
    }

    #[test]
    fn a_user_passes_by_a_grant_that_comes_before_any_deny() {
        let right = Right::ResetPassword;
        let conditional = super::super::testing::TestAce { conditional: true, ..allow(right) };
        for (aces, outcome, reason) in [
            (vec![allow(right)], Status::Pass, None),
            (vec![allow(right), deny(right)], Status::Pass, None),
            (vec![deny(right), allow(right)], Status::Fail, None),
            (vec![allow(Right::ChangePassword)], Status::Fail, None),
            (vec![], Status::Fail, None),
            (vec![conditional], Status::Unknown, Some(Reason::ToolLimit)),
        ] {
            let target = user("anna");
            let stage = stage().add(&target, member(&[SALES], false)).add(&target, sd("user", false, &aces));
            let judgement = stage.judge_at("PW505", &target.key);
            assert_eq!((judgement.outcome, judgement.reason), (outcome, reason), "{aces:?}: {}", judgement.message);
            assert_eq!(judgement.severity, Some(Severity::High));
        }
    }

    #[test]
    fn a_descriptor_or_token_that_was_not_read_is_unknown() {
        let target = user("anna");
        let asked = stage().add(&target, member(&[SALES], false));
        let denied = asked.add_failed(&target, Kind::SecurityDescriptor, State::AccessDenied, "ldap");
        assert_eq!(denied.judge_at("PW505", &target.key).reason, Some(Reason::AccessDenied));
        let no_token = Stage::new().add(&target, member(&[], false)).add(&target, sd("user", false, &[]));
        assert_eq!(no_token.judge_at("PW505", &target.key).reason, Some(Reason::NotCollected));
    }

    #[test]
    fn the_message_names_account_right_and_deciding_ace() {
        let target = user("anna");
        let aces = [deny(Right::ResetPassword)];
        let stage = stage().add(&target, member(&[SALES], false)).add(&target, sd("user", false, &aces));
        let message = stage.judge_at("PW505", &target.key).message;
        for part in
            ["CORP\\MSOL_0123456789ab", "S-1-5-21-1-2-3-1105", "Reset Password", "inherited deny", "ACE 0", "anna"]
        {
            assert!(message.contains(part), "{part} in {message}");
        }
    }

    #[test]
    fn a_domain_is_judged_by_its_sample() {
        for (granted, refused, unknown, outcome, severity) in [
            (100, 0, 0, Status::Pass, None),
            (95, 5, 0, Status::Warn, None),
            (94, 6, 0, Status::Fail, Some(Severity::High)),
            (50, 50, 0, Status::Fail, Some(Severity::High)),
            (49, 51, 0, Status::Fail, Some(Severity::Critical)),
            (90, 0, 10, Status::Pass, None),
            (89, 0, 11, Status::Unknown, None),
            (0, 0, 5, Status::Unknown, None),
        ] {
            let judgement = at_domain(&sample(granted, refused, unknown));
            assert_eq!(
                (judgement.outcome, judgement.severity),
                (outcome, severity),
                "{granted}/{refused}/{unknown}: {}",
                judgement.message
            );
        }
    }

    #[test]
    fn protected_users_are_counted_apart() {
        let mut stage = sample(20, 0, 0);
        for (name, groups) in [
            ("admin", Some(vec!["S-1-5-21-1-2-3-512".to_owned()])),
            ("former", Some(Vec::new())),
            ("one of the two", None),
        ] {
            let target = user(name);
            let data = User { admin_count: Some(1), member_of_transitive: groups, ..member(&[SALES], true) };
            stage = stage.add(&target, data).add(&target, sd("user", true, &[]));
        }
        let judgement = at_domain(&stage);
        assert_eq!(judgement.outcome, Status::Pass, "{}", judgement.message);
        assert!(judgement.evidence.iter().any(|line| line.name == "protected users left out" && line.value == "3"));
    }

    #[test]
    fn a_sample_that_could_not_be_taken_is_unknown_and_none_is_no_finding() {
        assert!(stage().judge("PW505").is_empty());
        let failed = stage().add_failed(&domain(), Kind::User, State::Timeout, "ldap");
        assert_eq!(at_domain(&failed).reason, Some(Reason::Timeout));
        let partial = sample(20, 0, 0).add_failed(&domain(), Kind::User, State::Timeout, "sample");
        let judgement = at_domain(&partial);
        assert_eq!(judgement.outcome, Status::Pass);
        assert!(judgement.evidence.iter().any(|line| line.name == "sample not whole"));
        let asked_too = sample(3, 0, 0).add(&user("u0"), member(&[SALES], false));
        assert!(at_domain(&asked_too).message.contains("sample of 3"), "{}", at_domain(&asked_too).message);
    }
}
