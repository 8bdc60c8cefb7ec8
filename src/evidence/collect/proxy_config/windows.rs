//! Proxy settings of Windows: machine.config, WinHTTP, and WinINET of the accounts whose hives are loaded.

use super::effective::Service;
use super::machine_config::{self, File};
use super::values;
use crate::evidence::collect::Touched;
use crate::evidence::collect::net::text::bare_address;
use crate::evidence::{ProxyConfig, WinInet};
use crate::platform;
use std::path::PathBuf;
use windows_registry::{Key, LOCAL_MACHINE, USERS};

/// A machine.config has some 40 KB.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Accounts whose settings are recorded.
const MOST_ACCOUNTS: usize = 50;

const INTERNET_SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

/// Key of the ADSync service; `ObjectName` is its account.
const SERVICE: &str = r"SYSTEM\CurrentControlSet\Services\ADSync";

/// What `read` looks at.
pub fn places() -> Vec<Touched> {
    let file = machine_config_path().map(|path| Touched::new("file", path.display().to_string()));
    let keys = [
        format!(r"HKEY_LOCAL_MACHINE\{INTERNET_SETTINGS}\Connections: WinHttpSettings"),
        format!(r"HKEY_LOCAL_MACHINE\{SERVICE}: ObjectName"),
        format!(r"HKEY_USERS\<SID of each loaded account>\{INTERNET_SETTINGS}"),
    ];
    file.into_iter().chain(keys.map(|key| Touched::new("registry", key))).collect()
}

pub fn read(config: &mut ProxyConfig) -> Service {
    let machine = machine_config();
    config.machine_config = machine.as_ref().map(|file| file.config.clone());
    config.win_http = win_http();
    config.win_inet = win_inet();
    let account = service_account();
    config.service_account_kind =
        account.as_deref().map(|account| values::account_kind(account, &platform::host_name()).to_owned());
    let sid = account.and_then(|account| platform::sid_of(&account));
    let of_service = sid.and_then(|sid| config.win_inet.iter().find(|inet| inet.account_sid == sid).cloned());
    Service::Windows { machine, account: of_service }
}

/// The file that the 64-bit framework reads, which the service runs on.
fn machine_config_path() -> Option<PathBuf> {
    let windows = PathBuf::from(std::env::var_os("SystemRoot")?);
    Some(windows.join(r"Microsoft.NET\Framework64\v4.0.30319\Config\machine.config"))
}

fn machine_config() -> Option<File> {
    let path = machine_config_path()?;
    let size = std::fs::metadata(&path).ok()?.len();
    if size > MOST_BYTES {
        return None;
    }
    machine_config::parse(&std::fs::read_to_string(&path).ok()?)
}

fn win_http() -> Option<crate::evidence::WinHttp> {
    let key = LOCAL_MACHINE.open(format!(r"{INTERNET_SETTINGS}\Connections")).ok()?;
    values::win_http(&key.get_value("WinHttpSettings").ok()?)
}

/// The account of the ADSync service; `None` where the service does not exist.
fn service_account() -> Option<String> {
    LOCAL_MACHINE.open(SERVICE).ok()?.get_string("ObjectName").ok()
}

/// Hives of accounts that are signed in or run a service; those that may not be read are left out.
fn win_inet() -> Vec<WinInet> {
    let Ok(sids) = USERS.keys() else { return Vec::new() };
    let sids = sids.filter(|sid| sid.starts_with("S-1-5-") && !sid.ends_with("_Classes"));
    sids.take(MOST_ACCOUNTS).filter_map(|sid| of_account(&sid)).collect()
}

fn of_account(sid: &str) -> Option<WinInet> {
    let key = USERS.open(format!(r"{sid}\{INTERNET_SETTINGS}")).ok()?;
    let text = |name: &str| key.get_string(name).ok().filter(|text| !text.is_empty());
    Some(WinInet {
        account_sid: sid.to_owned(),
        proxy_enable: key.get_u32("ProxyEnable").ok().map(|value| value != 0),
        proxy_server: text("ProxyServer").and_then(|server| values::https_proxy(&server)),
        auto_config_url: text("AutoConfigURL").map(|url| bare_address(&url)),
        auto_detect: auto_detect(&key),
    })
}

fn auto_detect(settings: &Key) -> Option<bool> {
    let connections = settings.open("Connections").ok()?;
    values::auto_detect(&connections.get_value("DefaultConnectionSettings").ok()?)
}
