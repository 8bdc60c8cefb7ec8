//! `http` of the cloud hosts: the CONNECT through an explicit proxy, then a GET of the root (and of the
//! endpoint that an event named) on the way that opened.
//!
//! A probe goes on with a peer that nobody trusts, so it carries no credential but the proxy's own.

use super::net::exchange::{Answer, get};
use super::net::failure::{Broken, Failure};
use super::net::handshake::{Offer, shake};
use super::net::limits::{HTTP_TIMEOUT, whole};
use super::net::marker::marker;
use super::net::proxy::{Attempt, Proxy};
use super::net::text::bare_address;
use super::net::way::{Way, open_way, settled_route};
use super::{
    Collector, Probe, Touched, World, cloud_hosts, each_planned, is_of_the_cloud, planned_hosts, planned_relays, probe,
};
use crate::catalog::Check;
use crate::checks::network::hosts::Host;
use crate::evidence::{EventLog, Evidence, Http, Kind, Record, RecordError, Route, State, Tls};
use crate::knowledge::HostRole;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout;

pub struct HttpCollector;

impl Collector for HttpCollector {
    fn kind(&self) -> Kind {
        Kind::Http
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::ProxyConfig, Kind::Tcp, Kind::Tls]
    }

    fn serves(&self, check: &Check) -> bool {
        is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world) {
            if let Some(Route::Proxy(address)) = settled_route(evidence, &host.name) {
                probes.push(connect_probe(world, &host, address));
            }
            let shaken = evidence.facts_at::<Tls>(&host.target.key);
            let is_open = shaken.iter().any(|fact| fact.data.version_negotiated.is_some());
            let Some(way) = open_way(evidence, &host.name, host.port, &host.target.key).filter(|_| is_open) else {
                continue;
            };
            for path in paths(evidence, &host) {
                probes.push(get_probe(world, &host, way.clone(), path));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let hosts = planned_hosts(world);
        let proxy = world.settings.proxy.as_deref().map(authority);
        let proxy = proxy.unwrap_or_else(|| "<proxy in the settings of the sync service>".to_owned());
        let mut all = each_planned(&hosts, "http", |host| format!("https://{host}/"));
        let endpoint = "<endpoint named in events of the sync service>";
        all.extend(each_planned(&planned_relays(world), "http", |host| format!("https://{host}/{endpoint}")));
        all.extend(each_planned(&hosts, "http", |host| format!("CONNECT {host}:443 at {proxy}")));
        all
    }
}

/// The root, and below a relay host the endpoint that the newest event about it names.
fn paths(evidence: &Evidence, host: &Host) -> Vec<String> {
    let mut paths = vec!["/".to_owned()];
    let logs = evidence.facts::<EventLog>();
    let named = logs
        .iter()
        .flat_map(|fact| &fact.data.events)
        .filter(|event| event.namespaces.iter().any(|name| name.eq_ignore_ascii_case(&host.name)))
        .filter(|event| event.endpoint.as_deref().is_some_and(is_endpoint))
        .max_by_key(|event| event.time_unix_ms);
    if host.role == HostRole::RelayEvent
        && let Some(endpoint) = named.and_then(|event| event.endpoint.as_deref())
    {
        paths.push(format!("/{endpoint}"));
    }
    paths
}

/// Text of events is untrusted: an endpoint is a GUID, or two of them joined.
fn is_endpoint(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=80).contains(&text.len()) && text.bytes().all(fits)
}

/// Host and port of a proxy, or its address as it was given.
fn authority(address: &str) -> String {
    Proxy::parse(address).map_or_else(|| address.to_owned(), |proxy| proxy.authority())
}

fn connect_probe(world: &Arc<World>, host: &Host, address: &str) -> Probe {
    let (this, about, address) = (world.clone(), host.clone(), address.to_owned());
    let via = authority(&address);
    // Without and with the proxy's credential.
    let timeout = whole(2, world.timeout(HTTP_TIMEOUT));
    let touches = vec![Touched::new("http", format!("CONNECT {}:{} at {via}", host.name, host.port))];
    probe(Kind::Http, "CONNECT", &host.target, timeout, touches, async move { connect(&this, &about, &address).await })
}

async fn connect(world: &World, host: &Host, address: &str) -> Vec<Record> {
    let started = Instant::now();
    let Some(proxy) = Proxy::parse(address) else {
        let text = "only proxies that are spoken to in plain HTTP can be tested";
        return vec![world.failed(Kind::Http, &host.target, started, State::Error, "toolLimit", "scheme", text)];
    };
    let credential = world.proxy_credential();
    let limit = world.timeout(HTTP_TIMEOUT);
    let (attempts, _tunnel) = proxy.tunnel(&host.name, host.port, credential, limit).await;
    let request = Http {
        url: format!("{}:{}", host.name, host.port),
        via: "proxy".to_owned(),
        method: "CONNECT".to_owned(),
        stage: "ProxyConnect".to_owned(),
        ..Http::default()
    };
    let record = |Attempt { started, outcome }| finish(world, host, started, request.clone(), outcome, true);
    attempts.into_iter().map(record).collect()
}

fn get_probe(world: &Arc<World>, host: &Host, way: Way, path: String) -> Probe {
    let (this, about) = (world.clone(), host.clone());
    let timeout = whole(1, world.timeout(HTTP_TIMEOUT));
    let touches = vec![Touched::new("http", format!("https://{}{path}", host.name))];
    let part = format!("{} GET {path}", way.via());
    probe(
        Kind::Http,
        &part,
        &host.target,
        timeout,
        touches,
        async move { vec![look(&this, &about, &way, &path).await] },
    )
}

async fn look(world: &World, host: &Host, way: &Way, path: &str) -> Record {
    let started = Instant::now();
    let limit = world.timeout(HTTP_TIMEOUT);
    let asking = async {
        let stream = way.open(world, &host.name, host.port).await?;
        let shaken = shake(stream, &host.name, Offer::Free, limit).await.map_err(Broken::Ours)?;
        let mut stream = shaken.stream.ok_or(Broken::Peer(Failure::Tls))?;
        get(&mut stream, &host.name, path).await
    };
    let outcome = timeout(limit, asking).await.unwrap_or(Err(Broken::Peer(Failure::Timeout)));
    let request = Http {
        url: format!("https://{}{path}", host.name),
        via: way.via().to_owned(),
        method: "GET".to_owned(),
        stage: "Origin".to_owned(),
        ..Http::default()
    };
    // The other hosts answer with web pages of their own: there HTML is no sign of a block page.
    let is_relay = matches!(host.role, HostRole::RelayEvent | HostRole::RelayDoc);
    finish(world, host, started, request, outcome, is_relay)
}

/// The record of a request: the answer, or why there is none.
fn finish(
    world: &World,
    host: &Host,
    started: Instant,
    request: Http,
    outcome: Result<Answer, Broken>,
    html_is_foreign: bool,
) -> Record {
    let target = &host.target;
    match outcome {
        Ok(answer) => world.record(target, started, read(request, &answer, html_is_foreign)),
        Err(Broken::Peer(failure)) => {
            let failed = Http { failure: Some(failure.word().to_owned()), body_marker: "None".to_owned(), ..request };
            let mut record = world.record(target, started, failed);
            let text = format!("no answer: {}", failure.word());
            record.error = Some(RecordError { class: "io".to_owned(), code: failure.word().to_owned(), text });
            record
        }
        Err(Broken::Ours(error)) => {
            let code = io::Error::raw_os_error(&error).unwrap_or_default();
            world.failed(Kind::Http, target, started, State::Error, "io", code, error)
        }
    }
}

fn read(request: Http, answer: &Answer, html_is_foreign: bool) -> Http {
    let head = &answer.head;
    let marker = match marker(head, &answer.body) {
        "HtmlBlockPage" if !html_is_foreign => "None",
        marker => marker,
    };
    Http {
        status: Some(head.status),
        server: head.text("Server"),
        via_header: head.text("Via"),
        x_cache: head.text("X-Cache"),
        location: head.text("Location").map(|location| bare_address(&location)),
        content_type: head.text("Content-Type"),
        body_marker: marker.to_owned(),
        date_header: head.text("Date"),
        ..request
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Scene;
    use crate::catalog::testing::{NOW, Stage, server};
    use crate::checks::network::hosts::hosts;
    use crate::evidence::{Event, OperatorInput};

    #[test]
    fn the_endpoint_of_the_newest_event_about_the_host_is_asked() {
        let event = |minute: i64, name: &str, endpoint: &str| Event {
            id: 31019,
            time_unix_ms: NOW + minute,
            namespaces: vec![name.to_owned()],
            endpoint: Some(endpoint.to_owned()),
            ..Event::default()
        };
        let name = "ns1.servicebus.windows.net";
        let events = vec![
            event(1, name, "4f1c_77aa"),
            event(2, "other.servicebus.windows.net", "0000"),
            event(4, name, "../admin?x=1"),
            event(3, name, "5f1c_77aa"),
        ];
        let stage = Stage::with_input(OperatorInput { namespaces: vec![name.to_owned()], ..Default::default() })
            .add(&server(), EventLog { events, ..Default::default() });
        let hosts = hosts(&Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW });
        let relay = hosts.iter().find(|host| host.name == name).unwrap();
        assert_eq!(paths(&stage.evidence, relay), ["/", "/5f1c_77aa"]);
        let login = hosts.iter().find(|host| host.role == HostRole::Login).unwrap();
        assert_eq!(paths(&stage.evidence, login), ["/"]);
    }
}
