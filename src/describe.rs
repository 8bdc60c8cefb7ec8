//! What this build can do, as data: for `Get-PasswordWritebackCheck`, completion and tests.

use crate::catalog::{Area, Class, Proof, RunsAt, Severity, TargetKind, links, registry};
use crate::contract::{SCHEMA, ToolInfo};
use crate::engine::{Diagnostic, tool};
use crate::knowledge::{TableInfo, Tables};
use schemars::JsonSchema;
use serde::Serialize;

/// The answer of `pwb_describe`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    pub schema: u32,
    pub tool: ToolInfo,
    pub diagnostics: Vec<DiagnosticInfo>,
    pub checks: Vec<CheckInfo>,
    pub tables: Vec<TableInfo>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticInfo {
    pub cmdlet: String,
    pub export: String,
    /// Checks that it runs without `-Check`.
    pub checks: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckInfo {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub area: Area,
    pub class: Class,
    pub proof: Proof,
    pub target: TargetKind,
    pub evidence: Vec<String>,
    pub runs_at: RunsAt,
    pub blocked_by: Vec<String>,
    /// Blocked only when every finding of these fails.
    pub blocked_by_all: Vec<String>,
    pub remediation: String,
    pub link: String,
    pub since: String,
    pub rule: String,
    /// Lines of Microsoft's support article that it covers, in the article's numbering; empty for most.
    pub article: Vec<u32>,
}

/// Lines of the support article "Password writeback is not working" and the checks that cover them
/// (catalog 9).
const ARTICLE: &[(u32, &[&str])] = &[
    (1, &["PW101"]),
    (3, &["PW104"]),
    (5, &["PW101", "PW102", "PW106"]),
    (7, &["PW108", "PW106"]),
    (8, &["PW402", "PW403", "PW405", "PW406", "PW407", "PW420"]),
    (9, &["PW411"]),
    (10, &["PW403", "PW411"]),
    (11, &["PW207", "PW206", "PW905", "PW209"]),
    (13, &["PW210", "PW212"]),
    (14, &["PW416", "PW415", "PW418", "PW420"]),
    (15, &["PW706", "PW707", "PW710", "PW501", "PW203"]),
    (16, &["PW721", "PW720", "PW722"]),
    (18, &["PW707", "PW709"]),
    (19, &["PW301", "PW303", "PW304", "PW307", "PW317"]),
    (20, &["PW317", "PW301", "PW303", "PW304", "PW307", "PW308", "PW309", "PW311", "PW312", "PW313", "PW315"]),
    (21, &["PW707", "PW303"]),
    (22, &["PW315"]),
    (23, &["PW703", "PW705", "PW808"]),
];

pub fn describe() -> Description {
    let own = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<String>>();
    Description {
        schema: SCHEMA,
        tool: tool(),
        diagnostics: Diagnostic::ALL
            .into_iter()
            .map(|diagnostic| DiagnosticInfo {
                cmdlet: diagnostic.cmdlet().to_owned(),
                export: diagnostic.export().to_owned(),
                checks: registry::checks()
                    .filter(|check| diagnostic.includes(check))
                    .map(|check| check.id.to_owned())
                    .collect(),
            })
            .collect(),
        checks: registry::checks()
            .map(|check| CheckInfo {
                id: check.id.to_owned(),
                title: check.title.to_owned(),
                severity: check.severity,
                area: check.area,
                class: check.class,
                proof: check.proof,
                target: check.target,
                evidence: check.evidence.iter().map(|kind| kind.name().to_owned()).collect(),
                runs_at: check.runs_at,
                blocked_by: own(check.blocked_by),
                blocked_by_all: own(check.blocked_by_all),
                remediation: check.remediation.to_owned(),
                link: links::address(check.link).unwrap_or_default().to_owned(),
                since: check.since.to_owned(),
                rule: check.rule.to_owned(),
                article: ARTICLE
                    .iter()
                    .filter(|(_, checks)| checks.contains(&check.id))
                    .map(|(line, _)| *line)
                    .collect(),
            })
            .collect(),
        tables: Tables::shipped().info,
    }
}
