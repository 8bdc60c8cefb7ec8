use super::*;
use crate::contract::{Output, TestUserRequest};
use crate::evidence::{Bytes, SecurityDescriptor, User, Vantage};
use serde_json::Value;

/// A scan that may hand out its evidence.
fn live(evidence: bool) -> Live {
    let directory = DirectoryPart { all: true, ..DirectoryPart::default() };
    let output = Output { evidence, ..Output::default() };
    let request = TestUserRequest { directory, output, ..TestUserRequest::default() };
    Live::prepare(Diagnostic::TestUser, request.into()).expect("a usable request")
}

fn found(guid: &str) -> Found {
    let user = User { object_guid: Some(guid.to_owned()), search_count: Some(1), ..User::default() };
    Found { user, descriptor: SecurityDescriptor { sd_bytes: Some(Bytes(Vec::new())), ..Default::default() } }
}

fn items(outbox: &Outbox) -> Vec<Value> {
    let snapshot = outbox.poll(Duration::ZERO).unwrap();
    serde_json::from_slice::<Value>(&snapshot).unwrap()["items"].as_array().unwrap().clone()
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_page_leaves_answers_and_the_records_that_were_asked_for() {
    let domain = Target::domain("corp.example", None);
    for (evidence, summary_only, expected) in [
        (false, false, &["user", "user"][..]),
        (false, true, &[]),
        (true, false, &["evidence", "evidence", "evidence", "evidence", "user", "user"]),
        (true, true, &["evidence", "evidence", "evidence", "evidence"]),
    ] {
        let (live, shared, outbox) = (live(evidence), Evidence::new(), Outbox::new(1));
        let mut counted = Coverages::new(&live, &shared, &domain, summary_only);
        counted.take(&outbox, vec![found("1"), found("2")]).await.unwrap();
        assert_eq!(kinds(&items(&outbox)), expected, "evidence {evidence}, summary {summary_only}");
        assert_eq!(counted.users(), 2);
    }
}

#[tokio::test]
async fn the_run_stands_last_of_the_evidence_that_was_asked_for() {
    for (evidence, expected) in [(true, &["run"][..]), (false, &[])] {
        let (live, outbox) = (live(evidence), Outbox::new(1));
        let header = RunHeader {
            host: "sync1".to_owned(),
            vantage: Vantage::SyncServer,
            now_unix_ms: 7,
            started_unix_ms: 7,
            duration_ms: 1,
            state: RunState::Done,
            touched: Vec::new(),
        };
        let Live { engine, .. } = &live;
        let tables = &engine.world.tables;
        let report = crate::engine::report(&header, &engine.plan, &engine.suppressions, &Evidence::new(), tables);
        finish(&live, &outbox, &report).await;
        let items = items(&outbox);
        assert_eq!(kinds(&items), expected);
        assert!(items.iter().all(|item| item["run"]["nowUnixMs"] == 7));
    }
}

#[test]
fn the_remaining_time_follows_from_the_rate_once_the_total_is_known() {
    let told = |users, total, seconds| {
        let progress = progress("corp.example", users, total, Duration::from_secs(seconds));
        (progress.done, progress.total, progress.rate_per_second, progress.remaining_ms)
    };
    assert_eq!(told(500, None, 1), (500, 0, Some(500.0), None));
    assert_eq!(told(500, Some(2_000), 1), (500, 2_000, Some(500.0), Some(3_000)));
    assert_eq!(told(2_000, Some(2_000), 4), (2_000, 2_000, Some(500.0), Some(0)));
    // Users were made while the scan went on.
    assert_eq!(told(2_001, Some(2_000), 4), (2_001, 2_001, Some(500.0), Some(0)));
    assert_eq!(told(0, None, 0), (0, 0, None, None));
    assert_eq!(told(1, Some(u32::MAX), 100_000).3, Some(i32::MAX as u32));
}

#[test]
fn all_users_are_a_matter_of_two_diagnostics_and_no_sample() {
    let all = || DirectoryPart { all: true, ..DirectoryPart::default() };
    let named = || DirectoryPart { identities: vec!["anna".to_owned()], ..all() };
    let filter = |text: &str| DirectoryPart { ldap_filter: Some(text.to_owned()), ..all() };
    let nested =
        |levels: usize| filter(&["(!".repeat(levels - 1), "(a=b)".to_owned(), ")".repeat(levels - 1)].concat());
    let long = |length: usize| filter(&format!("(a={})", "b".repeat(length - 4)));
    for (diagnostic, directory, field) in [
        (Diagnostic::TestUser, all(), None),
        (Diagnostic::TestPermission, all(), None),
        (Diagnostic::TestAll, all(), Some("directory.all")),
        (Diagnostic::TestPermission, named(), Some("directory.identities")),
        (Diagnostic::TestPermission, DirectoryPart { sample_size: Some(5), ..all() }, Some("directory.sampleSize")),
        (Diagnostic::TestUser, DirectoryPart { summary_only: true, ..all() }, None),
        (Diagnostic::TestPermission, DirectoryPart { summary_only: true, ..all() }, Some("directory.summaryOnly")),
        (Diagnostic::TestUser, DirectoryPart { all: false, ..filter("(a=b)") }, Some("directory.ldapFilter")),
        (Diagnostic::TestUser, filter("department=Sales"), None),
        (Diagnostic::TestUser, filter("(department=Sales"), Some("directory.ldapFilter")),
        (Diagnostic::TestUser, nested(64), None),
        (Diagnostic::TestUser, nested(65), Some("directory.ldapFilter")),
        (Diagnostic::TestUser, nested(100_000), Some("directory.ldapFilter")),
        (Diagnostic::TestUser, filter(&"(!".repeat(100_000)), Some("directory.ldapFilter")),
        (Diagnostic::TestUser, long(8192), None),
        (Diagnostic::TestUser, long(8193), Some("directory.ldapFilter")),
    ] {
        let refused = Users::of(diagnostic, &directory).err().and_then(|error| error.field);
        assert_eq!(refused.as_deref(), field, "{diagnostic:?} {directory:?}");
    }
}
