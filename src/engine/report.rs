//! The report: a pure function of evidence, plan, tables and the header of the run.

use super::coverage::coverages;
use super::forecast::forecast;
use super::history::History;
use super::judge::Judge;
use super::next::next;
use super::not_examined::not_examined;
use super::plan::Plan;
use super::rank::{Ranked, rank};
use super::suppress::Suppressions;
use super::verdict::{Kin, exit_code, verdict_state};
use crate::catalog::{NameValue, Scene, Status, Target, registry};
use crate::checks::network::hosts;
use crate::checks::targets;
use crate::contract::{Cause, Counts, Finding, Report, RunState, SCHEMA, ToolInfo, Truncated, Verdict, VerdictState};
use crate::evidence::collect::Touched;
use crate::evidence::{Evidence, Vantage};
use crate::ffi::{ABI_MAJOR, ABI_MINOR};
use crate::knowledge::Tables;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Findings per check that stand in a report; the pipeline gets all.
const MOST_PER_CHECK: usize = 1_000;

/// Causes that are printed.
const MOST_CAUSES: usize = 3;

/// What a run knows of itself beside its evidence. Stands in the manifest of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunHeader {
    pub host: String,
    pub vantage: Vantage,
    /// The time that ages are counted from: the start of the job.
    pub now_unix_ms: i64,
    pub started_unix_ms: i64,
    pub duration_ms: u32,
    pub state: RunState,
    /// What the run touched.
    pub touched: Vec<Touched>,
}

impl RunHeader {
    /// The run that a report is about.
    pub fn of(report: &Report) -> RunHeader {
        RunHeader {
            host: report.host.clone(),
            vantage: report.vantage,
            now_unix_ms: report.now_unix_ms,
            started_unix_ms: report.started_unix_ms,
            duration_ms: report.duration_ms,
            state: report.state,
            touched: report.touched.clone(),
        }
    }
}

/// Version of the product and of the ABI.
pub fn tool() -> ToolInfo {
    ToolInfo { version: env!("CARGO_PKG_VERSION").to_owned(), abi: format!("{ABI_MAJOR}.{ABI_MINOR}") }
}

/// Judges everything and writes it down.
pub fn report(
    header: &RunHeader,
    plan: &Plan,
    suppressions: &Suppressions,
    evidence: &Evidence,
    tables: &Tables,
) -> Report {
    report_with(header, plan, suppressions, evidence, tables, Vec::new())
}

/// The same with the findings of a scan, which leaves no evidence: they stand in place of what the evidence says
/// of the same checks.
pub fn report_with(
    header: &RunHeader,
    plan: &Plan,
    suppressions: &Suppressions,
    evidence: &Evidence,
    tables: &Tables,
    scanned: Vec<Finding>,
) -> Report {
    let scene = Scene { evidence, tables, now_unix_ms: header.now_unix_ms };
    let judge = Judge::new(&scene).explaining(plan.explain);
    let mut findings: Vec<Finding> = Vec::new();
    let mut folded: BTreeSet<&'static str> = BTreeSet::new();
    let is_scanned = |id: &str| scanned.iter().any(|finding| finding.id == id);
    for check in plan.selected.iter().filter(|check| !is_scanned(check.id)) {
        let targets = judge.targets(check);
        if targets.is_empty() {
            folded.insert(check.id);
        }
        for target in targets.iter() {
            let finding = judge.finding(check, target, suppressions);
            if Judge::is_folded(&finding) && !plan.include_not_collected {
                folded.insert(check.id);
            } else {
                findings.push(finding);
            }
        }
    }
    findings.extend(scanned);
    findings.sort_by(|a, b| (&a.id, &a.target.key).cmp(&(&b.id, &b.target.key)));

    let history = History::read(evidence);
    let ranked = rank(&findings, &history, header.now_unix_ms);
    let kin = Kin { relay_hosts: relay_hosts(&scene), domains: served_domains(&scene) };
    let (state, proven) = verdict_state(&findings, &ranked, &history, &kin, header.now_unix_ms);
    let probable_causes: Vec<Cause> = ranked
        .iter()
        .take(MOST_CAUSES)
        .map(|cause| describe(cause, &findings, after_fix(cause, &findings, &history, &kin, header.now_unix_ms)))
        .collect();
    let verdict = Verdict {
        state,
        proven,
        summary: summary(state, &probable_causes),
        exit_code: exit_code(state),
        next: if state == VerdictState::NotProven { next(&findings) } else { Vec::new() },
        probable_causes,
    };
    let counts = count(&findings);
    let not_examined = not_examined(&scene, plan, &folded);
    let truncated = truncate(&mut findings);
    Report {
        schema: SCHEMA,
        tool: tool(),
        knowledge: tables.info.clone(),
        host: header.host.clone(),
        vantage: header.vantage,
        now_unix_ms: header.now_unix_ms,
        started_unix_ms: header.started_unix_ms,
        duration_ms: header.duration_ms,
        state: header.state,
        verdict,
        counts,
        findings,
        truncated,
        not_examined,
        coverage: coverages(&scene, plan),
        forecast: forecast(&scene),
        touched: header.touched.clone(),
    }
}

/// Relay hosts that decide the verdict: those of events, else the documented ones.
fn relay_hosts(scene: &Scene) -> Vec<Target> {
    use crate::knowledge::HostRole::{RelayDoc, RelayEvent};
    let all = hosts::hosts(scene);
    let role = if all.iter().any(|host| host.role == RelayEvent) { RelayEvent } else { RelayDoc };
    all.into_iter().filter(|host| host.role == role).map(|host| host.target).collect()
}

/// The domains, each within what any record says that it lies in: who serves a domain is learnt after its name.
pub(super) fn served_domains(scene: &Scene) -> Vec<Target> {
    let around = |domain: Target| {
        let records = scene.evidence.records().filter(|record| record.target.is_in(&domain.key));
        let known = records.flat_map(|record| record.target.within.iter().filter(|key| **key != domain.key));
        let within: BTreeSet<&String> = domain.within.iter().chain(known).collect();
        Target { within: within.into_iter().cloned().collect(), ..domain }
    };
    targets::domains(scene).into_iter().map(around).collect()
}

/// The verdict when the cause and all it explains pass, and what it blocks is unknown: an estimate.
fn after_fix(cause: &Ranked, findings: &[Finding], history: &History, kin: &Kin, now: i64) -> VerdictState {
    let mut repaired = findings.to_vec();
    for &index in cause.findings.iter().chain(&cause.explains) {
        repaired[index].status = Status::Pass;
    }
    for &index in &cause.blocks {
        repaired[index].status = Status::Unknown;
        repaired[index].reason = None;
    }
    let ranked = rank(&repaired, history, now);
    verdict_state(&repaired, &ranked, history, kin, now).0
}

fn describe(cause: &Ranked, findings: &[Finding], after_fix: VerdictState) -> Cause {
    let first = &findings[cause.findings[0]];
    let sentences: Vec<&str> = cause.findings.iter().take(3).map(|&index| findings[index].message.as_str()).collect();
    let mut explanation = sentences.join(" ");
    if cause.findings.len() > 3 {
        explanation.push_str(&format!(" And {} more.", cause.findings.len() - 3));
    }
    let effects: BTreeSet<String> =
        cause.explains.iter().chain(&cause.blocks).map(|&index| findings[index].id.to_string()).collect();
    let evidence: Vec<NameValue> = first.evidence.iter().take(8).cloned().collect();
    Cause {
        id: cause.id.clone(),
        keys: cause.findings.iter().map(|&index| findings[index].key.clone()).collect(),
        title: first.title.to_string(),
        score: cause.score(),
        confidence: cause.confidence,
        explanation,
        evidence,
        remediation: first.remediation.to_string(),
        steps: first.steps.clone(),
        link: first.link.to_string(),
        explains: cause.explains.iter().map(|&index| findings[index].key.clone()).collect(),
        effects: effects.into_iter().collect(),
        needed: if cause.is_symptom { needed(&cause.id, findings) } else { Vec::new() },
        after_fix: Some(after_fix),
    }
}

/// Unknown checks among the possible causes of a symptom.
fn needed(symptom: &str, findings: &[Finding]) -> Vec<String> {
    let is_unknown = |id: &str| {
        let mut own = findings.iter().filter(|finding| finding.id == id).peekable();
        own.peek().is_none() || own.any(|finding| finding.status == Status::Unknown)
    };
    super::causes::edges()
        .filter(|edge| edge.effect == symptom && is_unknown(edge.cause))
        .map(|edge| edge.cause.to_owned())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn summary(state: VerdictState, causes: &[Cause]) -> String {
    let cause = match causes {
        [] => return match state {
            VerdictState::Working => "Password writeback works: a password was written back, or the channel is alive.".to_owned(),
            _ => "No cause was found in what was examined. That is no proof that writeback works: see what was not examined.".to_owned(),
        },
        [only] => format!("\"{}\" ({}) is not met", only.title, only.id),
        // A larger second score is that of a user, who comes after the service.
        [first, second, ..] if second.score * 10.0 >= first.score * 9.0 && second.score <= first.score => {
            format!("\"{}\" ({}) or \"{}\" ({}) is not met", first.title, first.id, second.title, second.id)
        }
        [first, ..] => format!("\"{}\" ({}) is not met", first.title, first.id),
    };
    match state {
        VerdictState::NotWorking => format!("Password writeback cannot work. {cause}."),
        VerdictState::Degraded => format!("Password writeback fails for some. {cause}."),
        VerdictState::AtRisk => format!("Password writeback is at risk. {cause}."),
        VerdictState::Working => format!("Password writeback works. Worth a look: {cause}."),
        VerdictState::NotProven => {
            format!("Nothing found stops password writeback, and nothing proves that it works. Worth a look: {cause}.")
        }
    }
}

fn count(findings: &[Finding]) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        if finding.suppressed.is_some() {
            counts.suppressed += 1;
            continue;
        }
        match finding.status {
            Status::Pass => counts.pass += 1,
            Status::Warn => counts.warn += 1,
            Status::Fail => counts.fail += 1,
            Status::Unknown => counts.unknown += 1,
            Status::NotApplicable => counts.not_applicable += 1,
        }
    }
    counts
}

/// Cuts each check to its first findings in the order of their keys.
fn truncate(findings: &mut Vec<Finding>) -> Vec<Truncated> {
    let mut cut = Vec::new();
    for check in registry::checks() {
        let total = findings.iter().filter(|finding| finding.id == check.id).count();
        if total > MOST_PER_CHECK {
            let mut seen = 0;
            findings.retain(|finding| {
                seen += usize::from(finding.id == check.id);
                finding.id != check.id || seen <= MOST_PER_CHECK
            });
            cut.push(Truncated { id: check.id.to_owned(), shown: MOST_PER_CHECK as u32, total: total as u32 });
        }
    }
    cut
}
