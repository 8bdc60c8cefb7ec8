//! What is said of the ports of one controller.

use crate::catalog::Target;
use schemars::JsonSchema;
use serde::Serialize;

/// A controller with every port that the checks know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControllerPorts {
    pub target: Target,
    /// Any of `pdc`, `preferred`, `last`, `site`, `other`; empty when the inventory does not have it.
    pub roles: Vec<String>,
    pub site: Option<String>,
    pub read_only: Option<bool>,
    pub global_catalog: Option<bool>,
    /// By number; last what the endpoint mapper names.
    pub ports: Vec<ControllerPort>,
}

/// One port, over all addresses of the controller that were tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControllerPort {
    /// Null as long as the endpoint mapper has not named it.
    pub port: Option<u16>,
    pub service: String,
    pub state: PortState,
    /// Of the attempt that gave the state.
    pub ms: Option<u32>,
    /// Why it does not connect or was not tried; null where it connects.
    pub why: Option<String>,
    pub attempts: Vec<PortAttempt>,
}

/// One attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortAttempt {
    pub address: String,
    pub state: PortState,
    pub ms: u32,
}

/// How a port was found; the better ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PortState {
    Connected,
    Refused,
    Reset,
    TimedOut,
    Unreachable,
    /// An attempt came to no end, or ended in a way that this version does not know.
    Unknown,
    NotTried,
}
