use super::facts::required_port;
use crate::catalog::{Answer, Case};
use crate::checks::targets;

crate::declare_check! {
    PW406, "SMB port 445 is reachable",
    area: Directory, severity: High, proof: A, class: DcReach,
    target: Dc via targets::controllers,
    evidence: [Tcp],
    runs_at: DomainNetwork,
    blocked_by: [PW401, PW403],
    role_rule: ControllerPath,
    remediation: "Open TCP 445 to the PDC emulator and preferred controllers.",
    link: "L-PORTS", since: "0.1.0",
    rule: "Pass: TCP 445 connects.
Fail: it does not, for the PDC emulator or a preferred controller (Microsoft lists 445 explicitly for writeback).
Warn: it does not, for another controller.",
}

fn judge(case: &Case) -> Answer {
    Ok(required_port(case, 445, "SMB", "PW406"))
}

#[cfg(test)]
mod tests {
    use crate::catalog::Reason;
    use crate::checks::directory::testing::*;
    use crate::evidence::{Kind, State};

    #[test]
    fn the_port_decides() {
        for (result, expected) in [("Connected", PASS), ("Timeout", FAIL), ("Refused", FAIL)] {
            let judgement = healthy().add(&dc1(), tcp(445, result)).judge_at("PW406", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{result}");
            assert!(judgement.message.contains("dc1.corp.example") && judgement.message.contains("445"));
        }
    }

    #[test]
    fn a_port_that_nobody_tried_is_unknown() {
        assert_eq!(verdict(&healthy().judge_at("PW406", &dc1().key)), unknown(Reason::NotCollected));
        let cut = healthy().add_failed(&dc1(), Kind::Tcp, State::Timeout, "deadline");
        assert_eq!(verdict(&cut.judge_at("PW406", &dc1().key)), unknown(Reason::Timeout));
    }
}
