use super::evidence::account;
use super::on_users::{decision, list, reason, tally, unknown, verdict_on};
use super::sample::Outcome;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Status, TargetKind};
use crate::checks::targets;
use crate::directory::Right;

crate::declare_check! {
    PW509, "Change Password is available (information)",
    area: Permission, severity: Info, proof: D, class: Rights,
    target: Domain via targets::found_users_and_sampled_domains,
    evidence: [SecurityDescriptor, TokenGroups],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "None needed; see PW915 when a user's own change fails.",
    link: "L-ACCESS", since: "0.1.0",
    rule: "The effective right Change Password of the connector account, for information: sources disagree whether it is needed.
User: Pass when granted (normally through Everyone); Warn when not.
Domain, over a sample: Warn when a user is without it; Unknown when over 10 % are not known; Pass otherwise.
Fail: never.",
}

const RIGHT: Right = Right::ChangePassword;

fn judge(case: &Case) -> Answer {
    let mut judgement = match case.target.kind {
        TargetKind::Domain => of_domain(case)?,
        _ => {
            let account = account(case)?;
            verdict_on(&clean(&case.target.display), &account, &decision(case, RIGHT)?.0)
        }
    };
    if judgement.outcome == Status::Fail {
        judgement.outcome = Status::Warn;
    }
    Ok(judgement)
}

fn of_domain(case: &Case) -> Result<Judgement, Judgement> {
    let (domain, account, tally) = (clean(&case.target.display), account(case)?, tally(case, RIGHT, false)?);
    let (who, size, name) = (&account.name, tally.size(), RIGHT.name());
    let judgement = match (tally.outcome(), tally.total.refused) {
        (_, refused @ 1..) => Judgement::warn(format!(
            "{who} lacks {name} on {refused} of {} users of {domain} ({size}): {}.",
            tally.total.known(),
            reason(&tally)
        )),
        (Outcome::Unknown, _) => unknown(&domain, name, &tally),
        _ => Judgement::pass(format!("{who} has {name} on the users of {domain} ({size}).")),
    };
    Ok(list(case, judgement, &tally))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SALES, TestAce, allow, domain, member, sd, stage, user};
    use super::*;
    use crate::catalog::testing::Stage;

    fn with(sampled: bool, granted: usize, refused: usize, unknown: usize) -> Stage {
        let everyone = TestAce { sid: "S-1-1-0", ..allow(RIGHT) };
        (0..granted + refused + unknown).fold(stage(), |stage, number| {
            let target = user(&format!("u{number}"));
            let stage = stage.add(&target, member(&[SALES], sampled));
            match number {
                number if number < granted => stage.add(&target, sd("user", false, std::slice::from_ref(&everyone))),
                number if number < granted + refused => stage.add(&target, sd("user", false, &[])),
                _ => stage,
            }
        })
    }

    #[test]
    fn a_missing_right_warns_and_never_fails() {
        for (granted, refused, unknown, outcome) in [
            (9, 0, 1, Status::Pass),
            (99, 1, 0, Status::Warn),
            (0, 5, 0, Status::Warn),
            (8, 0, 1, Status::Unknown),
            (8, 1, 5, Status::Warn),
        ] {
            let judgement = with(true, granted, refused, unknown).judge_at("PW509", &domain().key);
            assert_eq!(judgement.outcome, outcome, "{granted}/{refused}/{unknown}");
        }
        for (granted, refused, unknown, outcome) in
            [(1, 0, 0, Status::Pass), (0, 1, 0, Status::Warn), (0, 0, 1, Status::Unknown)]
        {
            let judgement = with(false, granted, refused, unknown).judge_at("PW509", &user("u0").key);
            assert_eq!(judgement.outcome, outcome, "{granted}/{refused}/{unknown}");
        }
    }
}
