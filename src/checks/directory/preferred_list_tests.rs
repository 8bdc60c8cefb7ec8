use super::*;
use crate::catalog::Target;
use crate::catalog::testing::{Stage, server};
use crate::checks::directory::testing::*;
use crate::evidence::{Dns, Kind, RootDse, State};

const DC1: &str = "dc1.corp.example";
const DC2: &str = "dc2.corp.example";
const NO_LIST: (Status, Option<Reason>) = (Status::NotApplicable, Some(Reason::NotConfigured));

fn partition(preferred: &[&str]) -> Partition {
    Partition {
        dn: "DC=corp,DC=example".to_owned(),
        preferred_dcs: preferred.iter().map(|name| (*name).to_owned()).collect(),
        ..Partition::default()
    }
}

fn connector(partitions: Vec<Partition>) -> AdSyncConfig {
    let connector =
        Connector { name: "corp.example".to_owned(), kind: "AD".to_owned(), partitions, ..Connector::default() };
    AdSyncConfig { connectors: vec![connector], ..AdSyncConfig::default() }
}

/// Two healthy controllers, dc1 the PDC emulator, and a list of preferred ones.
fn stage(preferred: &[&str]) -> Stage {
    with(vec![partition(preferred)]).add(&dc1(), at_address("192.0.2.1")).add(&dc2(), at_address("192.0.2.2"))
}

fn with(partitions: Vec<Partition>) -> Stage {
    healthy().add(&server(), connector(partitions)).add(&domain(), fsmo())
}

fn fsmo() -> Fsmo {
    Fsmo { pdc_host: Some(DC1.to_owned()), ..Fsmo::default() }
}

fn at_address(address: &str) -> Dns {
    addresses(&[address])
}

fn dc3() -> Target {
    Target::dc("dc3.corp.example", &domain())
}

fn at(stage: &Stage) -> Judgement {
    stage.judge_at("PW411", &Target::connector("corp.example", &server()).key)
}

#[test]
fn the_entries_decide() {
    for (stage, expected, word) in [
        (stage(&[]), NO_LIST, "no preferred"),
        (stage(&[DC1, DC2]), PASS, "usable"),
        (stage(&["DC1.corp.example."]), PASS, "usable"),
        (stage(&[DC2]), WARN, "PDC emulator dc1.corp.example is not in"),
        (stage(&["DC1"]), FAIL, "'dc1'"),
        (stage(&[DC1, "dc2"]), FAIL, "NetBIOS"),
        (stage(&[DC1, "192.0.2.2"]), WARN, "an address"),
        (stage(&[DC1, "dc3.corp.example"]).add(&dc3(), addresses(&[])), WARN, "does not resolve"),
        (stage(&["dc3.corp.example"]).add(&dc3(), addresses(&[])), FAIL, "resolves"),
        (stage(&[DC1, "dc3.corp.example"]), unknown(Reason::Partial), "Not every"),
    ] {
        let judgement = at(&stage);
        assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        assert!(judgement.message.contains(word), "{}", judgement.message);
    }
}

#[test]
fn an_entry_that_is_no_writable_controller_of_the_domain_is_bad() {
    let third =
        |root: RootDse| stage(&[DC1, "dc3.corp.example"]).add(&dc3(), at_address("192.0.2.3")).add(&dc3(), root);
    let read_only = RootDse { supported_capabilities: Some(vec!["1.2.840.113556.1.4.1920".to_owned()]), ..root_dse() };
    let elsewhere = RootDse { default_naming_context: Some("DC=other,DC=example".to_owned()), ..root_dse() };
    for (root, expected, word) in [
        (root_dse(), PASS, "usable"),
        (read_only, WARN, "read-only"),
        (elsewhere, WARN, "another domain"),
        (RootDse { supported_capabilities: None, ..root_dse() }, unknown(Reason::Partial), "Not every"),
    ] {
        let judgement = at(&third(root));
        assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        assert!(judgement.message.contains(word), "{}", judgement.message);
    }
}

#[test]
fn only_preferred_and_all_silent_is_a_failure() {
    let list = |only: Option<bool>, names: &[&str]| vec![Partition { only_preferred: only, ..partition(names) }];
    let dead = |only| {
        with(list(only, &["dc3.corp.example"])).add(&dc3(), at_address("192.0.2.3")).add(&dc3(), tcp(389, "Timeout"))
    };
    assert_eq!(verdict(&at(&dead(Some(true)))), FAIL);
    assert_eq!(verdict(&at(&dead(None))), WARN, "not known is judged without it");
    assert_eq!(verdict(&at(&dead(Some(false)))), WARN);
    let names = ["dc3.corp.example", DC1];
    let one_answers = with(list(Some(true), &names)).add(&dc1(), at_address("192.0.2.1"));
    assert_eq!(verdict(&at(&one_answers.add(&dc3(), addresses(&[])))), WARN);
    let cut = with(list(Some(true), &["dc3.corp.example"])).add(&dc3(), at_address("192.0.2.3"));
    let cut = cut.add_failed(&dc3(), Kind::Tcp, State::Timeout, "deadline");
    assert_eq!(verdict(&at(&cut)), WARN, "the PDC emulator is not in the list, whatever became of dc3");
}

#[test]
fn the_worst_selected_partition_speaks_for_the_connector() {
    let child = |selected| Partition {
        dn: "DC=child,DC=corp,DC=example".to_owned(),
        selected: Some(selected),
        ..partition(&["DC9"])
    };
    let both = |selected| with(vec![partition(&[DC1]), child(selected)]).add(&dc1(), at_address("192.0.2.1"));
    assert_eq!(verdict(&at(&both(true))), FAIL);
    assert_eq!(verdict(&at(&both(false))), PASS);
}

#[test]
fn an_unknown_pdc_emulator_leaves_a_good_list_unknown() {
    let bare = Stage::new()
        .add(&server(), connector(vec![partition(&[DC2])]))
        .add(&dc2(), at_address("192.0.2.2"))
        .add(&dc2(), root_dse());
    assert_eq!(verdict(&at(&bare)), unknown(Reason::Partial));
    let by_role = bare.add(&dc1(), listed(&dc1(), "pdc"));
    assert_eq!(verdict(&at(&by_role)), WARN);
}
