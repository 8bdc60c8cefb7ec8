//! Windows.

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
};

/// Keeps the library mapped until the process ends: its worker threads outlive a `FreeLibrary`.
pub fn pin_library() {
    let mut module = std::ptr::null_mut();
    // SAFETY: the address is one of this library; `module` is writable.
    unsafe {
        GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
            pin_library as *const () as *const u16,
            &mut module,
        );
    }
}

/// The machine's own host name, or `localhost`.
pub fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "localhost".to_owned())
}

/// `DOMAIN\user` of this process.
pub fn account_name() -> String {
    let user = std::env::var("USERNAME").unwrap_or_else(|_| "unknown".to_owned());
    match std::env::var("USERDOMAIN") {
        Ok(domain) => format!("{domain}\\{user}"),
        Err(_) => user,
    }
}
