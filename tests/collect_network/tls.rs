//! Handshakes and answers of hosts, seen through a tunnel.

use crate::runner::{LOGIN, RELAY, about, through};
use crate::servers::{Authority, BOTH, Host, Identity, ONLY_12, ONLY_13, Proxy, answer, host, missing_token, proxy};
use password_writeback::evidence::collect::Settings;
use password_writeback::evidence::{Evidence, Http, Kind, State, Tls};

async fn behind_proxy(behaviour: Host) -> Evidence {
    let (far, _) = host(behaviour).await;
    let (port, _) = proxy(Proxy::Opens(far)).await;
    through(port, Settings::default()).await
}

/// The handshake that offers 1.2 alone, then the free one.
fn pair(evidence: &Evidence) -> (Tls, Tls) {
    let all: Vec<Tls> = about(evidence, RELAY);
    assert_eq!(all.len(), 2);
    let (only, free): (Vec<Tls>, Vec<Tls>) = all.into_iter().partition(|tls| tls.offered == ["1.2"]);
    (only[0].clone(), free[0].clone())
}

fn end(tls: &Tls) -> String {
    match (&tls.version_negotiated, &tls.alert) {
        (Some(version), None) => version.clone(),
        (None, Some(alert)) => format!("{} by {}", alert.code, alert.side),
        other => panic!("{other:?}"),
    }
}

fn good() -> Identity {
    Authority::new().identity(&[RELAY, LOGIN], 2099)
}

#[tokio::test]
async fn handshakes_say_how_they_ended() {
    for (behaviour, only, free) in [
        (Host::Https(good(), &BOTH, missing_token()), "1.2", "1.3"),
        (Host::Https(good(), &ONLY_12, missing_token()), "1.2", "1.2"),
        (Host::Https(good(), &ONLY_13, missing_token()), "protocol_version by peer", "1.3"),
        (Host::ResetsInHandshake, "reset by peer", "reset by peer"),
        (Host::ClosesInHandshake, "closed by peer", "closed by peer"),
        (Host::Silent, "timeout by peer", "timeout by peer"),
        (Host::Plain, "decode_error by own", "decode_error by own"),
    ] {
        let evidence = behind_proxy(behaviour).await;
        let pair = pair(&evidence);
        assert_eq!((end(&pair.0).as_str(), end(&pair.1).as_str()), (only, free));
        assert!(evidence.records_of(Kind::Tls).all(|record| record.state == State::Ok));
        let asked = about::<Http>(&evidence, RELAY).iter().any(|http| http.stage == "Origin");
        assert_eq!(asked, pair.1.version_negotiated.is_some(), "requests follow handshakes that succeeded");
    }
}

#[tokio::test]
async fn an_unknown_authority_is_recorded_and_not_trusted() {
    let evidence = behind_proxy(Host::Https(good(), &BOTH, missing_token())).await;
    let (_, free) = pair(&evidence);
    assert_eq!(free.cipher.as_deref(), Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!((free.sni.as_str(), free.via.as_str(), free.stack.as_str()), (RELAY, "proxy", "own"));
    assert_eq!(free.name_matches, Some(true));
    assert_eq!(free.chain.len(), 1);
    assert_eq!(free.chain[0].issuer_org.as_deref(), Some("Corp"));
    assert!(free.chain[0].san.contains(&RELAY.to_owned()));
    let trust = free.os_trust.unwrap();
    assert_eq!((trust.result.as_str(), trust.revocation.as_str()), ("NotTrusted", "notAttempted"));
    assert_eq!(trust.errors, ["PartialChain"], "a leaf alone, and its issuer nowhere");
    assert_eq!((free.root_sha1, free.root_origin.as_str()), (None, "NotInStore"));
}

#[tokio::test]
async fn every_fault_of_a_certificate_is_named() {
    let authority = Authority::new();
    for (names, last_year, expected) in [
        ([RELAY, LOGIN], 2021, ["Expired"].as_slice()),
        (["a.example", LOGIN], 2099, &["NameMismatch"]),
        (["a.example", LOGIN], 2021, &["Expired", "NameMismatch"]),
    ] {
        let identity = authority.identity(&names, last_year);
        let evidence = behind_proxy(Host::Https(identity, &BOTH, missing_token())).await;
        let (only, free) = pair(&evidence);
        for tls in [only, free] {
            let errors = tls.os_trust.unwrap().errors;
            assert!(expected.iter().all(|word| errors.iter().any(|error| error == word)), "{errors:?}");
            assert_eq!(tls.name_matches, Some(names[0] == RELAY));
        }
        let origin = about::<Http>(&evidence, RELAY).into_iter().find(|http| http.stage == "Origin").unwrap();
        assert_eq!(origin.status, Some(401), "a probe goes on with a peer that nobody trusts");
    }
}

#[tokio::test]
async fn the_trusted_clock_refuses_an_untrusted_peer() {
    let evidence = behind_proxy(Host::Https(good(), &BOTH, missing_token())).await;
    let clock = evidence.records_of(Kind::Clock).next().unwrap();
    assert_eq!((clock.state, clock.target.key.as_str()), (State::Error, &*format!("host:{LOGIN}:443")));
    assert_eq!(clock.error.as_ref().unwrap().class, "tls");
}

#[tokio::test]
async fn answers_of_devices_are_told_from_those_of_the_relay() {
    let html = "Content-Type: text/html\r\n";
    for (sent, relay_marker, login_marker) in [
        (answer("200 OK", html, "<html>This page is blocked</html>"), "HtmlBlockPage", "None"),
        (answer("404 Not Found", "Server: Microsoft-HTTPAPI/2.0\r\n", "<!DOCTYPE HTML>"), "None", "None"),
        (answer("200 OK", "Content-Type: application/atom+xml\r\n", "<feed/>"), "None", "None"),
    ] {
        let evidence = behind_proxy(Host::Https(good(), &BOTH, sent)).await;
        for (name, marker) in [(RELAY, relay_marker), (LOGIN, login_marker)] {
            let origin = about::<Http>(&evidence, name).into_iter().find(|http| http.stage == "Origin").unwrap();
            assert_eq!(origin.body_marker, marker, "{name}");
        }
    }
}

#[tokio::test]
async fn a_redirect_keeps_its_host_and_loses_its_secrets() {
    let headers = "Location: https://u:p@block.corp.example/why?token=s3cret\r\nVia: 1.1 box\r\nX-Cache: MISS\r\n";
    let evidence = behind_proxy(Host::Https(good(), &BOTH, answer("302 Found", headers, ""))).await;
    let origin = about::<Http>(&evidence, RELAY).into_iter().find(|http| http.stage == "Origin").unwrap();
    assert_eq!(origin.location.as_deref(), Some("https://block.corp.example/why"));
    assert_eq!((origin.via_header.as_deref(), origin.x_cache.as_deref()), (Some("1.1 box"), Some("MISS")));
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_failure_of_the_answer() {
    for (sent, expected) in [("nonsense\r\n\r\n", "NotHttp"), ("", "Reset")] {
        let evidence = behind_proxy(Host::Https(good(), &BOTH, sent.to_owned())).await;
        let origin = about::<Http>(&evidence, RELAY).into_iter().find(|http| http.stage == "Origin").unwrap();
        assert_eq!((origin.status, origin.failure.as_deref()), (None, Some(expected)));
    }
}
