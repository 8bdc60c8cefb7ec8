use super::*;
use crate::catalog::testing::{NOW, Stage};
use crate::evidence::{DcInventory, DnsAnswer};

fn dc(name: &str) -> Target {
    Target::dc(&format!("{name}.corp.example"), &Target::domain("corp.example", None))
}

fn tcp(port: u16, address: &str, result: &str) -> Tcp {
    Tcp { address: address.to_owned(), port, result: result.to_owned(), ms: 7, ..Tcp::default() }
}

fn mapper(ports: &[u16], error: Option<&str>) -> Tcp {
    let map = EndpointMap { samr_ports: ports.to_vec(), error: error.map(str::to_owned), ..EndpointMap::default() };
    Tcp { epm: Some(map), ..tcp(135, "192.0.2.1", "Connected") }
}

fn addresses(values: &[&str]) -> Dns {
    let answer = |value: &&str| DnsAnswer { value: (*value).to_owned(), ..DnsAnswer::default() };
    let rcode = if values.is_empty() { "NXDOMAIN" } else { "NOERROR" };
    Dns { rcode: rcode.to_owned(), answers: values.iter().map(answer).collect(), ..Dns::default() }
}

fn listed(role: &str) -> DcInventory {
    DcInventory { roles: vec![role.to_owned()], ..DcInventory::default() }
}

/// dc1 with one address.
fn stage() -> Stage {
    Stage::new().add(&dc("dc1"), listed("pdc")).add(&dc("dc1"), addresses(&["192.0.2.1"]))
}

fn rows(stage: &Stage) -> Vec<ControllerPorts> {
    matrix(&Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW })
}

/// State and reason of a port of the first controller; 0 is the one that the endpoint mapper names.
fn of(stage: &Stage, number: u16) -> (PortState, String) {
    let rows = rows(stage);
    let wanted = Some(number).filter(|number| *number != 0);
    let cell = rows[0].ports.iter().find(|cell| cell.port == wanted).expect("every port has a cell");
    (cell.state, cell.why.clone().unwrap_or_default())
}

#[test]
fn a_port_is_as_the_attempts_say() {
    let with = |attempts: &[(&str, &str)]| {
        attempts.iter().fold(stage(), |stage, (address, result)| stage.add(&dc("dc1"), tcp(445, address, result)))
    };
    for (attempts, state, word) in [
        (&[("192.0.2.1", "Connected")][..], PortState::Connected, ""),
        (&[("192.0.2.1", "Refused")], PortState::Refused, "refuses"),
        (&[("192.0.2.1", "Reset")], PortState::Reset, "resets"),
        (&[("192.0.2.1", "Timeout")], PortState::TimedOut, "does not answer"),
        (&[("192.0.2.1", "Unreachable")], PortState::Unreachable, "no route"),
        (&[("192.0.2.1", "Cancelled")], PortState::Unknown, "'Cancelled'"),
        (&[("192.0.2.1", "Timeout"), ("192.0.2.2", "Connected")], PortState::Connected, ""),
        (&[("192.0.2.1", "Timeout"), ("192.0.2.2", "Refused")], PortState::Refused, "192.0.2.1 does not answer"),
        (&[("192.0.2.1", "Refused"), ("192.0.2.2", "a later word")], PortState::Unknown, "192.0.2.2"),
    ] {
        let (found, why) = of(&with(attempts), 445);
        assert_eq!(found, state, "{attempts:?}");
        assert!(why.contains(word) && why.is_empty() == word.is_empty(), "{attempts:?}: {why}");
    }
}

#[test]
fn the_attempt_that_decides_gives_the_time_and_all_are_shown() {
    let slow = Tcp { ms: 3000, ..tcp(88, "192.0.2.1", "Timeout") };
    let stage = stage().add(&dc("dc1"), slow).add(&dc("dc1"), tcp(88, "192.0.2.2", "Connected"));
    let cell = rows(&stage)[0].ports.iter().find(|cell| cell.port == Some(88)).cloned().unwrap();
    assert_eq!((cell.ms, cell.attempts.len()), (Some(7), 2));
    assert_eq!((cell.attempts[0].state, cell.attempts[0].ms), (PortState::TimedOut, 3000));
}

#[test]
fn what_was_not_tried_says_why_and_is_neither_open_nor_closed() {
    let bare = || Stage::new().add(&dc("dc1"), listed("pdc"));
    let asked = |all_controller| OperatorInput { all_controller, ..OperatorInput::default() };
    let server = crate::catalog::testing::server();
    for (stage, word) in [
        (bare(), "its address is not known"),
        (bare().add(&dc("dc1"), addresses(&[])), "no address (NXDOMAIN)"),
        (bare().add_failed(&dc("dc1"), Kind::Dns, State::Timeout, "deadline"), "could not be read: planted"),
        (stage(), "this run did not try it"),
        (stage().add(&server, asked(true)), "this run did not try it"),
        (stage().add(&server, asked(false)), "-AllController"),
    ] {
        for cell in &rows(&stage)[0].ports {
            assert_eq!(cell.state, PortState::NotTried, "{cell:?}");
            assert!(cell.why.as_ref().is_some_and(|why| why.contains(word)), "{word}: {cell:?}");
        }
    }
}

#[test]
fn an_attempt_that_was_cut_off_leaves_the_others_as_they_are() {
    let stage = stage().add(&dc("dc1"), tcp(389, "192.0.2.1", "Refused")).add_failed(
        &dc("dc1"),
        Kind::Tcp,
        State::Timeout,
        "deadline",
    );
    assert_eq!(of(&stage, 389).0, PortState::Refused);
    let (state, why) = of(&stage, 445);
    assert_eq!((state, why.as_str()), (PortState::Unknown, "an attempt came to no end: planted"));
}

#[test]
fn the_port_of_sam_is_the_one_that_the_endpoint_mapper_names() {
    let with = |data: Tcp| stage().add(&dc("dc1"), data);
    for (stage, word) in [
        (stage(), "TCP 135, which names this port: this run did not try it"),
        (with(tcp(135, "192.0.2.1", "Timeout")), "TCP 135, which names this port: 192.0.2.1 does not answer"),
        (with(tcp(135, "192.0.2.1", "Connected")), "was not asked"),
        (with(mapper(&[], Some("fault 5\u{1b}"))), "no usable answer: fault 5"),
        (with(mapper(&[], None)), "named pipes only"),
    ] {
        let (state, why) = of(&stage, 0);
        assert_eq!(state, PortState::NotTried);
        assert!(why.contains(word), "{why}");
    }
    let named = with(mapper(&[49153, 49152], None)).add(&dc("dc1"), tcp(49153, "192.0.2.1", "Connected"));
    let last: Vec<(Option<u16>, PortState)> =
        rows(&named)[0].ports.iter().skip(SERVICES.len()).map(|cell| (cell.port, cell.state)).collect();
    assert_eq!(last, [(Some(49152), PortState::NotTried), (Some(49153), PortState::Connected)]);
}

#[test]
fn every_controller_has_a_row_with_every_port() {
    let by_address = Target::dc("192.0.2.1", &Target::domain("corp.example", None));
    let root = |host: &str| RootDse { dns_host_name: Some(host.to_owned()), ..RootDse::default() };
    let stage = stage()
        .add(&dc("dc3"), addresses(&["192.0.2.3"]))
        .add_failed(&dc("dc2"), Kind::Dns, State::Timeout, "deadline")
        .add(&by_address, root("DC1.corp.example."))
        .add(&by_address, tcp(389, "192.0.2.1", "Connected"))
        .add(&dc("dc4"), tcp(389, "192.0.2.4", "Connected"));
    let rows = rows(&stage);
    let names: Vec<&str> = rows.iter().map(|row| row.target.display.as_str()).collect();
    assert_eq!(names, ["dc1.corp.example", "dc2.corp.example", "dc3.corp.example", "dc4.corp.example"]);
    assert_eq!((rows[0].roles.clone(), rows[1].roles.clone()), (vec!["pdc".to_owned()], vec![]));
    for row in rows {
        let numbers: Vec<Option<u16>> = row.ports.iter().map(|cell| cell.port).collect();
        let known = SERVICES.iter().map(|service| Some(service.port));
        assert_eq!(numbers, known.chain([None]).collect::<Vec<_>>());
    }
}
