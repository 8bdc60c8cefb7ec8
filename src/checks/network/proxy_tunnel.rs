use super::facts::{self, Path, Tunnel, host_name};
use super::fields;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::Http;

crate::declare_check! {
    PW304, "The proxy opens a tunnel to every required host",
    area: Network, severity: Critical, proof: A, class: Proxy,
    target: Host via targets::hosts,
    evidence: [Http, Tcp, ProxyConfig],
    runs_at: Anywhere,
    role_rule: Host,
    remediation: "Allow the two suffixes on the proxy without inspection or authentication for this server.",
    link: "L-TSC", since: "0.1.0",
    rule: "NotApplicable: the service uses no explicit proxy.
Pass: CONNECT was answered with 200.
Fail: the proxy's name or port cannot be reached; 403 or another 4xx (destination not allowed); 5xx; the tunnel was reset.
Unknown: 407 (PW305 judges it), also where credentials of the operator then opened the tunnel; an answer of another kind; no CONNECT was recorded.",
}

fn judge(case: &Case) -> Answer {
    let name = host_name(case.target);
    let path = facts::path(case.scene, case.target);
    let judgement = match path {
        Path::Unread => return Err(facts::unread_path(case)),
        Path::Direct | Path::Unsettled(_) => {
            let judgement = Judgement::not_applicable(Reason::NotConfigured, "The service uses no explicit proxy.");
            let judgement = judgement.with("path", path.describe());
            return Ok(fields::path(judgement, case.scene, case.target).or("explicit"));
        }
        Path::Proxy(_) => match facts::tunnel(case.scene, case.target) {
            Tunnel::Open => Judgement::pass(format!("The proxy opens a tunnel to {name}.")),
            Tunnel::WantsCredentials => Judgement::unknown(
                Reason::Ambiguous,
                format!(
                    "The proxy wants credentials (407) before it opens a tunnel to {name}; whether the service \
                     has them is judged by PW305."
                ),
            )
            .rule("407 (PW305 judges it)"),
            Tunnel::Closed(http) => Judgement::fail(format!("The proxy opens no tunnel to {name}: {}.", meaning(http)))
                .rule(branch(http))
                .step(allow(name)),
            Tunnel::Unclear => unclear(case),
        },
    };
    let judgement = fields::tunnels(judgement, &facts::connects(case.scene, case.target));
    let judgement = fields::path(judgement, case.scene, case.target);
    Ok(describe(case, judgement.with("proxy", path.describe())))
}

/// Words of the rule for a tunnel that was not opened.
fn branch(http: &Http) -> &'static str {
    match (http.status, http.failure.as_deref()) {
        (Some(500..), _) => "5xx",
        (Some(_), _) => "another 4xx",
        (None, Some("Reset")) => "the tunnel was reset",
        (None, _) => "cannot be reached",
    }
}

fn meaning(http: &Http) -> String {
    match (http.status, http.failure.as_deref()) {
        (Some(403), _) => "403, the proxy does not allow this destination".to_owned(),
        (Some(status @ 500..), _) => format!("{status}, the proxy itself cannot get there"),
        (Some(status), _) => format!("{status}, the proxy does not accept the request"),
        (None, Some("NameUnknown")) => "the name of the proxy does not resolve".to_owned(),
        (None, Some("Refused")) => "the proxy's port refuses the connection".to_owned(),
        (None, Some("Timeout")) => "the proxy's port gives no answer".to_owned(),
        (None, Some("Unreachable")) => "there is no route to the proxy".to_owned(),
        (None, Some("Reset")) => "the connection was reset while the tunnel was asked for".to_owned(),
        (None, other) => format!("no answer ({})", clean(other.unwrap_or("no reason given"))),
    }
}

fn unclear(case: &Case) -> Judgement {
    let connects = facts::connects(case.scene, case.target);
    match connects.first() {
        None => facts::missing::<Http>(case),
        Some(fact) => Judgement::unknown(
            Reason::Ambiguous,
            format!(
                "The answer of the proxy to CONNECT {} cannot be judged: {}.",
                host_name(case.target),
                answer(fact.data)
            ),
        )
        .rule("an answer of another kind"),
    }
}

fn answer(http: &Http) -> String {
    match http.status {
        Some(status) => status.to_string(),
        None => clean(http.failure.as_deref().unwrap_or("no answer")),
    }
}

fn describe(case: &Case, mut judgement: Judgement) -> Judgement {
    for fact in facts::connects(case.scene, case.target) {
        judgement = judgement.with("CONNECT", answer(fact.data));
    }
    let direct = facts::direct(case.scene, case.target);
    for tcp in direct.connected.iter().chain(&direct.failed) {
        judgement = judgement.with("direct (information)", format!("{}: {}", clean(&tcp.address), tcp.result));
    }
    judgement
}

fn allow(name: &str) -> Step {
    Step {
        text: format!("Let this server through to {name} and its whole suffix, without inspection or authentication."),
        run_on: Some("proxy".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW304".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Reason;
    use crate::catalog::testing::Stage;
    use crate::checks::network::testing::*;
    use crate::evidence::{Kind, OperatorInput, State};

    #[test]
    fn rule_by_answer_of_the_proxy() {
        let ambiguous = unknown(Reason::Ambiguous);
        let rows: [(&[&str], _); 14] = [
            (&["200"], PASS),
            (&["403"], FAIL),
            (&["404"], FAIL),
            (&["502"], FAIL),
            (&["NameUnknown"], FAIL),
            (&["Refused"], FAIL),
            (&["Timeout"], FAIL),
            (&["Reset"], FAIL),
            (&["Unreachable"], FAIL),
            (&["407"], ambiguous),
            (&["407", "200"], ambiguous),
            (&["407", "403"], FAIL),
            (&["302"], ambiguous),
            (&[], unknown(Reason::NotCollected)),
        ];
        for (outcomes, expected) in rows {
            let stage = outcomes.iter().fold(stage("explicit"), |stage, outcome| stage.add(&relay(), connect(outcome)));
            let judgement = at_relay(&stage, "PW304");
            assert_eq!(verdict(&judgement), expected, "{outcomes:?}: {}", judgement.message);
        }
    }

    #[test]
    fn without_an_explicit_proxy_there_is_nothing_to_open() {
        for kind in ["none", "system", "pac", "unknown"] {
            let judgement = at_relay(&stage(kind).add(&relay(), connect("403")), "PW304");
            assert_eq!(verdict(&judgement), not_applicable(Reason::NotConfigured), "{kind}");
        }
    }

    #[test]
    fn settings_that_were_not_read_are_unknown() {
        let nothing = Stage::with_input(OperatorInput::default());
        assert_eq!(verdict(&at_relay(&nothing, "PW304")), unknown(Reason::NotCollected));
        let server = crate::catalog::testing::server();
        let denied = nothing.add_failed(&server, Kind::ProxyConfig, State::AccessDenied, "io");
        assert_eq!(verdict(&at_relay(&denied, "PW304")), unknown(Reason::AccessDenied));
        let cut = stage("explicit").add_failed(&relay(), Kind::Http, State::Timeout, "deadline");
        assert_eq!(verdict(&at_relay(&cut, "PW304")), unknown(Reason::Timeout));
    }

    #[test]
    fn evidence_names_the_proxy_and_the_direct_result() {
        let stage = stage("explicit").add(&relay(), connect("403")).add(&relay(), tcp("192.0.2.1", "Timeout"));
        let judgement = at_relay(&stage, "PW304");
        let lines: Vec<(&str, &str)> =
            judgement.evidence.iter().map(|line| (line.name.as_str(), line.value.as_str())).collect();
        assert_eq!(
            lines,
            [
                ("proxy", "proxy http://proxy.corp.example:8080"),
                ("CONNECT", "403"),
                ("direct (information)", "192.0.2.1: Timeout")
            ]
        );
    }
}
