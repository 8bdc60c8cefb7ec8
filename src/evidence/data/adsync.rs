//! Data of `adsync-config`: the sync server's own configuration, read by PowerShell and offered.

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
