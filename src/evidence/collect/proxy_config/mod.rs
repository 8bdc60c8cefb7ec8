//! `proxy-config`: every place that can name a proxy, and the one that steers the sync service.

mod effective;
mod environment;
#[cfg_attr(not(windows), allow(dead_code, reason = "read on Windows only; its form is tested everywhere"))]
mod machine_config;
#[cfg_attr(not(windows), allow(dead_code, reason = "read on Windows only; their form is tested everywhere"))]
mod values;
#[cfg(windows)]
mod windows;

use super::net::limits::{local, whole};
use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, ProxyConfig, Record};
use crate::runtime::{Saturated, blocking};
use effective::{Service, Sources};
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
        let this = world.clone();
        vec![probe(Kind::ProxyConfig, "", &world.server, whole(1, local(world)), self.patterns(world), async move {
            vec![look(&this).await]
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        #[cfg(windows)]
        return windows::places();
        #[cfg(not(windows))]
        return Vec::new();
    }
}

async fn look(world: &World) -> Record {
    let started = Instant::now();
    let parameter = world.settings.proxy.clone();
    match blocking(move || read(parameter.as_deref())).await {
        Ok(config) => world.record(&world.server, started, config),
        Err(Saturated) => world.saturated(Kind::ProxyConfig, &world.server, started),
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
