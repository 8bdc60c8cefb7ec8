//! The C boundary.
//!
//! 1. UTF-8 bytes and a length, both ways; nothing is NUL-terminated.
//! 2. The library allocates what it returns and frees it in `pwb_buffer_release`.
//! 3. Every export validates its pointers, never unwinds, returns a numbered status.
//! 4. On anything but `PWB_STATUS_OK` the out buffer holds the error as JSON. Out buffers are
//!    overwritten, never freed: release them first.
//! 5. Starting a job returns at once; polling waits at most a second; closing never waits.
//! 6. Any thread may use any job; two pollers of one job never get the same item.
//! 7. Nothing is ever written to the console.
//! 8. `fork` after the first call is not supported: the runtime's threads stay in the parent.

#![allow(unsafe_code, reason = "the boundary: pointers from the caller are read and written here")]

mod buffer;
mod exports;
mod guard;
mod status;

pub use buffer::PwbBuffer;
pub use exports::*;
pub use status::PwbStatus;

/// Major in the upper, minor in the lower 16 bits. The major rises with a breaking change of the
/// exports, the minor with a new export.
pub const ABI_MAJOR: u32 = 1;
pub const ABI_MINOR: u32 = 0;
