use super::facts::required_port;
use crate::catalog::{Answer, Case};
use crate::checks::targets;

crate::declare_check! {
    PW407, "Kerberos port 88 is reachable",
    area: Directory, severity: High, proof: A, class: DcReach,
    target: Dc via targets::controllers,
    evidence: [Tcp],
    runs_at: DomainNetwork,
    blocked_by: [PW401, PW403],
    role_rule: ControllerPath,
    remediation: "Open TCP/UDP 88.",
    link: "L-PORTS", since: "0.1.0",
    rule: "Pass: TCP 88 connects.
Fail: it does not, for the PDC emulator or a preferred controller. UDP is not judged.
Warn: it does not, for another controller.",
}

fn judge(case: &Case) -> Answer {
    Ok(required_port(case, 88, "Kerberos", "PW407"))
}

#[cfg(test)]
mod tests {
    use crate::catalog::Reason;
    use crate::checks::directory::testing::*;

    #[test]
    fn the_port_decides() {
        for (result, expected) in [("Connected", PASS), ("Timeout", FAIL), ("Cancelled", unknown(Reason::Partial))] {
            let judgement = healthy().add(&dc1(), tcp(88, result)).judge_at("PW407", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{result}");
        }
    }
}
