use super::minimum_age::duration;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{Fact, Pso};

crate::declare_check! {
    PW602, "Fine-grained policies in use have minimum age zero",
    area: Policy, severity: Medium, proof: C, class: Policy,
    target: Domain via targets::domains,
    evidence: [Pso],
    runs_at: DomainNetwork,
    remediation: "Set the PSO's minimum age to 0.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Judged: fine-grained policies that apply to somebody.
Warn: one has a minimum age above 0.
Pass: their container is readable, and all have 0 or there is none.
Fail: never.
Unknown: the container is not readable (the default for ordinary accounts), so that nothing seen proves nothing; or an age is not readable.",
}

fn judge(case: &Case) -> Answer {
    let domain = clean(&case.target.display);
    case.need::<Pso>()?;
    let facts = case.facts::<Pso>();
    let containers = || facts.iter().filter(|fact| fact.data.container.is_some());
    let readable = containers().any(|fact| fact.data.container.as_ref().is_some_and(|container| container.readable));
    let used: Vec<&Fact<Pso>> =
        facts.iter().filter(|fact| fact.data.container.is_none() && !fact.data.applies_to.is_empty()).collect();
    let in_use: Vec<&Pso> = used.iter().map(|fact| fact.data).collect();
    let above: Vec<&Pso> = in_use.iter().copied().filter(|pso| pso.min_age.is_some_and(|age| age > 0)).collect();
    let judgement = if let Some(worst) = above.iter().max_by_key(|pso| pso.min_age) {
        let name = clean(worst.dn.as_deref().unwrap_or_default());
        Judgement::warn(format!(
            "{} fine-grained polic{} of {domain} in use with a minimum password age above 0; the longest is {} by {name}.",
            above.len(),
            if above.len() == 1 { "y is" } else { "ies are" },
            duration(worst.min_age.unwrap_or_default()),
        ))
        .step(Step {
            text: "Set the minimum password age of each of these policies to 0.".to_owned(),
            command: Some(format!(
                "Set-ADFineGrainedPasswordPolicy -Identity '{}' -MinPasswordAge 0",
                name.replace('\'', "''")
            )),
            run_on: Some("a machine with the ActiveDirectory module".to_owned()),
            needs_rights: Some("Domain Admins".to_owned()),
            verify_with: Some("Test-PasswordWritebackDirectory -Check PW602".to_owned()),
            ..Step::default()
        })
    } else if !readable {
        Judgement::unknown(
            Reason::NotReadable,
            format!(
                "This account may not read the fine-grained policies of {domain}; some users may have a minimum age."
            ),
        )
        .rule("container is not readable")
    } else if in_use.iter().any(|pso| pso.min_age.is_none()) {
        Judgement::unknown(
            Reason::NotReadable,
            format!("The minimum age of a fine-grained policy of {domain} could not be read."),
        )
        .rule("an age is not readable")
    } else if in_use.is_empty() {
        Judgement::pass(format!("No fine-grained policy of {domain} is in use."))
    } else {
        Judgement::pass(format!("Every fine-grained policy of {domain} in use has minimum age 0."))
    };
    let judgement = used.iter().fold(judgement, |judgement, fact| judgement.read(fact.record, "minAge").or(0).or(1));
    let judgement = match containers().next() {
        Some(fact) => judgement.read(fact.record, "container.readable").or(true).or(false),
        None => judgement.said("pso container", "not looked at"),
    };
    Ok(in_use.iter().fold(judgement, |judgement, pso| judgement.with("fine-grained policy", describe(pso))))
}

fn describe(pso: &Pso) -> String {
    format!(
        "{}: minimum age {}, precedence {}",
        clean(pso.dn.as_deref().unwrap_or_default()),
        pso.min_age.map_or("not read".to_owned(), duration),
        pso.precedence.map_or("not read".to_owned(), |precedence| precedence.to_string())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};
    use crate::evidence::{Fsmo, Kind, PsoContainer, State};

    fn container(readable: bool) -> Pso {
        Pso { container: Some(PsoContainer { readable, count: None }), ..Pso::default() }
    }

    fn pso(min_age: Option<i32>, in_use: bool) -> Pso {
        let applies_to = if in_use { vec!["CN=Staff,DC=corp,DC=example".to_owned()] } else { Vec::new() };
        Pso { dn: Some("CN=Short".to_owned()), precedence: Some(10), min_age, applies_to, ..Pso::default() }
    }

    #[test]
    fn an_age_above_zero_warns_and_a_hidden_container_is_unknown() {
        let domain = Target::domain("corp.example", None);
        for (records, outcome) in [
            (vec![container(true)], Status::Pass),
            (vec![container(true), pso(Some(0), true)], Status::Pass),
            (vec![container(true), pso(Some(1), true)], Status::Warn),
            (vec![container(true), pso(Some(86_400), false)], Status::Pass),
            (vec![container(true), pso(None, true)], Status::Unknown),
            (vec![container(false)], Status::Unknown),
            (vec![container(false), pso(Some(0), true)], Status::Unknown),
            (vec![container(false), pso(Some(60), true)], Status::Warn),
        ] {
            let label = format!("{records:?}");
            let stage = Stage::new().add(&domain, Fsmo::default());
            let stage = records.into_iter().fold(stage, |stage, record| stage.add(&domain, record));
            assert_eq!(stage.judge_at("PW602", &domain.key).outcome, outcome, "{label}");
        }
    }

    #[test]
    fn a_refused_search_is_unknown() {
        let domain = Target::domain("corp.example", None);
        let stage = Stage::new().add(&domain, Fsmo::default());
        let stage = stage.add_failed(&domain, Kind::Pso, State::Timeout, "ldap");
        assert_eq!(stage.judge_at("PW602", &domain.key).reason, Some(Reason::Timeout));
    }
}
