//! Data tables: what Microsoft's products are like today, each with an as-of date and a source.
//!
//! The shipped files are compiled in. `-KnowledgePath` adds rows from files of the same form; a row with
//! a key that is already there replaces it.

mod authorities;
mod endpoints;
mod load;
mod systems;

pub use authorities::{Authority, AuthorityKind};
pub use endpoints::{Cloud, HostRole, KnownHost};
pub use load::{AddedFile, KnowledgeError};
pub use systems::OperatingSystem;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One table file: its name, its date, its source, its rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TableFile<Row> {
    #[allow(dead_code, reason = "checked against the file name when it is read")]
    pub table: String,
    pub as_of: String,
    pub source: String,
    pub rows: Vec<Row>,
}

/// Name, date and source of a table, as the report shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableInfo {
    pub table: String,
    pub as_of: String,
    pub source: String,
}

/// All tables of a run.
#[derive(Clone, Debug)]
pub struct Tables {
    pub clouds: Vec<Cloud>,
    pub authorities: Vec<Authority>,
    pub systems: Vec<OperatingSystem>,
    /// Shipped tables first, then each added file.
    pub info: Vec<TableInfo>,
}
