//! `http`: the tunnel of an explicit proxy, and what the host answers to a request without a token.

use super::net::connect::{Authorization, Proxy, Route, connect, result_of};
use super::net::http1::{self, Head};
use super::net::route::{open_route, proxy};
use super::net::tls::{Offer, shake_hands};
use super::{Collector, Probe, Touched, World, cloud_hosts, probe};
use crate::checks::network::hosts::Host;
use crate::evidence::{EventLog, Evidence, Http, Kind, Record, State, Tls};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// HTTP_TIMEOUT of the catalog (0.6).
pub const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

pub struct HttpCollector;

impl Collector for HttpCollector {
    fn kind(&self) -> Kind {
        Kind::Http
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::ProxyConfig, Kind::Tls]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world) {
            if let Some(Some(proxy)) = proxy(evidence, world, &host) {
                probes.push(tunnel(world, &host, proxy));
            }
            let shook_hands = evidence
                .facts_at::<Tls>(&host.target.key)
                .iter()
                .any(|fact| fact.data.version_negotiated.is_some() && fact.data.stack == "own");
            if let Some(route) = open_route(evidence, world, &host).filter(|_| shook_hands) {
                for path in paths(evidence, &host) {
                    probes.push(request(world, &host, route.clone(), path));
                }
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        super::documented_hosts(world).map(|name| Touched::new("http", format!("https://{name}/"))).collect()
    }
}

/// The root, and the endpoint of the relay where an event named it.
fn paths(evidence: &Evidence, host: &Host) -> Vec<String> {
    let logs = evidence.facts::<EventLog>();
    let endpoint = logs
        .iter()
        .flat_map(|fact| &fact.data.events)
        .filter(|event| event.namespaces.iter().any(|name| name.eq_ignore_ascii_case(&host.name)))
        .max_by_key(|event| event.time_unix_ms)
        .and_then(|event| event.endpoint.clone())
        .filter(|endpoint| endpoint.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    std::iter::once("/".to_owned()).chain(endpoint.map(|endpoint| format!("/{endpoint}"))).collect()
}

fn tunnel(world: &Arc<World>, host: &Host, proxy: Proxy) -> Probe {
    let (this, about) = (world.clone(), host.clone());
    let limit = world.timeout(HTTP_TIMEOUT);
    let touches = vec![Touched::new("tcp", format!("{}:{}", proxy.host, proxy.port))];
    probe(Kind::Http, "CONNECT", &host.target, limit + Duration::from_millis(500), touches, async move {
        let started = Instant::now();
        let answered = tokio::time::timeout(limit, ask(&proxy, &about)).await;
        let answers = answered.unwrap_or_else(|_| vec![Err(io::ErrorKind::TimedOut.into())]);
        answers.into_iter().map(|answer| this.record(&about.target, started, tunnel_data(&about, answer))).collect()
    })
}

/// One attempt without credentials; a second with them when the proxy asks and the operator gave some.
async fn ask(proxy: &Proxy, host: &Host) -> Vec<io::Result<Head>> {
    let first = once(proxy, host, None).await;
    let asked = first.as_ref().is_ok_and(|head| head.status == 407);
    let mut answers = vec![first];
    if let Some(authorization) = proxy.authorization.as_ref().filter(|_| asked) {
        answers.push(once(proxy, host, Some(authorization)).await);
    }
    answers
}

async fn once(proxy: &Proxy, host: &Host, authorization: Option<&Authorization>) -> io::Result<Head> {
    let mut stream = TcpStream::connect((proxy.host.as_str(), proxy.port)).await?;
    connect(&mut stream, &host.name, host.port, authorization).await
}

fn tunnel_data(host: &Host, answer: io::Result<Head>) -> Http {
    let mut data = Http {
        url: format!("{}:{}", host.name, host.port),
        via: "proxy".to_owned(),
        method: "CONNECT".to_owned(),
        stage: "ProxyConnect".to_owned(),
        body_marker: "None".to_owned(),
        ..Http::default()
    };
    match answer {
        Ok(head) => {
            data.status = Some(head.status);
            data.server = head.header("server").map(str::to_owned);
            data.via_header = head.header("via").map(str::to_owned);
            data.date_header = head.header("date").map(str::to_owned);
        }
        // The standard library has no kind of its own for a name that does not resolve.
        Err(error) if error.to_string().contains("lookup") => data.failure = Some("NameUnknown".to_owned()),
        Err(error) => data.failure = Some(result_of(&error).to_owned()),
    }
    data
}

fn request(world: &Arc<World>, host: &Host, route: Route, path: String) -> Probe {
    let (this, about) = (world.clone(), host.clone());
    let limit = world.timeout(HTTP_TIMEOUT);
    let url = format!("https://{}{path}", host.name);
    let touches = vec![Touched::new("http", &url)];
    probe(Kind::Http, &format!("GET {path}"), &host.target, limit + Duration::from_millis(500), touches, async move {
        let started = Instant::now();
        let answer = tokio::time::timeout(limit, get(&route, &about, &path)).await;
        vec![match answer {
            Ok(Ok((head, body))) => this.record(&about.target, started, origin_data(url, &route, &head, &body)),
            Ok(Err(error)) => failed(&this, &about, started, State::NotReadable, &error.to_string()),
            Err(_) => failed(&this, &about, started, State::Timeout, "no answer within its time-out"),
        }]
    })
}

fn failed(world: &World, host: &Host, started: Instant, state: State, text: &str) -> Record {
    world.failed(Kind::Http, &host.target, started, state, "io", "", text)
}

async fn get(route: &Route, host: &Host, path: &str) -> io::Result<(Head, String)> {
    let stream = route.open(&host.name, host.port).await?;
    let mut stream = shake_hands(stream, &host.name, Offer::Free)
        .await
        .stream
        .ok_or_else(|| io::Error::other("the TLS handshake failed"))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: PasswordWriteback\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        host.name
    );
    http1::send(&mut stream, &request).await?;
    let (head, rest) = http1::read_head(&mut stream).await?;
    let body = http1::read_body(&mut stream, &head, rest).await;
    Ok((head, body))
}

fn origin_data(url: String, route: &Route, head: &Head, body: &str) -> Http {
    let header = |name: &str| head.header(name).map(str::to_owned);
    Http {
        url,
        via: route.via().to_owned(),
        method: "GET".to_owned(),
        status: Some(head.status),
        stage: "Origin".to_owned(),
        server: header("server"),
        via_header: header("via"),
        x_cache: header("x-cache"),
        location: header("location"),
        content_type: header("content-type"),
        body_marker: marker(head, body).to_owned(),
        date_header: header("date"),
        failure: None,
    }
}

/// What the body tells: the relay's own refusal, or a page for people where no page belongs.
fn marker(head: &Head, body: &str) -> &'static str {
    const BLOCK_WORDS: [&str; 6] = ["blocked", "denied", "forbidden", "web filter", "policy", "not allowed"];
    let lower = body.to_lowercase();
    if body.contains("MissingToken")
        || head.header("www-authenticate").is_some_and(|value| value.contains("MissingToken"))
    {
        return "MissingToken";
    }
    let is_html = head.header("content-type").is_some_and(|kind| kind.contains("text/html")) || lower.contains("<html");
    if is_html && BLOCK_WORDS.iter().any(|word| lower.contains(word)) { "HtmlBlockPage" } else { "None" }
}
