//! Data of `operator-input`: what the administrator told us.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OperatorInput {
    /// Lines of the firewall allow list.
    pub allow_list: Vec<String>,
    /// `Public`, `UsGov` or `China`.
    pub cloud: Option<String>,
    /// Relay namespaces to probe.
    pub namespaces: Vec<String>,
    /// This machine is the sync server.
    pub sync_server: bool,
    /// Domains and controllers that were named.
    pub domains: Vec<String>,
    pub servers: Vec<String>,
    pub include_legacy_port: bool,
    pub all_controller: bool,
    /// Connector accounts that were named, as they were written.
    pub connector_accounts: Vec<String>,
    /// `Reset`, `Change`, `Unlock` or `AdminReset`.
    pub operation: Option<String>,
    /// `Connect`, `CloudSync` or `Auto`.
    pub engine: Option<String>,
}
