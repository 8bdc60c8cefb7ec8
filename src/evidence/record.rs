//! One record: what was looked at, when, from where, and what was found.

use super::data::{Data, Payload};
use super::kind::Kind;
use crate::catalog::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Where a network path was seen from. Only the sync server sees the path of the service itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Vantage {
    SyncServer,
    DomainMember,
    Other,
    AutomationSandbox,
}

/// How reading went. Everything but `Ok` and `NotFound` means that nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum State {
    Ok,
    NotFound,
    NotReadable,
    AccessDenied,
    Timeout,
    Error,
    Partial,
    NotCollected,
}

/// Why a record is not `Ok`. `class` is one of ours (`toolLimit`, `panic`, `ldap`, `io`, ...).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordError {
    #[serde(default)]
    pub class: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub text: String,
}

/// The envelope of every piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub kind: Kind,
    pub target: Target,
    pub collected_at_unix_ms: i64,
    pub collector: Cow<'static, str>,
    pub vantage: Vantage,
    pub run_as: Arc<str>,
    pub duration_ms: u32,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RecordError>,
    /// The bundle that a merged record came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    #[schemars(with = "Value")]
    pub data: Payload,
    /// Where it stands in the evidence that it was added to.
    #[serde(skip)]
    pub place: usize,
}

// Written by hand because the type of `data` follows from `kind`. Unknown fields are ignored:
// evidence may grow.
impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Record, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Envelope {
            kind: Kind,
            target: Target,
            collected_at_unix_ms: i64,
            #[serde(default)]
            collector: Cow<'static, str>,
            vantage: Vantage,
            #[serde(default)]
            run_as: Arc<str>,
            #[serde(default)]
            duration_ms: u32,
            state: State,
            #[serde(default)]
            error: Option<RecordError>,
            #[serde(default)]
            origin: Option<String>,
            #[serde(default)]
            data: Value,
        }
        let envelope = Envelope::deserialize(deserializer)?;
        let data = Payload::from_json(envelope.kind, envelope.data)
            .map_err(|error| serde::de::Error::custom(format!("data of kind {}: {error}", envelope.kind.name())))?;
        Ok(Record {
            kind: envelope.kind,
            target: envelope.target,
            collected_at_unix_ms: envelope.collected_at_unix_ms,
            collector: envelope.collector,
            vantage: envelope.vantage,
            run_as: envelope.run_as,
            duration_ms: envelope.duration_ms,
            state: envelope.state,
            error: envelope.error,
            origin: envelope.origin,
            data,
            place: 0,
        })
    }
}

/// A readable record with its data in the right type.
#[derive(Debug)]
pub struct Fact<'a, D> {
    pub record: &'a Record,
    pub data: &'a D,
}

impl<'a, D> Clone for Fact<'a, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<'a, D> Copy for Fact<'a, D> {}

impl Record {
    /// The data, when the record was read. `Partial` records count as read: their missing parts are null.
    pub fn fact<D: Data>(&self) -> Option<Fact<'_, D>> {
        if !matches!(self.state, State::Ok | State::Partial) {
            return None;
        }
        D::from_payload(&self.data).map(|data| Fact { record: self, data })
    }
}
