//! Jobs that read and write files: what is no whole input leaves no trace.

use super::{analyze, export_evidence, import_evidence};
use crate::contract::{AnalyzeRequest, ContractError, ExportRequest, ImportRequest, Offer};
use crate::jobs::{close, find};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;

fn request<T: DeserializeOwned>(request: Value) -> T {
    serde_json::from_value(request).unwrap()
}

/// The last snapshot of a job.
fn end(job: u64) -> Value {
    loop {
        let page: Value = serde_json::from_slice(&find(job).unwrap().poll(1_000).unwrap()).unwrap();
        if page["state"] != "running" {
            return page;
        }
    }
}

/// An empty folder of the test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pwb-jobs-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn record() -> Offer {
    request(json!({ "records": [{
        "kind": "os", "target": { "kind": "server", "key": "server:x", "display": "x", "within": [] },
        "collectedAtUnixMs": 1, "collector": "os", "vantage": "other", "runAs": "r", "durationMs": 1, "state": "ok",
        "data": {},
    }] }))
}

/// How a job ends that is cancelled between the offers of its records.
fn cancelled(job: Result<u64, ContractError>) -> Value {
    let job = job.unwrap();
    let open = find(job).unwrap();
    open.offer(record()).unwrap();
    open.cancel();
    let page = end(job);
    close(job);
    page
}

#[test]
fn a_cancelled_export_leaves_the_bundle_that_is_there() {
    let folder = folder("cancelled");
    let path = folder.join("good.zip");
    std::fs::write(&path, "a good bundle").unwrap();
    let export = json!({ "path": path, "noRedact": true, "expects": ["records"] });
    let page = cancelled(export_evidence(request::<ExportRequest>(export)));
    assert_eq!((&page["state"], page["items"].as_array().unwrap().len()), (&json!("cancelled"), 0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a good bundle");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "a temporary file was left");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_cancelled_live_export_writes_nothing() {
    let folder = folder("live");
    let live = json!({ "expects": ["adsync-config"], "selection": { "checks": ["PW718"] } });
    let export = json!({ "path": folder.join("new.zip"), "noRedact": true, "live": live });
    let job = export_evidence(request::<ExportRequest>(export)).unwrap();
    find(job).unwrap().cancel();
    assert_eq!(end(job)["state"], "cancelled");
    close(job);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_analysis_of_half_the_records_is_cancelled_and_judges_nothing() {
    let analysis = json!({ "diagnostic": "pwb_test_all", "expects": ["records"] });
    let page = cancelled(analyze(request::<AnalyzeRequest>(analysis)));
    assert_eq!(page["state"], "cancelled");
    assert!(page["report"].is_null() && page["items"].as_array().unwrap().is_empty(), "{page}");
}

#[test]
fn a_path_that_is_no_regular_file_is_refused_with_the_name_of_the_field() {
    let folder = folder("kinds");
    let file = folder.join("records.ndjson");
    std::fs::write(&file, "").unwrap();
    let analysis = json!({ "diagnostic": "pwb_test_all", "evidencePaths": [file, folder] });
    let source = json!({ "path": folder.join("new.zip"), "noRedact": true, "evidencePaths": [folder] });
    let target = json!({ "path": folder, "noRedact": true, "evidencePaths": [file] });
    for (job, field) in [
        (analyze(request::<AnalyzeRequest>(analysis)), "evidencePaths[1]"),
        (export_evidence(request::<ExportRequest>(source)), "evidencePaths[0]"),
        (export_evidence(request::<ExportRequest>(target)), "path"),
        (import_evidence(request::<ImportRequest>(json!({ "path": folder }))), "path"),
    ] {
        let job = job.unwrap();
        let page = end(job);
        assert_eq!((&page["state"], &page["error"]["field"]), (&json!("failed"), &json!(field)));
        assert!(page["error"]["message"].as_str().unwrap().contains("no regular file"), "{page}");
        close(job);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_is_refused_as_well() {
    let folder = folder("pipe");
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let analysis = json!({ "diagnostic": "pwb_test_all", "evidencePaths": [pipe] });
    let job = analyze(request::<AnalyzeRequest>(analysis)).unwrap();
    assert_eq!(end(job)["error"]["field"], "evidencePaths[0]");
    close(job);
    std::fs::remove_dir_all(folder).unwrap();
}
