//! Planted evidence for the tests of this area.

use crate::catalog::testing::{NOW, Stage, server};
use crate::catalog::{Judgement, Reason, Scene, Status, Target};
use crate::evidence::{
    Certificate, Dns, DnsAnswer, EffectiveProxy, Http, OperatorInput, OsTrust, ProxyConfig, Tcp, Tls,
};

/// A documented relay host.
pub const RELAY: &str = "ssprdedicatedsbprodscu.servicebus.windows.net";
pub const LOGIN: &str = "login.microsoftonline.com";
/// DigiCert Global Root G2, a root of table 3.3.
pub const KNOWN_ROOT: &str = "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4";
pub const STRANGE_ROOT: &str = "00112233445566778899AABBCCDDEEFF00112233";

/// A stage on which the service takes this kind of path.
pub fn stage(kind: &str) -> Stage {
    with_config(ProxyConfig { effective_for_service: effective(kind), ..Default::default() })
}

pub fn with_config(config: ProxyConfig) -> Stage {
    Stage::with_input(OperatorInput::default()).add(&server(), config)
}

pub fn effective(kind: &str) -> EffectiveProxy {
    let address = (kind == "explicit").then(|| "http://proxy.corp.example:8080".to_owned());
    EffectiveProxy { kind: kind.to_owned(), address, source: None }
}

pub fn host(name: &str) -> Target {
    Target::host(name, 443, &server())
}

pub fn relay() -> Target {
    host(RELAY)
}

/// What the system resolver answered: addresses with their classes.
pub fn dns(rcode: &str, answers: &[(&str, &str)]) -> Dns {
    Dns {
        name: RELAY.to_owned(),
        record_type: "A+AAAA".to_owned(),
        rcode: rcode.to_owned(),
        answers: answers
            .iter()
            .map(|(value, _)| DnsAnswer { value: (*value).to_owned(), ..Default::default() })
            .collect(),
        address_class: answers.iter().map(|(_, class)| (*class).to_owned()).collect(),
        ..Default::default()
    }
}

pub fn tcp(address: &str, result: &str) -> Tcp {
    Tcp {
        host: RELAY.to_owned(),
        address: address.to_owned(),
        port: 443,
        via: "direct".to_owned(),
        result: result.to_owned(),
        ..Default::default()
    }
}

/// The answer to a CONNECT; a text that is no number is the way it failed.
pub fn connect(outcome: &str) -> Http {
    let status = outcome.parse().ok();
    Http {
        url: format!("{RELAY}:443"),
        via: "proxy".to_owned(),
        method: "CONNECT".to_owned(),
        status,
        stage: "ProxyConnect".to_owned(),
        body_marker: "None".to_owned(),
        failure: status.is_none().then(|| outcome.to_owned()),
        ..Default::default()
    }
}

/// The answer of the relay to a GET of `path`, on the direct path.
pub fn get(path: &str, status: Option<u16>) -> Http {
    Http {
        url: format!("https://{RELAY}{path}"),
        via: "direct".to_owned(),
        method: "GET".to_owned(),
        status,
        stage: "Origin".to_owned(),
        body_marker: "None".to_owned(),
        ..Default::default()
    }
}

/// A good handshake of our own stack on the direct path, with a chain of Microsoft's.
pub fn tls() -> Tls {
    let certificate = |subject: &str, issuer: &str, sha1: &str| Certificate {
        subject: format!("CN={subject}"),
        issuer: format!("CN={issuer}"),
        issuer_org: Some("Microsoft Corporation".to_owned()),
        sha1: sha1.to_owned(),
        not_before_unix_ms: 1,
        not_after_unix_ms: i64::MAX,
        san: vec![],
    };
    Tls {
        host: RELAY.to_owned(),
        port: 443,
        sni: RELAY.to_owned(),
        via: "direct".to_owned(),
        stack: "own".to_owned(),
        offered: vec!["1.2".to_owned(), "1.3".to_owned()],
        version_negotiated: Some("1.3".to_owned()),
        chain: vec![
            certificate("*.servicebus.windows.net", "Issuing CA", "AA"),
            certificate("Issuing CA", "Root", "BB"),
        ],
        name_matches: Some(true),
        os_trust: Some(OsTrust { result: "Trusted".to_owned(), errors: vec![], revocation: "notAttempted".to_owned() }),
        root_sha1: Some(KNOWN_ROOT.to_owned()),
        root_origin: "PublicProgram".to_owned(),
        ..Default::default()
    }
}

pub fn scene(stage: &Stage) -> Scene<'_> {
    Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW }
}

/// What a check says about the relay host.
pub fn at_relay(stage: &Stage, id: &str) -> Judgement {
    stage.judge_at(id, &relay().key)
}

/// Outcome and reason, for tables.
pub fn verdict(judgement: &Judgement) -> (Status, Option<Reason>) {
    (judgement.outcome, judgement.reason)
}

pub const PASS: (Status, Option<Reason>) = (Status::Pass, None);
pub const WARN: (Status, Option<Reason>) = (Status::Warn, None);
pub const FAIL: (Status, Option<Reason>) = (Status::Fail, None);

pub const fn unknown(reason: Reason) -> (Status, Option<Reason>) {
    (Status::Unknown, Some(reason))
}

pub const fn not_applicable(reason: Reason) -> (Status, Option<Reason>) {
    (Status::NotApplicable, Some(reason))
}
