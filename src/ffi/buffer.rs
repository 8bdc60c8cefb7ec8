//! Bytes that cross the boundary.

use super::PwbStatus;
use crate::contract::{ContractError, ErrorKind};
use zeroize::Zeroize;

/// Longest request or offer.
pub const MOST_INPUT: usize = 16 * 1024 * 1024;

/// Bytes owned by the library until `pwb_buffer_release`.
#[repr(C)]
#[derive(Debug)]
pub struct PwbBuffer {
    pub data: *mut u8,
    pub length: usize,
    pub capacity: usize,
}

impl PwbBuffer {
    const EMPTY: PwbBuffer = PwbBuffer { data: std::ptr::null_mut(), length: 0, capacity: 0 };

    fn from_vec(bytes: Vec<u8>) -> PwbBuffer {
        if bytes.capacity() == 0 {
            return PwbBuffer::EMPTY;
        }
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        PwbBuffer { data: bytes.as_mut_ptr(), length: bytes.len(), capacity: bytes.capacity() }
    }
}

/// Hands bytes over to the caller. A NULL `out` means that the caller does not want them.
///
/// # Safety
/// `out` is NULL or points to writable memory for a `PwbBuffer`; what stands there is not freed.
pub unsafe fn write(out: *mut PwbBuffer, bytes: Vec<u8>) {
    if !out.is_null() {
        // SAFETY: not NULL, and writable by the contract of this function.
        unsafe { out.write_unaligned(PwbBuffer::from_vec(bytes)) };
    }
}

/// Zeroes and frees; leaves an empty buffer, so that a second release is harmless.
///
/// # Safety
/// `buffer` is NULL or points to a `PwbBuffer` that this library filled (or an empty one).
pub unsafe fn release(buffer: *mut PwbBuffer) {
    if buffer.is_null() {
        return;
    }
    // SAFETY: not NULL, and filled by `write` or empty, by the contract of this function.
    unsafe {
        let held = buffer.read_unaligned();
        buffer.write_unaligned(PwbBuffer::EMPTY);
        if !held.data.is_null() {
            // As a slice: a list is zeroed one by one, which takes as long as the work that filled a page.
            Vec::from_raw_parts(held.data, held.length, held.capacity).as_mut_slice().zeroize();
        }
    }
}

/// The caller's bytes.
///
/// # Safety
/// `data` is NULL or readable for `length` bytes as long as the result is used.
pub unsafe fn read<'a>(data: *const u8, length: usize) -> Result<&'a [u8], ContractError> {
    if length > MOST_INPUT {
        return Err(ContractError::new(
            PwbStatus::TooLarge,
            ErrorKind::TooLarge,
            format!("The input has {length} bytes; at most {MOST_INPUT} are accepted. Offer large input in pieces."),
        ));
    }
    if data.is_null() {
        return Err(ContractError::new(
            PwbStatus::NullPointer,
            ErrorKind::InvalidRequest,
            format!("The input pointer is NULL (length {length})."),
        ));
    }
    // SAFETY: not NULL, and readable by the contract of this function.
    Ok(unsafe { std::slice::from_raw_parts(data, length) })
}
