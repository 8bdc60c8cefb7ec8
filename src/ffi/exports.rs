//! The exports. Mechanics stand in `guard` and `buffer`; here is what each call means.

use super::buffer::{self, PwbBuffer};
use super::guard::guarded;
use super::status::PwbStatus;
use super::{ABI_MAJOR, ABI_MINOR};
use crate::contract::{self, ContractError, ErrorKind};
use crate::{describe, diagnostics, jobs, secret};
use serde::de::DeserializeOwned;

/// The library's ABI: major << 16 | minor. Accept an equal major and at least your minor.
#[unsafe(no_mangle)]
pub extern "C" fn pwb_abi_version() -> u32 {
    ABI_MAJOR << 16 | ABI_MINOR
}

/// Writes what this build can do as JSON: diagnostics, checks, tables, versions.
///
/// # Safety
/// `description` is NULL or points to writable memory for a `PwbBuffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_describe(description: *mut PwbBuffer) -> PwbStatus {
    unsafe {
        guarded(description, || {
            let json = serde_json::to_vec(&describe::describe()).expect("a description is plain data");
            buffer::write(description, json);
            Ok(())
        })
    }
}

/// Stores a password or token (UTF-8) and writes its handle, for one request to name. Overwrite your
/// copy afterwards.
///
/// # Safety
/// `bytes` is readable for `length` bytes, `handle` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_secret_put(
    bytes: *const u8,
    length: usize,
    handle: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe {
        guarded(error, || {
            let bytes = buffer::read(bytes, length)?;
            let handle = not_null(handle, "handle")?;
            let number = secret::put(bytes).ok_or_else(|| {
                ContractError::new(
                    PwbStatus::TooMany,
                    ErrorKind::Busy,
                    "256 secrets wait for a request already; drop some.",
                )
            })?;
            handle.write_unaligned(number);
            Ok(())
        })
    }
}

/// Wipes a secret that no request took. Unknown handles are harmless.
#[unsafe(no_mangle)]
pub extern "C" fn pwb_secret_drop(handle: u64) {
    secret::drop(handle);
}

/// Everything that can be examined from here: one report.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_test_all(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::test_all) }
}

/// The path to the cloud.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_test_connectivity(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::test_connectivity) }
}

/// Domain controllers and password policy.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_test_directory(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::test_directory) }
}

/// Rights of the connector account.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_test_permission(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::test_permission) }
}

/// Named users: can each be written back, and if not, why.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_test_user(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::test_user) }
}

/// Judges recorded evidence; touches nothing but the files.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_analyze(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::analyze) }
}

/// Writes a bundle of evidence.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_export_evidence(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::export_evidence) }
}

/// Validates a bundle and returns its manifest.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_import_evidence(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::import_evidence) }
}

/// A report as text.
///
/// # Safety
/// As for every diagnostic: `request` is readable for `length` bytes, `job` writable, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_render(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
) -> PwbStatus {
    unsafe { start(request, length, job, error, diagnostics::render) }
}

/// Gives a running job more input: `{"records":[...],"end":["adsync-config"]}`.
///
/// # Safety
/// `bytes` is readable for `length` bytes, `error` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_job_offer(job: u64, bytes: *const u8, length: usize, error: *mut PwbBuffer) -> PwbStatus {
    unsafe { guarded(error, || jobs::find(job)?.offer(contract::parse(buffer::read(bytes, length)?)?)) }
}

/// Waits at most `wait_ms` (capped at 1 000) for something new and writes a snapshot.
///
/// # Safety
/// `snapshot` points to writable memory for a `PwbBuffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_job_poll(job: u64, wait_ms: u32, snapshot: *mut PwbBuffer) -> PwbStatus {
    unsafe {
        guarded(snapshot, || {
            let out = not_null(snapshot, "snapshot")?;
            buffer::write(out, jobs::find(job)?.poll(wait_ms)?);
            Ok(())
        })
    }
}

/// Ends the work of a job at once. What is finished stays and is delivered, with a report.
///
/// # Safety
/// `error` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_job_cancel(job: u64, error: *mut PwbBuffer) -> PwbStatus {
    unsafe {
        guarded(error, || {
            jobs::find(job)?.cancel();
            Ok(())
        })
    }
}

/// Cancels a job if it runs, wakes its pollers and forgets it. Unknown ids are harmless. Never waits.
#[unsafe(no_mangle)]
pub extern "C" fn pwb_job_close(job: u64) {
    // A panic here has nobody to tell.
    let _ = std::panic::catch_unwind(|| jobs::close(job));
}

/// Zeroes and frees a buffer. NULL and a second release are harmless.
///
/// # Safety
/// `buffer` is NULL or points to a `PwbBuffer` that this library filled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwb_buffer_release(buffer: *mut PwbBuffer) {
    unsafe { buffer::release(buffer) }
}

/// A diagnostic: validates the request, starts the work, writes the job's id and returns at once.
unsafe fn start<Request: DeserializeOwned>(
    request: *const u8,
    length: usize,
    job: *mut u64,
    error: *mut PwbBuffer,
    diagnostic: impl FnOnce(Request) -> Result<u64, ContractError>,
) -> PwbStatus {
    unsafe {
        guarded(error, || {
            let request = contract::parse(buffer::read(request, length)?)?;
            let job = not_null(job, "job")?;
            job.write_unaligned(diagnostic(request)?);
            Ok(())
        })
    }
}

fn not_null<T>(pointer: *mut T, name: &str) -> Result<*mut T, ContractError> {
    if pointer.is_null() {
        return Err(ContractError::new(
            PwbStatus::NullPointer,
            ErrorKind::InvalidRequest,
            format!("The out pointer '{name}' is NULL."),
        )
        .field(name));
    }
    Ok(pointer)
}
