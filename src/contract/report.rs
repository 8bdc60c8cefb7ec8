//! The report of a run: verdict, causes, findings, and what was not examined.

use super::{CoverageResult, Finding};
use crate::catalog::Step;
use crate::evidence::Vantage;
use crate::evidence::collect::Touched;
use crate::knowledge::TableInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Design section 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub schema: u32,
    pub tool: ToolInfo,
    pub knowledge: Vec<TableInfo>,
    /// The machine that the evidence speaks of.
    pub host: String,
    pub vantage: Vantage,
    /// The time that ages are counted from.
    pub now_unix_ms: i64,
    pub started_unix_ms: i64,
    pub duration_ms: u32,
    pub state: RunState,
    pub verdict: Verdict,
    pub counts: Counts,
    /// Sorted by id, then target key. Empty in a snapshot, where findings came as items.
    pub findings: Vec<Finding>,
    /// Checks of which only the first 1 000 findings stand here.
    pub truncated: Vec<Truncated>,
    pub not_examined: Vec<NotExamined>,
    /// Coverage of users; empty as long as no user was examined.
    pub coverage: Vec<CoverageResult>,
    pub forecast: Vec<Forecast>,
    pub touched: Vec<Touched>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolInfo {
    pub version: String,
    /// `major.minor`
    pub abi: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    Done,
    Cancelled,
}

/// Catalog 6.4. Only some checks may have run; `next` says what would prove more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub state: VerdictState,
    /// The positive proof of `working` is at hand, whatever the state.
    pub proven: bool,
    pub summary: String,
    /// 0 working, 1 at risk, 2 degraded or not working, 3 not proven. Also the Nagios state.
    pub exit_code: u8,
    pub probable_causes: Vec<Cause>,
    /// Evidence to collect next, best first, when the state is `notProven`.
    pub next: Vec<Missing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum VerdictState {
    Working,
    AtRisk,
    Degraded,
    NotWorking,
    NotProven,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// A probable cause (catalog 6.2, 6.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    pub id: String,
    /// Keys of its findings.
    pub keys: Vec<String>,
    pub title: String,
    /// Rounded to tenths.
    pub score: f64,
    pub confidence: Confidence,
    /// What was found, one sentence per finding (at most three).
    pub explanation: String,
    pub evidence: Vec<crate::catalog::NameValue>,
    pub remediation: String,
    pub steps: Vec<Step>,
    pub link: String,
    /// Keys of the findings that it explains; they are no causes of their own.
    pub explains: Vec<String>,
    /// Ids of the checks whose findings it explains or blocks.
    pub effects: Vec<String>,
    /// For a symptom without a cause: Unknown checks among its possible causes.
    pub needed: Vec<String>,
    /// Estimate of the verdict once this is repaired.
    pub after_fix: Option<VerdictState>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub pass: u32,
    pub warn: u32,
    pub fail: u32,
    pub unknown: u32,
    pub not_applicable: u32,
    pub suppressed: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Truncated {
    pub id: String,
    pub shown: u32,
    pub total: u32,
}

/// One line on what was not examined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotExamined {
    pub what: String,
    pub why: String,
    /// The parameter or place that adds it; empty when this version cannot.
    pub how: String,
    pub checks: Vec<String>,
}

/// Evidence that would tell more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// Evidence kind.
    pub kind: String,
    /// Checks that miss it.
    pub checks: Vec<String>,
    /// How many of the possible causes it would decide.
    pub separates: u32,
    pub command: String,
    pub run_on: String,
}

/// What will break next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    pub at_unix_ms: Option<i64>,
    pub what: String,
    pub check: String,
    pub target: String,
}
