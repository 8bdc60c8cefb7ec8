//! The boundary from Rust's side: what the C program cannot see (panics in checks and collectors).

use password_writeback::catalog::Target;
use password_writeback::contract::{Selection, TestAllRequest};
use password_writeback::engine::{Diagnostic, Engine, Plan, Suppressions};
use password_writeback::evidence::collect::{Collector, Probe, Settings, Touched, World};
use password_writeback::evidence::{Evidence, Kind, Record, Vantage};
use password_writeback::jobs::{self, End};
use password_writeback::knowledge::Tables;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A collector that misbehaves on purpose.
struct Misbehaving(fn() -> Vec<Record>, Duration);

impl Collector for Misbehaving {
    fn kind(&self) -> Kind {
        Kind::OperatorInput
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let (work, wait) = (self.0, self.1);
        vec![Probe {
            key: "misbehaving".to_owned(),
            kind: Kind::OperatorInput,
            target: world.server.clone(),
            timeout: Duration::from_secs(60),
            touches: Vec::new(),
            work: Box::new(move || {
                Box::pin(async move {
                    tokio::time::sleep(wait).await;
                    work()
                })
            }),
        }]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        Vec::new()
    }
}

/// Runs one check with one collector and returns everything that came out.
fn run(collector: Misbehaving, deadline: Duration, cancel_at_once: bool) -> Vec<Value> {
    let selection = Selection { checks: vec!["PW317".to_owned()], include_not_collected: true, ..Selection::default() };
    let engine = Engine {
        plan: Plan::new(Diagnostic::TestAll, &selection).unwrap(),
        suppressions: Suppressions::default(),
        world: Arc::new(World {
            settings: Settings::default(),
            tables: Arc::new(Tables::shipped()),
            vantage: Vantage::SyncServer,
            run_as: "tester".into(),
            server: Target::server("sync1"),
            now_unix_ms: 0,
        }),
        collectors: vec![Box::new(collector)],
        later: Vec::new(),
        expects: Vec::new(),
        deadline,
        emit_evidence: true,
    };
    let job = jobs::start(Vec::new(), |side| async move {
        engine.run(side).await.map_or_else(|_| End::cancelled(None), |_| End::done(None))
    })
    .unwrap();
    if cancel_at_once {
        jobs::find(job).unwrap().cancel();
    }
    let mut items = Vec::new();
    loop {
        let page: Value = serde_json::from_slice(&jobs::find(job).unwrap().poll(1_000).unwrap()).unwrap();
        items.extend(page["items"].as_array().unwrap().clone());
        if page["state"] != "running" && page["more"] == false {
            jobs::close(job);
            return items;
        }
    }
}

fn record_state(items: &[Value]) -> (String, String) {
    let record = &items.iter().find(|item| item["kind"] == "evidence").expect("a record")["record"];
    (record["state"].as_str().unwrap().to_owned(), record["error"]["class"].as_str().unwrap().to_owned())
}

#[test]
fn a_panic_in_a_collector_becomes_a_record_with_an_incident_and_the_run_goes_on() {
    let items = run(Misbehaving(|| panic!("the password is hunter2"), Duration::ZERO), Duration::from_secs(20), false);
    assert_eq!(record_state(&items), ("error".to_owned(), "panic".to_owned()));
    let text = serde_json::to_string(&items).unwrap();
    assert!(text.contains("incident") && !text.contains("hunter2"), "{text}");
}

#[test]
fn the_deadline_ends_a_collector_that_hangs() {
    let items = run(Misbehaving(Vec::new, Duration::from_secs(3_600)), Duration::from_millis(200), false);
    assert_eq!(record_state(&items), ("timeout".to_owned(), "deadline".to_owned()));
}

#[test]
fn cancelling_ends_a_run_at_once_and_delivers_what_there_is() {
    let items = run(Misbehaving(Vec::new, Duration::from_secs(3_600)), Duration::from_secs(600), true);
    assert_eq!(record_state(&items), ("notCollected".to_owned(), "cancelled".to_owned()));
}

#[test]
fn a_request_is_strict_and_defaults_are_usable() {
    let parse = |text: &str| password_writeback::contract::parse::<TestAllRequest>(text.as_bytes());
    assert!(parse("{}").is_ok());
    for (text, field) in [
        (r#"{"network":{"cloud":1}}"#, "network.cloud"),
        (r#"{"selection":{"suppressions":[{"id":"PW303"}]}}"#, "selection.suppressions[0].reason"),
        (r#"{"output":{"x":1}}"#, "output.x"),
    ] {
        assert_eq!(parse(text).unwrap_err().field.as_deref(), Some(field), "{text}");
    }
}
