//! Windows.

use windows_sys::Win32::Foundation::{CloseHandle, LocalFree};
use windows_sys::Win32::NetworkManagement::NetManagement::{
    NetApiBufferFree, NetGetJoinInformation, NetSetupDomainName, NetSetupUnknownStatus,
};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{
    GetTokenInformation, LookupAccountNameW, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation,
};
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, RRF_RT_REG_MULTI_SZ, RegCloseKey, RegConnectRegistryW, RegGetValueW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

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

/// Whether the ADSync service exists here: anybody may see that its key does.
pub fn is_sync_server() -> bool {
    windows_registry::LOCAL_MACHINE.open(r"SYSTEM\CurrentControlSet\Services\ADSync").is_ok()
}

/// Whether this process runs with the full rights of an administrator.
pub fn is_elevated() -> Option<bool> {
    let mut token = std::ptr::null_mut();
    // SAFETY: the pseudo handle of this process needs no closing; `token` is writable.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return None;
    }
    let mut elevation = TOKEN_ELEVATION::default();
    let mut written = 0;
    // SAFETY: the token is open, and the buffer is a TOKEN_ELEVATION of the length given.
    let read = unsafe {
        let buffer = (&raw mut elevation).cast();
        let read =
            GetTokenInformation(token, TokenElevation, buffer, size_of::<TOKEN_ELEVATION>() as u32, &mut written);
        CloseHandle(token);
        read
    };
    (read != 0).then_some(elevation.TokenIsElevated != 0)
}

/// Whether this machine is a member of a domain; `None` when Windows does not say.
pub fn is_domain_joined() -> Option<bool> {
    let mut name = std::ptr::null_mut();
    let mut status = NetSetupUnknownStatus;
    // SAFETY: NULL means this machine; both results are writable.
    let result = unsafe { NetGetJoinInformation(std::ptr::null(), &mut name, &mut status) };
    if !name.is_null() {
        // SAFETY: the buffer is of NetGetJoinInformation and freed once.
        unsafe { NetApiBufferFree(name.cast()) };
    }
    (result == 0 && status != NetSetupUnknownStatus).then_some(status == NetSetupDomainName)
}

/// The SID of an account by its name, as text; `None` when no authority knows it.
pub fn sid_of(account: &str) -> Option<String> {
    // The name that service configurations use for it is not one of the account database.
    let account = if account.eq_ignore_ascii_case("LocalSystem") { r"NT AUTHORITY\SYSTEM" } else { account };
    let account: Vec<u16> = account.encode_utf16().chain([0]).collect();
    // The longest SID has 68 bytes (SECURITY_MAX_SID_SIZE); u32 keeps it aligned.
    let mut sid = [0_u32; 17];
    let mut sid_length = size_of_val(&sid) as u32;
    let mut domain = [0_u16; 256];
    let mut domain_length = domain.len() as u32;
    let mut kind = 0;
    // SAFETY: the name ends with NUL; every buffer is writable for the length given.
    let found = unsafe {
        LookupAccountNameW(
            std::ptr::null(),
            account.as_ptr(),
            sid.as_mut_ptr().cast(),
            &mut sid_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    let mut text = std::ptr::null_mut();
    // SAFETY: the buffer holds a valid SID when the look-up succeeded; `text` is writable.
    if found == 0 || unsafe { ConvertSidToStringSidW(sid.as_mut_ptr().cast(), &mut text) } == 0 {
        return None;
    }
    // SAFETY: the text ends with NUL, is read before it is freed, and is freed once.
    unsafe {
        let length = (0..256).take_while(|&at| *text.add(at) != 0).count();
        let sid = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Some(sid)
    }
}

/// Where the password filters of a controller are named.
pub const LSA_KEY: &str = r"SYSTEM\CurrentControlSet\Control\Lsa";
pub const PACKAGES: &str = "Notification Packages";

/// The notification packages of a machine, or of this one; the error code of Windows where they are not to be
/// had. Another machine is asked over remote registry, as the current user, for as long as Windows waits.
pub fn notification_packages(host: Option<&str>) -> Result<Vec<String>, u32> {
    let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
    let (key, value) = (wide(LSA_KEY), wide(PACKAGES));
    let mut root: HKEY = HKEY_LOCAL_MACHINE;
    if let Some(host) = host {
        let name = wide(&format!(r"\\{host}"));
        // SAFETY: the name ends with NUL; `root` is writable.
        match unsafe { RegConnectRegistryW(name.as_ptr(), HKEY_LOCAL_MACHINE, &mut root) } {
            0 => {}
            code => return Err(code),
        }
    }
    // Far more than any machine has.
    let mut buffer = [0_u16; 8192];
    let mut bytes = size_of_val(&buffer) as u32;
    // SAFETY: the root is open and both names end with NUL; the buffer is writable for the length given.
    let code = unsafe {
        let data = buffer.as_mut_ptr().cast();
        let none = std::ptr::null_mut();
        RegGetValueW(root, key.as_ptr(), value.as_ptr(), RRF_RT_REG_MULTI_SZ, none, data, &mut bytes)
    };
    if host.is_some() {
        // SAFETY: opened above and closed once.
        unsafe { RegCloseKey(root) };
    }
    if code != 0 {
        return Err(code);
    }
    let text = &buffer[..(bytes as usize / 2).min(buffer.len())];
    Ok(text.split(|unit| *unit == 0).filter(|part| !part.is_empty()).map(String::from_utf16_lossy).collect())
}

/// A credential of the package Kerberos for this user. The system copies what it is given; nothing is
/// stored with the user or the process.
#[cfg(feature = "kerberos")]
pub fn kerberos_credential(
    user: &str,
    domain: Option<&str>,
    secret: &str,
) -> std::io::Result<windows::Win32::Security::Credentials::SecHandle> {
    use windows::Win32::Security::Authentication::Identity::{AcquireCredentialsHandleW, SECPKG_CRED_OUTBOUND};
    use windows::Win32::System::Rpc::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};
    use windows::core::{PCWSTR, w};
    use zeroize::Zeroizing;

    let wide = |text: &str| Zeroizing::new(text.encode_utf16().collect::<Vec<u16>>());
    let (mut user, mut domain, mut secret) = (wide(user), wide(domain.unwrap_or_default()), wide(secret));
    let identity = SEC_WINNT_AUTH_IDENTITY_W {
        User: user.as_mut_ptr(),
        UserLength: user.len() as u32,
        Domain: if domain.is_empty() { std::ptr::null_mut() } else { domain.as_mut_ptr() },
        DomainLength: domain.len() as u32,
        Password: secret.as_mut_ptr(),
        PasswordLength: secret.len() as u32,
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
    };
    let mut handle = Default::default();
    // SAFETY: the identity points at buffers of the lengths given, which live until the call returns;
    // `handle` is writable.
    unsafe {
        AcquireCredentialsHandleW(
            PCWSTR::null(),
            w!("Kerberos"),
            SECPKG_CRED_OUTBOUND,
            None,
            Some((&raw const identity).cast()),
            None,
            None,
            &mut handle,
            None,
        )?;
    }
    Ok(handle)
}
