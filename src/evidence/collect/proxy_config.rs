//! `proxy-config`: every place that can name a proxy, and which one steers the sync service.
//!
//! The sync service is .NET Framework: machine.config decides, then the Windows setting of its own
//! account (cloud 7). Elsewhere the environment decides, as for any program there.

use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{EffectiveProxy, Environment, Evidence, Kind, MachineConfig, ProxyConfig};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Files and registry are local.
const TIMEOUT: Duration = Duration::from_secs(3);

pub struct ProxyConfigCollector;

impl Collector for ProxyConfigCollector {
    fn kind(&self) -> Kind {
        Kind::ProxyConfig
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let this = world.clone();
        vec![probe(Kind::ProxyConfig, "", &world.server, world.timeout(TIMEOUT), self.patterns(world), async move {
            let started = Instant::now();
            match crate::runtime::blocking(read_machine_config).await {
                Ok(machine_config) => {
                    let data = assemble(this.settings.proxy.clone(), environment(), machine_config, cfg!(windows));
                    vec![this.record(&this.server, started, data)]
                }
                Err(_) => vec![this.saturated(Kind::ProxyConfig, &this.server, started)],
            }
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        machine_config_path().map(|path| Touched::new("file", path)).into_iter().collect()
    }
}

/// The 64-bit framework's own file; 32-bit processes read another one.
fn machine_config_path() -> Option<String> {
    let windows = cfg!(windows).then(|| std::env::var("windir").ok()).flatten()?;
    Some(format!(r"{windows}\Microsoft.NET\Framework64\v4.0.30319\Config\machine.config"))
}

fn read_machine_config() -> Option<MachineConfig> {
    parse_machine_config(&std::fs::read_to_string(machine_config_path()?).ok()?)
}

/// `<configuration><system.net><defaultProxy>`; `present` is false when the file has no such element.
/// `None` when the file is not well-formed: then nothing is known.
fn parse_machine_config(text: &str) -> Option<MachineConfig> {
    let document = roxmltree::Document::parse(text.trim_start_matches('\u{feff}')).ok()?;
    let element = |name: &str| document.descendants().find(move |node| node.has_tag_name(name));
    let Some(default_proxy) = element("defaultProxy") else {
        return Some(MachineConfig::default());
    };
    let flag = |node: &roxmltree::Node, name: &str| {
        node.attribute(name).and_then(|value| value.trim().to_lowercase().parse().ok())
    };
    let proxy = default_proxy.children().find(|node| node.has_tag_name("proxy"));
    Some(MachineConfig {
        present: true,
        enabled: flag(&default_proxy, "enabled"),
        use_default_credentials: flag(&default_proxy, "useDefaultCredentials"),
        use_system_default: proxy.and_then(|node| flag(&node, "usesystemdefault")),
        proxy_address: proxy.and_then(|node| node.attribute("proxyaddress")).map(without_credentials),
        bypass_on_local: proxy.and_then(|node| flag(&node, "bypassonlocal")),
        bypass: default_proxy
            .descendants()
            .filter(|node| node.has_tag_name("add"))
            .filter_map(|node| node.attribute("address").map(str::to_owned))
            .collect(),
    })
}

/// The three variables in either spelling; the lower-case one is the older convention and wins.
fn environment() -> Environment {
    let read = |lower: &str| {
        let value = std::env::var(lower).or_else(|_| std::env::var(lower.to_uppercase())).ok();
        value.filter(|value| !value.is_empty())
    };
    Environment {
        http: read("http_proxy").as_deref().map(without_credentials),
        https: read("https_proxy").as_deref().map(without_credentials),
        no: read("no_proxy"),
    }
}

fn assemble(
    parameter: Option<String>,
    environment: Environment,
    machine: Option<MachineConfig>,
    on_windows: bool,
) -> ProxyConfig {
    let effective = |kind: &str, address: Option<String>, source: &str| EffectiveProxy {
        kind: kind.to_owned(),
        address,
        source: Some(source.to_owned()),
    };
    let effective_for_service = match (parameter, &machine) {
        (Some(address), _) => effective("explicit", Some(address), "parameter"),
        (None, Some(MachineConfig { present: true, enabled: Some(false), .. })) => {
            effective("none", None, "machine.config")
        }
        (None, Some(MachineConfig { proxy_address: Some(address), .. })) => {
            effective("explicit", Some(address.clone()), "machine.config")
        }
        (None, Some(MachineConfig { present: true, use_system_default: Some(false), .. })) => {
            effective("none", None, "machine.config")
        }
        // The setting of the service's own account decides now, and that registry hive is loaded for the
        // service only.
        (None, _) if on_windows => effective("unknown", None, "the proxy setting of the service's account"),
        (None, _) => match &environment.https {
            Some(address) => effective("system", Some(address.clone()), "environment"),
            None => effective("none", None, "environment"),
        },
    };
    ProxyConfig {
        machine_config: machine,
        environment: Some(environment),
        effective_for_service,
        ..ProxyConfig::default()
    }
}

/// A proxy address may carry `user:password@`: that never becomes evidence.
fn without_credentials(address: &str) -> String {
    match address.rsplit_once('@') {
        None => address.to_owned(),
        Some((before, host)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://{host}"),
            None => host.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<?xml version="1.0"?><configuration><system.net>
        <defaultProxy enabled="true" useDefaultCredentials="true">
        <proxy usesystemdefault="true" proxyaddress="http://u:p@proxy.corp.example:8080" bypassonlocal="True"/>
        <bypasslist><add address="[a-z]+\.corp\.example"/></bypasslist></defaultProxy></system.net></configuration>"#;

    #[test]
    fn machine_config_steers_the_service_and_loses_its_password() {
        let machine = parse_machine_config(FILE).unwrap();
        assert_eq!(machine.use_default_credentials, Some(true));
        assert_eq!(machine.bypass, [r"[a-z]+\.corp\.example"]);
        let config = assemble(None, Environment::default(), Some(machine), true);
        assert_eq!(config.effective_for_service.kind, "explicit");
        assert_eq!(config.effective_for_service.address.as_deref(), Some("http://proxy.corp.example:8080"));
    }

    #[test]
    fn the_parameter_wins_then_machine_config_then_the_place() {
        let machine = |present| Some(MachineConfig { present, ..MachineConfig::default() });
        let environment = || Environment { https: Some("http://env:1".to_owned()), ..Environment::default() };
        for (parameter, machine, on_windows, kind) in [
            (Some("http://p:1".to_owned()), machine(true), true, "explicit"),
            (None, machine(false), true, "unknown"),
            (None, None, true, "unknown"),
            (None, None, false, "system"),
        ] {
            assert_eq!(assemble(parameter, environment(), machine, on_windows).effective_for_service.kind, kind);
        }
        assert_eq!(assemble(None, Environment::default(), None, false).effective_for_service.kind, "none");
    }

    #[test]
    fn a_broken_file_says_nothing() {
        assert_eq!(parse_machine_config("<configuration>"), None);
        assert_eq!(parse_machine_config("<configuration/>"), Some(MachineConfig::default()));
    }
}
