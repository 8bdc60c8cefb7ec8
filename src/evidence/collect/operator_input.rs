//! `operator-input`: what the administrator told us. No I/O.

use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, OperatorInput, Record};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct OperatorInputCollector;

impl Collector for OperatorInputCollector {
    fn kind(&self) -> Kind {
        Kind::OperatorInput
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let this = world.clone();
        vec![probe(Kind::OperatorInput, "", &world.server, Duration::from_secs(1), Vec::new(), async move {
            vec![record(&this)]
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        Vec::new()
    }
}

fn record(world: &World) -> Record {
    let settings = &world.settings;
    let input = OperatorInput {
        allow_list: settings.allow_list.clone(),
        cloud: Some(settings.cloud.clone()).filter(|cloud| !cloud.is_empty()),
        namespaces: settings.namespaces.clone(),
        sync_server: settings.sync_server,
        domains: settings.domains.clone(),
        servers: settings.servers.clone(),
        include_legacy_port: settings.include_legacy_port,
        all_controller: settings.all_controller,
        connector_accounts: settings.connector_accounts.clone(),
        operation: settings.operation.clone(),
        ..OperatorInput::default()
    };
    world.record(&world.server, Instant::now(), input)
}
