//! Evidence that travels: a zip with a manifest and one NDJSON file per kind.
//!
//! Only the names below are read; a line is at most 1 MiB, everything unpacked at most 2 GiB and at most
//! 200 times the packed size, so a hostile archive ends in an error instead of a full disk or memory.

mod read;
mod write;

pub use read::{Source, read};
pub use write::write;

use crate::contract::ToolInfo;
use crate::engine::RunHeader;
use crate::knowledge::TableInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const MANIFEST: &str = "manifest.json";
const REPORT: &str = "report.json";
const RECORDS: &str = "records/";

const MOST_LINE: usize = 1024 * 1024;
const MOST_UNPACKED: u64 = 2 * 1024 * 1024 * 1024;
const MOST_RATIO: u64 = 200;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema: u32,
    pub tool: ToolInfo,
    /// The run that collected the evidence.
    pub run: RunHeader,
    /// False in this version: names of people and machines stand in the bundle.
    pub redacted: bool,
    pub knowledge: Vec<TableInfo>,
    pub entries: Vec<Entry>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub name: String,
    /// Lower-case hex of the unpacked content.
    pub sha256: String,
    /// Records in it; 1 for a report.
    pub count: u32,
}
