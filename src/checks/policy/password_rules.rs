use super::minimum_age::duration;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::{DomainPolicy, Pso};

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
Warn: lockoutDuration 0 (locked until an administrator or a written-back unlock acts): PW506 matters more.
Fail: never.
Unknown: unreadable.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let policy = case.need::<DomainPolicy>()?.data;
    let (Some(length), Some(history), Some(properties)) =
        (policy.min_pwd_length, policy.pwd_history_length, policy.pwd_properties)
    else {
        return Err(Judgement::unknown(
            Reason::NotReadable,
            format!("The password rules of {domain} could not be read."),
        ));
    };
    let complexity = if properties & COMPLEX != 0 { "with complexity" } else { "without complexity" };
    let rules = format!("at least {length} characters {complexity}, none of the last {history} passwords");
    let judgement =
        if policy.lockout_duration == Some(0) && policy.lockout_threshold.is_some_and(|threshold| threshold > 0) {
            Judgement::warn(format!(
                "Accounts of {domain} stay locked until somebody unlocks them. Password rules: {rules}."
            ))
        } else {
            Judgement::pass(format!("Password rules of {domain}: {rules}."))
        };
    let maximum = match policy.max_pwd_age {
        _ if policy.max_pwd_age_never => "never expires".to_owned(),
        Some(age) => duration(age),
        None => "not read".to_owned(),
    };
    let policies = case.facts::<Pso>().iter().filter(|fact| fact.data.dn.is_some()).count();
    let judgement = judgement
        .with("maximum age", maximum)
        .with(
            "lockout threshold",
            policy.lockout_threshold.map_or("not read".to_owned(), |threshold| threshold.to_string()),
        )
        .with("lockout duration", policy.lockout_duration.map_or("not read".to_owned(), duration));
    Ok(if policies > 0 { judgement.with("fine-grained policies", policies) } else { judgement })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};
    use crate::evidence::Fsmo;

    #[test]
    fn rules_are_shown_and_an_endless_lockout_warns() {
        let readable = DomainPolicy {
            min_pwd_length: Some(8),
            pwd_history_length: Some(24),
            pwd_properties: Some(1),
            lockout_threshold: Some(5),
            lockout_duration: Some(1_800),
            ..DomainPolicy::default()
        };
        let endless = DomainPolicy { lockout_duration: Some(0), ..readable.clone() };
        let no_lockout = DomainPolicy { lockout_threshold: Some(0), ..endless.clone() };
        for (policy, outcome) in [
            (readable, Status::Pass),
            (endless, Status::Warn),
            (no_lockout, Status::Pass),
            (DomainPolicy::default(), Status::Unknown),
        ] {
            let domain = Target::domain("corp.example", None);
            let stage = Stage::new().add(&domain, Fsmo::default()).add(&domain, policy.clone());
            assert_eq!(stage.judge_at("PW603", &domain.key).outcome, outcome, "{policy:?}");
        }
    }
}
