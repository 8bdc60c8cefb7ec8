//! Every controller with every port, as far as the evidence goes (`-Matrix`).
//!
//! No controller and no port is left out: what was not tried says why. Whether a port connects is decided
//! where the checks decide it.

use crate::catalog::text::{clean, list};
use crate::catalog::{Scene, Target, TargetKind};
use crate::checks::directory::facts::{Port, controller_key, has_address, inventory, port};
use crate::checks::targets;
use crate::contract::{ControllerPort, ControllerPorts, PortAttempt, PortState};
use crate::directory::ports::{ENDPOINT_MAPPER, SAM, SERVICES};
use crate::evidence::{Dns, EndpointMap, Kind, OperatorInput, Record, RootDse, State, Tcp};

/// One row per controller, by domain and name.
pub fn matrix(scene: &Scene) -> Vec<ControllerPorts> {
    let mut controllers = controllers(scene);
    controllers.sort_by(|a, b| (targets::domain_key(a), &a.key).cmp(&(targets::domain_key(b), &b.key)));
    controllers.into_iter().map(|target| row(scene, target)).collect()
}

/// The controllers of the inventory, and those that never got into it.
fn controllers(scene: &Scene) -> Vec<Target> {
    let mut all = targets::controllers(scene);
    let listed: Vec<String> = all.iter().map(|target| target.key.clone()).collect();
    for target in targets::of_kind(scene, TargetKind::Dc, &[Kind::RootDse, Kind::Tcp, Kind::Dns]) {
        // A short name or an address is another name of a controller that has a row already.
        let full = scene.evidence.facts_at::<RootDse>(&target.key).into_iter().find_map(|fact| {
            let host = fact.data.dns_host_name.as_deref()?;
            Some(controller_key(host))
        });
        let is_another_name = full.is_some_and(|key| key != target.key && listed.contains(&key));
        if !listed.contains(&target.key) && !is_another_name {
            all.push(target);
        }
    }
    all
}

fn row(scene: &Scene, target: Target) -> ControllerPorts {
    let key = target.key.as_str();
    let known = inventory(scene, key);
    let mut ports: Vec<ControllerPort> =
        SERVICES.iter().map(|service| cell(scene, key, service.port, service.name)).collect();
    ports.extend(sam(scene, key));
    ControllerPorts {
        roles: known.map(|inventory| inventory.roles.clone()).unwrap_or_default(),
        site: known.and_then(|inventory| inventory.site.clone()),
        read_only: known.and_then(|inventory| inventory.is_rodc),
        global_catalog: known.and_then(|inventory| inventory.is_gc),
        ports,
        target,
    }
}

fn cell(scene: &Scene, key: &str, number: u16, service: &str) -> ControllerPort {
    let facts = scene.evidence.facts_at::<Tcp>(key);
    let tried: Vec<&Tcp> = facts.iter().map(|fact| fact.data).filter(|tcp| tcp.port == number).collect();
    let attempts: Vec<PortAttempt> = tried
        .iter()
        .map(|tcp| PortAttempt { address: tcp.address.clone(), state: state_of(&tcp.result), ms: tcp.ms })
        .collect();
    let best = attempts.iter().min_by_key(|attempt| attempt.state);
    let (state, why) = match port(scene, key, number) {
        Port::Open => (PortState::Connected, None),
        Port::Closed(how) => (best.map_or(PortState::Unknown, |attempt| attempt.state), Some(how)),
        Port::Unread => {
            let (state, why) = unread(scene, key, &tried);
            (state, Some(why))
        }
    };
    let ms = best.filter(|attempt| attempt.state == state).map(|attempt| attempt.ms);
    ControllerPort { port: Some(number), service: service.to_owned(), state, ms, why, attempts }
}

fn state_of(result: &str) -> PortState {
    match result {
        "Connected" => PortState::Connected,
        "Refused" => PortState::Refused,
        "Reset" => PortState::Reset,
        "Timeout" => PortState::TimedOut,
        "Unreachable" => PortState::Unreachable,
        _ => PortState::Unknown,
    }
}

/// Why nothing is known of a port: an attempt came to no end, or there was none.
fn unread(scene: &Scene, key: &str, tried: &[&Tcp]) -> (PortState, String) {
    if let Some(tcp) = tried.iter().find(|tcp| state_of(&tcp.result) == PortState::Unknown) {
        let result = clean(&tcp.result);
        return (PortState::Unknown, format!("the attempt on {} ended with '{result}'", clean(&tcp.address)));
    }
    if let Some(record) = unreadable(scene, Kind::Tcp, key) {
        return (PortState::Unknown, format!("an attempt came to no end: {}", reason(record)));
    }
    (PortState::NotTried, not_tried(scene, key))
}

fn not_tried(scene: &Scene, key: &str) -> String {
    match has_address(scene, key) {
        Some(false) => {
            let rcodes: Vec<&str> =
                scene.evidence.facts_at::<Dns>(key).iter().map(|fact| fact.data.rcode.as_str()).collect();
            format!("its name has no address ({})", list(rcodes))
        }
        None => match unreadable(scene, Kind::Dns, key) {
            Some(record) => format!("its address could not be read: {}", reason(record)),
            None => "its address is not known".to_owned(),
        },
        Some(true) => {
            let asked = scene.evidence.facts::<OperatorInput>();
            match asked.iter().any(|fact| !fact.data.all_controller) {
                true => "this run did not look at every controller; -AllController does".to_owned(),
                false => "this run did not try it".to_owned(),
            }
        }
    }
}

/// The port of the security accounts manager, which the endpoint mapper names; it may name several.
fn sam(scene: &Scene, key: &str) -> Vec<ControllerPort> {
    let facts = scene.evidence.facts_at::<Tcp>(key);
    let maps: Vec<&EndpointMap> = facts.iter().filter_map(|fact| fact.data.epm.as_ref()).collect();
    let mut named: Vec<u16> = maps.iter().flat_map(|map| map.samr_ports.iter().copied()).collect();
    named.sort_unstable();
    named.dedup();
    if !named.is_empty() {
        return named.into_iter().map(|number| cell(scene, key, number, SAM)).collect();
    }
    let mapper = cell(scene, key, ENDPOINT_MAPPER, "");
    let why = match mapper.why {
        Some(why) => format!("TCP {ENDPOINT_MAPPER}, which names this port: {why}"),
        None => match maps.iter().find_map(|map| map.error.as_deref()) {
            Some(error) => format!("the endpoint mapper gave no usable answer: {}", clean(error)),
            None if maps.is_empty() => "the endpoint mapper was not asked".to_owned(),
            None => "the endpoint mapper names no TCP port: SAM is offered over named pipes only".to_owned(),
        },
    };
    vec![ControllerPort {
        port: None,
        service: SAM.to_owned(),
        state: PortState::NotTried,
        ms: None,
        why: Some(why),
        attempts: Vec::new(),
    }]
}

/// A record that could not be read.
fn unreadable<'a>(scene: &Scene<'a>, kind: Kind, key: &str) -> Option<&'a Record> {
    scene.evidence.records_at(kind, key).find(|record| !matches!(record.state, State::Ok | State::Partial))
}

fn reason(record: &Record) -> String {
    match &record.error {
        Some(error) if !error.text.is_empty() => clean(&error.text),
        _ => "no reason was recorded".to_owned(),
    }
}

#[cfg(test)]
#[path = "matrix_tests.rs"]
mod tests;
