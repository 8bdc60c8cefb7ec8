//! What was read of a controller, as things that decided: what the predicates of `facts` rest on, for an
//! explanation.

use super::facts::LDAP;
use crate::catalog::{Judgement, Scene};
use crate::evidence::{DcInventory, Dns, Kind, RootDse, Tcp};

/// The attempts on a port of a controller.
pub fn port(judgement: Judgement, scene: &Scene, key: &str, number: u16) -> Judgement {
    let all = scene.evidence.facts_at::<Tcp>(key);
    let mut tried = all.iter().filter(|fact| fact.data.port == number).peekable();
    if tried.peek().is_none() {
        return judgement.said(&format!("TCP {number}"), "not tried");
    }
    tried.fold(judgement, |judgement, fact| {
        judgement.read(fact.record, "port").read(fact.record, "result").or("Connected").or("Timeout")
    })
}

/// What says whether LDAP of a controller answers (PW403).
pub fn ldap(judgement: Judgement, scene: &Scene, key: &str) -> Judgement {
    let evidence = scene.evidence;
    if let Some(fact) = evidence.fact_at::<RootDse>(key) {
        let domain = fact.record.target.within.iter().find_map(|key| key.strip_prefix("domain:"));
        let judgement = judgement.read(fact.record, "defaultNamingContext");
        return match domain {
            Some(name) => judgement.or(naming_context(name)).or(naming_context("another.example")),
            None => judgement,
        };
    }
    let judgement = evidence
        .facts_at::<Dns>(key)
        .iter()
        .fold(judgement, |judgement, fact| judgement.read(fact.record, "rcode").read(fact.record, "answers"));
    let judgement = port(judgement, scene, key, LDAP);
    match evidence.records_at(Kind::RootDse, key).next() {
        Some(record) => judgement.state(record),
        None => judgement.said(Kind::RootDse.name(), "not collected"),
    }
}

/// The roles of a controller.
pub fn roles(judgement: Judgement, scene: &Scene, key: &str) -> Judgement {
    match scene.evidence.fact_at::<DcInventory>(key) {
        Some(fact) => judgement.read(fact.record, "roles"),
        None => judgement.said("roles", "not read"),
    }
}

fn naming_context(domain: &str) -> String {
    domain.split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",")
}
