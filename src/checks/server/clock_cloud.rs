use super::clocks::{CLOCK_FAIL, CLOCK_WARN, grade, words};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step, Target};
use crate::checks::network::hosts;
use crate::checks::targets;
use crate::evidence::{Clock, Http, Kind, Record, State, Tls};
use crate::knowledge::HostRole;
use std::time::UNIX_EPOCH;

crate::declare_check! {
    PW718, "The server's clock agrees with the cloud",
    area: Server, severity: High, proof: B, class: Clock,
    target: Server via targets::server,
    evidence: [Clock, Tls, Http],
    runs_at: Anywhere,
    remediation: "Correct the time source; skew breaks relay tokens and the wizard (\"ensure you have the required license\").",
    link: "L-UNABLE", since: "0.1.0",
    rule: "The Date header of answers of the login and relay hosts, whether the certificate is genuine or not; the median of those available, one is enough.
Pass: absolute skew at most 60 s.
Warn: at most 300 s, or two references differ by more than 60 s.
Fail: more than 300 s.
Unknown: no Date header.
Of an even number of references the middle one nearer to zero counts: a failure must be proven.",
}

/// One host and how far it is ahead of this machine, in seconds.
struct Reference<'a> {
    name: String,
    skew: i64,
    record: &'a Record,
    path: &'static str,
}

fn judge(case: &Case) -> Answer {
    let roles = [HostRole::RelayEvent, HostRole::RelayDoc, HostRole::Login];
    let hosts = hosts::with_role(case.scene, &roles);
    let mut references: Vec<Reference> = hosts.iter().filter_map(|host| reference(case, host)).collect();
    references.sort_by(|a, b| a.skew.cmp(&b.skew).then_with(|| a.name.cmp(&b.name)));
    let (Some(lowest), Some(highest)) = (references.first(), references.last()) else {
        return Err(no_header(case, &hosts));
    };
    let skew = median(&references);
    let spread = highest.skew - lowest.skew;
    let judgement = match grade(skew, 0) {
        Status::Fail => Judgement::fail(format!(
            "The server's clock is {} against the cloud; relay tokens and the wizard fail above 300 s.",
            words(skew)
        ))
        .step(correct()),
        _ if spread > CLOCK_WARN => Judgement::warn(format!(
            "Two answers of the cloud differ by {spread} s, so one of them carries another clock: {} is the \
             earliest, {} the latest.",
            lowest.name, highest.name
        )),
        Status::Warn => Judgement::warn(format!(
            "The server's clock is {} against the cloud; relay tokens and the wizard fail above 300 s.",
            words(skew)
        ))
        .step(correct()),
        _ => Judgement::pass(format!("The server's clock agrees with the cloud: {}.", words(skew))),
    };
    let judgement = turning(judgement.said(SKEW, skew).said(SPREAD, spread), skew, spread);
    // The smallest skew that is a warning, in the direction of the own one.
    let warned = if skew < 0 { -CLOCK_WARN - 1 } else { CLOCK_WARN + 1 };
    let judgement = references.iter().fold(judgement, |judgement, reference| {
        let judgement = judgement.read(reference.record, reference.path);
        match reference.path {
            "skewSeconds" => judgement.or(0).or(warned),
            _ => judgement,
        }
    });
    Ok(references.iter().fold(judgement, |judgement, reference| {
        judgement.with(&format!("skew to {}", reference.name), format!("{} s (reference minus local)", reference.skew))
    }))
}

const SKEW: &str = "median skew in s";
const SPREAD: &str = "largest difference in s";

/// The skew, or else the difference of two references, with which the status would be another.
fn turning(judgement: Judgement, skew: i64, spread: i64) -> Judgement {
    let status = |skew: i64, spread: i64| match grade(skew, 0) {
        Status::Pass if spread > CLOCK_WARN => Status::Warn,
        other => other,
    };
    let (own, side) = (status(skew, spread), if skew < 0 { -1 } else { 1 });
    let skews = [CLOCK_WARN, CLOCK_WARN + 1, CLOCK_FAIL, CLOCK_FAIL + 1];
    let other = |bound: &i64| status(side * bound, spread) != own;
    match skews.iter().filter(|bound| other(bound)).min_by_key(|bound| (skew.abs() - **bound).abs()) {
        _ if own == Status::Warn && status(skew, CLOCK_WARN) == Status::Pass => {
            judgement.turn(SPREAD, CLOCK_WARN, Status::Pass)
        }
        Some(bound) => judgement.turn(SKEW, side * bound, status(side * bound, spread)),
        None => judgement,
    }
}

/// The time of one host: measured, else from the Date header of an answer. One reference per host.
fn reference<'a>(case: &Case<'a>, host: &Target) -> Option<Reference<'a>> {
    let evidence = case.scene.evidence;
    let named = |skew: Option<i64>, record: &'a Record, path: &'static str| {
        Some(Reference { name: clean(&host.display), skew: skew?, record, path })
    };
    let clocks = evidence.facts_at::<Clock>(&host.key);
    let measured =
        clocks.iter().find_map(|fact| named(fact.data.skew_seconds.map(i64::from), fact.record, "skewSeconds"));
    // An answer of the proxy to CONNECT carries the clock of the proxy.
    let answered = || {
        let answers = evidence.facts_at::<Http>(&host.key);
        let mut origin = answers.iter().filter(|fact| fact.data.stage == "Origin");
        origin
            .find_map(|fact| named(skew_of(fact.data.date_header.as_deref()?, fact.record), fact.record, "dateHeader"))
    };
    let shaken = || {
        let handshakes = evidence.facts_at::<Tls>(&host.key);
        handshakes.iter().find_map(|fact| {
            named(skew_of(fact.data.http_date_header.as_deref()?, fact.record), fact.record, "httpDateHeader")
        })
    };
    measured.or_else(answered).or_else(shaken)
}

/// Seconds from the time of the record to its Date header (RFC 9110, 5.6.7); `None` for another text.
fn skew_of(header: &str, record: &Record) -> Option<i64> {
    let date = httpdate::parse_http_date(header).ok()?;
    let date_ms = i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
    Some(date_ms.checked_sub(record.collected_at_unix_ms)? / 1000)
}

/// The middle of sorted references, of an even number the one nearer to zero.
fn median(references: &[Reference]) -> i64 {
    let upper = references[references.len() / 2].skew;
    let lower = references[(references.len() - 1) / 2].skew;
    if lower.abs() <= upper.abs() { lower } else { upper }
}

fn no_header(case: &Case, hosts: &[Target]) -> Judgement {
    let records = |kind| hosts.iter().flat_map(move |host| case.scene.evidence.records_at(kind, &host.key));
    let failed = |record: &&Record| !matches!(record.state, State::Ok | State::Partial | State::NotFound);
    let mut all = [Kind::Clock, Kind::Http].into_iter().flat_map(records);
    match all.find(failed) {
        Some(record) => Judgement::unreadable(record),
        None => Judgement::unknown(Reason::NotCollected, "No answer of the cloud carried a time (Date header).")
            .said("answers with a time", 0),
    }
}

fn correct() -> Step {
    Step {
        text: "Correct the time source of the domain or of this server, then compare again.".to_owned(),
        command: Some("w32tm /query /source; w32tm /resync".to_owned()),
        run_on: Some("sync server".to_owned()),
        needs_rights: Some("local administrator".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW718".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
#[path = "clock_cloud_tests.rs"]
mod tests;
