//! The diagnostics: from a request to a job.
//!
//! A start function validates everything it can without touching the world, then returns; the work runs
//! in the job. Secrets that a request names are taken by it, and wiped when it is refused.

mod analyze;
mod answers;
mod evidence;
#[cfg(test)]
mod files_tests;
mod live;
mod render;
mod scan;
mod values;

pub use analyze::analyze;
pub use evidence::{export_evidence, import_evidence};
pub use live::{test_all, test_connectivity, test_directory, test_permission, test_user};
pub use render::render;

use crate::contract::{ContractError, ErrorKind};
use crate::ffi::PwbStatus;
use crate::knowledge::Tables;
use std::path::Path;

/// The tables of a run, with those of `-KnowledgePath` added.
fn tables(knowledge_path: Option<&str>) -> Result<Tables, ContractError> {
    match knowledge_path {
        None => Ok(Tables::shipped()),
        Some(folder) if !Path::new(folder).is_dir() => Err(ContractError::new(
            PwbStatus::Io,
            ErrorKind::NotFound,
            format!("The folder '{folder}' with further tables does not exist or cannot be seen."),
        )
        .field("knowledgePath")),
        Some(folder) => Tables::with_folder(Path::new(folder)).map_err(|error| {
            ContractError::out_of_range("knowledgePath", format!("'{}': {}", error.path.display(), error.reason))
        }),
    }
}
