//! Data of the kinds that describe a machine: `services`, `os`, `clock`, `event-log`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `services`: the services that writeback rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Services {
    pub services: Vec<Service>,
    pub cloud_sync_agent_version: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    pub name: String,
    pub display: Option<String>,
    pub state: Option<String>,
    pub start_type: Option<String>,
    pub account: Option<String>,
    pub image_path: Option<String>,
    pub file_version: Option<String>,
}

/// `os`: the machine that the run is on. Fields that do not exist on an operating system are null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Os {
    /// `Server`, `DomainController` or `Workstation`.
    pub product_type: Option<String>,
    pub build: Option<u32>,
    pub domain_joined: Option<bool>,
    pub domain: Option<String>,
    pub ad_site: Option<String>,
    pub is64_bit_process: bool,
    pub elevated: Option<bool>,
    /// SHA-1 of the certificates in the machine's root store, upper-case hex.
    pub root_store: Vec<String>,
    pub disallowed_store: Vec<String>,
    pub dns_servers: Vec<String>,
}

/// `clock`: this machine's clock against one reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Clock {
    /// Full name of a controller, or host name of an https reference.
    pub reference: String,
    pub reference_unix_ms: Option<i64>,
    pub local_unix_ms: Option<i64>,
    pub round_trip_ms: Option<u32>,
    /// Reference minus local, whole seconds, signed; half the round trip is taken off.
    pub skew_seconds: Option<i32>,
    /// Resolution of the reference in milliseconds (1000 for both sources).
    pub resolution: u32,
}

/// `event-log`: events of one log or file, as far as writeback is concerned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EventLog {
    /// `live` or `evtx`.
    pub source: String,
    pub file: Option<String>,
    pub computer: Option<String>,
    pub provider: Option<String>,
    pub oldest_unix_ms: Option<i64>,
    pub newest_unix_ms: Option<i64>,
    pub exported_at_unix_ms: Option<i64>,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    pub time_unix_ms: i64,
    pub provider: String,
    pub id: u32,
    pub level: Option<String>,
    pub record_id: Option<String>,
    pub tracking_id: Option<String>,
    pub hr: Vec<String>,
    pub win32: Vec<String>,
    pub signatures: Vec<String>,
    /// Relay hosts named in the text.
    pub namespaces: Vec<String>,
    pub endpoint: Option<String>,
    pub upn: Option<String>,
    pub cloud_anchor: Option<String>,
    pub source_anchor: Option<String>,
    pub reason: Option<String>,
    pub library_version: Option<String>,
    pub engine_version: Option<String>,
    pub text: Option<String>,
}
