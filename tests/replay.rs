//! Recorded evidence, judged again through `pwb_analyze`.
//!
//! Each folder of `tests/replay` holds a bundle that was recorded by a real run, and `expected.txt`: the
//! verdict, the causes with their scores, and every finding that is not a pass. A bundle also holds the
//! report of its own run, which the analysis must give again byte for byte, as far as the build that
//! recorded it knew the checks. `report.txt` is the report as text for a window of 100 columns,
//! `explained.txt` the same with `-Explain`; the view of the module is compared with the same files.
//! `matrix.txt`, where it stands, has every port of every controller.

use password_writeback::bundle;
use password_writeback::catalog::Scene;
use password_writeback::contract::{Report, Selection};
use password_writeback::engine::{Diagnostic, Plan, RunHeader, Suppressions, matrix, report};
use password_writeback::evidence::{Evidence, Record};
use password_writeback::knowledge::Tables;
use password_writeback::render;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

#[path = "replay/explain.rs"]
mod explain;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("evidence.zip").is_file())
        .collect();
    cases.sort();
    assert!(cases.len() >= 8, "the recorded cases are missing: {cases:?}");
    cases
}

/// The tables of an analysis; the lab's authorities are known as they were when it was recorded.
fn tables() -> Tables {
    let knowledge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/knowledge");
    Tables::with_folder(&knowledge).unwrap()
}

fn recorded(bundle_path: &Path) -> (RunHeader, Vec<Record>) {
    let source = bundle::read(bundle_path).unwrap_or_else(|error| panic!("{error:?}"));
    (source.manifest.expect("a bundle").run, source.records)
}

/// The report of an analysis.
fn analysed(bundle_path: &Path, selection: &Selection) -> Report {
    let (header, records) = recorded(bundle_path);
    let plan = Plan::new(Diagnostic::TestAll, selection).unwrap();
    let evidence: Evidence = records.into_iter().collect();
    report(&header, &plan, &Suppressions::default(), &evidence, &tables())
}

fn in_short(report: &Report) -> String {
    let mut text = format!("verdict {}\n", word(report.verdict.state));
    for cause in &report.verdict.probable_causes {
        writeln!(text, "cause {} {:.1} {}", cause.id, cause.score, word(cause.confidence)).unwrap();
    }
    for finding in report.findings.iter().filter(|finding| word(finding.status) != "pass") {
        let reason = finding.reason.map(|reason| format!(" {}", word(reason))).unwrap_or_default();
        writeln!(text, "{} {}{reason}", finding.key, word(finding.status)).unwrap();
    }
    text
}

/// The JSON spelling of an enum.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// Compares with a file of a case, or writes it anew.
fn compare(path: &Path, got: &str) {
    if std::env::var_os("PASSWORD_WRITEBACK_REFRESH").is_some() {
        std::fs::write(path, got).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(got, expected, "{}", path.display());
}

#[test]
fn recorded_evidence_gives_the_expected_findings() {
    for case in cases() {
        compare(&case.join("expected.txt"), &in_short(&analysed(&case.join("evidence.zip"), &Selection::default())));
    }
}

#[test]
fn a_report_as_text_is_the_view_of_the_module() {
    for case in cases() {
        compare(
            &case.join("report.txt"),
            &render::text(&analysed(&case.join("evidence.zip"), &Selection::default()), 100),
        );
    }
}

/// Cases whose report is also kept with explanations.
const EXPLAINED: [&str; 3] = ["cloud-port-dropped", "connector-without-reset", "domain-minimum-age"];

#[test]
fn a_report_with_explanations_as_text_is_the_view_of_the_module() {
    for case in cases().iter().filter(|case| EXPLAINED.iter().any(|name| case.ends_with(name))) {
        let (header, records) = recorded(&case.join("evidence.zip"));
        let report = explain::explained(&header, &records, &Selection::default());
        compare(&case.join("explained.txt"), &render::text(&report, 100));
    }
}

/// The ports of every controller, one line each.
fn matrix_in_short(bundle_path: &Path) -> String {
    let source = bundle::read(bundle_path).unwrap_or_else(|error| panic!("{error:?}"));
    let now_unix_ms = source.manifest.expect("a bundle").run.now_unix_ms;
    let evidence: Evidence = source.records.into_iter().collect();
    let mut text = String::new();
    for row in matrix(&Scene { evidence: &evidence, tables: &Tables::shipped(), now_unix_ms }) {
        writeln!(text, "{} [{}]", row.target.key, row.roles.join(" ")).unwrap();
        for cell in row.ports {
            let number = cell.port.map_or_else(|| "-".to_owned(), |number| number.to_string());
            let ms = cell.ms.map(|ms| format!(" {ms} ms")).unwrap_or_default();
            let why = cell.why.map(|why| format!(": {why}")).unwrap_or_default();
            writeln!(text, "  {number} {} {}{ms}{why}", cell.service, word(cell.state)).unwrap();
        }
    }
    text
}

#[test]
fn recorded_evidence_has_every_port_of_every_controller() {
    for case in cases().into_iter().filter(|case| case.join("matrix.txt").is_file()) {
        compare(&case.join("matrix.txt"), &matrix_in_short(&case.join("evidence.zip")));
    }
}

/// The checks that a report speaks of, by findings or as not examined.
fn judged_in(report: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let list = |value: &serde_json::Value| value.as_array().unwrap().clone();
    let found = list(&report["findings"]).into_iter().map(|finding| finding["id"].clone());
    let folded = list(&report["notExamined"]).into_iter().flat_map(|line| list(&line["checks"]));
    let ids: BTreeSet<String> = found.chain(folded).map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.into_iter().collect()
}

#[test]
fn a_replayed_report_equals_the_live_one_byte_for_byte() {
    for case in cases() {
        let path = case.join("evidence.zip");
        let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
        let mut live = String::new();
        archive.by_name("report.json").unwrap().read_to_string(&mut live).unwrap();
        let selection = Selection { checks: judged_in(&live), ..Selection::default() };
        let replayed = serde_json::to_string(&analysed(&path, &selection)).unwrap();
        assert_eq!(live, replayed, "{}", case.display());
    }
}

#[test]
fn a_bundle_that_was_changed_is_refused() {
    let bytes = std::fs::read(cases()[0].join("evidence.zip")).unwrap();
    let folder = std::env::temp_dir().join(format!("password-writeback-replay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("broken.zip");
    // Each of these damages another part: the data, the directory at the end, the length.
    for damaged in [&bytes[..bytes.len() / 2], &bytes[..bytes.len() - 10], b"PK\x03\x04nothing", b"not json\n"] {
        std::fs::write(&path, damaged).unwrap();
        assert!(bundle::read(&path).is_err());
    }
    assert!(bundle::read(&folder.join("none.zip")).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Worked examples of the catalog (section 7) that need checks which are not live yet. Their scores are
/// tested from findings in `tests/contract/examples.rs`; this list only shrinks.
const WAITING: [&str; 12] = [
    "1: PW813 PW505 PW506 PW507 PW510",
    "2: PW818 PW521 PW813",
    "3: PW804 PW803 PW806 PW313",
    "4: PW804 PW806 PW713",
    "5: PW804 PW806 PW315",
    "6: PW814 PW912",
    "7: PW821 PW921",
    "8: PW807 PW701 PW210",
    "9: PW218 PW505 PW224 PW730",
    "10: PW813 PW918",
    "11: PW815 PW907 PW727",
    "12: PW707 PW204 PW803 PW709",
];

#[test]
fn an_example_waits_only_for_checks_that_are_not_live() {
    for example in WAITING {
        let live = |id: &str| password_writeback::catalog::registry::find(id).is_some();
        let ids = example.split(": ").nth(1).unwrap().split(' ');
        assert!(ids.clone().any(|id| !live(id)), "example {example} can be replayed now");
    }
}
