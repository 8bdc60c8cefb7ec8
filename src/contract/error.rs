//! Errors as data: numbered, never reused, always naming the field or the thing.

use crate::ffi::PwbStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The family of an error; PowerShell maps it to a category and a `FullyQualifiedErrorId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    InvalidRequest,
    TooLarge,
    NotFound,
    UnknownJob,
    Busy,
    AccessDenied,
    Io,
    Internal,
}

/// What went wrong with a call. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractError {
    /// The number of the status.
    pub code: u32,
    pub kind: ErrorKind,
    /// What failed, against what, the likely reason, the next step.
    pub message: String,
    pub detail: Option<String>,
    /// Path of the field in the request: `limits.probeTimeoutMs`.
    pub field: Option<String>,
    /// The same call may succeed later.
    pub retryable: bool,
}

impl ContractError {
    pub fn new(status: PwbStatus, kind: ErrorKind, message: impl Into<String>) -> ContractError {
        ContractError {
            code: status as u32,
            kind,
            message: message.into(),
            detail: None,
            field: None,
            retryable: kind == ErrorKind::Busy,
        }
    }

    pub fn field(mut self, field: impl Into<String>) -> ContractError {
        self.field = Some(field.into());
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> ContractError {
        self.detail = Some(detail.into());
        self
    }

    /// A value that has the right type but not a permitted value.
    pub fn out_of_range(field: &str, message: impl Into<String>) -> ContractError {
        ContractError::new(PwbStatus::OutOfRange, ErrorKind::InvalidRequest, message).field(field)
    }

    /// A file or folder that could not be read or written.
    pub fn io(path: &std::path::Path, error: &std::io::Error) -> ContractError {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
            _ => ErrorKind::Io,
        };
        ContractError::new(PwbStatus::Io, kind, format!("'{}': {error}", path.display()))
    }
}
