//! One answer of one check for one target, as the pipeline gets it.

use crate::catalog::{Area, Class, Flip, NameValue, Proof, Reason, Severity, Status, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Catalog 0.1.
// The words of the declaration are not copied into each of a scan's many findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// `id@target.key`, unique in a report.
    pub key: String,
    pub id: Cow<'static, str>,
    pub area: Area,
    pub title: Cow<'static, str>,
    pub status: Status,
    /// The status before the role rules lowered it; blocking reads this one.
    pub outcome: Status,
    pub reason: Option<Reason>,
    /// Severity of a Fail, overrides of the rule included.
    pub severity: Severity,
    /// What it is shown as and counts for `-FailOn`: a Warn one step lower, unless its rule states one.
    pub counts_as: Severity,
    pub proof: Proof,
    pub class: Class,
    /// Classes decoded from events, the decisive one first; empty for most checks.
    pub classes: Vec<Class>,
    pub target: Target,
    /// False when the record behind it does not show the path of the sync service.
    pub representative: bool,
    pub message: String,
    pub evidence: Vec<NameValue>,
    pub remediation: Cow<'static, str>,
    pub steps: Vec<Step>,
    /// Address of the documentation page.
    pub link: Cow<'static, str>,
    /// Root ids of what blocks this check.
    pub blocked_by: Vec<String>,
    pub by_design: bool,
    pub suppressed: Option<Suppressed>,
    /// Why this status, where the request asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explain>,
}

/// The rule behind a finding (catalog 5, `-Explain`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explain {
    /// The branch of the check's rule that decided, as in the catalog.
    pub rule: String,
    /// The deciding fields: `kind.field` is a value of the evidence, with `@target` where it is about
    /// something else than the finding; other names are worked out from the evidence.
    pub fields: Vec<NameValue>,
    /// One other value with which the status would be another; null when no single one is known.
    pub flip: Option<Flip>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suppressed {
    pub reason: String,
    /// `YYYY-MM-DD`; the suppression ends with this day (UTC).
    pub expires: Option<String>,
    pub by: Option<String>,
}

impl Finding {
    /// Warn or Fail that counts: not suppressed, not by design.
    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::Warn | Status::Fail) && self.suppressed.is_none() && !self.by_design
    }
}
