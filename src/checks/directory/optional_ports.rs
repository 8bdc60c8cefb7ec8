use super::facts::{Port, port, try_port};
use super::fields;
use crate::catalog::{Answer, Case, Judgement, Reason, Severity};
use crate::checks::targets;
use crate::directory::names::domain_of_dn;
use crate::evidence::{AdSyncConfig, Dns, Os, Partition, Tcp};

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
NotApplicable: no judged port.
Unknown: a judged port was not tried, or it was not read which ports are needed.",
}

const DNS: u16 = 53;
const LDAPS: u16 = 636;

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let needed = [(DNS, is_our_resolver(case)), (LDAPS, uses_ldaps(case))];
    let state = |number: u16| port(case.scene, &case.target.key, number);
    let closed = |number: u16| match state(number) {
        Port::Closed(how) if needed.contains(&(number, Some(true))) => Some(how),
        _ => None,
    };
    let judged: Vec<u16> =
        needed.iter().filter(|(_, needed)| *needed == Some(true)).map(|(number, _)| *number).collect();
    let unknown = needed.iter().find(|(_, needed)| needed.is_none());
    let judgement = if let Some(how) = closed(LDAPS) {
        Judgement::fail(format!("The connector uses LDAPS, and TCP 636 of {name} is not reachable: {how}."))
            .severity(Severity::High)
            .step(try_port(name, LDAPS, "PW408"))
    } else if let Some(how) = closed(DNS) {
        Judgement::warn(format!("{name} is a DNS server of this machine, and TCP 53 is not reachable: {how}."))
            .step(try_port(name, DNS, "PW408"))
    } else if let Some(number) = judged.iter().find(|number| state(**number) == Port::Unread) {
        super::facts::unread(case, *number)
    } else if let Some((number, _)) = unknown {
        let what = if *number == DNS { "this machine asks it for names" } else { "a connector uses LDAPS with it" };
        Judgement::unknown(
            Reason::NotCollected,
            format!("Whether TCP {number} of {name} is needed is not known: no record says if {what}."),
        )
    } else if judged.is_empty() {
        let message = format!(
            "{name} needs no further port: it is no DNS server of this machine and no connector uses LDAPS with it."
        );
        Judgement::not_applicable(Reason::NotConfigured, message)
    } else {
        let ports = judged.iter().map(u16::to_string).collect::<Vec<_>>().join(" and ");
        Judgement::pass(format!("TCP {ports} of {name} is reachable."))
    };
    let words = |needed: Option<bool>| needed.map_or("not known", |needed| if needed { "yes" } else { "no" });
    let judgement = needed.iter().fold(judgement, |judgement, (number, needed)| {
        let judgement = judgement.said(&format!("TCP {number} is needed"), words(*needed));
        match needed {
            Some(true) => fields::port(judgement, case.scene, &case.target.key, *number),
            Some(false) | None => judgement,
        }
    });
    Ok(INFORMATION.iter().fold(judgement, |judgement, number| match state(*number) {
        Port::Open => judgement.with("information", format!("TCP {number} connects")),
        Port::Closed(_) => {
            judgement.with("information", format!("TCP {number} does not connect; writeback does not need it"))
        }
        Port::Unread => judgement,
    }))
}

/// Whether this machine asks the controller for names; `None` when the servers or the addresses are not
/// known. No machine in a domain is without a DNS server: an empty list was not read.
fn is_our_resolver(case: &Case) -> Option<bool> {
    let systems = case.scene.evidence.facts::<Os>();
    let servers: Vec<&String> = systems.iter().flat_map(|fact| &fact.data.dns_servers).collect();
    let (names, ports) = (case.facts::<Dns>(), case.facts::<Tcp>());
    let in_dns = names.iter().flat_map(|fact| &fact.data.answers).map(|answer| &answer.value);
    let addresses: Vec<&String> = in_dns.chain(ports.iter().map(|fact| &fact.data.address)).collect();
    (!servers.is_empty() && !addresses.is_empty()).then(|| servers.iter().any(|server| addresses.contains(server)))
}

/// Whether a connector binds with LDAPS to the domain of this controller; `None` when no configuration
/// was read, or it does not say.
fn uses_ldaps(case: &Case) -> Option<bool> {
    let configs = case.scene.evidence.facts::<AdSyncConfig>();
    let own = |partition: &Partition| {
        domain_of_dn(&partition.dn).is_some_and(|name| case.target.is_in(&format!("domain:{name}")))
    };
    let connectors = configs.iter().flat_map(|fact| &fact.data.connectors);
    let binds: Vec<Option<bool>> = connectors
        .flat_map(|connector| {
            let partitions = connector.partitions.iter().filter(|partition| own(partition));
            partitions.map(|partition| partition.ssl_bind.or(connector.ssl_bind))
        })
        .collect();
    if binds.contains(&Some(true)) {
        return Some(true);
    }
    (!configs.is_empty() && !binds.contains(&None)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::{Stage, server};
    use crate::checks::directory::testing::*;
    use crate::evidence::Connector;

    fn config(ssl_bind: Option<bool>) -> AdSyncConfig {
        let partition = Partition { dn: "DC=corp,DC=example".to_owned(), ssl_bind, ..Partition::default() };
        let connector = Connector { partitions: vec![partition], ..Connector::default() };
        AdSyncConfig { connectors: vec![connector], ..AdSyncConfig::default() }
    }

    /// A controller at 192.0.2.1; this machine asks `resolver` for names.
    fn stage(resolver: &str, ssl_bind: bool) -> Stage {
        let os = Os { dns_servers: vec![resolver.to_owned()], ..Os::default() };
        named().add(&server(), os).add(&server(), config(Some(ssl_bind)))
    }

    fn named() -> Stage {
        Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), addresses(&["192.0.2.1"]))
    }

    const ITSELF: &str = "192.0.2.1";
    const ANOTHER: &str = "192.0.2.53";
    const NOT_NEEDED: (Status, Option<Reason>) = (Status::NotApplicable, Some(Reason::NotConfigured));

    #[test]
    fn only_what_the_configuration_needs_is_judged() {
        let both = |of_dns: &str, of_ldaps: &str| {
            stage(ITSELF, true).add(&dc1(), tcp(53, of_dns)).add(&dc1(), tcp(636, of_ldaps))
        };
        for (stage, expected, severity) in [
            (stage(ANOTHER, false).add(&dc1(), tcp(636, "Timeout")), NOT_NEEDED, None),
            (stage(ANOTHER, false).add(&dc1(), tcp(53, "Timeout")), NOT_NEEDED, None),
            (stage(ITSELF, false).add(&dc1(), tcp(53, "Connected")), PASS, None),
            (stage(ITSELF, false).add(&dc1(), tcp(53, "Timeout")), WARN, None),
            (stage(ITSELF, false), unknown(Reason::NotCollected), None),
            (stage(ANOTHER, true).add(&dc1(), tcp(636, "Connected")), PASS, None),
            (stage(ANOTHER, true).add(&dc1(), tcp(636, "Refused")), FAIL, Some(Severity::High)),
            (stage(ANOTHER, true), unknown(Reason::NotCollected), None),
            (both("Connected", "Connected"), PASS, None),
            (both("Timeout", "Connected"), WARN, None),
            (both("Timeout", "Timeout"), FAIL, Some(Severity::High)),
            (both("Cancelled", "Connected"), unknown(Reason::Partial), None),
        ] {
            let judgement = stage.judge_at("PW408", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
            assert_eq!(judgement.severity, severity);
        }
    }

    #[test]
    fn a_need_that_was_not_read_is_no_statement_that_there_is_none() {
        let os = || Os { dns_servers: vec![ITSELF.to_owned()], ..Os::default() };
        let not_read = unknown(Reason::NotCollected);
        for (stage, expected) in [
            (named(), not_read),
            (named().add(&server(), os()).add(&dc1(), tcp(53, "Connected")), not_read),
            (named().add(&server(), os()).add(&dc1(), tcp(53, "Timeout")), WARN),
            (named().add(&server(), Os::default()).add(&server(), config(Some(false))), not_read),
            (named().add(&server(), os()).add(&dc1(), tcp(53, "Connected")).add(&server(), config(None)), not_read),
        ] {
            let judgement = stage.judge_at("PW408", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn ports_that_nothing_needs_are_shown_only() {
        let judgement = stage(ANOTHER, false).add(&dc1(), tcp(9389, "Timeout")).judge_at("PW408", &dc1().key);
        assert_eq!(verdict(&judgement), NOT_NEEDED);
        assert!(judgement.evidence.iter().any(|line| line.value.contains("9389")));
    }
}
