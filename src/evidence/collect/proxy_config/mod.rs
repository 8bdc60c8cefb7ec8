//! `proxy-config`: every place that can name a proxy, and the one that steers the sync service.

mod effective;
mod environment;
mod machine_config;
#[cfg_attr(not(windows), allow(dead_code, reason = "the values exist on Windows only; their form is tested anywhere"))]
mod values;
#[cfg(windows)]
mod windows;

use super::net::limits::{local, whole};
use super::{Collector, Probe, Touched, World};
use crate::evidence::{Evidence, Kind, ProxyConfig, Record, State};
use crate::runtime::{Saturated, blocking};
use effective::{Service, Sources};
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Instant;

pub struct ProxyConfigCollector;

impl Collector for ProxyConfigCollector {
    fn kind(&self) -> Kind {
        Kind::ProxyConfig
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let world = world.clone();
        vec![Probe {
            key: "proxy-config".to_owned(),
            kind: Kind::ProxyConfig,
            target: world.server.clone(),
            timeout: whole(1, local(&world)),
            touches: self.patterns(&world),
            work: Box::new(move || async move { vec![look(&world).await] }.boxed()),
        }]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        if !cfg!(windows) {
            return Vec::new();
        }
        vec![
            Touched::new("file", "machine.config of the 64-bit .NET Framework 4"),
            Touched::new("registry", "proxy settings of WinHTTP and of the loaded accounts"),
        ]
    }
}

async fn look(world: &World) -> Record {
    let started = Instant::now();
    let parameter = world.settings.proxy.clone();
    match blocking(move || read(parameter.as_deref())).await {
        Ok(config) => world.record(&world.server, started, config),
        Err(Saturated) => {
            let text = "no thread is left to read the proxy settings";
            world.failed(Kind::ProxyConfig, &world.server, started, State::Error, "toolLimit", "threads", text)
        }
    }
}

fn read(parameter: Option<&str>) -> ProxyConfig {
    let environment = environment::read(|name| std::env::var(name).ok());
    let mut config = ProxyConfig { environment: Some(environment), ..ProxyConfig::default() };
    let service = of_system(&mut config);
    let sources = Sources { parameter, environment: config.environment.as_ref(), service };
    config.effective_for_service = effective::decide(&sources);
    config
}

#[cfg(not(windows))]
fn of_system(_: &mut ProxyConfig) -> Service {
    Service::NotWindows
}

#[cfg(windows)]
fn of_system(config: &mut ProxyConfig) -> Service {
    windows::read(config)
}
