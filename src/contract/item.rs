//! What a poll returns: a snapshot with the items that are ready.

use super::{ContractError, ControllerPorts, CoverageResult, Finding, Report, UserResult};
use crate::bundle::Manifest;
use crate::engine::RunHeader;
use crate::evidence::Record;
use crate::evidence::collect::Touched;
use schemars::JsonSchema;
use serde::Serialize;

/// One thing on its way to the pipeline; each is delivered once.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Item {
    Finding(Box<Finding>),
    /// The answer for one user, after its findings.
    User(Box<UserResult>),
    /// All users of a domain.
    Coverage(Box<CoverageResult>),
    /// A controller with every port, when the request asked for the matrix.
    Matrix(Box<ControllerPorts>),
    /// A record of the run, when the request asked for evidence.
    Evidence {
        record: Box<Record>,
    },
    /// The run that the records belong to: when the request asked for evidence, after its records.
    Run {
        run: Box<RunHeader>,
    },
    /// A bundle that was read or written.
    Manifest {
        path: String,
        manifest: Box<Manifest>,
    },
    /// What a run would touch.
    Plan(PlanItem),
    Message {
        level: MessageLevel,
        text: String,
    },
}

/// One thing that a run would touch, and for which checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanItem {
    pub touched: Touched,
    pub checks: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageLevel {
    Output,
    Verbose,
    Warning,
    Debug,
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub done: u32,
    /// Grows while the run learns what there is to look at; 0 where it is not known yet.
    pub total: u32,
    /// A scan does not count its users before it reads them.
    pub total_is_estimated: bool,
    pub activity: String,
    pub message: String,
    pub rate_per_second: Option<f64>,
    pub remaining_ms: Option<u32>,
}

/// The answer of a poll. Written by hand in `jobs` from items that are JSON already; this type is its
/// schema and its documentation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub schema: u32,
    pub job: u64,
    /// `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub progress: Progress,
    pub items: Vec<Item>,
    /// Another snapshot is ready now.
    pub more: bool,
    /// In the last snapshots of a job that judges. Its `findings` are empty: they came as items.
    pub report: Option<Box<Report>>,
    pub error: Option<ContractError>,
}
