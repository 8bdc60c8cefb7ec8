//! What was read of the way to a cloud host, as things that decided: what the predicates of `facts` rest on,
//! for an explanation.

use super::facts::HTTPS;
use crate::catalog::{Judgement, Scene, Target};
use crate::evidence::{Data, Fact, Http, Kind, ProxyConfig, Tcp, Tls};
use serde_json::Value;

/// Which path the service takes.
pub fn path(judgement: Judgement, scene: &Scene, target: &Target) -> Judgement {
    let configs = scene.evidence.facts::<ProxyConfig>();
    match configs.iter().find(|fact| target.is_in(&fact.record.target.key)) {
        Some(fact) => judgement.read(fact.record, "effectiveForService.kind").or("none"),
        None => judgement.said(Kind::ProxyConfig.name(), "not collected"),
    }
}

/// The direct attempts on port 443.
pub fn attempts(judgement: Judgement, scene: &Scene, target: &Target) -> Judgement {
    let all = scene
        .evidence
        .records_at(Kind::Tcp, &target.key)
        .filter(|record| Tcp::from_payload(&record.data).is_none_or(|tcp| tcp.port == HTTPS && tcp.via == "direct"));
    all.fold(judgement, |judgement, record| match record.fact::<Tcp>() {
        Some(_) => judgement.read(record, "address").read(record, "result").or("Connected").or("Timeout"),
        None => judgement.state(record),
    })
}

/// The answers of a proxy to CONNECT.
pub fn tunnels(judgement: Judgement, connects: &[Fact<Http>]) -> Judgement {
    connects.iter().fold(judgement, |judgement, fact| {
        judgement.read(fact.record, "status").or(200).or(403).read(fact.record, "failure")
    })
}

/// The answers of the host itself.
pub fn answers(judgement: Judgement, answers: &[Fact<Http>]) -> Judgement {
    answers.iter().fold(judgement, |judgement, fact| {
        let judgement = judgement.read(fact.record, "url").read(fact.record, "status").or(401).or(404);
        let judgement = judgement.read(fact.record, "bodyMarker").or("None").or("HtmlBlockPage");
        let judgement = judgement.read(fact.record, "location").or(Value::Null);
        ["via_header", "xCache"]
            .into_iter()
            .fold(judgement, |judgement, header| judgement.read(fact.record, header).or(Value::Null))
    })
}

/// How handshakes ended.
pub fn handshakes(judgement: Judgement, handshakes: &[Fact<Tls>]) -> Judgement {
    handshakes.iter().fold(judgement, |judgement, fact| {
        let judgement = judgement.read(fact.record, "offered").read(fact.record, "versionNegotiated");
        let judgement = judgement.or("1.2").or("1.3").or("1.0");
        match fact.data.alert {
            Some(_) => judgement.read(fact.record, "alert.code"),
            None => judgement,
        }
    })
}
