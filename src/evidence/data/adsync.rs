//! Data of `adsync-config`, `adsync-runs` and `adsync-object`: what the sync server itself knows, read by PowerShell and
//! offered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AdSyncConfig {
    pub version: Option<String>,
    pub connectors: Vec<Connector>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Connector {
    pub name: String,
    pub id: Option<String>,
    /// `AD` or `Entra`.
    pub kind: String,
    pub forest: Option<String>,
    pub login_domain: Option<String>,
    pub login_user: Option<String>,
    pub sign_and_seal: Option<bool>,
    pub ssl_bind: Option<bool>,
    pub partitions: Vec<Partition>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Partition {
    pub dn: String,
    pub is_domain: Option<bool>,
    pub selected: Option<bool>,
    pub preferred_dcs: Vec<String>,
    /// An inference from the connector's failover setting; null = not known.
    pub only_preferred: Option<bool>,
    pub last_dc: Option<String>,
    pub sign_and_seal: Option<bool>,
    pub ssl_bind: Option<bool>,
}

/// `adsync-runs`: the history of runs that the sync service keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AdSyncRuns {
    pub runs: Vec<AdSyncRun>,
    pub oldest_entry_unix_ms: Option<i64>,
    /// How long the scheduler keeps the history, as it writes it (`7.00:00:00`).
    pub purge_interval: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AdSyncRun {
    /// Name of the connector.
    pub connector: String,
    pub profile: Option<String>,
    /// `FullImport`, `DeltaImport`, `FullSynchronization`, ...
    pub steps: Vec<String>,
    /// `success`, `completed-export-errors`, `no-start-credentials`, ...
    pub result: Option<String>,
    pub start_unix_ms: Option<i64>,
    pub end_unix_ms: Option<i64>,
    pub complete: Option<bool>,
}

/// `adsync-object`: what the sync engine holds of one user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AdSyncObject {
    pub cs_found: Option<bool>,
    pub cs_dn: Option<String>,
    pub mv_id: Option<String>,
    pub joined_entra: Option<bool>,
    pub provisioned_only: Option<bool>,
    pub link_tags: Vec<String>,
    pub password_sync_rule_linked: Option<bool>,
    /// Enabled accounts of Active Directory that are joined to the same metaverse object.
    pub enabled_copies: Option<u32>,
    pub pending_export: Option<bool>,
}
