use super::facts::{self, Direct, HTTPS, Path, Reach, host_name};
use super::fields;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::Tcp;

crate::declare_check! {
    PW303, "TCP 443 opens to every required host",
    area: Network, severity: Critical, proof: A, class: Network,
    target: Host via targets::hosts,
    evidence: [Tcp, ProxyConfig],
    runs_at: Anywhere,
    blocked_by: [PW301],
    role_rule: Host,
    remediation: "Allow outbound TCP 443 to *.servicebus.windows.net and *.passwordreset.microsoftonline.com (or the cloud's pair); no inbound rule is needed.",
    link: "L-TSWB", since: "0.1.0",
    rule: "NotApplicable: the service uses an explicit proxy (PW304 judges that; the direct result is kept as information).
Pass: every address connects (a family whose addresses all end in Unreachable is left out while the other connects).
Warn: some addresses connect, others time out, refuse, reset or have no route.
Fail: no address connects (Refused: a device rejects; Timeout: packets are dropped; Reset: a middlebox).
Unknown: no attempt was recorded, or attempts were cut off and the others do not decide; or none connects while the proxy setting of the service is a script or not known.
Ports 9350-9354 and 5671 are information only; an old event text asks for them, nothing needs them.",
}

fn judge(case: &Case) -> Answer {
    let path = facts::path(case.scene, case.target);
    let seen = facts::direct(case.scene, case.target);
    let name = host_name(case.target);
    let because = |judgement: Judgement| {
        let judgement = match path.is_proxy() {
            true => judgement,
            false => fields::attempts(judgement, case.scene, case.target),
        };
        fields::path(judgement, case.scene, case.target)
    };
    let judgement = match (path, seen.reach) {
        (Path::Proxy(_), _) => Judgement::not_applicable(
            Reason::NotConfigured,
            format!("The service reaches {name} through a proxy; a direct connection is not needed."),
        ),
        (_, Reach::Open) => Judgement::pass(format!("TCP 443 opens to {name}.")),
        (_, Reach::Partly) => Judgement::warn(format!(
            "TCP 443 opens to {} of {} addresses of {name}; the service fails whenever it is given one of the others.",
            seen.connected.len(),
            seen.connected.len() + seen.failed.len(),
        )),
        (_, Reach::Closed) => path.settle(Judgement::fail(format!(
            "TCP 443 does not open to any address of {name}: {}.",
            meaning(&seen.failed)
        ))),
        (_, Reach::Unclear) => unclear(case, &seen),
    };
    let judgement = describe(case, because(judgement), &seen);
    Ok(match seen.reach {
        Reach::Partly | Reach::Closed if !path.is_proxy() => judgement.step(try_it(name)),
        _ => judgement,
    })
}

fn meaning(failed: &[&Tcp]) -> String {
    let meanings = [
        ("Refused", "refused, so a device on the way rejects it"),
        ("Timeout", "timed out, so a firewall drops it without an answer"),
        ("Reset", "reset, so a middlebox cuts it"),
        ("Unreachable", "no route to it"),
    ];
    let seen = meanings.iter().filter(|(result, _)| failed.iter().any(|tcp| tcp.result == *result));
    seen.map(|(_, meaning)| *meaning).collect::<Vec<_>>().join("; ")
}

fn unclear(case: &Case, seen: &Direct) -> Judgement {
    if let Some(record) = case.unreadable::<Tcp>() {
        return Judgement::unreadable(record);
    }
    if seen.unread == 0 {
        return facts::missing::<Tcp>(case);
    }
    let message =
        format!("{} connection attempt(s) to {} did not come to an end.", seen.unread, host_name(case.target));
    Judgement::unknown(Reason::Partial, message).rule("no attempt was recorded")
}

fn describe(case: &Case, mut judgement: Judgement, seen: &Direct) -> Judgement {
    for tcp in seen.connected.iter().chain(&seen.failed) {
        judgement = judgement.with("address", format!("{}: {} ({} ms)", clean(&tcp.address), tcp.result, tcp.ms));
    }
    for tcp in &seen.left_out {
        judgement = judgement.with("address left out", format!("{}: no route for this family", clean(&tcp.address)));
    }
    for fact in case.facts::<Tcp>().iter().filter(|fact| fact.data.port != HTTPS) {
        judgement = judgement.with(
            "port that is not needed",
            format!("{} at {}: {}", fact.data.port, clean(&fact.data.address), clean(&fact.data.result)),
        );
    }
    judgement
}

fn try_it(name: &str) -> Step {
    Step {
        text: "Try the port, then allow outbound TCP 443 to the suffix on the device that stops it.".to_owned(),
        command: Some(format!("Test-NetConnection {name} -Port 443")),
        run_on: Some("sync server".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW303".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Reason;
    use crate::checks::network::testing::*;
    use crate::evidence::{Kind, State, Tcp};

    #[test]
    fn rule_by_results_and_path() {
        let ambiguous = unknown(Reason::Ambiguous);
        let rows: [(&str, &[(&str, &str)], _); 14] = [
            ("none", &[("192.0.2.1", "Connected")], PASS),
            ("none", &[("192.0.2.1", "Connected"), ("2001:db8::1", "Unreachable")], PASS),
            ("none", &[("192.0.2.1", "Connected"), ("192.0.2.2", "Timeout")], WARN),
            ("none", &[("192.0.2.1", "Connected"), ("2001:db8::1", "Refused")], WARN),
            ("none", &[("192.0.2.1", "Refused")], FAIL),
            ("none", &[("192.0.2.1", "Timeout"), ("192.0.2.2", "Reset")], FAIL),
            ("none", &[("192.0.2.1", "Unreachable")], FAIL),
            ("pac", &[("192.0.2.1", "Connected")], PASS),
            ("pac", &[("192.0.2.1", "Timeout")], ambiguous),
            ("unknown", &[("192.0.2.1", "Timeout")], ambiguous),
            ("", &[("192.0.2.1", "Timeout")], ambiguous),
            ("none", &[("192.0.2.1", "Connected"), ("192.0.2.2", "Cancelled")], unknown(Reason::Partial)),
            ("none", &[("192.0.2.1", "a word of the future")], unknown(Reason::Partial)),
            ("none", &[], unknown(Reason::NotCollected)),
        ];
        for (kind, attempts, expected) in rows {
            let stage =
                attempts.iter().fold(stage(kind), |stage, (address, result)| stage.add(&relay(), tcp(address, result)));
            let judgement = at_relay(&stage, "PW303");
            assert_eq!(verdict(&judgement), expected, "{kind} {attempts:?}: {}", judgement.message);
        }
    }

    #[test]
    fn the_message_of_a_failure_says_what_stops_the_connection() {
        for (result, word) in
            [("Refused", "rejects"), ("Timeout", "drops"), ("Reset", "middlebox"), ("Unreachable", "route")]
        {
            let judgement = at_relay(&stage("none").add(&relay(), tcp("192.0.2.1", result)), "PW303");
            assert!(judgement.message.contains(word) && judgement.message.contains(RELAY), "{}", judgement.message);
            assert_eq!(judgement.steps[0].command, Some(format!("Test-NetConnection {RELAY} -Port 443")));
        }
    }

    #[test]
    fn behind_an_explicit_proxy_the_direct_result_is_information() {
        let stage = stage("explicit").add(&relay(), tcp("192.0.2.1", "Timeout"));
        let judgement = at_relay(&stage, "PW303");
        assert_eq!(verdict(&judgement), not_applicable(Reason::NotConfigured));
        assert!(judgement.evidence[0].value.contains("Timeout"));
        assert!(judgement.steps.is_empty());
    }

    #[test]
    fn a_cut_off_probe_is_not_a_timeout_of_the_network() {
        let cut = stage("none").add_failed(&relay(), Kind::Tcp, State::Timeout, "deadline");
        assert_eq!(verdict(&at_relay(&cut, "PW303")), unknown(Reason::Timeout));
    }

    #[test]
    fn legacy_ports_are_shown_and_never_judged() {
        let legacy = Tcp { port: 9350, ..tcp("192.0.2.1", "Timeout") };
        let judgement =
            at_relay(&stage("none").add(&relay(), tcp("192.0.2.1", "Connected")).add(&relay(), legacy), "PW303");
        assert_eq!(verdict(&judgement), PASS);
        assert!(judgement.evidence.iter().any(|line| line.name == "port that is not needed"));
    }
}
