//! Which way the sync service takes to one host, by the proxy settings that were read (catalog 2.1).

use super::data::ProxyConfig;

/// The way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    Direct,
    /// Through the proxy of this address.
    Proxy(&'a str),
}

/// The way to `host` on port 443. A script or an unknown setting means direct: catalog 2.1.
pub fn route<'a>(config: &'a ProxyConfig, host: &str) -> Route<'a> {
    let proxy = &config.effective_for_service;
    let address = proxy.address.as_deref().filter(|address| !address.is_empty());
    match (proxy.kind.as_str(), address) {
        ("explicit" | "system", Some(address)) if !is_bypassed(config, host) => Route::Proxy(address),
        _ => Route::Direct,
    }
}

/// True when the source of the effective proxy exempts `host`. A proxy that the operator named has no
/// exceptions.
pub fn is_bypassed(config: &ProxyConfig, host: &str) -> bool {
    match config.effective_for_service.source.as_deref() {
        Some("environment") => {
            let list = config.environment.as_ref().and_then(|environment| environment.no.as_deref());
            list.is_some_and(|list| exempts(list, host, 443))
        }
        Some("machine.config") => {
            config.machine_config.iter().flat_map(|machine| &machine.bypass).any(|pattern| matches(pattern, host))
        }
        _ => false,
    }
}

/// A `no_proxy` list, as curl and Go read it: entries separated by commas or blanks; `*` is everything; a
/// name covers itself and all names below it; a leading dot or `*.` changes nothing; a port must fit.
pub fn exempts(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    list.split([',', ' ', '\t']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        let (name, limited_to) = match entry.rsplit_once(':').map(|(name, port)| (name, port.parse::<u16>())) {
            Some((name, Ok(port))) => (name, Some(port)),
            _ => (entry.as_str(), None),
        };
        let name = name.strip_prefix('*').unwrap_or(name).trim_matches('.');
        let covers = host == name || host.strip_suffix(name).is_some_and(|below| below.ends_with('.'));
        !name.is_empty() && covers && limited_to.is_none_or(|limit| limit == port)
    })
}

/// An entry of .NET's bypass list: a regular expression over `scheme://host` that ignores case (reference
/// source of System.Net.WebProxy). One that does not compile matches nothing.
fn matches(pattern: &str, host: &str) -> bool {
    let expression = regex_lite::RegexBuilder::new(pattern).case_insensitive(true).build();
    expression.is_ok_and(|expression| expression.is_match(&format!("https://{host}")))
}

#[cfg(test)]
mod tests {
    use super::super::data::{EffectiveProxy, Environment, MachineConfig};
    use super::*;

    const HOST: &str = "login.microsoftonline.com";

    #[test]
    fn lists_of_exceptions() {
        for (list, expected) in [
            ("*", true),
            ("login.microsoftonline.com", true),
            (".microsoftonline.com", true),
            ("*.microsoftonline.com", true),
            ("microsoftonline.com", true),
            ("localhost, MicrosoftOnline.com", true),
            ("a.example microsoftonline.com:443", true),
            ("microsoftonline.com:8443", false),
            ("online.com", false),
            ("x.login.microsoftonline.com", false),
            ("", false),
            (" , ", false),
            (".", false),
            ("10.0.0.0/8,::1", false),
        ] {
            assert_eq!(exempts(list, HOST, 443), expected, "'{list}'");
        }
    }

    fn config(kind: &str, source: &str) -> ProxyConfig {
        ProxyConfig {
            effective_for_service: EffectiveProxy {
                kind: kind.to_owned(),
                address: Some("http://proxy:8080".to_owned()),
                source: Some(source.to_owned()),
            },
            environment: Some(Environment { no: Some(".microsoftonline.com".to_owned()), ..Default::default() }),
            machine_config: Some(MachineConfig {
                bypass: vec!["(".to_owned(), r"\.MicrosoftOnline\.com$".to_owned()],
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn the_source_of_the_proxy_decides_about_exceptions() {
        let proxy = Route::Proxy("http://proxy:8080");
        for (kind, source, expected) in [
            ("explicit", "parameter", proxy.clone()),
            ("system", "environment", Route::Direct),
            ("explicit", "machine.config", Route::Direct),
            ("pac", "wininet", Route::Direct),
            ("unknown", "", Route::Direct),
            ("none", "", Route::Direct),
        ] {
            assert_eq!(route(&config(kind, source), HOST), expected, "{kind} {source}");
        }
        for source in ["environment", "machine.config"] {
            assert_eq!(route(&config("explicit", source), "ns.servicebus.windows.net"), proxy, "{source}");
        }
    }
}
