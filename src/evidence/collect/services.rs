//! `services`: the services that writeback rests on. They exist on Windows only.

use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The service control manager answers at once or hangs.
const TIMEOUT: Duration = Duration::from_secs(5);

pub struct ServicesCollector;

impl Collector for ServicesCollector {
    fn kind(&self) -> Kind {
        Kind::Services
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let this = world.clone();
        vec![probe(Kind::Services, "", &world.server, world.timeout(TIMEOUT), self.patterns(world), async move {
            vec![read(&this, Instant::now()).await]
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        if cfg!(windows) { vec![Touched::new("service", "ADSync")] } else { Vec::new() }
    }
}

#[cfg(windows)]
async fn read(world: &World, started: Instant) -> crate::evidence::Record {
    use crate::evidence::{Service, Services, State};
    match crate::runtime::blocking(crate::platform::sync_service).await {
        Ok(Ok(found)) => {
            let services = found
                .into_iter()
                .map(|found| Service {
                    name: found.name,
                    state: Some(found.state),
                    account: found.account,
                    image_path: found.image_path,
                    ..Service::default()
                })
                .collect();
            world.record(&world.server, started, Services { services, ..Services::default() })
        }
        Ok(Err(code)) => {
            let state = if code == 5 { State::AccessDenied } else { State::NotReadable };
            world.failed(
                Kind::Services,
                &world.server,
                started,
                state,
                "windows",
                code,
                format!("Windows error {code}"),
            )
        }
        Err(_) => world.saturated(Kind::Services, &world.server, started),
    }
}

#[cfg(not(windows))]
async fn read(world: &World, started: Instant) -> crate::evidence::Record {
    world.not_here(Kind::Services, &world.server, started, "Windows services do not exist on this operating system")
}
