//! Which domains and controllers are in question.

use super::controllers::*;
use super::testing::*;
use crate::catalog::Target;
use crate::catalog::testing::{Stage, server};
use crate::evidence::collect::Settings;
use crate::evidence::{AdSyncConfig, Connector, Evidence, Fsmo, Kind, Os, Partition, State};

fn names(evidence: &Evidence, settings: Settings) -> Vec<String> {
    domains(evidence, &world(settings)).into_iter().map(|domain| domain.display).collect()
}

fn hosts(evidence: &Evidence, settings: Settings) -> Vec<String> {
    controllers(evidence, &world(settings)).into_iter().map(|controller| controller.fqdn).collect()
}

fn named(server: &str) -> Settings {
    Settings { servers: vec![server.to_owned()], ..Settings::default() }
}

fn joined() -> Stage {
    Stage::new().add(&server(), Os { domain: Some("corp.example".to_owned()), ..Os::default() })
}

#[test]
fn the_own_domain_counts_only_when_nothing_is_named() {
    let evidence = joined().evidence;
    assert_eq!(names(&evidence, Settings::default()), ["corp.example"]);
    let other = Settings { domains: vec!["Other.Example.".to_owned()], ..Settings::default() };
    assert_eq!(names(&evidence, other), ["other.example"]);
    assert!(names(&evidence, named("dc1.other.example")).is_empty());
    let workgroup = Os { domain: Some("corp.example".to_owned()), domain_joined: Some(false), ..Os::default() };
    assert!(names(&Stage::new().add(&server(), workgroup).evidence, Settings::default()).is_empty());
}

#[test]
fn connectors_give_their_selected_domains_and_the_forest_root() {
    let partition =
        |dn: &str, selected| Partition { dn: dn.to_owned(), selected: Some(selected), ..Partition::default() };
    let connector = |kind: &str| Connector {
        kind: kind.to_owned(),
        forest: Some("example".to_owned()),
        partitions: vec![
            partition("DC=corp,DC=example", true),
            partition("DC=lab,DC=example", false),
            partition("CN=Configuration,DC=example", true),
            partition("DC=DomainDnsZones,DC=corp,DC=example", true),
        ],
        ..Connector::default()
    };
    let of = |kind: &str| {
        let config = AdSyncConfig { connectors: vec![connector(kind)], ..AdSyncConfig::default() };
        Stage::new().add(&server(), config).evidence
    };
    assert_eq!(names(&of("AD"), Settings::default()), ["corp.example", "example"]);
    assert!(names(&of("Entra"), Settings::default()).is_empty());
    let all = domains(&of("AD"), &world(Settings::default()));
    assert!(all.iter().all(|domain| *domain.within == ["forest:example"]), "{all:?}");
    assert_eq!(is_selected(&of("AD"), &all[0]), Some(true));
    assert_eq!(is_selected(&of("AD"), &all[1]), Some(false));
    assert_eq!(is_selected(&Evidence::new(), &all[0]), None);
}

#[test]
fn a_controller_that_answers_names_its_domain_and_forest() {
    // Named by its address: only rootDSE knows where it belongs.
    let evidence = Stage::new().add(&Target::dc("192.0.2.1", &domain()), root_of("dc1", None)).evidence;
    assert_eq!(names(&evidence, named("192.0.2.1")), ["corp.example", "example"]);
    let all = controllers(&evidence, &world(named("192.0.2.1")));
    assert_eq!(all[0].domain_name(), Some("corp.example"));
    assert_eq!(*all[0].target.within, ["forest:example", "domain:corp.example"]);
    // Before that its domain is not known, and not guessed.
    let all = controllers(&Evidence::new(), &world(named("dc1.corp.example")));
    assert_eq!((all.len(), all[0].domain_name()), (1, None));
    assert_eq!(all[0].target.key, "dc:dc1.corp.example");
}

#[test]
fn a_named_controller_beside_named_domains_is_never_dropped() {
    let settings = Settings { servers: vec!["dc9.corp.example".to_owned(), "far.example".to_owned()], ..corp() };
    let all = controllers(&two().evidence, &world(settings));
    let domain_of = |host: &str| all.iter().find(|it| it.fqdn == host).map(|it| it.domain_name().map(str::to_owned));
    assert_eq!(domain_of("dc9.corp.example"), Some(Some("corp.example".to_owned())));
    assert_eq!(domain_of("far.example"), Some(None));
}

#[test]
fn configured_and_role_owning_controllers_come_first_and_others_are_limited() {
    let many: Vec<String> = (10..40).map(|number| format!("dc{number}.corp.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let stage = Stage::new()
        .add(&server(), configuration("DC=corp,DC=example", &["dc39.corp.example", "DC38"], Some("dc37.corp.example")))
        .add(&domain(), Fsmo { pdc_host: Some("dc36.corp.example".to_owned()), ..Fsmo::default() })
        .add(&domain(), service("_ldap._tcp.pdc._msdcs.", &["dc35.corp.example"]))
        .add(&domain(), service("_ldap._tcp.dc._msdcs.", &many));
    let some = hosts(&stage.evidence, corp());
    for host in ["dc39.corp.example", "dc38", "dc37.corp.example", "dc36.corp.example", "dc35.corp.example"] {
        assert!(some.iter().any(|known| known == host), "{host}");
    }
    assert_eq!(some.len(), 5 + 8);
    assert!(some.contains(&"dc10.corp.example".to_owned()) && !some.contains(&"dc20.corp.example".to_owned()));
    assert_eq!(hosts(&stage.evidence, Settings { all_controller: true, ..corp() }).len(), 31);
}

#[test]
fn the_own_site_is_known_from_dns_and_from_the_controller() {
    let here = Os { ad_site: Some("Main".to_owned()), ..Os::default() };
    let stage = two()
        .add(&server(), here)
        .add(&domain(), service("_ldap._tcp.main._sites.dc._msdcs.", &["dc7.corp.example"]))
        .add(&dc("dc2"), root_of("dc2", None));
    let all = controllers(&stage.evidence, &world(corp()));
    let in_site: Vec<&str> = all.iter().filter(|it| it.in_site).map(|it| it.fqdn.as_str()).collect();
    assert_eq!(in_site, ["dc7.corp.example", "dc2.corp.example"]);
}

#[test]
fn names_that_are_no_host_names_lead_nowhere() {
    let stage = Stage::new()
        .add(&domain(), service("_ldap._tcp.dc._msdcs.", &["dc1.corp.example/x", "a b", ""]))
        .add(&domain(), Fsmo { pdc_host: Some("dc1)(cn=*".to_owned()), ..Fsmo::default() });
    assert!(hosts(&stage.evidence, corp()).is_empty());
}

#[test]
fn a_chain_is_decided_when_it_answers_or_ends() {
    let of = |stage: Stage| {
        let all = controllers(&stage.evidence, &world(corp()));
        is_decided(&stage.evidence, &all[0])
    };
    assert!(!of(two()));
    assert!(!of(two().add(&dc("dc1"), ldap_port("Connected"))));
    assert!(of(two().add(&dc("dc1"), ldap_port("Timeout"))));
    assert!(of(two().add(&dc("dc1"), ldap_port("Connected")).add(&dc("dc1"), root_of("dc1", None))));
    let frozen = two().add(&dc("dc1"), ldap_port("Connected"));
    assert!(of(frozen.add_failed(&dc("dc1"), Kind::RootDse, State::Timeout, "ldap")));
    let nameless = Stage::new()
        .add(&domain(), service("_ldap._tcp.pdc._msdcs.", &["dc1.corp.example"]))
        .add(&dc("dc1"), address(None));
    assert!(of(nameless));
}
