use super::evidence::account;
use super::on_users::{counted, decision, list, reason, tally, unknown, verdict_on};
use super::sample::{Outcome, Tally};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Status, TargetKind};
use crate::checks::targets;
use crate::directory::{Right, Verdict};

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
User: Pass when granted (normally through Everyone); Warn when not; Unknown when the ACEs or the groups do not settle it.
Domain, over a sample: Warn when a user is without it; Unknown when over 10 % are not known; Pass otherwise.
Fail: never.",
}

const RIGHT: Right = Right::ChangePassword;

fn judge(case: &Case) -> Answer {
    if case.target.kind == TargetKind::Domain {
        return of_domain(case);
    }
    let account = account(case)?;
    let (object, decision) = decision(case, &account, RIGHT)?;
    let mut judgement = verdict_on(&clean(&case.target.display), case, &account, &object, &decision);
    if judgement.outcome == Status::Fail {
        judgement.outcome = Status::Warn;
    }
    Ok(judgement.rule(match decision.verdict {
        Verdict::Granted => "when granted",
        Verdict::Denied | Verdict::NotGranted => "when not",
        Verdict::Undecided(_) => "do not settle it",
    }))
}

fn of_domain(case: &Case) -> Answer {
    let (domain, account, tally) = (clean(&case.target.display), account(case)?, tally(case, RIGHT, false)?);
    let (who, size, name) = (&account.name, tally.size(), RIGHT.name());
    let judgement = match (tally.outcome(), tally.total.refused) {
        (_, refused @ 1..) => Judgement::warn(format!(
            "{who} lacks {name} on {refused} of {} users of {domain} ({size}): {}.",
            tally.total.known(),
            reason(&tally)
        ))
        .rule("is without it"),
        (Outcome::Unknown, _) => unknown(&domain, name, &tally).rule("over 10 %"),
        _ => Judgement::pass(format!("{who} has {name} on the users of {domain} ({size}).")).rule("otherwise"),
    };
    let judgement = counted(judgement, &tally);
    let judgement = match tally.turn(status) {
        Some((name, count, status)) => judgement.turn(name, count, status),
        None => judgement,
    };
    Ok(list(case, judgement, &tally))
}

fn status(tally: &Tally) -> Status {
    match (tally.outcome(), tally.total.refused) {
        (_, 1..) => Status::Warn,
        (Outcome::Unknown, _) => Status::Unknown,
        _ => Status::Pass,
    }
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
