use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{Kind, State, User};

crate::declare_check! {
    PW901, "The user is found once in the directory",
    area: User, severity: High, proof: B, class: Scope,
    target: User via targets::users,
    evidence: [User],
    runs_at: DomainNetwork,
    remediation: "Correct the name; search the right domain.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: the search finds exactly one user.
Fail: none in a scope that was searched to the end, or two with the same user principal name.
Unknown: the search was refused or came to no end, or a name that need not be unique fits several users.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let mut records = case.scene.evidence.records_at(Kind::User, &case.target.key);
    if let Some(record) = records.find(|record| record.state == State::NotFound) {
        return Ok(missing(&name).state(record));
    }
    // The same user may be in a sample; only the look-up of the identity counted.
    let looked_up = case.facts::<User>().into_iter().find(|fact| !fact.data.sampled);
    let fact = looked_up.map_or_else(|| case.need::<User>(), Ok)?;
    let whole = fact.record.state == State::Ok;
    let judgement = match (fact.data.search_count, whole) {
        (Some(0), true) => missing(&name),
        (Some(1), true) => Judgement::pass(format!("{name} is found once in the directory.")),
        (Some(count @ 2..), _) if fact.data.input.as_deref().is_some_and(|input| input.contains('@')) => {
            Judgement::fail(format!(
                "{count} users have the user principal name {name}; writeback cannot know which one is meant."
            ))
            .step(Step {
                text: "Give each of them a user principal name of its own.".to_owned(),
                command: Some(
                    "Get-ADUser -Filter \"UserPrincipalName -eq '<name>'\"; Set-ADUser <user> -UserPrincipalName <new>"
                        .to_owned(),
                ),
                run_on: Some("a machine with the ActiveDirectory module".to_owned()),
                verify_with: Some("Test-PasswordWritebackUser -Check PW901".to_owned()),
                ..Step::default()
            })
        }
        (Some(count @ 2..), _) => Judgement::unknown(
            Reason::Ambiguous,
            format!("{count} users fit {name}; give the user principal name, the DN or the SID."),
        ),
        (_, false) => Judgement::unknown(
            Reason::Partial,
            format!("The search for {name} came to no end: a part of the directory was not searched."),
        ),
        (None, true) => Judgement::unknown(Reason::NotCollected, format!("How many users fit {name} was not counted.")),
    };
    let judgement = judgement.read(fact.record, "searchCount").or(1).or(2).or(0).state(fact.record);
    let judgement = match fact.data.search_count {
        Some(2..) => judgement.read(fact.record, "input"),
        _ => judgement,
    };
    let lines = [("distinguished name", &fact.data.dn), ("SID", &fact.data.sid)];
    Ok(lines.into_iter().fold(judgement, |judgement, (line, value)| match value {
        Some(value) => judgement.with(line, clean(value)),
        None => judgement,
    }))
}

fn missing(name: &str) -> Judgement {
    Judgement::fail(format!(
        "{name} is not in the directory that was searched, or the account that searched may not see it."
    ))
    .step(Step {
        text: "Check the spelling, and name the domain that the user is in with -Domain.".to_owned(),
        verify_with: Some("Test-PasswordWritebackUser -Check PW901".to_owned()),
        ..Step::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};

    #[test]
    fn one_is_right_none_and_twins_are_not() {
        for (count, input, outcome) in [
            (Some(1), "anna@corp.example", Status::Pass),
            (Some(0), "anna@corp.example", Status::Fail),
            (Some(2), "anna@corp.example", Status::Fail),
            (Some(2), "anna", Status::Unknown),
            (None, "anna", Status::Unknown),
        ] {
            let target = Target::user(input, input, None);
            let user = User { search_count: count, input: Some(input.to_owned()), ..User::default() };
            let judgement = Stage::new().add(&target, user).judge_at("PW901", &target.key);
            assert_eq!(judgement.outcome, outcome, "{count:?} {input}");
        }
    }

    #[test]
    fn a_user_that_is_not_there_fails_and_a_refused_search_is_unknown() {
        let target = Target::user("ghost", "ghost", None);
        for (state, outcome, reason) in [
            (State::NotFound, Status::Fail, None),
            (State::AccessDenied, Status::Unknown, Some(Reason::AccessDenied)),
            (State::Timeout, Status::Unknown, Some(Reason::Timeout)),
        ] {
            let judgement = Stage::new().add_failed(&target, Kind::User, state, "ldap").judge_at("PW901", &target.key);
            assert_eq!((judgement.outcome, judgement.reason), (outcome, reason), "{state:?}");
        }
    }

    #[test]
    fn a_search_without_an_end_proves_neither() {
        let target = Target::user("anna", "anna", None);
        for count in [Some(0), Some(1), None] {
            let user = User { search_count: count, ..User::default() };
            let mut stage = Stage::new().add(&target, user);
            let mut records = stage.evidence.records().cloned().collect::<Vec<_>>();
            records[0].state = State::Partial;
            stage.evidence = records.into_iter().collect();
            let judgement = stage.judge_at("PW901", &target.key);
            assert_eq!(judgement.reason, Some(Reason::Partial), "{count:?}");
        }
    }

    #[test]
    fn users_of_a_sample_are_not_judged_one_by_one() {
        let target = Target::user("s-1", "s-1", None);
        let user = User { search_count: Some(1), sampled: true, ..User::default() };
        let sampled = Stage::new().add(&target, User { search_count: None, ..user });
        assert!(sampled.judge("PW901").is_empty());
        let asked = sampled.add(&target, User { search_count: Some(1), ..User::default() });
        assert_eq!(asked.judge_at("PW901", &target.key).outcome, Status::Pass);
    }
}
