//! `os`: the machine this runs on. What an operating system does not have is null.

use super::net::trust;
use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Os};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Stores and files are local.
const TIMEOUT: Duration = Duration::from_secs(5);

pub struct OsCollector;

impl Collector for OsCollector {
    fn kind(&self) -> Kind {
        Kind::Os
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let this = world.clone();
        vec![probe(Kind::Os, "", &world.server, world.timeout(TIMEOUT), self.patterns(world), async move {
            let started = Instant::now();
            match crate::runtime::blocking(read).await {
                Ok(data) => vec![this.record(&this.server, started, data)],
                Err(_) => vec![this.saturated(Kind::Os, &this.server, started)],
            }
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new("file", "the machine's certificate store")]
    }
}

fn read() -> Os {
    let domain = crate::platform::joined_domain();
    Os {
        domain_joined: domain.as_ref().map(|_| true),
        domain,
        is64_bit_process: cfg!(target_pointer_width = "64"),
        elevated: crate::platform::is_elevated(),
        root_store: trust::store().iter().map(|root| root.sha1.clone()).collect(),
        dns_servers: crate::platform::dns_servers(),
        ..Os::default()
    }
}
