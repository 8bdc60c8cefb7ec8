//! The direct way, from planted addresses on.

use crate::runner::{DIRECT, LOGIN, RELAY, about, run, target, world};
use crate::servers::{Authority, BOTH, Host, listen, missing_token};
use password_writeback::evidence::collect::{Settings, World};
use password_writeback::evidence::{
    Dns, DnsAnswer, EffectiveProxy, Environment, Evidence, Http, Kind, ProxyConfig, Record, Tcp, Tls,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn planted(world: &World, addresses: &[&str], config: ProxyConfig) -> Vec<Record> {
    let answer = |value: &&str| DnsAnswer { value: (*value).to_owned(), ..DnsAnswer::default() };
    let dns = Dns {
        name: RELAY.to_owned(),
        record_type: "A+AAAA".to_owned(),
        rcode: "NOERROR".to_owned(),
        answers: addresses.iter().map(answer).collect(),
        ..Dns::default()
    };
    let now = Instant::now();
    vec![world.record(&target(world, RELAY), now, dns), world.record(&world.server, now, config)]
}

fn path(kind: &str, address: Option<String>, source: &str) -> ProxyConfig {
    ProxyConfig {
        effective_for_service: EffectiveProxy { kind: kind.to_owned(), address, source: Some(source.to_owned()) },
        ..ProxyConfig::default()
    }
}

async fn directly(addresses: &[&str], config: ProxyConfig) -> Evidence {
    let world: Arc<World> = world(Settings { probe_timeout: Some(Duration::from_millis(800)), ..Settings::default() });
    let planted = planted(&world, addresses, config);
    run(&world, &DIRECT, planted).await
}

#[tokio::test]
async fn each_address_is_tried_and_a_closed_host_ends_its_chain() {
    // Nothing listens on port 443 of these; the second is not an address to connect to.
    let evidence = directly(&["127.0.0.91", "0.0.0.0", "127.0.0.92"], path("none", None, "environment")).await;
    let attempts: Vec<Tcp> = about(&evidence, RELAY);
    let mut ends: Vec<(&str, &str)> = attempts.iter().map(|tcp| (tcp.address.as_str(), tcp.result.as_str())).collect();
    ends.sort_unstable();
    assert_eq!(ends, [("127.0.0.91", "Refused"), ("127.0.0.92", "Refused")]);
    assert!(attempts.iter().all(|tcp| (tcp.port, tcp.via.as_str()) == (443, "direct")));
    assert_eq!(evidence.records_of(Kind::Tls).count() + evidence.records_of(Kind::Http).count(), 0);
    assert_eq!(about::<Tcp>(&evidence, LOGIN).len(), 0, "a host without addresses has no attempts");
}

#[tokio::test]
async fn the_whole_chain_runs_on_one_open_address() {
    // Port 443 is for administrators on most systems; the laboratory covers this there.
    let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.93:443").await else { return };
    let identity = Authority::new().identity(&[RELAY], 2099);
    let (_, heard) = listen(listener, Host::Https(identity, &BOTH, missing_token()));
    let addresses = ["127.0.0.94", "127.0.0.93"];
    let unset = path("unknown", None, "wininet");
    let environment = Environment { no: Some(".windows.net".to_owned()), ..Environment::default() };
    let exempt = ProxyConfig {
        environment: Some(environment),
        ..path("system", Some("http://127.0.0.1:9".to_owned()), "environment")
    };
    for config in [path("none", None, "environment"), unset, exempt] {
        let evidence = directly(&addresses, config).await;
        let handshakes: Vec<Tls> = about(&evidence, RELAY);
        assert_eq!(handshakes.len(), 2);
        assert!(handshakes.iter().all(|tls| tls.via == "direct" && tls.version_negotiated.is_some()));
        let answers: Vec<Http> = about(&evidence, RELAY);
        assert_eq!(answers.len(), 1, "no CONNECT on the direct way");
        assert_eq!((answers[0].status, answers[0].body_marker.as_str()), (Some(401), "MissingToken"));
    }
    assert!(heard.lock().unwrap().contains(&format!("Host: {RELAY}")));
}

#[tokio::test]
async fn behind_a_proxy_the_direct_result_is_kept_and_not_followed() {
    let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.95:443").await else { return };
    listen(listener, Host::Silent);
    let closed = path("explicit", Some("http://127.0.0.1:9".to_owned()), "parameter");
    let evidence = directly(&["127.0.0.95"], closed).await;
    assert_eq!(about::<Tcp>(&evidence, RELAY)[0].result, "Connected");
    assert_eq!(about::<Http>(&evidence, RELAY)[0].failure.as_deref(), Some("Refused"));
    assert_eq!(evidence.records_of(Kind::Tls).count(), 0);
}
