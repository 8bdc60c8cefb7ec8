//! A small runner: it drives the collectors as the engine does, without plan, judgement and streaming.

use password_writeback::catalog::Target;
use password_writeback::evidence::collect::{Collector, Settings, World, collectors};
use password_writeback::evidence::{Data, Evidence, Kind, Record, Vantage};
use password_writeback::knowledge::Tables;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

pub const RELAY: &str = "ssprdedicatedsbprodscu.servicebus.windows.net";
pub const LOGIN: &str = "login.microsoftonline.com";

/// Everything behind the names: the proxies of these tests resolve, so that no query leaves the machine.
pub const BEHIND_A_PROXY: [Kind; 5] = [Kind::OperatorInput, Kind::ProxyConfig, Kind::Http, Kind::Tls, Kind::Clock];
/// The direct way from a planted `dns` record on.
pub const DIRECT: [Kind; 5] = [Kind::OperatorInput, Kind::Tcp, Kind::Tls, Kind::Http, Kind::Clock];

/// A world with two hosts: the relay and the login host.
pub fn world(settings: Settings) -> Arc<World> {
    let mut tables = Tables::shipped();
    tables.clouds[0].hosts.retain(|host| [RELAY, LOGIN].contains(&host.name.as_str()));
    Arc::new(World {
        settings: Settings { cloud: "Public".to_owned(), ..settings },
        tables: Arc::new(tables),
        vantage: Vantage::SyncServer,
        run_as: "tester".into(),
        server: Target::server("sync1"),
        now_unix_ms: password_writeback::evidence::collect::unix_ms(),
    })
}

/// The target of a host in records.
pub fn target(world: &World, host: &str) -> Target {
    Target::host(host, 443, &world.server)
}

/// Runs every probe of these kinds that `planted` and what follows from it allow. Each must keep its
/// promises: its key is its own, its records are of its kind, and it ends within its time-out.
pub async fn run(world: &Arc<World>, kinds: &[Kind], planted: Vec<Record>) -> Evidence {
    let chosen: Vec<Box<dyn Collector>> =
        collectors().into_iter().filter(|collector| kinds.contains(&collector.kind())).collect();
    let mut evidence: Evidence = planted.into_iter().collect();
    let mut known = HashSet::new();
    let mut running = JoinSet::new();
    loop {
        for probe in chosen.iter().flat_map(|collector| collector.probes(&evidence, world)) {
            if known.insert(probe.key.clone()) {
                running.spawn(async move {
                    let records = tokio::time::timeout(probe.timeout, (probe.work)()).await;
                    let records = records.unwrap_or_else(|_| panic!("{} outlives its time-out", probe.key));
                    assert!(!records.is_empty(), "{} leaves nothing", probe.key);
                    assert!(records.iter().all(|record| record.kind == probe.kind), "{}", probe.key);
                    records
                });
            }
        }
        match running.join_next().await {
            Some(records) => records.unwrap().into_iter().for_each(|record| evidence.push(record)),
            None => return evidence,
        }
    }
}

/// Behind this proxy, with time-outs that a busy machine still keeps.
pub async fn through(proxy: u16, settings: Settings) -> Evidence {
    let proxy = Some(format!("http://127.0.0.1:{proxy}"));
    let world = world(Settings { proxy, probe_timeout: Some(Duration::from_secs(3)), ..settings });
    run(&world, &BEHIND_A_PROXY, Vec::new()).await
}

/// Data of one kind about a host, in the order it came.
pub fn about<D: Data + Clone>(evidence: &Evidence, host: &str) -> Vec<D> {
    let key = format!("host:{host}:443");
    evidence.facts_at::<D>(&key).into_iter().map(|fact| fact.data.clone()).collect()
}
