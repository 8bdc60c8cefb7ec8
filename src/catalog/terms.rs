//! The closed vocabularies of the catalog: what a status, a severity, a proof and a cause class may be.
//!
//! Spelling in JSON is camelCase for statuses and reasons and the catalog's own capitals for cause
//! classes and proofs, so that what an administrator reads, searches and filters for is one word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the evidence says about one requirement for one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// The requirement is proven met.
    Pass,
    /// Met in part, or a documented risk, or sources disagree.
    Warn,
    /// Evidence in hand proves that the requirement is not met.
    Fail,
    /// Evidence is missing, unreadable, partial or ambiguous. Never a verdict about the site.
    Unknown,
    /// The topology does not need it, or a prerequisite failed.
    NotApplicable,
}

/// Why a finding is `Unknown` or `NotApplicable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    NotCollected,
    AccessDenied,
    NotReadable,
    Timeout,
    Partial,
    ToolLimit,
    Ambiguous,
    DataTooOld,
    Blocked,
    NotConfigured,
    NotASyncServer,
    ByDesign,
    OptedOut,
}

/// How much a failure would matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    Info,
    /// Advice.
    Low,
    /// Some users or one operation.
    Medium,
    /// A domain, many users, or it will break at a known moment.
    High,
    /// Nobody can be written back.
    Critical,
}

/// Strength of the evidence behind a Fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Proof {
    /// The failure itself was observed: an event, a refused connection.
    A,
    /// A configuration contradicts a hard requirement.
    B,
    /// A configuration contradicts advice, or the reading is inferred.
    C,
    /// Information only.
    D,
}

/// The family of causes that a check belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Class {
    License,
    Switch,
    Sspr,
    Admin,
    Path,
    Network,
    Proxy,
    Tls,
    Idle,
    Clock,
    DcReach,
    DcCap,
    Rights,
    Sam,
    Protected,
    Policy,
    UserState,
    Scope,
    Server,
    Keys,
    Version,
    Engine,
    Incident,
    OtherAgent,
    Tool,
}

/// The nine areas of the catalog, in the order of their ids (PW1xx to PW9xx).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    License,
    Tenant,
    Network,
    Directory,
    Permission,
    Policy,
    Server,
    Event,
    User,
}

/// Where a check can get its evidence; every check also runs from a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunsAt {
    Anywhere,
    DomainNetwork,
    SyncServer,
    WithGraphToken,
    DomainController,
}
