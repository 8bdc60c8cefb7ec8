//! Rules of the ranking that the worked examples do not show.

use super::findings::finding;
use password_writeback::catalog::NameValue;
use password_writeback::contract::Finding;
use password_writeback::engine::{History, rank};
use serde_json::Value;

fn findings(lines: &[&str]) -> Vec<Finding> {
    let index: Value = serde_json::from_str(include_str!("catalog.json")).unwrap();
    lines.iter().map(|line| finding(line, &index)).collect()
}

fn order(findings: &[Finding]) -> Vec<String> {
    rank(findings, &History::default(), 0).into_iter().map(|cause| cause.id).collect()
}

#[test]
fn what_only_a_named_user_has_comes_after_the_service() {
    // 20.0 of the user against 11.3 of the domain.
    assert_eq!(order(&findings(&["PW909 F user", "PW601 F domain"])), ["PW601", "PW909"]);
    // With the failure that it explains it speaks of the service.
    assert_eq!(order(&findings(&["PW909 F user", "PW817 F user", "PW601 F domain"]))[0], "PW909");
}

#[test]
fn what_weighs_nothing_is_no_cause() {
    assert_eq!(order(&findings(&["PW509 W domain"])), Vec::<String>::new());
}

#[test]
fn a_container_explains_a_domain_only_when_all_that_fails_lies_below_it() {
    let inside = "OU=North,OU=Sales,DC=corp,DC=example";
    let outside = "OU=Wholesales,DC=corp,DC=example";
    for (containers, number, expected) in [
        (&[inside][..], "1", &["PW510"][..]),
        (&[inside, outside], "2", &["PW505", "PW510"]),
        // More fail than are listed.
        (&[inside], "11", &["PW505", "PW510"]),
    ] {
        let mut findings = findings(&["PW505 F domain", "PW510 F container"]);
        let mut line = |name: &str, value: &str| {
            findings[0].evidence.push(NameValue { name: name.to_owned(), value: value.to_owned() });
        };
        line("failing containers", number);
        containers.iter().for_each(|dn| line("failing container", dn));
        assert_eq!(order(&findings), expected, "{containers:?} {number}");
    }
}
