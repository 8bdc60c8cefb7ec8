use super::facts::{self, offers_only_12};
use super::fields;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::checks::targets;
use crate::evidence::{Fact, Tls};

crate::declare_check! {
    PW307, "TLS 1.2 or later is negotiated with every required host",
    area: Network, severity: Critical, proof: A, class: Tls,
    target: Host via targets::hosts,
    evidence: [Tls],
    runs_at: Anywhere,
    blocked_by: [PW301, PW303, PW304],
    role_rule: Host,
    remediation: "Remove the device that resets the handshake or restore TLS 1.2 cipher suites.",
    link: "L-TLS", since: "0.1.0",
    rule: "Pass: TLS 1.2 or 1.3 was negotiated.
Warn: TLS 1.2 is refused while 1.3 works (seen by the handshake that offers 1.2 alone beside the free one).
Fail: the handshake ended with an alert, a reset, a close or without an answer; or only an older version was negotiated; or local TLS policy, where SChannel fails and the tool's own stack passes (PW711 and PW715 show it).
Unknown: no handshake on the path of the service was read; a version that is not known; 1.2 alone fails while the free handshake negotiates 1.2; or a failure while the proxy setting of the service is a script or not known.
The SChannel record decides where there is one, else the tool's own stack.",
}

/// How one handshake ended.
#[derive(Clone, Copy, PartialEq)]
enum End<'a> {
    Good(&'a str),
    Old(&'a str),
    Broken(&'a str),
    Unclear,
}

fn judge(case: &Case) -> Answer {
    let path = facts::path(case.scene, case.target);
    let all = facts::handshakes(case.scene, case.target);
    let deciding = facts::deciding(&all);
    let Some(first) = deciding.first() else {
        return Err(facts::missing::<Tls>(case).with("path", path.describe()));
    };
    let host = &case.target.display;
    let own_passes = first.data.stack == "schannel"
        && all.iter().any(|fact| fact.data.stack == "own" && matches!(end(fact.data), End::Good(_)));
    let judgement = match (free(&deciding), only_12(&deciding)) {
        (Some(End::Old(_) | End::Broken(_)), _) if own_passes => Judgement::fail(format!(
            "Windows cannot complete a TLS handshake with {host} though the tool's own stack can: the local TLS \
             policy forbids it (see PW711 and PW715)."
        ))
        .rule("local TLS policy"),
        (Some(End::Old(version)), _) => path.settle(
            Judgement::fail(format!(
                "Only TLS {} is negotiated with {host}; Entra ID accepts 1.2 and later.",
                clean(version)
            ))
            .rule("only an older version"),
        ),
        (Some(End::Broken(code)), _) => path.settle(
            Judgement::fail(format!("The TLS handshake with {host} fails: {}.", meaning(code)))
                .rule("ended with an alert"),
        ),
        (Some(End::Good("1.3")), Some(End::Broken(_) | End::Old(_))) => Judgement::warn(format!(
            "{host} is reached with TLS 1.3 only: TLS 1.2 is refused, and Entra Connect must not be made to \
             rely on 1.3."
        )),
        (Some(End::Good(version)), Some(End::Broken(_) | End::Old(_))) => Judgement::unknown(
            Reason::Ambiguous,
            format!(
                "One handshake with {host} negotiated TLS {version}, another of the same version failed; \
             repeat the test."
            ),
        )
        .rule("1.2 alone fails"),
        (Some(End::Good(version)), _) | (None, Some(End::Good(version))) => {
            Judgement::pass(format!("TLS {version} is negotiated with {host}."))
        }
        (None, Some(End::Broken(_) | End::Old(_))) => Judgement::unknown(
            Reason::Partial,
            format!("{host} refuses a handshake that offers TLS 1.2 alone; the one that also offers 1.3 was not read."),
        )
        .rule("no handshake on the path"),
        (Some(End::Unclear), _) | (None, _) => {
            Judgement::unknown(Reason::NotReadable, format!("How the TLS handshake with {host} ended is not known."))
                .rule("a version that is not known")
        }
    };
    let judgement = fields::handshakes(judgement.read(first.record, "stack"), &deciding);
    let judgement = describe(fields::path(judgement, case.scene, case.target), &all);
    Ok(match judgement.outcome {
        Status::Fail => judgement.step(look_at_policy(own_passes)),
        _ => judgement,
    })
}

fn free<'a>(handshakes: &[Fact<'a, Tls>]) -> Option<End<'a>> {
    handshakes.iter().find(|fact| !offers_only_12(fact.data)).map(|fact| end(fact.data))
}

fn only_12<'a>(handshakes: &[Fact<'a, Tls>]) -> Option<End<'a>> {
    handshakes.iter().find(|fact| offers_only_12(fact.data)).map(|fact| end(fact.data))
}

fn end(tls: &Tls) -> End<'_> {
    match (tls.version_negotiated.as_deref(), &tls.alert) {
        (Some(version @ ("1.2" | "1.3")), _) => End::Good(version),
        (Some(version @ ("1.0" | "1.1" | "2.0" | "3.0")), _) => End::Old(version),
        (None, Some(alert)) => End::Broken(&alert.code),
        _ => End::Unclear,
    }
}

fn meaning(code: &str) -> String {
    match code {
        "reset" => "the connection is reset during the handshake, as an inspecting or filtering device does".to_owned(),
        "closed" => "the connection is closed during the handshake, as a filtering device does".to_owned(),
        "timeout" => "the handshake gets no answer, as when a device drops it silently".to_owned(),
        "protocol_version" => "no common TLS version (alert protocol_version)".to_owned(),
        "handshake_failure" => "no common cipher suite or parameters (alert handshake_failure)".to_owned(),
        other => format!("alert {}", clean(other)),
    }
}

fn describe(mut judgement: Judgement, all: &[Fact<Tls>]) -> Judgement {
    for fact in all {
        let tls = fact.data;
        let offered = list(tls.offered.iter().map(String::as_str));
        let ended = match end(tls) {
            End::Good(version) | End::Old(version) => {
                format!("TLS {version}, {}", clean(tls.cipher.as_deref().unwrap_or("cipher not recorded")))
            }
            End::Broken(code) => {
                let side = tls.alert.as_ref().map_or("", |alert| alert.side.as_str());
                format!("{} (side: {})", clean(code), clean(side))
            }
            End::Unclear => clean(tls.version_negotiated.as_deref().unwrap_or("not known")),
        };
        judgement = judgement.with(&format!("stack {}, offered {offered}", clean(&tls.stack)), ended);
    }
    judgement
}

fn look_at_policy(local: bool) -> Step {
    let (text, command) = match local {
        true => (
            "Restore TLS 1.2 and its cipher suites in the policy of this server.",
            Some("Get-TlsCipherSuite".to_owned()),
        ),
        false => (
            "Find the device on the way that ends the handshake and exempt the Microsoft suffixes from \
         it.",
            None,
        ),
    };
    Step {
        text: text.to_owned(),
        command,
        run_on: Some(if local { "sync server" } else { "firewall or proxy" }.to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW307".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Reason;
    use crate::checks::network::testing::*;
    use crate::evidence::{Kind, State, Tls, TlsAlert};

    /// A handshake that ended with a version or, for other texts, with that alert.
    fn handshake(stack: &str, offered: &str, outcome: &str) -> Tls {
        let version = outcome.starts_with(|c: char| c.is_ascii_digit()).then(|| outcome.to_owned());
        let alert = TlsAlert { level: None, code: outcome.to_owned(), side: "peer".to_owned() };
        Tls {
            stack: stack.to_owned(),
            offered: offered.split(' ').map(str::to_owned).collect(),
            alert: version.is_none().then_some(alert),
            version_negotiated: version,
            ..tls()
        }
    }

    #[test]
    fn rule_by_free_and_limited_handshake() {
        const FREE: &str = "1.2 1.3";
        let rows: [(&str, &[(&str, &str)], _); 18] = [
            ("none", &[(FREE, "1.3"), ("1.2", "1.2")], PASS),
            ("none", &[(FREE, "1.2"), ("1.2", "1.2")], PASS),
            ("none", &[(FREE, "1.3")], PASS),
            ("none", &[("1.2", "1.2")], PASS),
            ("none", &[(FREE, "1.3"), ("1.2", "protocol_version")], WARN),
            ("pac", &[(FREE, "1.3"), ("1.2", "reset")], WARN),
            ("none", &[(FREE, "handshake_failure"), ("1.2", "handshake_failure")], FAIL),
            ("none", &[(FREE, "reset")], FAIL),
            ("none", &[(FREE, "closed")], FAIL),
            ("none", &[(FREE, "timeout")], FAIL),
            ("none", &[(FREE, "reset"), ("1.2", "1.2")], FAIL),
            ("none", &[(FREE, "1.1")], FAIL),
            ("none", &[(FREE, "1.0")], FAIL),
            ("pac", &[(FREE, "reset")], unknown(Reason::Ambiguous)),
            ("", &[(FREE, "1.0")], unknown(Reason::Ambiguous)),
            ("none", &[(FREE, "1.2"), ("1.2", "reset")], unknown(Reason::Ambiguous)),
            ("none", &[("1.2", "reset")], unknown(Reason::Partial)),
            ("none", &[(FREE, "1.4")], unknown(Reason::NotReadable)),
        ];
        for (kind, handshakes, expected) in rows {
            let stage = handshakes
                .iter()
                .fold(stage(kind), |stage, (offered, outcome)| stage.add(&relay(), handshake("own", offered, outcome)));
            let judgement = at_relay(&stage, "PW307");
            assert_eq!(verdict(&judgement), expected, "{kind} {handshakes:?}: {}", judgement.message);
        }
    }

    #[test]
    fn schannel_decides_and_a_local_policy_is_named() {
        let both = |own: &str, schannel: &str| {
            let stage = stage("none").add(&relay(), handshake("own", "1.2 1.3", own));
            at_relay(&stage.add(&relay(), handshake("schannel", "1.2 1.3", schannel)), "PW307")
        };
        let local = both("1.3", "handshake_failure");
        assert_eq!(verdict(&local), FAIL);
        assert!(local.message.contains("local TLS policy") && local.message.contains("PW711"));
        assert_eq!(verdict(&both("reset", "1.2")), PASS);
        assert!(!both("reset", "reset").message.contains("local TLS policy"));
        assert!(both("1.3", "1.2").evidence[1].name.starts_with("stack schannel"));
    }

    #[test]
    fn behind_a_proxy_the_direct_handshake_does_not_count() {
        let stage = stage("explicit").add(&relay(), handshake("own", "1.2 1.3", "reset"));
        assert_eq!(verdict(&at_relay(&stage, "PW307")), unknown(Reason::NotCollected));
        let proxied = Tls { via: "proxy".to_owned(), ..tls() };
        assert_eq!(verdict(&at_relay(&stage.add(&relay(), proxied), "PW307")), PASS);
    }

    #[test]
    fn missing_evidence_is_never_a_failure() {
        assert_eq!(verdict(&at_relay(&stage("none"), "PW307")), unknown(Reason::NotCollected));
        let cut = stage("none").add_failed(&relay(), Kind::Tls, State::Timeout, "deadline");
        assert_eq!(verdict(&at_relay(&cut, "PW307")), unknown(Reason::Timeout));
        let silent = Tls { version_negotiated: None, alert: None, ..tls() };
        assert_eq!(verdict(&at_relay(&stage("none").add(&relay(), silent), "PW307")), unknown(Reason::NotReadable));
    }
}
