use super::*;
use crate::catalog::testing::{Stage, server};
use crate::checks::network::testing::*;
use crate::evidence::{EffectiveProxy, Environment};

#[test]
fn explicit_proxy_means_explicit_or_system_with_an_address() {
    let cases = [
        ("none", None, Path::Direct),
        ("explicit", Some("http://p:8080"), Path::Proxy(Some("http://p:8080"))),
        ("explicit", None, Path::Proxy(None)),
        ("system", Some("http://p:8080"), Path::Proxy(Some("http://p:8080"))),
        ("system", None, Path::Direct),
        ("system", Some(""), Path::Direct),
        ("pac", Some("http://wpad/wpad.dat"), Path::Unsettled("pac")),
        ("unknown", None, Path::Unsettled("unknown")),
        ("a word of the future", None, Path::Unsettled("a word of the future")),
        ("", None, Path::Unread),
    ];
    for (kind, address, expected) in cases {
        let effective = EffectiveProxy { kind: kind.to_owned(), address: address.map(str::to_owned), source: None };
        let stage = with_config(ProxyConfig { effective_for_service: effective, ..Default::default() });
        assert_eq!(path(&scene(&stage), &relay()), expected, "{kind} {address:?}");
        assert_eq!(path(&scene(&stage), &server()), expected, "{kind} {address:?} at the server");
    }
    assert_eq!(path(&scene(&Stage::new()), &relay()), Path::Unread);
}

#[test]
fn a_host_that_the_settings_exempt_is_reached_directly() {
    let environment = Environment { no: Some(".servicebus.windows.net,sync1".to_owned()), ..Default::default() };
    let mut effective = effective("explicit");
    effective.source = Some("environment".to_owned());
    let config = ProxyConfig { effective_for_service: effective, environment: Some(environment), ..Default::default() };
    let stage = with_config(config);
    assert_eq!(path(&scene(&stage), &relay()), Path::Direct);
    assert!(path(&scene(&stage), &host(LOGIN)).is_proxy());
    assert!(path(&scene(&stage), &server()).is_proxy(), "the machine itself is no destination");
}

#[test]
fn the_proxy_of_another_machine_is_not_the_path_of_this_one() {
    let other = Target::server("sync2");
    let config = ProxyConfig { effective_for_service: effective("explicit"), ..Default::default() };
    let stage = Stage::new().add(&other, config);
    assert_eq!(path(&scene(&stage), &relay()), Path::Unread);
}

#[test]
fn a_direct_failure_proves_nothing_while_the_path_is_not_known() {
    let cases = [
        (Path::Direct, FAIL),
        (Path::Proxy(None), FAIL),
        (Path::Unsettled("pac"), unknown(Reason::Ambiguous)),
        (Path::Unread, unknown(Reason::Ambiguous)),
    ];
    for (path, expected) in cases {
        let settled = path.settle(Judgement::fail("It is closed.").with("address", "192.0.2.1"));
        assert_eq!(verdict(&settled), expected, "{path:?}");
        assert_eq!(settled.evidence[0].value, "192.0.2.1");
    }
    assert_eq!(verdict(&Path::Unread.settle(Judgement::warn("half"))), WARN);
}

#[test]
fn direct_reach_counts_addresses_and_leaves_out_a_family_without_route() {
    use Reach::*;
    type Row = (&'static [(&'static str, &'static str)], Reach, usize);
    let cases: [Row; 11] = [
        (&[], Unclear, 0),
        (&[("192.0.2.1", "Connected")], Open, 0),
        (&[("192.0.2.1", "Connected"), ("192.0.2.2", "Timeout")], Partly, 0),
        (&[("192.0.2.1", "Refused"), ("192.0.2.2", "Reset")], Closed, 0),
        (&[("192.0.2.1", "Connected"), ("2001:db8::1", "Unreachable"), ("2001:db8::2", "Unreachable")], Open, 2),
        (&[("192.0.2.1", "Unreachable"), ("2001:db8::1", "Connected")], Open, 1),
        // The family has a route when one of its addresses ends otherwise.
        (&[("192.0.2.1", "Connected"), ("2001:db8::1", "Unreachable"), ("2001:db8::2", "Timeout")], Partly, 0),
        (&[("192.0.2.1", "Connected"), ("192.0.2.2", "Unreachable")], Partly, 0),
        (&[("192.0.2.1", "Unreachable"), ("2001:db8::1", "Unreachable")], Closed, 0),
        (&[("192.0.2.1", "Connected"), ("192.0.2.2", "Cancelled")], Unclear, 0),
        (&[("192.0.2.1", "Timeout"), ("192.0.2.2", "a word of the future")], Unclear, 0),
    ];
    for (attempts, reach, left_out) in cases {
        let stage =
            attempts.iter().fold(stage("none"), |stage, (address, result)| stage.add(&relay(), tcp(address, result)));
        let seen = direct(&scene(&stage), &relay());
        assert_eq!((seen.reach, seen.left_out.len()), (reach, left_out), "{attempts:?}");
    }
}

#[test]
fn a_cut_off_attempt_and_another_port_are_not_an_answer() {
    let cut = stage("none").add(&relay(), tcp("192.0.2.1", "Timeout")).add_failed(
        &relay(),
        Kind::Tcp,
        State::Timeout,
        "deadline",
    );
    assert_eq!(direct(&scene(&cut), &relay()).reach, Reach::Unclear);
    let legacy = Tcp { port: 9350, ..tcp("192.0.2.1", "Timeout") };
    let open = stage("none").add(&relay(), tcp("192.0.2.1", "Connected")).add(&relay(), legacy);
    assert_eq!(direct(&scene(&open), &relay()).reach, Reach::Open);
}

#[test]
fn a_tunnel_is_closed_by_any_refusal_but_407() {
    let cases: [(&[&str], &str); 12] = [
        (&[], "Unclear"),
        (&["200"], "Open"),
        (&["204"], "Open"),
        (&["407"], "WantsCredentials"),
        (&["407", "200"], "WantsCredentials"),
        (&["407", "403"], "Closed"),
        (&["403"], "Closed"),
        (&["502"], "Closed"),
        (&["NameUnknown"], "Closed"),
        (&["Reset"], "Closed"),
        (&["302"], "Unclear"),
        (&["a word of the future"], "Unclear"),
    ];
    for (outcomes, expected) in cases {
        let stage = outcomes.iter().fold(stage("explicit"), |stage, outcome| stage.add(&relay(), connect(outcome)));
        let seen = format!("{:?}", tunnel(&scene(&stage), &relay()));
        assert!(seen.starts_with(expected), "{outcomes:?} gave {seen}");
    }
}

#[test]
fn reachable_asks_the_tunnel_behind_a_proxy_and_the_port_otherwise() {
    let direct_open = |kind: &str| stage(kind).add(&relay(), tcp("192.0.2.1", "Connected"));
    assert!(is_reachable(&scene(&direct_open("none")), &relay()));
    assert!(is_reachable(&scene(&direct_open("pac")), &relay()));
    assert!(!is_reachable(&scene(&direct_open("explicit")), &relay()));
    assert!(is_reachable(&scene(&stage("explicit").add(&relay(), connect("200"))), &relay()));
    assert!(!is_reachable(&scene(&stage("explicit").add(&relay(), connect("407"))), &relay()));
}

#[test]
fn only_records_of_the_path_of_the_service_count() {
    let proxied = Tls { via: "proxy".to_owned(), ..tls() };
    for (kind, via) in [("none", "direct"), ("pac", "direct"), ("explicit", "proxy")] {
        let stage = stage(kind).add(&relay(), tls()).add(&relay(), proxied.clone());
        let seen: Vec<String> = handshakes(&scene(&stage), &relay()).iter().map(|fact| fact.data.via.clone()).collect();
        assert_eq!(seen, [via], "{kind}");
    }
    let stage = stage("none").add(&relay(), get("/", Some(404))).add(&relay(), connect("200"));
    assert_eq!(answers(&scene(&stage), &relay()).len(), 1, "a CONNECT is not an answer of the host");
}

#[test]
fn schannel_decides_where_there_is_one() {
    let schannel = Tls { stack: "schannel".to_owned(), ..tls() };
    let both = stage("none").add(&relay(), tls()).add(&relay(), schannel);
    let facts = handshakes(&scene(&both), &relay());
    assert!(deciding(&facts).iter().all(|fact| fact.data.stack == "schannel"));
    let own = stage("none").add(&relay(), tls());
    assert_eq!(deciding(&handshakes(&scene(&own), &relay())).len(), 1);
}

#[test]
fn an_authority_is_known_by_the_root_or_by_a_presented_issuer_never_by_the_leaf() {
    let stage = stage("none");
    let scene = scene(&stage);
    assert!(known_authority(&scene, &tls()).is_some());
    assert!(known_root(&scene, &tls()).is_some());
    let mut chain = Tls { root_sha1: None, ..tls() };
    assert!(known_authority(&scene, &chain).is_none());
    // Microsoft Azure RSA TLS Issuing CA 03.
    chain.chain[1].sha1 = "f9388ea2c9b7d632b66a2b0b406df1d37d3901f6".to_owned();
    assert!(known_authority(&scene, &chain).is_some());
    assert!(known_root(&scene, &chain).is_none(), "an issuer is not a root");
    chain.chain.remove(0);
    assert!(known_authority(&scene, &chain).is_none(), "as a leaf it proves nothing");
}

#[test]
fn proxy_headers_are_named_and_cleaned() {
    let http =
        Http { via_header: Some("1.1 proxy\r\n".to_owned()), x_cache: Some(String::new()), ..get("/", Some(200)) };
    assert_eq!(proxy_headers(&http), ["Via: 1.1 proxy"]);
}
