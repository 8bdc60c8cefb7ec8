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
use crate::knowledge::HostRole;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// What a probe touches, for the report's `touched` and for a plan. In a plan `<...>` stands for what only an
/// answer tells, and says whose answer that is.
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

#[cfg(test)]
impl Touched {
    /// True when this item of a plan stands for what was touched.
    pub fn covers(&self, touched: &Touched) -> bool {
        self.kind == touched.kind && is_filled(&self.target, &touched.target)
    }
}

/// True when `text` is the pattern with something in place of each `<...>`.
#[cfg(test)]
fn is_filled(pattern: &str, text: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('<') else { return pattern == text };
    let Some((_, after)) = rest.split_once('>') else { return pattern == text };
    let Some(text) = text.strip_prefix(before) else { return false };
    // At least one character; the boundaries are those of characters.
    text.char_indices().skip(1).map(|(at, _)| at).chain([text.len()]).any(|at| at > 0 && is_filled(after, &text[at..]))
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

    /// Everything that `probes` may touch once the answers are there, for `-PlanOnly`: by its name where that is
    /// known beforehand.
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

/// The cloud hosts for a plan: the documented ones and those of the operator, and what events may add.
fn planned_hosts(world: &World) -> Vec<String> {
    let mut hosts = planned_relays(world);
    let documented = world.tables.cloud(&world.settings.cloud).hosts.iter().map(|host| host.name.to_lowercase());
    let missing: Vec<String> = documented.filter(|name| !hosts.contains(name)).collect();
    hosts.splice(0..0, missing);
    hosts
}

/// Those of them that are relays.
fn planned_relays(world: &World) -> Vec<String> {
    let cloud = world.tables.cloud(&world.settings.cloud);
    let named = world.settings.namespaces.iter().filter(|name| hosts::is_relay_name(name, cloud));
    let named = named.map(|name| name.trim_end_matches('.').to_lowercase());
    let documented = cloud.hosts.iter().filter(|host| host.role == HostRole::RelayDoc).map(|host| host.name.clone());
    let mut relays: Vec<String> = Vec::new();
    for name in
        documented.chain(named).chain([format!("<relay named in events of the sync service>{}", cloud.relay_suffix)])
    {
        if !relays.contains(&name) {
            relays.push(name);
        }
    }
    relays
}

/// One item of a plan for each of these hosts.
fn each_planned(hosts: &[String], kind: &str, target: impl Fn(&str) -> String) -> Vec<Touched> {
    hosts.iter().map(|host| Touched::new(kind, target(host))).collect()
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

#[cfg(test)]
mod tests {
    use super::Touched;

    #[test]
    fn a_placeholder_of_a_plan_stands_for_any_text() {
        for (plan, touched, expected) in [
            ("a.example:443", "a.example:443", true),
            ("a.example:443", "b.example:443", false),
            ("<relay>.example:443", "ns1.example:443", true),
            ("<relay>.example:443", ".example:443", false),
            ("<relay>.example:443", "ns1.example:80", false),
            ("<dc>: <head of it> (base): x", "dc1: DC=a (base): x", true),
            ("<dc>: <head of it> (base): x", "dc1: DC=a (base): y", false),
            ("<dc>: <head of it> (base): x", "dü: <each> (base): x", true),
            ("ends in <it>", "ends in ", false),
        ] {
            let covers = Touched::new("dns", plan).covers(&Touched::new("dns", touched));
            assert_eq!(covers, expected, "{plan} {touched}");
        }
        assert!(!Touched::new("dns", "a").covers(&Touched::new("tcp", "a")));
    }
}
