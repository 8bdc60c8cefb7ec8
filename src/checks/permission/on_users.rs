//! One right of the connector account on users: each user for itself, and a domain by its sample or by a scan
//! of all.

use super::deciding::decided;
use super::evidence::{Account, Object, account, object, sampled_users};
use super::sample::{Extent, Failing, GRANTED, Outcome, REFUSED, Tally, UNKNOWN};
use super::steps::{grant_below, inherit_again, inherit_again_below, without_deny};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Severity, Step, TargetKind, common};
use crate::checks::targets;
use crate::checks::user::protection::is_ordinary_at;
use crate::directory::{Decision, Guid, Right, Undecided, Verdict, Why, decide, guids};
use crate::evidence::{Kind, User};

/// Containers whose repair is spelt out.
const MOST_STEPS: usize = 3;

/// How a check of a right counts what is missing.
pub struct Scale {
    pub user: Severity,
    /// More than half of the domain's users lack it.
    pub most: Severity,
    pub some: Severity,
}

/// Judges the right at the target of the case, a user or a domain.
pub fn judge(case: &Case, right: Right, scale: &Scale) -> Answer {
    match case.target.kind {
        TargetKind::Domain => of_domain(case, right, scale),
        _ => of_user(case, right, scale),
    }
}

fn of_user(case: &Case, right: Right, scale: &Scale) -> Answer {
    let name = clean(&case.target.display);
    let account = account(case)?;
    let (object, decision) = decision(case, &account, right)?;
    let judgement = verdict_on(&name, case, &account, &object, &decision).severity(scale.user);
    Ok(match decision.verdict {
        Verdict::Granted => judgement.rule("when granted"),
        Verdict::Denied | Verdict::NotGranted => {
            let (dn, class) = (&object.dn, object.class.unwrap_or(guids::USER));
            let judgement = judgement.rule("denied or not granted");
            if decision.verdict == Verdict::NotGranted && object.descriptor.is_protected() {
                judgement.step(inherit_again(dn, &verify(case)))
            } else {
                judgement.step(repair(case, &decision.why, &account.sid(), dn, &parent_of(dn), class))
            }
        }
        Verdict::Undecided(_) => judgement.rule("do not settle it"),
    })
}

/// What gives the right: without the entry that denies it on `dn`, or by a grant on what stands above.
fn repair(case: &Case, why: &Why, sid: &str, dn: &str, above: &str, class: Guid) -> Step {
    without_deny(why, dn, &verify(case)).unwrap_or_else(|| grant_below(why.right, above, sid, class, &verify(case)))
}

/// The decision about the user of the case, with the user's permissions.
pub fn decision<'a>(case: &Case<'a>, account: &Account, right: Right) -> Result<(Object<'a>, Decision), Judgement> {
    let object = object(case.scene, &case.target.key, "user", &clean(&case.target.display))?;
    let decision = decide(&object.descriptor, &account.token, right, object.class);
    Ok((object, decision))
}

/// The finding of one decision, without severity and steps.
pub fn verdict_on(name: &str, case: &Case, account: &Account, object: &Object, decision: &Decision) -> Judgement {
    let (right, who, why) = (decision.why.right.name(), &account.name, decision.why.text());
    let judgement = match decision.verdict {
        Verdict::Granted => Judgement::pass(format!("{who} has {right} on {name}.")),
        Verdict::Denied => Judgement::fail(format!("{who} is denied {right} on {name}: {why}.")),
        Verdict::NotGranted => Judgement::fail(format!("{who} does not have {right} on {name}: {why}.")),
        Verdict::Undecided(open) => {
            Judgement::unknown(open.reason(), format!("Whether {who} has {right} on {name} is not settled: {why}."))
        }
    };
    let judgement = decided(judgement.with("why", why), case, account.holder(), object, decision);
    match decision.verdict {
        Verdict::Undecided(Undecided::TokenIncomplete) => judgement.read(account.record, "complete").or(true),
        _ => judgement,
    }
}

fn of_domain(case: &Case, right: Right, scale: &Scale) -> Answer {
    of_tally(case, right, scale, &tally(case, right, true)?)
}

/// The finding about a domain whose users were counted.
pub fn of_tally(case: &Case, right: Right, scale: &Scale, tally: &Tally) -> Answer {
    let domain = clean(&case.target.display);
    let account = account(case)?;
    let (name, size) = (right.name(), tally.size());
    let refused = tally.total.refused;
    let judgement = match tally.outcome() {
        Outcome::Granted => Judgement::pass(format!("{} has {name} on the users of {domain} ({size}).", account.name))
            .rule("all are granted"),
        Outcome::FewMissing => Judgement::warn(format!(
            "{} lacks {name} on {refused} of {} users of {domain} ({size}): {}.",
            account.name,
            tally.total.known(),
            reason(tally)
        ))
        .rule("up to 5 %"),
        Outcome::Missing { most } => Judgement::fail(format!(
            "{} lacks {name} on {refused} of {} users of {domain} ({size}): {}.",
            account.name,
            tally.total.known(),
            reason(tally)
        ))
        .severity(if most { scale.most } else { scale.some })
        .rule("more than 5 %"),
        Outcome::Unknown => unknown(&domain, name, tally).rule("over 10 %"),
    };
    let judgement = steps(case, tally, &account.sid()).into_iter().fold(judgement, Judgement::step);
    let judgement = counted(judgement, tally);
    let judgement = match tally.turn(|tally| tally.outcome().status()) {
        Some((name, count, status)) => judgement.turn(name, count, status),
        None => judgement,
    };
    Ok(list(case, judgement, tally))
}

/// The counts that decided, and the most frequent reason of a refusal.
pub fn counted(judgement: Judgement, tally: &Tally) -> Judgement {
    let counts = &tally.total;
    let judgement = judgement.said(GRANTED, counts.granted).said(REFUSED, counts.refused).said(UNKNOWN, counts.unknown);
    match counts.refused {
        0 => judgement,
        _ => judgement.said("most frequent reason", reason(tally)),
    }
}

/// Most users without a grant: one at the head of the domain, from where it is inherited. Else what each of
/// the containers needs.
fn steps(case: &Case, tally: &Tally, sid: &str) -> Vec<Step> {
    let failing = tally.failing_containers();
    let Some(why) = tally.reason() else { return Vec::new() };
    match tally.outcome() {
        Outcome::Missing { most: true } if why.decision == Verdict::NotGranted && failing.len() > 1 => {
            vec![repair(case, &why, sid, "", &head_of(failing[0].dn), guids::USER)]
        }
        _ => failing
            .iter()
            .take(MOST_STEPS)
            .map(|Failing { dn, counts, why }| match why.decision {
                Verdict::NotGranted if counts.closed == counts.refused => inherit_again_below(dn, &verify(case)),
                _ => repair(case, why, sid, dn, dn, guids::USER),
            })
            .collect(),
    }
}

/// Counts the sampled users of the domain of the case.
pub fn tally(case: &Case, right: Right, without_protected: bool) -> Result<Tally, Judgement> {
    let account = account(case)?;
    let mut tally = Tally::default();
    for fact in sampled_users(case) {
        let target = &fact.record.target;
        if without_protected && !is_ordinary_at(case.scene, target, fact.data) {
            tally.set_aside();
            continue;
        }
        let container = container_of(fact.data);
        let object = object(case.scene, &target.key, "user", &clean(&target.display)).ok();
        let is_closed = object.as_ref().is_some_and(|object| object.descriptor.is_protected());
        let decision = object.map(|object| decide(&object.descriptor, &account.token, right, object.class));
        tally.add(&container, decision, is_closed);
    }
    if tally.total.all() + tally.set_aside == 0 {
        let mut records = case.scene.evidence.records_at(Kind::User, &case.target.key);
        let unsampled = || targets::unsampled(case.scene).find(|record| record.target.is_in(&case.target.key));
        return Err(match records.next().or_else(unsampled) {
            Some(record) => Judgement::unreadable(record),
            None => Judgement::unknown(
                Reason::NotCollected,
                format!("No user of {} was looked at.", clean(&case.target.display)),
            )
            .common(common::UNREAD)
            .said("users of the sample", 0),
        });
    }
    Ok(tally)
}

/// The most frequent reason in words.
pub fn reason(tally: &Tally) -> String {
    tally.reason().map_or(String::new(), |why| why.to_string())
}

/// Too little is known of a sample.
pub fn unknown(domain: &str, right: &str, tally: &Tally) -> Judgement {
    let (unknown, all) = (tally.total.unknown, tally.total.all());
    let these = if tally.extent == Extent::Sample { " in the sample" } else { "" };
    Judgement::unknown(
        Reason::Partial,
        match (all, tally.set_aside) {
            (0, 0) => format!("No user of {domain} could be read."),
            (0, _) => format!("Every user of {domain}{these} is or was protected; {right} is asked of others."),
            _ => format!("{right} is not known for {unknown} of {all} users of {domain}{these}."),
        },
    )
}

/// Counts and containers as lines of evidence, and what kept the sample from being whole.
pub fn list(case: &Case, judgement: Judgement, tally: &Tally) -> Judgement {
    let counts = &tally.total;
    let troubles =
        case.scene.evidence.records_at(Kind::User, &case.target.key).filter_map(|record| record.error.as_ref());
    let judgement = troubles.fold(judgement, |judgement, error| judgement.with("sample not whole", clean(&error.text)));
    let judgement = judgement
        .with(if tally.extent == Extent::Sample { "sample" } else { "users" }, tally.size())
        .with(GRANTED, counts.granted)
        .with(REFUSED, counts.refused)
        .with(UNKNOWN, counts.unknown)
        .with("protected users left out", tally.set_aside);
    let judgement = match tally.failing() {
        0 => judgement,
        number => judgement.with("failing containers", number),
    };
    // The ranking of causes reads the names (catalog 6.1).
    tally.failing_containers().into_iter().fold(judgement, |judgement, Failing { dn, counts, why }| {
        let line = format!("{} of {} without the right: {why}", counts.refused, counts.all());
        judgement.with("failing container", dn).with("there", line)
    })
}

/// Where a user stands; the head of the domain is no container, so the DN says it.
pub fn container_of(user: &User) -> String {
    let container = user.parent_containers.first().map(|dn| clean(dn));
    container.unwrap_or_else(|| parent_of(&clean(user.dn.as_deref().unwrap_or_default())))
}

/// The head of the domain that a DN lies in.
fn head_of(dn: &str) -> String {
    let rdns = crate::directory::rdns(dn).unwrap_or_default();
    let head =
        rdns.iter().map(|rdn| rdn.raw).filter(|raw| raw.get(..3).is_some_and(|kind| kind.eq_ignore_ascii_case("DC=")));
    let head: Vec<&str> = head.collect();
    if head.is_empty() { "<head of the domain>".to_owned() } else { head.join(",") }
}

/// What the DN stands in: inheritance brings the right to the user from there.
fn parent_of(dn: &str) -> String {
    let above = crate::directory::parent(dn).filter(|above| !above.is_empty());
    above.unwrap_or("<container of the user>").to_owned()
}

pub fn verify(case: &Case) -> String {
    format!("Test-PasswordWritebackPermission -Check {}", case.check.id)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SALES, allow, container, deny, domain, member, sd, stage, user};
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Reason, Status};
    use crate::evidence::State;

    /// PW506 and PW507 are one right each with one severity; PW505, whose severity varies, has its own tests.
    const WRITES: [(&str, Right); 2] = [("PW506", Right::WriteLockoutTime), ("PW507", Right::WritePwdLastSet)];

    #[test]
    fn only_the_own_right_counts_and_unread_is_unknown() {
        let target = user("anna");
        for (id, right) in WRITES {
            for (aces, outcome) in [
                (vec![allow(right)], Status::Pass),
                (vec![allow(Right::ResetPassword)], Status::Fail),
                (vec![deny(right), allow(right)], Status::Fail),
            ] {
                let stage = stage().add(&target, member(&[SALES], false)).add(&target, sd("user", false, &aces));
                assert_eq!(stage.judge_at(id, &target.key).outcome, outcome, "{id} {aces:?}");
            }
            let stage = stage().add(&target, member(&[SALES], false));
            let stage = stage.add_failed(&target, Kind::SecurityDescriptor, State::Timeout, "ldap");
            assert_eq!(stage.judge_at(id, &target.key).reason, Some(Reason::Timeout), "{id}");
        }
    }

    #[test]
    fn a_container_that_could_not_be_read_leaves_the_domain_unknown() {
        let unsampled = || stage().add_failed(&container(SALES), Kind::User, State::NotFound, "ldap");
        assert_eq!(unsampled().judge_at("PW506", &domain().key).outcome, Status::Unknown);
        // What is known of others still counts.
        let (target, aces) = (user("anna"), [allow(Right::ResetPassword)]);
        let others = unsampled().add(&target, member(&[SALES], true)).add(&target, sd("user", false, &aces));
        assert_eq!(others.judge_at("PW506", &domain().key).outcome, Status::Fail);
    }

    #[test]
    fn a_domain_where_nobody_has_it_fails_high() {
        let stage = (0..4).fold(stage(), |stage, number| {
            let target = user(&format!("u{number}"));
            stage.add(&target, member(&[SALES], true)).add(&target, sd("user", false, &[]))
        });
        for (id, _) in WRITES {
            let judgement = stage.judge_at(id, &domain().key);
            assert_eq!((judgement.outcome, judgement.severity), (Status::Fail, Some(Severity::High)), "{id}");
            let has_it =
                judgement.evidence.iter().any(|line| line.name == "failing container" && line.value.contains(SALES));
            assert!(has_it, "{id}");
        }
    }

    fn steps_at(stage: &Stage, key: &str) -> Vec<String> {
        stage.judge_at("PW506", key).steps.into_iter().map(|step| step.text).collect()
    }

    #[test]
    fn what_is_repaired_is_what_stands_in_the_way() {
        let (target, right) = (user("anna"), Right::WriteLockoutTime);
        let denied = [deny(right), allow(right)];
        let other = [allow(Right::ResetPassword)];
        for (closed, aces, expected) in [
            (false, &denied[..], "Remove the entry"),
            (true, &denied, "Remove the entry"),
            (false, &other, "Grant"),
            (true, &other, "Turn inheritance on"),
        ] {
            for (sampled, key) in [(false, &target.key), (true, &domain().key)] {
                let stage = stage().add(&target, member(&[SALES], sampled)).add(&target, sd("user", closed, aces));
                let steps = steps_at(&stage, key);
                assert!(steps.len() == 1 && steps[0].starts_with(expected), "{key} {aces:?}: {steps:?}");
            }
        }
    }

    #[test]
    fn most_users_are_repaired_at_the_head_and_few_in_their_containers() {
        let sample = |refused: usize| {
            (0..5).fold(stage(), |stage, number| {
                let target = user(&format!("u{number}"));
                let other = Right::ResetPassword;
                let aces = [allow(if number < refused { other } else { Right::WriteLockoutTime })];
                let container = format!("OU=c{number},DC=corp,DC=example");
                stage.add(&target, member(&[&container], true)).add(&target, sd("user", false, &aces))
            })
        };
        let steps = steps_at(&sample(5), &domain().key);
        assert!(steps.len() == 1 && steps[0].contains(" on DC=corp,DC=example,"), "{steps:?}");
        let steps = steps_at(&sample(2), &domain().key);
        assert_eq!(steps.len(), 2);
        assert!(steps[1].contains(" on OU=c1,DC=corp,DC=example,"), "{steps:?}");
    }

    #[test]
    fn a_parent_is_what_stands_above_the_first_part() {
        for (dn, expected) in [
            ("CN=Anna\\, B,OU=Sales,DC=corp", "OU=Sales,DC=corp"),
            ("CN=Anna", "<container of the user>"),
            ("nonsense", "<container of the user>"),
        ] {
            assert_eq!(parent_of(dn), expected);
        }
    }
}
