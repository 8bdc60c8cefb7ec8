//! Collectors: the only code that touches the world.
//!
//! A collector owns one kind of evidence. It never waits for another one: the engine asks it again and
//! again which probes the evidence so far allows ([`Collector::probes`]), runs each new probe at once,
//! beside all others and under its own time-out, and adds what comes back. So a dead host ends its own
//! chain and nothing else.

mod clock_https;
mod cloud_names;
mod cloud_ports;
pub mod directory;
mod handshakes;
mod http;
pub mod net;
mod operator_input;
mod os;
mod proxy_config;
mod services;
mod world;

pub use world::{Credential, Settings, World, unix_ms};

use super::{Evidence, Kind, Record};
use crate::catalog::{Area, Check, RunsAt, Target};
use crate::checks::network::hosts;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// What a probe touches, for the report's `touched` and for a plan.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct Touched {
    /// `dns`, `tcp`, `tls`, `http`, `ldap`, `rpc`, `file`, `registry`, `service`.
    pub kind: String,
    pub target: String,
}

impl Touched {
    pub fn new(kind: &str, target: impl Into<String>) -> Touched {
        Touched { kind: kind.to_owned(), target: target.into() }
    }
}

/// One look at one thing.
pub struct Probe {
    /// Unique in a run; the same key is never run twice.
    pub key: String,
    pub kind: Kind,
    /// What the records will be about (or what contains it).
    pub target: Target,
    /// Time-out of the whole probe, retries included.
    pub timeout: Duration,
    pub touches: Vec<Touched>,
    pub work: Box<dyn FnOnce() -> BoxFuture<'static, Vec<Record>> + Send>,
}

/// A probe whose key is its kind, its target and (where there are several) its `part`.
pub fn probe(
    kind: Kind,
    part: &str,
    target: &Target,
    timeout: Duration,
    touches: Vec<Touched>,
    work: impl Future<Output = Vec<Record>> + Send + 'static,
) -> Probe {
    Probe {
        key: format!("{} {} {part}", kind.name(), target.key),
        kind,
        target: target.clone(),
        timeout,
        touches,
        work: Box::new(move || Box::pin(work)),
    }
}

/// Produces the records of one kind.
pub trait Collector: Send + Sync {
    fn kind(&self) -> Kind;

    /// Kinds that `probes` reads.
    fn needs(&self) -> &'static [Kind];

    /// False for a check that reads the same kind of evidence about other things: names, ports and clocks
    /// are those of the cloud or those of the directory.
    fn serves(&self, _: &Check) -> bool {
        true
    }

    /// The probes that the evidence so far allows. Called after every new record of `needs`: it must be
    /// cheap, must not block, and may name probes that were already named.
    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe>;

    /// What `probes` may name once the answers are there, for `-PlanOnly`: patterns with their source.
    fn patterns(&self, world: &World) -> Vec<Touched>;
}

/// True for checks of the path to the cloud. All others look at the directory or at this machine.
fn is_of_the_cloud(check: &Check) -> bool {
    check.area == Area::Network || check.runs_at == RunsAt::Anywhere
}

/// The cloud hosts that the evidence so far names.
fn cloud_hosts(evidence: &Evidence, world: &World) -> Vec<hosts::Host> {
    hosts::hosts(&world.scene(evidence))
}

/// The cloud hosts in words, for a plan: the documented ones and those of the operator by name, those that
/// events add by their suffix.
fn host_patterns(world: &World, kind: &str, tail: &str) -> Vec<Touched> {
    let cloud = world.tables.cloud(&world.settings.cloud);
    let named = world.settings.namespaces.iter().filter(|name| hosts::is_relay_name(name, cloud));
    let names = cloud.hosts.iter().map(|host| &host.name).chain(named);
    let mut patterns: Vec<Touched> = names.map(|name| Touched::new(kind, format!("{name}{tail}"))).collect();
    let from_events = format!("*{}{tail} (names in events of the sync service)", cloud.relay_suffix);
    patterns.push(Touched::new(kind, from_events));
    patterns
}

/// Every collector of this build.
pub fn collectors() -> Vec<Box<dyn Collector>> {
    let mut all: Vec<Box<dyn Collector>> = vec![
        Box::new(cloud_names::CloudNamesCollector),
        Box::new(cloud_ports::CloudPortsCollector),
        Box::new(handshakes::HandshakesCollector),
        Box::new(http::HttpCollector),
        Box::new(proxy_config::ProxyConfigCollector),
        Box::new(services::ServicesCollector),
        Box::new(os::OsCollector),
        Box::new(clock_https::ClockHttpsCollector),
        Box::new(operator_input::OperatorInputCollector),
    ];
    all.extend(directory::collectors());
    all
}
