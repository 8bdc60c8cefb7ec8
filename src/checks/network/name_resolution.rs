use super::facts::{self, host_name, known_root};
use super::fields;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::checks::targets;
use crate::evidence::{Dns, Tls};

crate::declare_check! {
    PW301, "Cloud names resolve to public addresses",
    area: Network, severity: Critical, proof: A, class: Network,
    target: Host via targets::hosts,
    evidence: [Dns, Tls, ProxyConfig],
    runs_at: Anywhere,
    role_rule: Host,
    remediation: "Correct the forwarder or remove the shadowing zone for the relay suffix.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: at least one A or AAAA answer and all addresses public; or private addresses behind which a TLS handshake shows a root of table 3.3 (noted).
Warn: the name does not resolve, or only to loopback, unspecified or link-local addresses, but the service uses an explicit proxy, which resolves itself; or some or all addresses are rfc1918, ula or cgnat (split-horizon zone or sinkhole).
Fail: without explicit proxy NXDOMAIN, no data, SERVFAIL, or time-out on two tries; or every address is loopback, unspecified or link-local.
Unknown: the system resolver's answer is missing, not known to us, or mixes public with unusable addresses; or it fails while the proxy setting of the service is a script or not known.
The system resolver decides; where DNS itself answers otherwise the evidence says so.",
}

fn judge(case: &Case) -> Answer {
    let facts = case.facts::<Dns>();
    let system = facts.iter().find(|fact| fact.data.record_type == "A+AAAA");
    let fact = system.ok_or_else(|| facts::missing::<Dns>(case))?;
    let dns = fact.data;
    let judgement = verdict(case, dns);
    let classes = |class: &str| vec![class.to_owned(); dns.answers.len()];
    let judgement = judgement.read(fact.record, "rcode").read(fact.record, "answers");
    let judgement = judgement.read(fact.record, "addressClass").or(classes("public")).or(classes("rfc1918"));
    Ok(describe(case, dns, fields::path(judgement, case.scene, case.target)))
}

/// Words of the rule for a name without an address.
const NO_ADDRESS: &str = "without explicit proxy";

fn verdict(case: &Case, dns: &Dns) -> Judgement {
    let path = facts::path(case.scene, case.target);
    let name = host_name(case.target);
    // Behind an explicit proxy DNS is a warning at most (2.1); that the server resolves external names
    // is a documented prerequisite of Connect all the same.
    let useless = |what: String, rule: &'static str| match path.is_proxy() {
        true => Judgement::warn(format!(
            "{what}; the explicit proxy resolves for the service, but Entra Connect also needs external names \
             on the server."
        ))
        .rule("the name does not resolve"),
        false => path.settle(Judgement::fail(format!("{what}, so the service cannot find it.")).rule(rule)),
    };
    if dns.answers.is_empty() {
        return match dns.rcode.as_str() {
            "NXDOMAIN" => useless(format!("{name} does not exist for the server's resolver (NXDOMAIN)"), NO_ADDRESS),
            "NOERROR" | "NODATA" => {
                useless(format!("{name} has no address for the server's resolver (no data)"), NO_ADDRESS)
            }
            "SERVFAIL" => useless(format!("The server's resolver fails for {name} (SERVFAIL)"), NO_ADDRESS),
            "TIMEOUT" => useless(format!("The server's resolver gave no answer for {name} in two tries"), NO_ADDRESS),
            other => Judgement::unknown(
                Reason::NotReadable,
                format!("The resolver answered '{}' for {name}, which this version does not know.", clean(other)),
            )
            .rule("resolver's answer is missing"),
        };
    }
    let classes: Vec<&str> = classes(dns).map(|(_, class)| class).collect();
    let is_useless = |class: &&str| matches!(*class, "loopback" | "unspecified" | "linklocal");
    let is_private = |class: &&str| matches!(*class, "rfc1918" | "cgnat" | "ula");
    if classes.iter().all(is_useless) {
        let what = format!("{name} resolves only to loopback, unspecified or link-local addresses");
        return useless(what, "every address is loopback");
    }
    if classes.iter().any(is_private) {
        if !classes.iter().any(is_useless) && shows_known_root(case) {
            return Judgement::pass(format!(
                "{name} resolves to private addresses, but the host behind them shows a genuine certificate chain."
            ))
            .rule("private addresses behind");
        }
        return Judgement::warn(format!(
            "{name} resolves to private addresses: a split-horizon zone or a sinkhole shadows the public name."
        ))
        .rule("some or all addresses");
    }
    if classes.iter().all(|class| *class == "public") {
        return Judgement::pass(format!("{name} resolves to {} public address(es).", classes.len()))
            .rule("all addresses public");
    }
    Judgement::unknown(
        Reason::Ambiguous,
        format!("{name} resolves to public addresses beside addresses that cannot be used or judged."),
    )
    .rule("resolver's answer is missing")
}

/// Each address with its class; empty where the record does not say.
fn classes(dns: &Dns) -> impl Iterator<Item = (&str, &str)> {
    let classes = dns.address_class.iter().map(String::as_str).chain(std::iter::repeat(""));
    dns.answers.iter().map(|answer| answer.value.as_str()).zip(classes)
}

/// A direct handshake with the host leads to a root of table 3.3: the addresses are Microsoft's after all.
fn shows_known_root(case: &Case) -> bool {
    let handshakes = case.facts::<Tls>();
    handshakes.iter().any(|fact| fact.data.via == "direct" && known_root(case.scene, fact.data).is_some())
}

fn describe(case: &Case, dns: &Dns, judgement: Judgement) -> Judgement {
    let mut judgement = judgement.with("answer", clean(&dns.rcode));
    for (address, class) in classes(dns) {
        judgement = judgement.with("address", format!("{} ({})", clean(address), clean(class)));
    }
    if let Some(resolver) = &dns.resolver {
        judgement = judgement.with("resolver", clean(resolver));
    }
    if dns.overridden {
        judgement = judgement.with("source", "hosts file or policy overrides DNS");
    }
    if judgement.outcome == Status::Pass {
        return judgement;
    }
    judgement.step(Step {
        text: "See what the server resolves, and from where: the forwarder, a zone that shadows the suffix, or \
         the hosts file."
            .to_owned(),
        command: Some(format!("Resolve-DnsName {}", host_name(case.target))),
        run_on: Some("sync server".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW301".to_owned()),
        ..Step::default()
    })
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Reason, Status};
    use crate::checks::network::testing::*;
    use crate::evidence::{Dns, Kind, State, Tls};

    const PUBLIC: (&str, &str) = ("192.0.2.1", "public");
    const PRIVATE: (&str, &str) = ("10.0.0.1", "rfc1918");
    const LOOPBACK: (&str, &str) = ("127.0.0.1", "loopback");

    type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)], (Status, Option<Reason>));

    #[test]
    fn rule_by_answer_and_path() {
        let ambiguous = unknown(Reason::Ambiguous);
        let rows: [Row; 22] = [
            ("none", "NOERROR", &[PUBLIC], PASS),
            ("none", "NOERROR", &[PUBLIC, ("2001:db8::1", "public")], PASS),
            ("explicit", "NOERROR", &[PUBLIC], PASS),
            ("none", "NOERROR", &[PRIVATE], WARN),
            ("none", "NOERROR", &[PUBLIC, PRIVATE], WARN),
            ("none", "NOERROR", &[("fd00::1", "ula")], WARN),
            ("none", "NOERROR", &[("100.64.0.1", "cgnat")], WARN),
            ("none", "NXDOMAIN", &[], FAIL),
            ("none", "NODATA", &[], FAIL),
            ("none", "NOERROR", &[], FAIL),
            ("none", "SERVFAIL", &[], FAIL),
            ("none", "TIMEOUT", &[], FAIL),
            ("none", "NOERROR", &[LOOPBACK, ("0.0.0.0", "unspecified"), ("169.254.0.1", "linklocal")], FAIL),
            ("explicit", "NXDOMAIN", &[], WARN),
            ("explicit", "TIMEOUT", &[], WARN),
            ("explicit", "NOERROR", &[LOOPBACK], WARN),
            ("pac", "NXDOMAIN", &[], ambiguous),
            ("", "NXDOMAIN", &[], ambiguous),
            ("none", "NOERROR", &[PUBLIC, LOOPBACK], ambiguous),
            ("none", "NOERROR", &[PRIVATE, LOOPBACK], WARN),
            ("none", "NOERROR", &[("192.0.2.1", "a class of the future")], ambiguous),
            ("none", "REFUSED", &[], unknown(Reason::NotReadable)),
        ];
        for (kind, rcode, answers, expected) in rows {
            let judgement = at_relay(&stage(kind).add(&relay(), dns(rcode, answers)), "PW301");
            assert_eq!(verdict(&judgement), expected, "{kind} {rcode} {answers:?}: {}", judgement.message);
        }
    }

    #[test]
    fn private_addresses_with_a_known_root_behind_them_pass() {
        let private = || stage("none").add(&relay(), dns("NOERROR", &[PRIVATE]));
        assert_eq!(verdict(&at_relay(&private().add(&relay(), tls()), "PW301")), PASS);
        let strange = Tls { root_sha1: Some(STRANGE_ROOT.to_owned()), ..tls() };
        assert_eq!(verdict(&at_relay(&private().add(&relay(), strange), "PW301")), WARN);
        // What a proxy shows says nothing about the addresses.
        let proxied = Tls { via: "proxy".to_owned(), ..tls() };
        assert_eq!(verdict(&at_relay(&private().add(&relay(), proxied), "PW301")), WARN);
    }

    #[test]
    fn the_system_resolver_decides_and_an_override_is_named() {
        let own = Dns { record_type: "A".to_owned(), ..dns("NOERROR", &[PUBLIC]) };
        let system = Dns { overridden: true, ..dns("NOERROR", &[LOOPBACK]) };
        let judgement = at_relay(&stage("none").add(&relay(), own).add(&relay(), system), "PW301");
        assert_eq!(verdict(&judgement), FAIL);
        assert!(judgement.evidence.iter().any(|line| line.value == "hosts file or policy overrides DNS"));
        assert!(judgement.steps[0].command.as_deref().is_some_and(|command| command.ends_with(RELAY)));
    }

    #[test]
    fn missing_evidence_is_never_a_failure() {
        let cut = stage("none").add_failed(&relay(), Kind::Dns, State::Timeout, "deadline");
        assert_eq!(verdict(&at_relay(&cut, "PW301")), unknown(Reason::Timeout));
        assert_eq!(verdict(&at_relay(&stage("none"), "PW301")), unknown(Reason::NotCollected));
        let short = Dns { address_class: vec![], ..dns("NOERROR", &[PUBLIC]) };
        assert_eq!(verdict(&at_relay(&stage("none").add(&relay(), short), "PW301")), unknown(Reason::Ambiguous));
    }
}
