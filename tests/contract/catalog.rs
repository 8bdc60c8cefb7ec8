//! The registry against the catalog's index, in both directions.

use password_writeback::catalog::{Check, links, registry};
use password_writeback::engine::{Diagnostic, causes};
use serde_json::Value;
use std::collections::BTreeSet;

/// Checks of the catalog that no build judges yet. This list only shrinks.
const NOT_LIVE: &[&str] = &[
    "PW101", "PW102", "PW104", "PW106", "PW108", "PW201", "PW203", "PW204", "PW206", "PW207", "PW209", "PW210",
    "PW212", "PW215", "PW217", "PW218", "PW222", "PW224", "PW306", "PW311", "PW313", "PW315", "PW325", "PW520",
    "PW521", "PW701", "PW702", "PW703", "PW704", "PW705", "PW706", "PW707", "PW709", "PW710", "PW711", "PW713",
    "PW714", "PW715", "PW716", "PW719", "PW720", "PW721", "PW722", "PW724", "PW727", "PW728", "PW730", "PW731",
    "PW801", "PW802", "PW803", "PW804", "PW806", "PW807", "PW808", "PW810", "PW811", "PW813", "PW814", "PW815",
    "PW816", "PW817", "PW818", "PW820", "PW821", "PW902", "PW903", "PW905", "PW906", "PW907", "PW921", "PW990",
];

fn catalog() -> Value {
    serde_json::from_str(include_str!("catalog.json")).expect("the catalog's index is JSON")
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|item| item.as_str().expect("a string")).collect()
}

/// As the product writes it: the enum's JSON spelling.
fn spelled(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_check_of_the_catalog_is_live_or_listed_as_missing() {
    let index = catalog();
    let of_catalog: BTreeSet<&str> =
        index["checks"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    let live: BTreeSet<&str> = registry::checks().map(|check| check.id).collect();
    let missing: BTreeSet<&str> = NOT_LIVE.iter().copied().collect();
    assert_eq!(
        live.difference(&of_catalog).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "checks that the catalog does not have"
    );
    assert_eq!(live.intersection(&missing).collect::<Vec<_>>(), Vec::<&&str>::new(), "live, so take it off the list");
    let known: BTreeSet<&str> = live.union(&missing).copied().collect();
    assert_eq!(of_catalog.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "neither live nor listed");
}

#[test]
fn a_declaration_says_what_the_catalog_says() {
    let index = catalog();
    for row in index["checks"].as_array().unwrap() {
        let Some(check) = registry::find(row["id"].as_str().unwrap()) else { continue };
        assert_eq!(check.title, row["title"], "{}", check.id);
        assert_eq!(spelled(check.area), row["area"], "{}", check.id);
        assert_eq!(spelled(check.severity), row["severity"], "{}", check.id);
        assert_eq!(spelled(check.proof), row["proof"], "{}", check.id);
        assert_eq!(spelled(check.class), row["class"], "{}", check.id);
        assert_eq!(check.link, row["linkKey"], "{}", check.id);
        assert!(row["target"].as_str().unwrap().contains(&spelled(check.target)), "{}: target", check.id);
        let kinds: Vec<&str> = check.evidence.iter().map(|kind| kind.name()).collect();
        assert_eq!(kinds, strings(&row["evidence"]), "{}: evidence", check.id);
        assert_eq!(all_blockers(check), strings(&row["blockedBy"]).into_iter().collect(), "{}: blockers", check.id);
        assert_eq!(check.blocked_by_all, strings(&row["blockedByAll"]), "{}: blockers (all)", check.id);
    }
}

/// The index names "all" blockers in both lists.
fn all_blockers(check: &Check) -> BTreeSet<&'static str> {
    check.blocked_by.iter().chain(check.blocked_by_all).copied().collect()
}

#[test]
fn a_declaration_is_complete() {
    for check in registry::checks() {
        assert!(links::address(check.link).is_some(), "{}: link key {}", check.id, check.link);
        assert!(check.rule.contains("Pass") || check.rule.contains("P "), "{}: the rule says when it passes", check.id);
        assert!(check.remediation.ends_with('.'), "{}: the remediation is a sentence", check.id);
        assert_eq!(check.since.split('.').count(), 3, "{}: since is a version", check.id);
    }
}

#[test]
fn links_are_those_of_the_catalog() {
    let index = catalog();
    let of_catalog: BTreeSet<(String, String)> = index["links"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, address)| (key.clone(), address.as_str().unwrap().to_owned()))
        .collect();
    let ours = links::LINKS.iter().map(|(key, address)| ((*key).to_owned(), (*address).to_owned())).collect();
    assert_eq!(of_catalog, ours);
}

#[test]
fn the_graph_of_causes_is_that_of_the_catalog() {
    let index = catalog();
    let of_catalog: BTreeSet<(String, String, Vec<String>)> = index["explains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            let classes = strings(&edge["classes"]).into_iter().map(str::to_owned).collect();
            (edge["cause"].as_str().unwrap().to_owned(), edge["effect"].as_str().unwrap().to_owned(), classes)
        })
        .collect();
    let ours: BTreeSet<(String, String, Vec<String>)> = causes::edges()
        .map(|edge| (edge.cause.to_owned(), edge.effect.to_owned(), edge.classes.iter().map(spelled).collect()))
        .collect();
    assert_eq!(of_catalog, ours);
    assert_eq!(strings(&index["symptoms"]), causes::SYMPTOMS);
    assert_eq!(strings(&index["standalone"]), causes::STANDALONE);
}

#[test]
fn explaining_and_blocking_together_have_no_cycle() {
    let index = catalog();
    let mut edges: Vec<(String, String)> =
        causes::edges().map(|edge| (edge.cause.to_owned(), edge.effect.to_owned())).collect();
    for row in index["checks"].as_array().unwrap() {
        for blocker in strings(&row["blockedBy"]) {
            edges.push((blocker.to_owned(), row["id"].as_str().unwrap().to_owned()));
        }
    }
    // Kahn: take away what nothing leads to, until nothing is left.
    let mut open: BTreeSet<String> = edges.iter().flat_map(|(from, to)| [from.clone(), to.clone()]).collect();
    loop {
        let free: Vec<String> = open
            .iter()
            .filter(|id| !edges.iter().any(|(from, to)| to == *id && open.contains(from)))
            .cloned()
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|id| {
            open.remove(id);
        });
    }
    assert!(open.is_empty(), "these lie on a cycle: {open:?}");
}

#[test]
fn each_cmdlet_runs_the_checks_of_its_row() {
    let index = catalog();
    for diagnostic in Diagnostic::ALL {
        let row = index["cmdlets"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["export"] == diagnostic.export())
            .unwrap_or_else(|| panic!("no row for {}", diagnostic.export()));
        assert_eq!(row["name"], diagnostic.cmdlet());
        let live: BTreeSet<&str> =
            strings(&row["checks"]).into_iter().filter(|id| registry::find(id).is_some()).collect();
        let ours: BTreeSet<&str> =
            registry::checks().filter(|check| diagnostic.includes(check)).map(|check| check.id).collect();
        assert_eq!(live, ours, "{}", diagnostic.cmdlet());
    }
}
