//! The bounded queue between a job and its pollers.

use crate::contract::{ContractError, Item, Progress, Report, RunState, SCHEMA};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Windows PowerShell's JSON reader fails above two million characters; a page stays far below.
const MOST_SNAPSHOT: usize = 512 * 1024;

/// Room for the envelope, the progress and the report's own lists in a snapshot.
const ENVELOPE: usize = 16 * 1024;

/// Bounds of the queue towards poll.
const MOST_ITEMS: usize = 1_000;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The job was closed: nobody will read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// How a job ended.
#[derive(Debug)]
pub struct End {
    state: &'static str,
    report: Option<Box<RawValue>>,
    error: Option<ContractError>,
}

impl End {
    pub fn done(report: Option<&Report>) -> End {
        End::with_report("done", report)
    }

    pub fn cancelled(report: Option<&Report>) -> End {
        End::with_report("cancelled", report)
    }

    /// A judged run. Findings came as items, so the report goes without them: a snapshot stays small.
    pub fn with_streamed_findings(report: &Report) -> End {
        let report = Report { findings: Vec::new(), ..report.clone() };
        match report.state {
            RunState::Done => End::done(Some(&report)),
            RunState::Cancelled => End::cancelled(Some(&report)),
        }
    }

    pub fn failed(error: ContractError) -> End {
        End { state: "failed", report: None, error: Some(error) }
    }

    fn with_report(state: &'static str, report: Option<&Report>) -> End {
        End { state, report: report.map(raw), error: None }
    }
}

/// Serialises plain data; our own types always can.
fn raw<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("plain data is JSON")
}

struct Inner {
    items: VecDeque<Box<RawValue>>,
    bytes: usize,
    progress: Progress,
    end: Option<End>,
    closed: bool,
}

/// Items on their way to the pipeline.
pub struct Outbox {
    job: u64,
    inner: Mutex<Inner>,
    readable: Condvar,
    space: Notify,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    schema: u32,
    job: u64,
    state: &'static str,
    progress: &'a Progress,
    items: Vec<Box<RawValue>>,
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ContractError>,
}

impl Outbox {
    pub fn new(job: u64) -> Outbox {
        let inner = Inner { items: VecDeque::new(), bytes: 0, progress: Progress::default(), end: None, closed: false };
        Outbox { job, inner: Mutex::new(inner), readable: Condvar::new(), space: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an item; waits while the queue is full. Returns how long it waited, because a deadline
    /// must not run while the reader pauses.
    pub async fn send(&self, item: &Item) -> Result<Duration, Closed> {
        let waited = self.queue(item).await;
        self.readable.notify_one();
        waited
    }

    /// Queues several items, which come to the reader together as far as there is room: to wake it for each of
    /// thousands would cost more than to make them.
    pub async fn send_all(&self, items: Vec<Item>) -> Result<(), Closed> {
        for item in items {
            self.queue(&item).await?;
        }
        self.readable.notify_one();
        Ok(())
    }

    async fn queue(&self, item: &Item) -> Result<Duration, Closed> {
        let json = shortened(item);
        let started = Instant::now();
        let mut waited = false;
        loop {
            // Registered before the look, so that a wake-up between look and wait is not lost.
            let space = self.space.notified();
            {
                let mut inner = self.lock();
                if inner.closed {
                    return Err(Closed);
                }
                if inner.items.is_empty()
                    || (inner.items.len() < MOST_ITEMS && inner.bytes + json.get().len() <= MOST_BYTES)
                {
                    inner.bytes += json.get().len();
                    inner.items.push_back(json);
                    return Ok(if waited { started.elapsed() } else { Duration::ZERO });
                }
            }
            self.readable.notify_one();
            waited = true;
            space.await;
        }
    }

    pub fn progress(&self, progress: Progress) {
        self.lock().progress = progress;
    }

    /// No more items will come.
    pub fn end(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.readable.notify_all();
    }

    /// Nobody will read any more: waiting producers and pollers wake.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.items.clear();
        inner.bytes = 0;
        drop(inner);
        self.readable.notify_all();
        self.space.notify_waiters();
    }

    /// A snapshot as JSON: at most 512 KiB of items; waits at most `wait` for something new.
    pub fn poll(&self, wait: Duration) -> Result<Vec<u8>, Closed> {
        let deadline = Instant::now() + wait;
        let mut inner = self.lock();
        while !inner.closed && inner.items.is_empty() && inner.end.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self.readable.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if inner.closed {
            return Err(Closed);
        }
        let mut items = Vec::new();
        let mut size = ENVELOPE;
        while let Some(next) = inner.items.front() {
            // The comma counts too.
            if !items.is_empty() && size + next.get().len() + 1 > MOST_SNAPSHOT {
                break;
            }
            size += next.get().len() + 1;
            inner.bytes -= next.get().len();
            items.extend(inner.items.pop_front());
        }
        let inner = &*inner;
        let report = inner.end.as_ref().and_then(|end| end.report.as_deref());
        let last = inner.items.is_empty() && size + report.map_or(0, |report| report.get().len()) <= MOST_SNAPSHOT;
        let end = inner.end.as_ref().filter(|_| last);
        let page = Page {
            schema: SCHEMA,
            job: self.job,
            state: end.map_or("running", |end| end.state),
            progress: &inner.progress,
            more: !inner.items.is_empty() || (inner.end.is_some() && !last),
            report: end.and(report),
            error: end.and_then(|end| end.error.as_ref()),
            items,
        };
        let json = serde_json::to_vec(&page).expect("plain data is JSON");
        self.space.notify_waiters();
        Ok(json)
    }
}

/// The item as JSON; one that fits no snapshot gives way to a message that says so.
fn shortened(item: &Item) -> Box<RawValue> {
    let json = raw(item);
    if json.get().len() + ENVELOPE <= MOST_SNAPSHOT {
        return json;
    }
    let text = match item {
        Item::Finding(finding) => {
            let mut short = (**finding).clone();
            short.evidence.truncate(20);
            for line in &mut short.evidence {
                line.value = line.value.chars().take(500).collect();
            }
            short.message = short.message.chars().take(2_000).collect::<String>() + " [shortened]";
            return raw(&Item::Finding(Box::new(short)));
        }
        Item::Evidence { record } => {
            format!(
                "A record of kind {} about {} is too long for the pipeline; a bundle holds it.",
                record.kind.name(),
                record.target.key
            )
        }
        _ => "An item was too long for the pipeline and was left out.".to_owned(),
    };
    raw(&Item::Message { level: crate::contract::MessageLevel::Warning, text })
}
