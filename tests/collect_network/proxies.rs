//! The CONNECT of an explicit proxy, and what follows when it opens.

use crate::runner::{LOGIN, RELAY, about, through};
use crate::servers::{Authority, BOTH, Host, Proxy, host, missing_token, proxy};
use password_writeback::evidence::collect::{Credential, Settings};
use password_writeback::evidence::{Http, Kind, State, Tls};

/// Status or failure of each CONNECT, in order.
fn connects(answers: &[Http]) -> Vec<String> {
    let connects = answers.iter().filter(|http| http.stage == "ProxyConnect");
    connects
        .map(|http| http.status.map_or_else(|| http.failure.clone().unwrap(), |status| status.to_string()))
        .collect()
}

async fn relay() -> (u16, crate::servers::Log) {
    host(Host::Https(Authority::new().identity(&[RELAY, LOGIN], 2099), &BOTH, missing_token())).await
}

#[tokio::test]
async fn an_open_tunnel_leads_to_handshakes_and_requests() {
    let (far, _) = relay().await;
    let (port, log) = proxy(Proxy::Opens(far)).await;
    let evidence = through(port, Settings::default()).await;
    let answers: Vec<Http> = about(&evidence, RELAY);
    assert_eq!(connects(&answers), ["200"]);
    assert_eq!(answers[0].via_header.as_deref(), Some("1.1 corp"));
    let origin = answers.iter().find(|http| http.stage == "Origin").unwrap();
    assert_eq!((origin.status, origin.via.as_str()), (Some(401), "proxy"));
    assert_eq!((origin.body_marker.as_str(), origin.url.as_str()), ("MissingToken", &*format!("https://{RELAY}/")));
    assert_eq!(origin.server.as_deref(), Some("Microsoft-HTTPAPI/2.0"));
    assert!(origin.date_header.is_some());
    assert_eq!(about::<Tls>(&evidence, RELAY).len(), 2);
    assert!(log.lock().unwrap().contains(&format!("CONNECT {RELAY}:443 HTTP/1.1")));
}

#[tokio::test]
async fn a_proxy_that_does_not_open_ends_the_chain() {
    let says = |text: &str| Proxy::Says(text.to_owned());
    let page =
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>not allowed</html>\r\n";
    for (behaviour, expected, marker) in [
        (says(page), "403", "HtmlBlockPage"),
        (says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), "502", "None"),
        (says("SSH-2.0-OpenSSH_9.2\r\n"), "NotHttp", "None"),
        (says("HTTP/1.1 200 OK\r\n\r\nsurprise"), "NotHttp", "None"),
        (says(""), "Reset", "None"),
        (Proxy::Silent, "Timeout", "None"),
    ] {
        let (port, _) = proxy(behaviour).await;
        let evidence = through(port, Settings::default()).await;
        let answers: Vec<Http> = about(&evidence, RELAY);
        assert_eq!((answers.len(), connects(&answers)), (1, vec![expected.to_owned()]));
        assert_eq!(answers[0].body_marker, marker, "{expected}");
        assert_eq!(evidence.records_of(Kind::Tls).count(), 0, "{expected}");
        assert!(evidence.records().all(|record| record.state == State::Ok), "{expected}: no answer is data");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let evidence = through(unused, Settings::default()).await;
    assert_eq!(connects(&about(&evidence, RELAY)), ["Refused"]);
}

const BASIC: &str = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"corp\"\r\n";
/// `svc-proxy:pass word` in base64.
const HEADER: &str = "Proxy-Authorization: Basic c3ZjLXByb3h5OnBhc3Mgd29yZA==";

fn signed_in() -> Settings {
    Settings { proxy_credential: Some(Credential::new("svc-proxy", b"pass word")), ..Settings::default() }
}

#[tokio::test]
async fn a_407_stays_evidence_and_is_answered_with_the_credential() {
    let (far, heard) = relay().await;
    let (port, log) = proxy(Proxy::SignIn { to: far, header: HEADER, offers: BASIC }).await;
    let evidence = through(port, signed_in()).await;
    assert_eq!(connects(&about(&evidence, RELAY)), ["407", "200"]);
    assert_eq!(about::<Tls>(&evidence, RELAY).len(), 2);
    assert!(log.lock().unwrap().contains(HEADER));
    let heard = heard.lock().unwrap();
    assert!(heard.contains("GET / HTTP/1.1") && !heard.to_lowercase().contains("authorization"), "{heard}");
    let json = serde_json::to_string(&evidence.records().collect::<Vec<_>>()).unwrap();
    assert!(!json.contains("pass word") && !json.contains("c3ZjLXByb3h5OnBhc3Mgd29yZA"));
}

#[tokio::test]
async fn a_407_without_an_answer_ends_the_chain() {
    let ntlm = "Proxy-Authenticate: NTLM\r\n";
    for (offers, settings) in [(BASIC, Settings::default()), (ntlm, signed_in())] {
        let (port, log) = proxy(Proxy::SignIn { to: 1, header: HEADER, offers }).await;
        let evidence = through(port, settings).await;
        assert_eq!(connects(&about(&evidence, RELAY)), ["407"]);
        assert_eq!(evidence.records_of(Kind::Tls).count(), 0);
        assert!(!log.lock().unwrap().contains("Proxy-Authorization"), "a password is for those who ask for one");
    }
}
