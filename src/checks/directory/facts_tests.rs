use super::*;
use crate::catalog::testing::{NOW, Stage};
use crate::checks::directory::testing::*;

fn scene(stage: &Stage) -> Scene<'_> {
    Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW }
}

#[test]
fn a_port_is_open_when_one_address_connects_and_closed_when_every_attempt_ended() {
    for (results, expected) in [
        (&["Connected"][..], Port::Open),
        (&["Timeout", "Connected"], Port::Open),
        (&["Refused"], Port::Closed("192.0.2.1 refuses the connection".to_owned())),
        (&["Cancelled"], Port::Unread),
        (&[], Port::Unread),
    ] {
        let stage = results.iter().fold(Stage::new(), |stage, result| stage.add(&dc1(), tcp(389, result)));
        assert_eq!(port(&scene(&stage), &dc1().key, 389), expected, "{results:?}");
    }
}

#[test]
fn an_address_whose_attempt_was_cut_off_leaves_the_port_open_to_doubt() {
    let one = || Stage::new().add(&dc1(), tcp(389, "Timeout"));
    let cut = |stage: Stage| stage.add_failed(&dc1(), Kind::Tcp, State::Timeout, "deadline");
    let two = |stage: Stage| stage.add(&dc1(), addresses(&["192.0.2.1", "192.0.2.9"]));
    for (stage, is_closed) in [
        (one(), true),
        (two(one()), true),
        // Its one address was tried on this port, so the cut attempt was about another port.
        (cut(one()), true),
        (cut(two(one())), false),
        (cut(one().add(&dc1(), Tcp { address: "192.0.2.9".to_owned(), ..tcp(88, "Timeout") })), false),
    ] {
        assert_eq!(matches!(port(&scene(&stage), &dc1().key, 389), Port::Closed(_)), is_closed);
    }
}

#[test]
fn ldap_answers_when_the_root_dse_is_there_and_speaks_of_the_right_domain() {
    let root =
        |context: Option<&str>| RootDse { default_naming_context: context.map(str::to_owned), ..RootDse::default() };
    let other = Answer::OtherDomain("DC=other,DC=example".to_owned());
    for (context, expected) in [
        (Some("DC=corp,DC=example"), Answer::Yes),
        (Some("dc=CORP, dc=Example"), Answer::Yes),
        (Some("DC=other,DC=example"), other),
        (None, Answer::Unread),
    ] {
        let stage = Stage::new().add(&dc1(), root(context));
        assert_eq!(answers_ldap(&scene(&stage), &dc1().key), expected, "{context:?}");
    }
}

#[test]
fn a_name_without_address_cannot_answer_and_one_that_was_not_looked_up_may() {
    let no_address = |rcode: &str| Dns { rcode: rcode.to_owned(), ..addresses(&[]) };
    for (dns, expected) in [
        (Some(addresses(&["192.0.2.1"])), Some(true)),
        (Some(no_address("NXDOMAIN")), Some(false)),
        (Some(no_address("NODATA")), Some(false)),
        (Some(no_address("TIMEOUT")), Some(false)),
        (Some(no_address("a word of the future")), None),
        (None, None),
    ] {
        let stage = dns.iter().fold(Stage::new(), |stage, dns| stage.add(&dc1(), dns.clone()));
        assert_eq!(has_address(&scene(&stage), &dc1().key), expected, "{dns:?}");
        let silent = matches!(answers_ldap(&scene(&stage), &dc1().key), Answer::No(_));
        assert_eq!(silent, expected == Some(false), "{dns:?}");
    }
    let cut = Stage::new().add_failed(&dc1(), Kind::Dns, State::Timeout, "deadline");
    assert_eq!(has_address(&scene(&cut), &dc1().key), None);
}

#[test]
fn either_source_makes_a_controller_read_only_and_none_leaves_it_open() {
    let capable = |oids: &[&str]| Some(oids.iter().map(|oid| (*oid).to_owned()).collect::<Vec<_>>());
    for (capabilities, listed_as, expected) in [
        (capable(&["1.2.840.113556.1.4.800"]), None, Some(false)),
        (capable(&["1.2.840.113556.1.4.800"]), Some(true), Some(true)),
        (capable(&[PARTIAL_SECRETS]), Some(false), Some(true)),
        (None, Some(false), Some(false)),
        (None, Some(true), Some(true)),
        (None, None, None),
    ] {
        let root = RootDse { supported_capabilities: capabilities.clone(), ..root_dse() };
        let record = DcInventory { is_rodc: listed_as, ..listed(&dc1(), "pdc") };
        let stage = Stage::new().add(&dc1(), root).add(&dc1(), record);
        assert_eq!(is_read_only(&scene(&stage), &dc1().key), expected, "{capabilities:?} {listed_as:?}");
    }
}

#[test]
fn silence_of_ldap_is_an_answer_and_a_cut_off_probe_is_none() {
    for (class, expected) in [("ldap", true), ("deadline", false), ("panic", false)] {
        let stage =
            Stage::new().add(&dc1(), tcp(389, "Connected")).add_failed(&dc1(), Kind::RootDse, State::Timeout, class);
        assert_eq!(matches!(answers_ldap(&scene(&stage), &dc1().key), Answer::No(_)), expected, "{class}");
    }
}
