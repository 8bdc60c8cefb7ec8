//! Linux and macOS.

use std::ffi::CStr;

/// Nothing to do: `dlclose` of a library with running threads is the caller's affair here, and no known
/// host does it.
pub fn pin_library() {}

/// Has this called when the process ends by `exit`, before libraries are finalized.
#[cfg(feature = "kerberos")]
pub fn at_exit(work: extern "C" fn()) {
    // SAFETY: the function lives as long as this library, whose handlers are called before it is unloaded.
    let _ = unsafe { libc::atexit(work) };
}

/// The machine's own host name, or `localhost`.
pub fn host_name() -> String {
    let mut buffer = [0_u8; 256];
    // SAFETY: the buffer is writable for its whole length; the last byte stays NUL.
    let result = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
    let name = CStr::from_bytes_until_nul(&buffer).ok().and_then(|name| name.to_str().ok());
    name.filter(|name| result == 0 && !name.is_empty()).unwrap_or("localhost").to_owned()
}

/// Name of the account that this process runs as.
pub fn account_name() -> String {
    // SAFETY: takes no argument and cannot fail.
    let uid = unsafe { libc::geteuid() };
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let mut strings = [0_u8; 4096];
    let mut found = std::ptr::null_mut();
    // SAFETY: all buffers are writable for the lengths given; `found` is NULL unless `entry` was filled.
    let result =
        unsafe { libc::getpwuid_r(uid, entry.as_mut_ptr(), strings.as_mut_ptr().cast(), strings.len(), &mut found) };
    if result != 0 || found.is_null() {
        return format!("uid {uid}");
    }
    // SAFETY: `found` is not NULL, so `entry` was filled and its name points into `strings`.
    let name = unsafe { CStr::from_ptr((*found).pw_name) };
    name.to_string_lossy().into_owned()
}

/// The ADSync service exists on Windows only.
pub fn is_sync_server() -> bool {
    false
}

/// Whether this machine is a member of a domain: nothing here says so for sure.
pub fn is_domain_joined() -> Option<bool> {
    None
}

/// Runs with the rights of the administrator.
pub fn is_elevated() -> Option<bool> {
    // SAFETY: takes no argument and cannot fail.
    Some(unsafe { libc::geteuid() } == 0)
}
