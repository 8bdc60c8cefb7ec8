use super::facts::{self, offers_only_12};
use super::fields;
use super::listener_events::certificate_refusal;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::checks::targets;
use crate::evidence::{Fact, Os, OsTrust, Tls, Vantage};
use crate::knowledge::AuthorityKind;

crate::declare_check! {
    PW309, "The server trusts the certificates it is shown",
    area: Network, severity: Critical, proof: A, class: Tls,
    target: Host via targets::hosts,
    evidence: [Tls, Os, EventLog],
    runs_at: Anywhere,
    blocked_by: [PW307, PW308, PW718],
    role_rule: Host,
    remediation: "Install the roots of table 3.3 (or allow automatic root update), remove them from Disallowed.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: the name matches, the dates are valid, the chain ends in a trusted root, and the root is not in the Disallowed store (a stack that never asks for revocation passes with that as evidence).
Warn: the stack asked for revocation and got no answer; or trust fails and the vantage is not the sync server; or trust holds here while a 31034 with 'remote certificate is invalid' is uncleared (other account or path, or repaired since: restart ADSync).
Fail, from the sync server: untrusted or missing root, root in Disallowed, name mismatch, expired, not yet valid or revoked (the roots of table 3.3, as extended, that the store lacks are listed).
Unknown: no judgement of the trust store was read; it refuses with a word that is not known; or a failure while the proxy setting of the service is a script or not known.
The SChannel record decides where there is one, else the tool's own stack.",
}

/// Words of the trust store that the rule knows, with what they mean.
const REFUSALS: [(&str, &str); 7] = [
    ("UntrustedRoot", "its root is not trusted"),
    ("PartialChain", "its root is missing"),
    ("NameMismatch", "it is for another name"),
    ("Expired", "it has expired"),
    ("NotYetValid", "it is not valid yet"),
    ("Revoked", "it is revoked"),
    ("Disallowed", "its root is in the Disallowed store"),
];

fn judge(case: &Case) -> Answer {
    let all = facts::handshakes(case.scene, case.target);
    let deciding = facts::deciding(&all);
    let judged = || deciding.iter().filter(|fact| fact.data.os_trust.is_some());
    let free = judged().find(|fact| !offers_only_12(fact.data)).or_else(|| judged().next());
    let Some(fact) = free else {
        return Err(facts::missing::<Tls>(case));
    };
    let os = machine(case);
    let judgement = verdict(case, *fact, os.as_ref().ok().map(|fact| fact.data));
    // That the root is not disallowed can only be said with the store read.
    let machine = match os {
        Err(unread) if judgement.outcome == Status::Pass => return Err(unread),
        other => other.ok(),
    };
    Ok(describe(because(judgement, case, *fact, machine), fact))
}

fn because(judgement: Judgement, case: &Case, fact: Fact<Tls>, machine: Option<Fact<Os>>) -> Judgement {
    let judgement = judgement
        .read(fact.record, "osTrust.result")
        .or("Trusted")
        .or("NotTrusted")
        .read(fact.record, "osTrust.errors")
        .read(fact.record, "osTrust.revocation")
        .or("good")
        .or("revoked")
        .read(fact.record, "nameMatches")
        .or(true)
        .or(false);
    let judgement = match fact.data.chain.first() {
        Some(_) => {
            judgement.read(fact.record, "chain.0.notBeforeUnixMs").read(fact.record, "chain.0.notAfterUnixMs").or(0)
        }
        None => judgement,
    };
    let judgement = match (machine, &fact.data.root_sha1) {
        (Some(machine), Some(root)) => judgement.item(machine.record, "disallowedStore", root.clone()),
        _ => judgement,
    };
    fields::path(judgement, case.scene, case.target)
}

fn machine<'a>(case: &Case<'a>) -> Result<Fact<'a, Os>, Judgement> {
    case.need_at::<Os>(case.target.within.first().map_or("", String::as_str))
}

fn verdict(case: &Case, fact: Fact<Tls>, os: Option<&Os>) -> Judgement {
    let host = &case.target.display;
    let tls = fact.data;
    let trust = tls.os_trust.clone().unwrap_or_default();
    let refusals = refusals(fact, &trust, os);
    if !refusals.is_empty() {
        let meanings: Vec<&str> =
            REFUSALS.iter().filter(|(word, _)| refusals.contains(word)).map(|(_, m)| *m).collect();
        let mut text = format!("The certificate of {host} is not trusted: {}", meanings.join(", "));
        if meanings.is_empty() {
            text.push_str("the trust store gives no reason");
        }
        return refused(case, fact, os, text);
    }
    let unknown_words = trust.result != "Trusted";
    if trust.revocation == "failed" {
        return Judgement::warn(format!(
            "The certificate of {host} could not be checked for revocation: no answer from the certificate \
             status hosts."
        ))
        .rule("got no answer");
    }
    if unknown_words || tls.name_matches.is_none() {
        return Judgement::unknown(
            Reason::Ambiguous,
            format!("Whether the server trusts {host} cannot be told from what its trust store says."),
        )
        .rule("a word that is not known");
    }
    match certificate_refusal(case.scene, case.target) {
        Some(event) => Judgement::warn(format!(
            "The certificate of {host} is trusted here, but the service refused one: another account or path, \
             or repaired since; restart ADSync to see."
        ))
        .rule("is uncleared")
        .said("uncleared event 31034", event.time_unix_ms)
        .with("uncleared event", format!("31034 at {} (milliseconds since 1970, UTC)", event.time_unix_ms)),
        None => Judgement::pass(format!("The server trusts the certificate of {host}.")),
    }
}

/// Why the certificate is refused, in the words of the trust store; `NotTrusted` where it gave none.
fn refusals<'a>(fact: Fact<Tls>, trust: &'a OsTrust, os: Option<&Os>) -> Vec<&'a str> {
    let tls = fact.data;
    let mut words: Vec<&str> = Vec::new();
    if trust.result == "NotTrusted" {
        words.extend(trust.errors.iter().map(String::as_str).filter(|word| REFUSALS.iter().any(|(w, _)| w == word)));
        if trust.errors.is_empty() && trust.revocation != "failed" {
            words.push("NotTrusted");
        }
    }
    if trust.revocation == "revoked" {
        words.push("Revoked");
    }
    if tls.name_matches == Some(false) {
        words.push("NameMismatch");
    }
    if let Some(leaf) = tls.chain.first() {
        let now = fact.record.collected_at_unix_ms;
        if leaf.not_after_unix_ms != 0 && now > leaf.not_after_unix_ms {
            words.push("Expired");
        }
        if now < leaf.not_before_unix_ms {
            words.push("NotYetValid");
        }
    }
    let root = tls.root_sha1.as_deref().unwrap_or("");
    if os.is_some_and(|os| os.disallowed_store.iter().any(|sha1| sha1.eq_ignore_ascii_case(root))) {
        words.push("Disallowed");
    }
    words
}

fn refused(case: &Case, fact: Fact<Tls>, os: Option<&Os>, text: String) -> Judgement {
    if fact.record.vantage != Vantage::SyncServer {
        return Judgement::warn(format!("{text}; seen from a machine that is not the sync server."))
            .rule("the vantage is not the sync server");
    }
    let lacking = lacking_roots(case, os);
    let text = match lacking.is_empty() {
        true => format!("{text}."),
        false => format!("{text}; the store lacks {}.", lacking.join(", ")),
    };
    let failure = Judgement::fail(text).step(Step {
        text:
            "Install the missing roots, or allow the automatic root update; remove Microsoft's roots from Disallowed."
                .to_owned(),
        command: Some("Get-ChildItem Cert:\\LocalMachine\\Root, Cert:\\LocalMachine\\Disallowed".to_owned()),
        run_on: Some("sync server".to_owned()),
        needs_rights: Some("local administrator".to_owned()),
        restart_needed: Some("ADSync".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW309".to_owned()),
    });
    facts::path(case.scene, case.target).settle(failure)
}

/// Valid roots of table 3.3 that the machine does not have; nothing where its store was not read.
fn lacking_roots<'a>(case: &Case<'a>, os: Option<&Os>) -> Vec<&'a str> {
    let Some(store) = os.map(|os| &os.root_store).filter(|store| !store.is_empty()) else { return Vec::new() };
    let roots = case.scene.tables.authorities.iter().filter(|row| row.kind == AuthorityKind::Root && !row.expired);
    roots
        .filter(|root| !store.iter().any(|sha1| sha1.eq_ignore_ascii_case(&root.sha1)))
        .map(|root| root.name.as_str())
        .collect()
}

fn describe(judgement: Judgement, fact: &Fact<Tls>) -> Judgement {
    let tls = fact.data;
    let trust = tls.os_trust.clone().unwrap_or_default();
    let mut judgement = judgement
        .with("stack", clean(&tls.stack))
        .with("trust", clean(&trust.result))
        .with("errors", list(trust.errors.iter().map(String::as_str)))
        .with("revocation", clean(&trust.revocation))
        .with("root", clean(tls.root_sha1.as_deref().unwrap_or("not found in any store")));
    if let Some(leaf) = tls.chain.first() {
        judgement = judgement.with("subject", clean(&leaf.subject)).with("issuer", clean(&leaf.issuer));
    }
    judgement
}

#[cfg(test)]
#[path = "certificate_trust_tests.rs"]
mod tests;
