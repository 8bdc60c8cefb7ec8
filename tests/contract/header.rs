//! The committed C header against the exports, and both against the catalog's table.

use std::collections::BTreeSet;

const COMMITTED: &str = include_str!("../../include/password_writeback.h");
const GENERATED: &str = include_str!(env!("PASSWORD_WRITEBACK_HEADER"));

/// Exports of the catalog's table that belong to later diagnostics. This list only shrinks.
const NOT_LIVE: &[&str] = &[
    "pwb_test_license",
    "pwb_test_tenant",
    "pwb_test_server",
    "pwb_trace",
    "pwb_read_events",
    "pwb_compare",
    "pwb_plan_permission",
];

#[test]
fn the_committed_header_is_the_generated_one() {
    assert_eq!(COMMITTED, GENERATED, "stale: tests/refresh.sh writes include/password_writeback.h");
}

#[test]
fn the_header_has_the_exports_of_the_catalog_and_no_others() {
    let index: serde_json::Value = serde_json::from_str(include_str!("catalog.json")).unwrap();
    let of_table = index["cmdlets"].as_array().unwrap().iter().filter_map(|row| row["export"].as_str());
    let machinery = index["machinery"].as_array().unwrap().iter().filter_map(|name| name.as_str());
    let expected: BTreeSet<&str> = of_table.chain(machinery).filter(|name| !NOT_LIVE.contains(name)).collect();
    let exported: BTreeSet<&str> = COMMITTED
        .lines()
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| word.starts_with("pwb_"))
        .collect();
    assert_eq!(exported, expected);
}
