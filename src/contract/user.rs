//! What is said of one user, and of all users of a domain.

use super::Finding;
use crate::catalog::{NameValue, Reason, Status, Target};
use crate::checks::user::can_reset::CanReset;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Would a password that is written back for this user be accepted now?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserResult {
    pub target: Target,
    pub can_reset: CanReset,
    /// The time before which the password may not be changed. With `yes` a caution.
    pub earliest_unix_ms: Option<i64>,
    pub reasons: Vec<UserReason>,
    /// Of a scan only those that are not Pass, and for which something was collected.
    pub findings: Vec<Finding>,
}

/// One check that decides the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserReason {
    pub id: String,
    pub message: String,
}

/// How many users of a domain can be written back, and why the others cannot (PW990).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoverageResult {
    pub target: Target,
    pub status: Status,
    pub reason: Option<Reason>,
    pub message: String,
    pub users: u32,
    pub writable: u32,
    /// Users that the rate is of: all but out of scope, disabled, protected by design, too young.
    pub counted: u32,
    /// Each user stands in exactly one.
    pub buckets: Vec<Count>,
    /// At most five containers, those with most failures first.
    pub containers: Vec<Count>,
    /// When the last password that is too young is old enough.
    pub too_young_until_unix_ms: Option<i64>,
    /// Parts of the domain that could not be read, and why.
    pub gaps: Vec<NameValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    pub name: String,
    pub count: u32,
}
