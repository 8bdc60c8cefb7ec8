//! `clock` of the cloud: the Date of the login host, as a client sees it that trusts nobody blindly.
//!
//! Probes read Date headers from whoever answers. This is the second, trusted reference: the strict
//! client of the product, which refuses a bad certificate and follows no redirect.

use super::http::HTTP_TIMEOUT;
use super::net::connect::Route;
use super::net::route::open_route;
use super::{Collector, Probe, Touched, World, cloud_hosts, probe, unix_ms};
use crate::checks::network::hosts::Host;
use crate::evidence::{Clock, Evidence, Kind, State};
use crate::knowledge::HostRole;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;
use std::time::Instant;

pub struct ClockHttpsCollector;

impl Collector for ClockHttpsCollector {
    fn kind(&self) -> Kind {
        Kind::Clock
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::ProxyConfig, Kind::Tcp, Kind::Http]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let login = cloud_hosts(evidence, world).into_iter().filter(|host| host.role == HostRole::Login);
        let open = login.filter_map(|host| open_route(evidence, world, &host).map(|route| (host, route)));
        open.map(|(host, route)| {
            let this = world.clone();
            let url = format!("https://{}/", host.name);
            let touches = vec![Touched::new("http", &url)];
            probe(Kind::Clock, "", &host.target.clone(), world.timeout(HTTP_TIMEOUT), touches, async move {
                let started = Instant::now();
                match date(&url, &host, &route, &this).await {
                    Ok(clock) => vec![this.record(&host.target, started, clock)],
                    Err(reason) => {
                        vec![this.failed(Kind::Clock, &host.target, started, State::NotReadable, "https", "", reason)]
                    }
                }
            })
        })
        .collect()
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        vec![Touched::new("http", format!("https://{}/", world.tables.cloud(&world.settings.cloud).login_host))]
    }
}

async fn date(url: &str, host: &Host, route: &Route, world: &World) -> Result<Clock, String> {
    let client = client(host, route, world)?;
    let sent = Instant::now();
    let answer = client.head(url).send().await.map_err(|error| text_of(&error))?;
    let round_trip_ms = sent.elapsed().as_millis().min(i32::MAX as u128) as i64;
    let local_unix_ms = unix_ms();
    let date =
        answer.headers().get("date").and_then(|value| value.to_str().ok()).ok_or("the answer has no Date header")?;
    let date = httpdate::parse_http_date(date).map_err(|_| "the Date header cannot be read")?;
    let reference =
        date.duration_since(std::time::UNIX_EPOCH).map_err(|_| "the Date header lies before 1970")?.as_millis();
    let reference_unix_ms = i64::try_from(reference).map_err(|_| "the Date header is out of range")?;
    let skew_ms = reference_unix_ms - (local_unix_ms - round_trip_ms / 2);
    Ok(Clock {
        reference: host.name.clone(),
        reference_unix_ms: Some(reference_unix_ms),
        local_unix_ms: Some(local_unix_ms),
        round_trip_ms: Some(round_trip_ms as u32),
        skew_seconds: i32::try_from((skew_ms + skew_ms.signum() * 500) / 1_000).ok(),
        resolution: 1_000,
    })
}

/// The strict client: this machine's trust, the way of the service, no redirects, no cookies.
fn client(host: &Host, route: &Route, world: &World) -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| error.to_string())?
        .with_no_client_auth();
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(world.timeout(HTTP_TIMEOUT))
        .no_proxy();
    match route {
        // The address that the probes use: both look at the same machine.
        Route::Direct(address) => builder = builder.resolve(&host.name, *address),
        Route::Proxy(proxy) => {
            let mut through = reqwest::Proxy::https(format!("http://{}:{}", proxy.host, proxy.port))
                .map_err(|error| text_of(&error))?;
            if let Some(credential) = world.settings.proxy_credential.as_ref().filter(|_| proxy.authorization.is_some())
            {
                through = through.basic_auth(&credential.user, credential.secret.reveal().unwrap_or_default());
            }
            builder = builder.proxy(through);
        }
    }
    builder.build().map_err(|error| text_of(&error))
}

/// The innermost reason: the outer ones only say that a request failed.
fn text_of(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
