//! Registry values of Windows' proxy settings, taken apart.

use super::environment::address;
use crate::evidence::WinHttp;
use crate::evidence::collect::net::text::bounded;

/// `WinHttpSettings` (what `netsh winhttp show proxy` shows): version, counter, flags, then two texts with
/// their lengths, all little endian. `None` for bytes of another form.
pub fn win_http(bytes: &[u8]) -> Option<WinHttp> {
    /// WINHTTP_ACCESS_TYPE_NAMED_PROXY of winhttp.h.
    const NAMED_PROXY: u32 = 3;
    let flags = number(bytes, 8)?;
    let (proxy, next) = text(bytes, 12)?;
    let (bypass, _) = text(bytes, next)?;
    let named = flags & NAMED_PROXY == NAMED_PROXY && !proxy.is_empty();
    Some(WinHttp {
        mode: if named { "Proxy" } else { "Direct" }.to_owned(),
        proxy: if named { https_proxy(&proxy) } else { None },
        bypass: Some(bypass).filter(|bypass| named && !bypass.is_empty()),
    })
}

/// Whether automatic detection is on: bit 8 of the flags in `DefaultConnectionSettings`.
pub fn auto_detect(bytes: &[u8]) -> Option<bool> {
    number(bytes, 8).map(|flags| flags & 8 != 0)
}

/// The proxy for https in `host:port` or `http=a:1;https=b:2`.
pub fn https_proxy(setting: &str) -> Option<String> {
    let entries = || setting.split([';', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
    let named = entries().find_map(|entry| entry.strip_prefix("https="));
    let plain = || entries().find(|entry| !entry.contains('='));
    named.or_else(plain).and_then(address)
}

/// What kind of account a service runs under, by the name in its configuration. A gMSA and an sMSA look
/// alike here; both sign in to a proxy.
pub fn account_kind(account: &str, machine: &str) -> &'static str {
    let (domain, user) = match account.split_once('\\') {
        Some((domain, user)) => (domain.to_lowercase(), user),
        None => (String::new(), account),
    };
    match domain.as_str() {
        "" if account.eq_ignore_ascii_case("LocalSystem") => "LocalSystem",
        "nt authority" if user.eq_ignore_ascii_case("system") => "LocalSystem",
        // NetworkService and LocalService are built in and have no password either.
        "nt authority" => "LocalUser",
        "nt service" => "Virtual",
        "." => "LocalUser",
        _ if !domain.is_empty() && domain == machine.to_lowercase() => "LocalUser",
        "" if !user.contains('@') => "Unknown",
        _ if user.ends_with('$') => "Gmsa",
        _ => "DomainUser",
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// A text with its length before it, and where it ends.
fn text(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let length = usize::try_from(number(bytes, at)?).ok()?;
    let start = at + 4;
    let end = start.checked_add(length)?;
    Some((bounded(&String::from_utf8_lossy(bytes.get(start..end)?)), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: u32, proxy: &str, bypass: &str) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        for number in [0x28, 0, flags] {
            bytes.extend(u32::to_le_bytes(number));
        }
        for text in [proxy, bypass] {
            bytes.extend(u32::to_le_bytes(text.len() as u32));
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    #[test]
    fn winhttp_settings() {
        let read = win_http(&settings(3, "http=a:1;https=proxy:8080", "<local>;*.x")).unwrap();
        assert_eq!((read.mode.as_str(), read.proxy.as_deref()), ("Proxy", Some("http://proxy:8080")));
        assert_eq!(read.bypass.as_deref(), Some("<local>;*.x"));
        let direct = win_http(&settings(1, "", "")).unwrap();
        assert_eq!((direct.mode.as_str(), direct.proxy, direct.bypass), ("Direct", None, None));
        let whole = settings(3, "proxy:8080", "");
        for cut in 0..whole.len() {
            assert_eq!(win_http(&whole[..cut]), None, "cut at {cut}");
        }
        let mut lying = settings(3, "proxy:8080", "");
        lying[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(win_http(&lying), None);
    }

    #[test]
    fn proxies_of_wininet() {
        for (setting, expected) in [
            ("proxy:8080", Some("http://proxy:8080")),
            ("http=a:1;https=b:2", Some("http://b:2")),
            ("http=a:1", None),
            ("socks=a:1;c:3", Some("http://c:3")),
            ("", None),
        ] {
            assert_eq!(https_proxy(setting).as_deref(), expected, "{setting}");
        }
        assert_eq!(auto_detect(&settings(9, "", "")), Some(true));
        assert_eq!(auto_detect(&settings(3, "", "")), Some(false));
        assert_eq!(auto_detect(&[1, 2]), None);
    }

    #[test]
    fn kinds_of_accounts() {
        for (account, expected) in [
            ("LocalSystem", "LocalSystem"),
            (r"NT AUTHORITY\SYSTEM", "LocalSystem"),
            (r"NT AUTHORITY\NetworkService", "LocalUser"),
            (r"NT SERVICE\ADSync", "Virtual"),
            (r".\svc", "LocalUser"),
            (r"SYNC1\AAD_1234", "LocalUser"),
            (r"CORP\gmsa$", "Gmsa"),
            (r"CORP\svc", "DomainUser"),
            ("svc@corp.example", "DomainUser"),
            ("", "Unknown"),
        ] {
            assert_eq!(account_kind(account, "sync1"), expected, "{account}");
        }
    }
}
