//! One guard for every export: no panic leaves the library, every refusal becomes a status and JSON.

use super::buffer::{self, PwbBuffer};
use super::status::PwbStatus;
use crate::contract::ContractError;
use crate::panics;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an export; an error is written to `error` as JSON.
///
/// # Safety
/// `error` is NULL or points to writable memory for a `PwbBuffer`.
pub unsafe fn guarded(error: *mut PwbBuffer, body: impl FnOnce() -> Result<(), ContractError>) -> PwbStatus {
    panics::keep_off_the_console();
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(panics::take_incident().into_error()));
    match result {
        Ok(()) => PwbStatus::Ok,
        Err(refusal) => {
            let json = serde_json::to_vec(&refusal).unwrap_or_default();
            // SAFETY: passed on from the caller of this function.
            unsafe { buffer::write(error, json) };
            status_of(&refusal)
        }
    }
}

fn status_of(error: &ContractError) -> PwbStatus {
    use PwbStatus::*;
    [
        NullPointer,
        TooLarge,
        InvalidUtf8,
        MalformedJson,
        UnknownField,
        MissingField,
        InvalidField,
        OutOfRange,
        UnknownSecret,
        UnknownJob,
        TooMany,
        NotExpected,
        Io,
    ]
    .into_iter()
    .find(|status| *status as u32 == error.code)
    .unwrap_or(Internal)
}
