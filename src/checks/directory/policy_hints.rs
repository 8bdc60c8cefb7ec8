use crate::catalog::{Answer, Case, Judgement, Reason, Severity};
use crate::checks::targets;
use crate::evidence::RootDse;

/// LDAP_SERVER_POLICY_HINTS_OID and its deprecated alias ([MS-ADTS] 3.1.1.3.4.1.27).
const POLICY_HINTS: [&str; 2] = ["1.2.840.113556.1.4.2239", "1.2.840.113556.1.4.2066"];

crate::declare_check! {
    PW415, "Controllers support the password policy hints control",
    area: Directory, severity: High, proof: B, class: DcCap,
    target: Dc via targets::controllers,
    evidence: [RootDse],
    runs_at: DomainNetwork,
    blocked_by: [PW403],
    role_rule: ControllerProperty,
    remediation: "Use controllers on Windows Server 2016 or later.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: supportedControl has 1.2.840.113556.1.4.2239 and 1.2.840.113556.1.4.2066.
Warn (low): exactly one of them.
Fail: none, for the PDC emulator, a preferred controller or the one last used; Warn for others.
Unknown: supportedControl is empty or was not returned.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let fact = case.need::<RootDse>()?;
    let controls = fact.data.supported_control.as_deref().unwrap_or_default();
    if controls.is_empty() {
        let message = format!("{name} does not list the controls it supports.");
        let judgement = Judgement::unknown(Reason::NotReadable, message);
        return Err(judgement.read(fact.record, "supportedControl").or(POLICY_HINTS.to_vec()));
    }
    let found: Vec<&str> =
        POLICY_HINTS.into_iter().filter(|oid| controls.iter().any(|control| control == oid)).collect();
    let judgement = match found.len() {
        2 => Judgement::pass(format!("{name} supports the password policy hints control.")),
        1 => Judgement::warn(format!("{name} lists only one of the two OIDs of the password policy hints control."))
            .severity(Severity::Low)
            .rule("exactly one"),
        _ => Judgement::fail(format!(
            "{name} does not support the password policy hints control: resets through it are refused (80230636)."
        )),
    };
    // A missing one first: to have it is the better turn.
    let missing = POLICY_HINTS.into_iter().filter(|oid| !found.contains(oid));
    let judgement = missing
        .chain(found.iter().copied())
        .fold(judgement, |judgement, oid| judgement.item(fact.record, "supportedControl", oid));
    Ok(judgement.with("policy hints OIDs", if found.is_empty() { "none".to_owned() } else { found.join(", ") }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;

    #[test]
    fn the_two_oids_decide() {
        let all: Vec<String> = POLICY_HINTS.iter().map(|oid| (*oid).to_owned()).collect();
        let other = "1.2.840.113556.1.4.319".to_owned();
        for (controls, expected) in [
            (Some(all.clone()), PASS),
            (Some(vec![all[0].clone()]), WARN),
            (Some(vec![all[1].clone(), other.clone()]), WARN),
            (Some(vec![other]), FAIL),
            (Some(Vec::new()), unknown(Reason::NotReadable)),
            (None, unknown(Reason::NotReadable)),
        ] {
            let root = RootDse { supported_control: controls.clone(), ..root_dse() };
            let stage = Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), root);
            let judgement = stage.judge_at("PW415", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{controls:?}");
            let is_low = judgement.severity == Some(Severity::Low);
            assert_eq!(is_low, expected == WARN, "exactly one OID is of low severity: {controls:?}");
        }
    }
}
