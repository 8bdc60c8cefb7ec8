use super::*;
use crate::catalog::Target;
use crate::catalog::testing::{Stage, server};
use crate::checks::directory::testing::*;
use crate::evidence::{Connector, Os, Partition, RootDse};

/// Both controllers in the inventory; how LDAP of each does: `Connected` answers, others do not, empty =
/// not tried.
fn stage(of_dc1: &str, of_dc2: &str) -> Stage {
    let stage = Stage::new()
        .add(&domain(), Fsmo::default())
        .add(&dc1(), listed(&dc1(), "pdc"))
        .add(&dc2(), listed(&dc2(), "other"));
    [(dc1(), of_dc1), (dc2(), of_dc2)].into_iter().fold(stage, |stage, (target, result)| match result {
        "" => stage,
        "Connected" => stage.add(&target, tcp(389, result)).add(&target, root_dse()),
        _ => stage.add(&target, tcp(389, result)),
    })
}

fn at(stage: &Stage) -> Judgement {
    stage.judge_at("PW420", &domain().key)
}

#[test]
fn a_domain_needs_a_writable_controller_that_answers() {
    for (stage, expected) in [
        (stage("Connected", "Connected"), PASS),
        (stage("Connected", ""), PASS),
        (stage("Connected", "Timeout"), WARN),
        (stage("Connected", "").add(&dc2(), addresses(&[])), WARN),
        (stage("Timeout", "Refused"), FAIL),
        (stage("Timeout", ""), unknown(Reason::Partial)),
        (stage("", ""), unknown(Reason::Partial)),
        (Stage::new().add(&domain(), Fsmo::default()), unknown(Reason::NotCollected)),
    ] {
        let judgement = at(&stage);
        assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
    }
}

#[test]
fn a_controller_that_nobody_looked_at_may_be_the_second_or_the_only_one() {
    let third =
        || srv("_ldap._tcp.dc._msdcs.", "NOERROR", &["dc1.corp.example", "DC2.corp.example", "dc3.corp.example"]);
    for (stage, expected) in [
        (stage("Timeout", "Timeout"), unknown(Reason::Partial)),
        (stage("Connected", "Timeout"), unknown(Reason::Partial)),
        (stage("Connected", "Connected"), PASS),
    ] {
        let judgement = at(&stage.add(&domain(), third()));
        assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        assert!(judgement.evidence.iter().any(|line| line.name == "not looked at" && line.value == "dc3.corp.example"));
    }
}

#[test]
fn a_controller_that_cannot_be_written_to_or_serves_another_domain_does_not_count() {
    let read_only = DcInventory { is_rodc: Some(true), ..listed(&dc1(), "other") };
    let alone = |record: DcInventory, root: RootDse| {
        Stage::new().add(&domain(), Fsmo::default()).add(&dc1(), record).add(&dc1(), root)
    };
    let elsewhere = RootDse { default_naming_context: Some("DC=other,DC=example".to_owned()), ..root_dse() };
    let of_unknown_kind = RootDse { supported_capabilities: None, ..root_dse() };
    for (stage, expected) in [
        (alone(read_only, root_dse()), FAIL),
        (alone(listed(&dc1(), "pdc"), elsewhere), FAIL),
        (alone(listed(&dc1(), "pdc"), of_unknown_kind), unknown(Reason::Partial)),
    ] {
        let judgement = at(&stage);
        assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
    }
}

#[test]
fn a_silent_site_of_our_own_is_a_warning_where_the_site_is_known() {
    let dc3 = Target::dc("dc3.corp.example", &domain());
    let here = DcInventory { site: Some("Main".to_owned()), ..listed(&dc3, "other") };
    let stage = stage("Connected", "Connected").add(&dc3, here).add(&dc3, tcp(389, "Timeout"));
    assert_eq!(verdict(&at(&stage)), PASS);
    assert!(at(&stage).evidence.iter().any(|line| line.value.contains("rules about the site are left out")));
    let stage = stage.add(&server(), Os { ad_site: Some("Main".to_owned()), ..Os::default() });
    assert_eq!(verdict(&at(&stage)), WARN);
}

#[test]
fn domains_that_are_selected_and_forest_roots_are_judged() {
    let child = Target::domain("child.corp.example", None);
    let select = |selected: bool| {
        let partition = |dn: &str, selected: bool| Partition {
            dn: dn.to_owned(),
            selected: Some(selected),
            ..Partition::default()
        };
        let partitions =
            vec![partition("DC=corp,DC=example", false), partition("DC=child,DC=corp,DC=example", selected)];
        let connector = Connector { kind: "AD".to_owned(), partitions, ..Connector::default() };
        AdSyncConfig { connectors: vec![connector], ..AdSyncConfig::default() }
    };
    let of_child = |stage: Stage| {
        let dc9 = Target::dc("dc9.child.corp.example", &child);
        let root = RootDse { default_naming_context: Some("DC=child,DC=corp,DC=example".to_owned()), ..root_dse() };
        stage.add(&child, Fsmo::default()).add(&dc9, listed(&dc9, "pdc")).add(&dc9, root)
    };
    let not_needed = (crate::catalog::Status::NotApplicable, Some(Reason::NotConfigured));
    for (stage, expected) in [
        (Stage::new(), PASS),
        (Stage::new().add(&server(), select(true)), PASS),
        (Stage::new().add(&server(), select(false)), not_needed),
    ] {
        let stage = of_child(stage);
        assert_eq!(verdict(&stage.judge_at("PW420", &child.key)), expected);
        // Its root domain was not looked at, which is not the same as not needed.
        assert_eq!(verdict(&at(&stage)), unknown(Reason::NotCollected));
    }
}
