use super::minimum_age::duration;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::{DomainPolicy, Fact, Pso};

/// DOMAIN_PASSWORD_COMPLEX ([MS-SAMR] 2.2.4.1).
const COMPLEX: u32 = 1;

crate::declare_check! {
    PW603, "The password rules users must meet are known",
    area: Policy, severity: Info, proof: D, class: Policy,
    target: Domain via targets::domains,
    evidence: [DomainPolicy, Pso],
    runs_at: DomainNetwork,
    remediation: "Tell users the rules; the reset page cannot show them.",
    link: "L-NC", since: "0.1.0",
    rule: "Pass: shows minimum length, history, complexity, maximum age, lockout threshold.
Warn: lockoutDuration 0 where accounts are locked at all, or in a fine-grained policy in use (locked until an administrator or a written-back unlock acts): PW506 matters more.
Fail: never.
Unknown: one of the rules is unreadable.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let fact = case.need::<DomainPolicy>()?;
    let policy = fact.data;
    let complexity = policy.pwd_properties.map(|properties| match properties & COMPLEX {
        0 => "no".to_owned(),
        _ => "yes".to_owned(),
    });
    let maximum = match policy.max_pwd_age_never {
        true => Some("never expires".to_owned()),
        false => policy.max_pwd_age.map(duration),
    };
    let number = |value: Option<i32>| value.map(|value| value.to_string());
    let rules = [
        ("minimum length", number(policy.min_pwd_length), "minPwdLength"),
        ("history", number(policy.pwd_history_length), "pwdHistoryLength"),
        ("complexity", complexity, "pwdProperties"),
        ("maximum age", maximum, "maxPwdAge"),
        ("lockout threshold", number(policy.lockout_threshold), "lockoutThreshold"),
    ];
    let fine_grained = case.facts::<Pso>();
    let applied: Vec<&Fact<Pso>> =
        fine_grained.iter().filter(|fact| fact.data.dn.is_some() && !fact.data.applies_to.is_empty()).collect();
    // Without a threshold nobody is ever locked, whatever the duration says.
    let endless = policy.lockout_duration == Some(0) && policy.lockout_threshold.is_some_and(|threshold| threshold > 0);
    let missing: Vec<(&str, &str)> =
        rules.iter().filter(|(_, value, _)| value.is_none()).map(|(name, _, field)| (*name, *field)).collect();
    let judgement = if endless {
        Judgement::warn(format!(
            "Accounts of {domain} stay locked until an administrator, or an unlock that is written back, frees them: the right to write lockoutTime (PW506) matters more."
        ))
        .read(fact.record, "lockoutDuration")
        .or(1)
        .read(fact.record, "lockoutThreshold")
        .or(0)
    } else if let Some(pso) = applied.iter().find(|pso| pso.data.lockout_duration == Some(0)) {
        Judgement::warn(format!(
            "Accounts under the fine-grained policy {} of {domain} stay locked until an administrator, or an unlock that is written back, frees them.",
            clean(pso.data.dn.as_deref().unwrap_or_default())
        ))
        .read(pso.record, "lockoutDuration")
        .or(1)
    } else if missing.is_empty() {
        let known =
            Judgement::pass(format!("The password rules of {domain} are known; tell users, the reset page cannot."));
        let known = rules.iter().fold(known, |judgement, (_, _, field)| judgement.read(fact.record, *field));
        known.read(fact.record, "lockoutDuration").or(0)
    } else {
        let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
        let message = format!("Not every password rule of {domain} could be read: {} missing.", names.join(", "));
        let unknown = Judgement::unknown(Reason::NotReadable, message);
        missing.iter().fold(unknown, |judgement, (_, field)| judgement.read(fact.record, *field).or(1))
    };
    let judgement = rules.into_iter().fold(judgement, |judgement, (name, value, _)| {
        judgement.with(name, value.unwrap_or_else(|| "not read".to_owned()))
    });
    let judgement = judgement.with("lockout duration", policy.lockout_duration.map_or("not read".to_owned(), duration));
    let judgement =
        applied.iter().fold(judgement, |judgement, pso| judgement.with("fine-grained policy", describe(pso.data)));
    let readable = fine_grained.iter().any(|fact| fact.data.container.as_ref().is_some_and(|all| all.readable));
    Ok(match readable {
        true => judgement,
        false => {
            judgement.with("fine-grained policies", "not readable for this account; some users may have other rules")
        }
    })
}

fn describe(pso: &Pso) -> String {
    let number = |value: Option<i32>| value.map_or("not read".to_owned(), |value| value.to_string());
    let complexity = match pso.complexity {
        Some(true) => "with complexity",
        Some(false) => "without complexity",
        None => "complexity not read",
    };
    format!(
        "{}: precedence {}, minimum length {}, history {}, {complexity}",
        clean(pso.dn.as_deref().unwrap_or_default()),
        number(pso.precedence),
        number(pso.min_length),
        number(pso.history)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Judgement, Status, Target};
    use crate::evidence::{Kind, PsoContainer, State};

    fn domain() -> Target {
        Target::domain("corp.example", None)
    }

    fn readable() -> DomainPolicy {
        DomainPolicy {
            min_pwd_length: Some(8),
            pwd_history_length: Some(24),
            pwd_properties: Some(1),
            max_pwd_age_never: true,
            lockout_threshold: Some(5),
            lockout_duration: Some(1_800),
            ..DomainPolicy::default()
        }
    }

    fn judge(stage: &Stage) -> Judgement {
        stage.judge_at("PW603", &domain().key)
    }

    #[test]
    fn rules_are_shown_and_an_endless_lockout_warns() {
        let endless = DomainPolicy { lockout_duration: Some(0), ..readable() };
        let no_lockout = DomainPolicy { lockout_threshold: Some(0), ..endless.clone() };
        let bounded = DomainPolicy { max_pwd_age: Some(86_400), max_pwd_age_never: false, ..readable() };
        let half = DomainPolicy { lockout_threshold: None, ..readable() };
        let no_age = DomainPolicy { max_pwd_age_never: false, ..readable() };
        for (policy, outcome) in [
            (readable(), Status::Pass),
            (bounded, Status::Pass),
            (endless, Status::Warn),
            (no_lockout, Status::Pass),
            (half, Status::Unknown),
            (no_age, Status::Unknown),
            (DomainPolicy::default(), Status::Unknown),
        ] {
            let judgement = judge(&Stage::new().add(&domain(), policy.clone()));
            assert_eq!(judgement.outcome, outcome, "{policy:?}: {}", judgement.message);
            assert!(judgement.evidence.iter().any(|line| line.name == "minimum length"));
        }
    }

    #[test]
    fn fine_grained_policies_in_use_are_shown_and_count() {
        let pso = |lockout_duration: i32, applies_to: &[&str]| Pso {
            dn: Some("CN=Admins,CN=Password Settings Container,CN=System,DC=corp,DC=example".to_owned()),
            lockout_duration: Some(lockout_duration),
            applies_to: applies_to.iter().map(|dn| (*dn).to_owned()).collect(),
            ..Pso::default()
        };
        let container = Pso { container: Some(PsoContainer { readable: true, count: Some(1) }), ..Pso::default() };
        let group = &["CN=Admins,DC=corp,DC=example"][..];
        for (policy, outcome, shown) in [
            (pso(1_800, group), Status::Pass, true),
            (pso(0, group), Status::Warn, true),
            (pso(0, &[]), Status::Pass, false),
        ] {
            let stage =
                Stage::new().add(&domain(), readable()).add(&domain(), container.clone()).add(&domain(), policy);
            let judgement = judge(&stage);
            assert_eq!(judgement.outcome, outcome, "{}", judgement.message);
            assert_eq!(judgement.evidence.iter().any(|line| line.name == "fine-grained policy"), shown);
        }
        let hidden = judge(&Stage::new().add(&domain(), readable()));
        assert!(hidden.evidence.iter().any(|line| line.value.contains("not readable")));
    }

    #[test]
    fn a_policy_that_may_not_be_read_is_unknown() {
        let stage = Stage::new().add_failed(&domain(), Kind::DomainPolicy, State::AccessDenied, "ldap");
        assert_eq!(judge(&stage).reason, Some(Reason::AccessDenied));
    }
}
