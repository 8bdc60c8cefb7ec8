use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::DomainPolicy;

crate::declare_check! {
    PW601, "The domain's minimum password age is zero",
    area: Policy, severity: Medium, proof: C, class: Policy,
    target: Domain via targets::domains,
    evidence: [DomainPolicy],
    runs_at: DomainNetwork,
    remediation: "Set minimum password age to 0 in the policy that applies (documentation advice), or accept the waiting time.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: 0.
Warn: above 0: a second change within that age is refused, and documentation applies it to resets too.
Fail: never here; whether a user is hit right now is PW912.
Unknown: the attribute is missing.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let policy = case.need::<DomainPolicy>()?;
    let judgement = match policy.data.min_pwd_age {
        None => {
            Judgement::unknown(Reason::NotReadable, format!("The minimum password age of {domain} could not be read."))
        }
        Some(0) => Judgement::pass(format!("The minimum password age of {domain} is 0.")),
        Some(age) => above_zero(domain, age),
    };
    Ok(judgement.read(policy.record, "minPwdAge").or(0).or(1))
}

fn above_zero(domain: &str, age: i32) -> Judgement {
    Judgement::warn(format!(
        "The minimum password age of {domain} is {}: a password that was changed within that time cannot be changed again.",
        duration(age)
    ))
    .with("minPwdAge", format!("{age} s"))
    .step(Step {
        text: "Set the minimum password age to 0 in the Default Domain Policy, or in the policy that sets it.".to_owned(),
        command: Some(format!("Set-ADDefaultDomainPasswordPolicy -Identity {domain} -MinPasswordAge 0")),
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        needs_rights: Some("Domain Admins".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW601".to_owned()),
        ..Step::default()
    })
}

/// Days, hours, minutes or seconds: the largest unit that leaves no rest.
pub fn duration(seconds: i32) -> String {
    for (unit, length) in [("day", 86_400), ("hour", 3_600), ("minute", 60)] {
        if seconds >= length && seconds % length == 0 {
            let count = seconds / length;
            return format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        }
    }
    format!("{seconds} seconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};
    use crate::evidence::{Fsmo, Kind, State};

    fn stage() -> (Stage, Target) {
        let domain = Target::domain("corp.example", None);
        (Stage::new().add(&domain, Fsmo::default()), domain)
    }

    #[test]
    fn only_zero_passes_and_nothing_fails() {
        for (age, outcome) in
            [(Some(0), Status::Pass), (Some(1), Status::Warn), (Some(86_400), Status::Warn), (None, Status::Unknown)]
        {
            let (stage, domain) = stage();
            let policy = DomainPolicy { min_pwd_age: age, ..DomainPolicy::default() };
            assert_eq!(stage.add(&domain, policy).judge_at("PW601", &domain.key).outcome, outcome, "{age:?}");
        }
    }

    #[test]
    fn a_policy_that_may_not_be_read_is_unknown() {
        let (stage, domain) = stage();
        let judgement =
            stage.add_failed(&domain, Kind::DomainPolicy, State::AccessDenied, "ldap").judge_at("PW601", &domain.key);
        assert_eq!(judgement.reason, Some(Reason::AccessDenied));
    }

    #[test]
    fn ages_are_said_in_their_largest_whole_unit() {
        for (seconds, words) in
            [(86_400, "1 day"), (172_800, "2 days"), (3_600, "1 hour"), (90, "90 seconds"), (120, "2 minutes")]
        {
            assert_eq!(duration(seconds), words);
        }
    }
}
