//! The queue between a job and its pollers: bounded, nothing lost, nothing twice, whatever the reader does.

use password_writeback::contract::{Item, MessageLevel, Offer, RunState, Selection};
use password_writeback::engine::{Diagnostic, Plan, RunHeader, Suppressions, report};
use password_writeback::evidence::{Evidence, Vantage};
use password_writeback::jobs::{End, JobSide, blocking, close, find, start};
use password_writeback::knowledge::Tables;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Mutex, mpsc};

const ITEMS: usize = 1_000_000;

fn message(number: usize) -> Item {
    Item::Message { level: MessageLevel::Verbose, text: number.to_string() }
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn snapshot(job: u64) -> (Value, usize) {
    let bytes = find(job).unwrap().poll(1_000).unwrap();
    (serde_json::from_slice(&bytes).unwrap(), bytes.len())
}

/// The last snapshot of a job.
fn end(job: u64) -> Value {
    loop {
        let page = snapshot(job).0;
        if page["state"] != "running" {
            return page;
        }
    }
}

#[test]
fn a_million_items_reach_a_slow_reader_once_each_with_flat_memory() {
    let job = start(Vec::new(), |side| async move {
        for number in 0..ITEMS {
            side.outbox.send(&message(number)).await.unwrap();
        }
        End::done(None)
    })
    .unwrap();
    let mut next = 0;
    // The first tenth is warm-up: allocator, runtime, this reader's own pages.
    let (mut warm, mut most) = (0, 0);
    let mut polls = 0_u64;
    loop {
        let (page, length) = snapshot(job);
        // As UTF-16 below what is a large object to .NET.
        assert!(2 * length < 85_000, "a snapshot of {length} bytes");
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["text"].as_str().unwrap().parse::<usize>().unwrap(), next, "in order, once each");
            next += 1;
        }
        polls += 1;
        if polls.is_multiple_of(20) {
            // The reader pauses: the producer has to wait, not to pile up.
            std::thread::sleep(std::time::Duration::from_millis(5));
            match next {
                0..100_000 => warm = warm.max(resident_bytes()),
                _ => most = most.max(resident_bytes()),
            }
        }
        if page["state"] == "done" && page["more"] == false {
            break;
        }
    }
    assert_eq!(next, ITEMS);
    let grown = most.saturating_sub(warm) / (1024 * 1024);
    assert!(grown < 32, "memory grew by {grown} MiB between the first tenth and the end");
    password_writeback::jobs::close(job);
}

#[test]
fn a_report_of_any_size_ends_its_job() {
    let job = start(Vec::new(), |side| async move {
        side.outbox.send(&message(0)).await.unwrap();
        let header = RunHeader {
            host: "x".repeat(1_000_000),
            vantage: Vantage::Other,
            now_unix_ms: 0,
            started_unix_ms: 0,
            duration_ms: 0,
            state: RunState::Done,
            touched: Vec::new(),
        };
        let plan = Plan::new(Diagnostic::TestUser, &Selection::default()).unwrap();
        let report = report(&header, &plan, &Suppressions::default(), &Evidence::default(), &Tables::shipped());
        End::with_streamed_findings(&report)
    })
    .unwrap();
    // The item, the report, and whatever was asked for before either was there.
    let pages: Vec<Value> = (0..10).map(|_| snapshot(job).0).take_while(|page| page["state"] == "running").collect();
    assert!(pages.len() < 10, "the report never comes");
    password_writeback::jobs::close(job);
}

#[test]
fn two_pollers_share_the_items() {
    let job = start(Vec::new(), |side| async move {
        for number in 0..20_000 {
            side.outbox.send(&message(number)).await.unwrap();
        }
        End::done(None)
    })
    .unwrap();
    let seen: Mutex<HashSet<String>> = Mutex::new(HashSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let (page, _) = snapshot(job);
                    for item in page["items"].as_array().unwrap() {
                        assert!(seen.lock().unwrap().insert(item["text"].to_string()), "delivered twice: {item}");
                    }
                    if page["state"] == "done" && page["more"] == false {
                        break;
                    }
                }
            });
        }
    });
    assert_eq!(seen.lock().unwrap().len(), 20_000);
    password_writeback::jobs::close(job);
}

#[test]
fn an_item_that_fits_no_snapshot_is_shortened_with_a_mark() {
    let job = start(Vec::new(), |side| async move {
        let long = Item::Message { level: MessageLevel::Verbose, text: "x".repeat(2 * 1024 * 1024) };
        side.outbox.send(&long).await.unwrap();
        End::done(None)
    })
    .unwrap();
    let (page, length) = snapshot(job);
    assert!(length <= 512 * 1024);
    assert_eq!(page["items"][0]["level"], "warning");
    password_writeback::jobs::close(job);
}

#[test]
fn closing_wakes_a_waiting_poller_and_a_waiting_producer() {
    let job = start(Vec::new(), |side| async move {
        let mut sent = 0;
        while side.outbox.send(&message(sent)).await.is_ok() {
            sent += 1;
        }
        End::cancelled(None)
    })
    .unwrap();
    let held = find(job).unwrap();
    held.poll(1_000).unwrap();
    password_writeback::jobs::close(job);
    assert_eq!(held.poll(1_000).unwrap_err().code, 201);
    assert!(find(job).is_err());
}

#[test]
fn a_panic_in_the_work_fails_the_job_with_an_incident() {
    let job = start(Vec::new(), |_| async { panic!("a secret that must not travel") }).unwrap();
    let page = end(job);
    assert_eq!(page["state"], "failed");
    assert_eq!(page["error"]["kind"], "internal");
    assert!(!page.to_string().contains("secret that"));
    password_writeback::jobs::close(job);
}

/// Offered records may be of any kind; what can end is only what was announced.
#[test]
fn only_an_expected_kind_can_be_ended() {
    let id = start(vec!["records".to_owned()], |mut side: JobSide| async move {
        while side.offers.recv().await.is_some_and(|offer| offer.end.is_empty()) {}
        End::done(None)
    })
    .unwrap();
    let offer = |end: &str| serde_json::from_value::<Offer>(serde_json::json!({ "end": [end] })).unwrap();
    let job = find(id).unwrap();
    assert_eq!(job.offer(offer("dns")).unwrap_err().field.as_deref(), Some("end"));
    job.offer(offer("records")).unwrap();
    close(id);
}

#[test]
fn work_that_is_stuck_holds_up_neither_other_jobs_nor_its_own_cancellation() {
    // More than the runtime has workers.
    let stuck: Vec<(u64, mpsc::Sender<()>)> = (0..4)
        .map(|_| {
            let (release, stuck) = mpsc::channel::<()>();
            let work = move |mut side: JobSide| async move {
                match side.unless_cancelled(blocking(move || stuck.recv())).await {
                    Ok(_) => End::done(None),
                    Err(stop) => stop.into(),
                }
            };
            (start(Vec::new(), work).unwrap(), release)
        })
        .collect();
    let other = start(Vec::new(), |_| async { End::done(None) }).unwrap();
    assert_eq!(end(other)["state"], "done");
    close(other);
    for (job, release) in stuck {
        find(job).unwrap().cancel();
        assert_eq!(end(job)["state"], "cancelled");
        close(job);
        drop(release);
    }
}

#[test]
fn what_is_sent_after_the_end_reaches_nobody() {
    let (told, answer) = mpsc::channel();
    let job = start(Vec::new(), |mut side| async move {
        let outbox = side.outbox.clone();
        let late = async { while outbox.send(&message(0)).await.is_ok() {} };
        side.unless_cancelled(late).await.unwrap_err();
        let outbox = side.outbox.clone();
        tokio::spawn(async move {
            while outbox.send(&message(1)).await.is_ok() {}
            told.send(()).unwrap();
        });
        End::cancelled(None)
    })
    .unwrap();
    find(job).unwrap().cancel();
    answer.recv().unwrap();
    let mut page = snapshot(job).0;
    while page["more"] == true {
        page = snapshot(job).0;
    }
    assert_eq!(page["state"], "cancelled");
    close(job);
}
