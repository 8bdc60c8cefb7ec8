//! Which of the settings steers the sync service.
//!
//! On Windows the service reads .NET's: machine.config, and where that leaves it to the system, the
//! WinINET settings of its own account (facts cloud 7). WinHTTP and the environment do not steer it.
//! Elsewhere there is no service; the environment stands in, as for every other program there.

use super::machine_config::File;
use crate::evidence::{EffectiveProxy, Environment, WinInet};

/// What was read.
pub struct Sources<'a> {
    /// "The service uses this one."
    pub parameter: Option<&'a str>,
    pub environment: Option<&'a Environment>,
    pub service: Service,
}

/// The settings that .NET gives the service.
#[allow(dead_code, reason = "each operating system has one of the two")]
pub enum Service {
    NotWindows,
    Windows {
        /// `None`: machine.config could not be read.
        machine: Option<File>,
        /// WinINET of the service's account; `None` when it could not be read.
        account: Option<WinInet>,
    },
}

pub fn decide(sources: &Sources) -> EffectiveProxy {
    if let Some(parameter) = sources.parameter {
        return proxy("explicit", Some(parameter), "parameter");
    }
    match &sources.service {
        Service::NotWindows => of_environment(sources.environment),
        Service::Windows { machine: None, .. } => proxy("unknown", None, "machine.config"),
        Service::Windows { machine: Some(machine), account } => of_dotnet(machine, account.as_ref()),
    }
}

fn proxy(kind: &str, address: Option<&str>, source: &str) -> EffectiveProxy {
    EffectiveProxy { kind: kind.to_owned(), address: address.map(str::to_owned), source: Some(source.to_owned()) }
}

fn of_environment(environment: Option<&Environment>) -> EffectiveProxy {
    let address = environment.and_then(|environment| environment.https.as_deref());
    let exempts_all = environment
        .and_then(|environment| environment.no.as_deref())
        .is_some_and(|list| list.split([',', ' ']).any(|entry| entry.trim() == "*"));
    match address {
        Some(address) if !exempts_all => proxy("system", Some(address), "environment"),
        _ => proxy("none", None, "environment"),
    }
}

/// The order of .NET Framework: switched off; an address; a script; nothing at all; the system's setting,
/// which is also what holds when no element stands in the file.
fn of_dotnet(machine: &File, account: Option<&WinInet>) -> EffectiveProxy {
    const SOURCE: &str = "machine.config";
    let config = &machine.config;
    match config.proxy_address.as_deref() {
        _ if config.enabled == Some(false) => proxy("none", None, SOURCE),
        Some(address) => proxy("explicit", Some(address), SOURCE),
        None if machine.scripted => proxy("pac", None, SOURCE),
        None if config.use_system_default == Some(false) => proxy("none", None, SOURCE),
        None => of_account(account),
    }
}

fn of_account(account: Option<&WinInet>) -> EffectiveProxy {
    const SOURCE: &str = "wininet";
    let Some(account) = account else { return proxy("unknown", None, SOURCE) };
    let script = account.auto_config_url.is_some() || account.auto_detect == Some(true);
    match account.proxy_server.as_deref() {
        _ if script => proxy("pac", None, SOURCE),
        Some(address) if account.proxy_enable == Some(true) => proxy("system", Some(address), SOURCE),
        _ => proxy("none", None, SOURCE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::MachineConfig;

    const ADDRESS: &str = "http://proxy:8080";

    fn decided(sources: &Sources) -> (String, Option<String>) {
        let effective = decide(sources);
        (effective.kind, effective.address)
    }

    #[test]
    fn elsewhere_the_environment_stands_in() {
        let environment = |https: Option<&str>, no: Option<&str>| Environment {
            http: Some("http://other:1".to_owned()),
            https: https.map(str::to_owned),
            no: no.map(str::to_owned),
        };
        for (parameter, https, no, kind, address) in [
            (None, None, None, "none", None),
            (None, Some(ADDRESS), None, "system", Some(ADDRESS)),
            (None, Some(ADDRESS), Some("localhost, *"), "none", None),
            (None, Some(ADDRESS), Some(".corp.example"), "system", Some(ADDRESS)),
            (Some("http://named:1"), Some(ADDRESS), Some("*"), "explicit", Some("http://named:1")),
        ] {
            let environment = environment(https, no);
            let sources = Sources { parameter, environment: Some(&environment), service: Service::NotWindows };
            assert_eq!(decided(&sources), (kind.to_owned(), address.map(str::to_owned)));
        }
    }

    #[test]
    fn on_windows_dotnet_decides() {
        let file = |enabled, address: Option<&str>, system, scripted| {
            let config = MachineConfig {
                present: true,
                enabled,
                proxy_address: address.map(str::to_owned),
                use_system_default: system,
                ..MachineConfig::default()
            };
            Some(File { config, scripted })
        };
        let account = |enable, server: Option<&str>, script: Option<&str>, detect| {
            Some(WinInet {
                proxy_enable: enable,
                proxy_server: server.map(str::to_owned),
                auto_config_url: script.map(str::to_owned),
                auto_detect: detect,
                ..WinInet::default()
            })
        };
        let plain = || Some(File::default());
        for (machine, account, kind, address) in [
            (None, account(Some(true), Some(ADDRESS), None, None), "unknown", None),
            (file(Some(false), Some(ADDRESS), None, false), None, "none", None),
            (file(Some(true), Some(ADDRESS), Some(true), true), None, "explicit", Some(ADDRESS)),
            (file(None, None, None, true), None, "pac", None),
            (file(None, None, Some(false), false), None, "none", None),
            (file(None, None, Some(true), false), None, "unknown", None),
            (plain(), None, "unknown", None),
            (plain(), account(Some(true), Some(ADDRESS), None, Some(false)), "system", Some(ADDRESS)),
            (plain(), account(Some(false), Some(ADDRESS), None, None), "none", None),
            (plain(), account(Some(true), Some(ADDRESS), Some("http://pac"), None), "pac", None),
            (plain(), account(None, None, None, Some(true)), "pac", None),
            (plain(), account(None, None, None, None), "none", None),
        ] {
            let environment = Environment { https: Some("http://other:1".to_owned()), ..Environment::default() };
            let service = Service::Windows { machine, account };
            let sources = Sources { parameter: None, environment: Some(&environment), service };
            assert_eq!(decided(&sources), (kind.to_owned(), address.map(str::to_owned)));
        }
    }
}
