use super::facts::{Port, port, try_port};
use crate::catalog::{Answer, Case, Judgement, Reason, Severity, Target};
use crate::checks::targets;
use crate::evidence::{AdSyncConfig, Dns, Os};

/// Ports that nothing of writeback needs; shown so that nobody has to ask.
const INFORMATION: [u16; 4] = [464, 3268, 9389, 5985];

crate::declare_check! {
    PW408, "Ports that only some configurations need are reachable",
    area: Directory, severity: Low, proof: C, class: DcReach,
    target: Dc via targets::controllers,
    evidence: [Tcp, AdSyncConfig, Os],
    runs_at: DomainNetwork,
    blocked_by: [PW401],
    role_rule: ControllerPath,
    remediation: "Open the port or switch the connector to sign-and-seal on 389.",
    link: "L-PORTS", since: "0.1.0",
    rule: "Judged: TCP 53 when the controller is one of this machine's DNS servers; TCP 636 when a connector uses sslBind (then severity high). Shown as information only: 464, 3268, 9389, 5985.
Pass: the judged ports connect.
Fail: 636 fails with sslBind, for the PDC emulator or a preferred controller.
Warn: 53 fails (names still resolve, else PW401 blocks).
NotApplicable: no judged port.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let judged: Vec<u16> = [(53, is_our_resolver(case)), (636, uses_ldaps(case, case.target))]
        .into_iter()
        .filter_map(|(number, needed)| needed.then_some(number))
        .collect();
    let closed = |number: u16| match port(case.scene, &case.target.key, number) {
        Port::Closed(how) if judged.contains(&number) => Some(how),
        _ => None,
    };
    let unread = judged.iter().find(|number| port(case.scene, &case.target.key, **number) == Port::Unread);
    let judgement = if let Some(how) = closed(636) {
        Judgement::fail(format!("The connector uses LDAPS, and TCP 636 of {name} is not reachable: {how}."))
            .severity(Severity::High)
            .step(try_port(name, 636, "PW408"))
    } else if let Some(how) = closed(53) {
        Judgement::warn(format!("{name} is a DNS server of this machine, and TCP 53 is not reachable: {how}."))
            .step(try_port(name, 53, "PW408"))
    } else if judged.is_empty() {
        Judgement::not_applicable(
            Reason::NotConfigured,
            format!(
                "{name} needs no further port: it is no DNS server of this machine and no connector uses LDAPS with it."
            ),
        )
    } else if let Some(number) = unread {
        super::facts::unread(case, *number)
    } else {
        let ports = judged.iter().map(u16::to_string).collect::<Vec<_>>().join(" and ");
        Judgement::pass(format!("TCP {ports} of {name} is reachable."))
    };
    Ok(INFORMATION.iter().fold(judgement, |judgement, number| match port(case.scene, &case.target.key, *number) {
        Port::Open => judgement.with("information", format!("TCP {number} connects")),
        Port::Closed(_) => {
            judgement.with("information", format!("TCP {number} does not connect; writeback does not need it"))
        }
        Port::Unread => judgement,
    }))
}

/// True when this machine asks the controller for names.
fn is_our_resolver(case: &Case) -> bool {
    let addresses = case.facts::<Dns>();
    let own =
        |address: &str| addresses.iter().flat_map(|fact| &fact.data.answers).any(|answer| answer.value == address);
    case.scene.evidence.facts::<Os>().iter().flat_map(|fact| &fact.data.dns_servers).any(|server| own(server))
}

/// True when a connector binds with LDAPS to the partition that this controller serves.
fn uses_ldaps(case: &Case, target: &Target) -> bool {
    let domain = target.within.iter().find_map(|key| key.strip_prefix("domain:")).unwrap_or_default();
    let dn = domain.split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
    case.scene.evidence.facts::<AdSyncConfig>().iter().flat_map(|fact| &fact.data.connectors).any(|connector| {
        connector
            .partitions
            .iter()
            .filter(|partition| partition.dn.eq_ignore_ascii_case(&dn))
            .any(|partition| partition.ssl_bind.or(connector.ssl_bind) == Some(true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::{Stage, server};
    use crate::checks::directory::testing::*;
    use crate::evidence::{Connector, Partition};

    fn ldaps() -> AdSyncConfig {
        let partition = Partition { dn: "DC=corp,DC=example".to_owned(), ssl_bind: Some(true), ..Partition::default() };
        AdSyncConfig {
            connectors: vec![Connector { partitions: vec![partition], ..Connector::default() }],
            version: None,
        }
    }

    fn stage() -> Stage {
        let os = Os { dns_servers: vec!["192.0.2.1".to_owned()], ..Os::default() };
        Stage::new().add(&server(), os).add(&dc1(), listed(&dc1(), "pdc"))
    }

    #[test]
    fn only_what_the_configuration_needs_is_judged() {
        let resolver = || stage().add(&dc1(), addresses(&["192.0.2.1"]));
        for (stage, expected, severity) in [
            (stage().add(&dc1(), tcp(636, "Timeout")), (Status::NotApplicable, Some(Reason::NotConfigured)), None),
            (resolver().add(&dc1(), tcp(53, "Connected")), PASS, None),
            (resolver().add(&dc1(), tcp(53, "Timeout")), WARN, None),
            (stage().add(&server(), ldaps()).add(&dc1(), tcp(636, "Connected")), PASS, None),
            (stage().add(&server(), ldaps()).add(&dc1(), tcp(636, "Refused")), FAIL, Some(Severity::High)),
            (stage().add(&server(), ldaps()), unknown(Reason::NotCollected), None),
        ] {
            let judgement = stage.judge_at("PW408", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
            assert_eq!(judgement.severity, severity);
        }
    }

    #[test]
    fn ports_that_nothing_needs_are_shown_only() {
        let judgement = stage().add(&dc1(), tcp(9389, "Timeout")).judge_at("PW408", &dc1().key);
        assert_eq!(judgement.outcome, Status::NotApplicable);
        assert!(judgement.evidence.iter().any(|line| line.value.contains("9389")));
    }
}
