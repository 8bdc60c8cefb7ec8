//! `clock` against the cloud: the Date of the login host, from a peer that the machine trusts.
//!
//! A strict client on purpose: an untrusted peer may tell any time. Where trust fails there is no clock
//! of this kind; the probes' answers still carry their Date headers.

use super::net::exchange::USER_AGENT;
use super::net::limits::{HTTP_TIMEOUT, whole};
use super::net::way::{Way, open_way};
use super::{Collector, Probe, Touched, World, cloud_hosts, is_of_the_cloud, probe, unix_ms};
use crate::catalog::Check;
use crate::checks::network::hosts::Host;
use crate::evidence::{Clock, Evidence, Kind, Record, State, Tls};
use crate::knowledge::HostRole;
use crate::runtime::blocking;
use reqwest::header::DATE;
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

pub struct ClockHttpsCollector;

impl Collector for ClockHttpsCollector {
    fn kind(&self) -> Kind {
        Kind::Clock
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog, Kind::ProxyConfig, Kind::Tcp, Kind::Http, Kind::Tls]
    }

    fn serves(&self, check: &Check) -> bool {
        is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for host in cloud_hosts(evidence, world).into_iter().filter(|host| host.role == HostRole::Login) {
            let shaken = evidence.facts_at::<Tls>(&host.target.key);
            if shaken.iter().any(|fact| fact.data.version_negotiated.is_some())
                && let Some(way) = open_way(evidence, &host.name, host.port, &host.target.key)
            {
                probes.push(ask(world, host, way));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let cloud = world.tables.cloud(&world.settings.cloud);
        vec![Touched::new("http", format!("https://{}/", cloud.login_host))]
    }
}

fn ask(world: &Arc<World>, host: Host, way: Way) -> Probe {
    let (this, target) = (world.clone(), host.target.clone());
    let timeout = whole(1, world.timeout(HTTP_TIMEOUT));
    let touches = vec![Touched::new("http", format!("https://{}/", host.name))];
    probe(Kind::Clock, "", &target, timeout, touches, async move { vec![look(&this, &host, &way).await] })
}

async fn look(world: &World, host: &Host, way: &Way) -> Record {
    let started = Instant::now();
    let failed = |class: &str, text: &str| {
        world.failed(Kind::Clock, &host.target, started, State::Error, class, "", text.to_owned())
    };
    let client = match client(world, way).await {
        Ok(client) => client,
        Err(text) => return failed("toolLimit", &text),
    };
    let (asked_unix_ms, asked) = (unix_ms(), Instant::now());
    let answer = client.get(format!("https://{}/", host.name)).send().await;
    let (local_unix_ms, round_trip) = (unix_ms(), asked.elapsed());
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if error.is_timeout() => {
            return world.failed(
                Kind::Clock,
                &host.target,
                started,
                State::Timeout,
                "timeout",
                "",
                "no answer in time",
            );
        }
        Err(error) if is_tls(&error) => return failed("tls", "the certificate of the host is not trusted here"),
        Err(_) => return failed("io", "no answer"),
    };
    let date = answer.headers().get(DATE).and_then(|value| value.to_str().ok());
    let Some(reference) = date.and_then(unix_ms_of) else {
        return failed("protocol", "the answer carries no readable Date header");
    };
    world.record(
        &host.target,
        started,
        Clock {
            reference: host.name.clone(),
            reference_unix_ms: Some(reference),
            local_unix_ms: Some(local_unix_ms),
            round_trip_ms: u32::try_from(round_trip.as_millis()).ok(),
            skew_seconds: Some(skew_seconds(reference, asked_unix_ms, local_unix_ms)),
            resolution: 1000,
        },
    )
}

/// Strict in everything: the machine's own trust, no redirects, no proxy but the one of the way, no
/// cookies. Made anew each time: the verifier reads the store when it is made.
async fn client(world: &World, way: &Way) -> Result<reqwest::Client, String> {
    let config = blocking(|| {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()
            .map(|config| config.with_no_client_auth())
    });
    let config = config.await.map_err(|_| "no thread is left to read the trust store".to_owned())?;
    let config = config.map_err(|error| format!("the trust store cannot be read: {error}"))?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(Policy::none())
        .no_proxy()
        .https_only(true)
        .user_agent(USER_AGENT)
        .timeout(world.timeout(HTTP_TIMEOUT));
    if let Way::Tunnel(proxy) = way {
        let mut through = reqwest::Proxy::all(format!("http://{}", proxy.authority()))
            .map_err(|_| "the address of the proxy cannot be used".to_owned())?;
        if let Some(credential) = world.proxy_credential() {
            through = through.basic_auth(&credential.user, credential.secret.reveal().unwrap_or_default());
        }
        builder = builder.proxy(through);
    }
    builder.build().map_err(|_| "the client cannot be made".to_owned())
}

/// True when the handshake, not the connection, is what failed.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<rustls::Error>() {
            return true;
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>()
            && io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
        {
            return true;
        }
        source = inner.source();
    }
    false
}

fn unix_ms_of(date: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// Reference minus local, at half of the round trip, in whole seconds.
fn skew_seconds(reference_unix_ms: i64, asked_unix_ms: i64, answered_unix_ms: i64) -> i32 {
    let middle = asked_unix_ms + (answered_unix_ms - asked_unix_ms) / 2;
    let skew = (reference_unix_ms - middle) as f64 / 1000.0;
    skew.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skew_is_taken_at_half_of_the_round_trip() {
        for (reference, asked, answered, expected) in [
            (1_000_000, 1_000_000, 1_000_000, 0),
            (1_061_000, 1_000_000, 1_002_000, 60),
            (1_000_000, 1_301_000, 1_301_000, -301),
            (1_000_000, 1_000_000, 1_000_900, 0),
        ] {
            assert_eq!(skew_seconds(reference, asked, answered), expected);
        }
        assert_eq!(unix_ms_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(unix_ms_of("yesterday"), None);
    }
}
