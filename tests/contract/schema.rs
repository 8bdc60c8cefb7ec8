//! The committed JSON Schema against the types.

use password_writeback::contract::{
    AnalyzeRequest, ContractError, ExportRequest, ImportRequest, Offer, RenderRequest, Report, Snapshot,
    TestAllRequest, TestConnectivityRequest, TestDirectoryRequest, TestPermissionRequest, TestUserRequest,
};
use schemars::{Schema, schema_for};

/// File name and schema of everything that crosses the boundary.
fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("test-all-request", schema_for!(TestAllRequest)),
        ("test-connectivity-request", schema_for!(TestConnectivityRequest)),
        ("test-directory-request", schema_for!(TestDirectoryRequest)),
        ("test-permission-request", schema_for!(TestPermissionRequest)),
        ("test-user-request", schema_for!(TestUserRequest)),
        ("analyze-request", schema_for!(AnalyzeRequest)),
        ("export-evidence-request", schema_for!(ExportRequest)),
        ("import-evidence-request", schema_for!(ImportRequest)),
        ("render-request", schema_for!(RenderRequest)),
        ("offer", schema_for!(Offer)),
        ("snapshot", schema_for!(Snapshot)),
        ("report", schema_for!(Report)),
        ("error", schema_for!(ContractError)),
    ]
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/schema");
    for (name, schema) in schemas() {
        let path = format!("{folder}/{name}.json");
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("PASSWORD_WRITEBACK_REFRESH").is_some() {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{path} is stale: tests/refresh.sh writes it");
    }
}
