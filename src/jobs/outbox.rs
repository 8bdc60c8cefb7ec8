//! The bounded queue between a job and its pollers.

use crate::contract::{ContractError, Item, Progress, Report, RunState, SCHEMA};
use serde::Serialize;
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
    report: Option<Json>,
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
        End { state, report: report.map(|report| json(report, &mut Vec::new())), error: None }
    }
}

/// A value that is JSON already.
type Json = Box<[u8]>;

/// Serialises plain data; our own types always can. What is written first into the same room needs none of its
/// own, however much it grows.
fn json<T: Serialize + ?Sized>(value: &T, room: &mut Vec<u8>) -> Json {
    room.clear();
    serde_json::to_writer(&mut *room, value).expect("plain data is JSON");
    room.as_slice().into()
}

struct Inner {
    items: VecDeque<Json>,
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

/// A page without its lists, which are JSON already.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    schema: u32,
    job: u64,
    state: &'static str,
    progress: &'a Progress,
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ContractError>,
}

impl Page<'_> {
    /// The page as JSON with its items and its report, which take `size` bytes or less.
    fn with(&self, items: &[Json], report: Option<&Json>, size: usize) -> Vec<u8> {
        let mut page = Vec::with_capacity(size);
        serde_json::to_writer(&mut page, self).expect("plain data is JSON");
        let end = page.pop();
        page.extend_from_slice(b",\"items\":[");
        for (place, item) in items.iter().enumerate() {
            page.extend_from_slice(if place == 0 { b"" } else { b"," });
            page.extend_from_slice(item);
        }
        page.push(b']');
        if let Some(report) = report {
            page.extend_from_slice(b",\"report\":");
            page.extend_from_slice(report);
        }
        page.extend(end);
        page
    }
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
        let waited = self.queue(shortened(item, &mut Vec::new())).await;
        self.readable.notify_one();
        waited
    }

    /// Queues several items, which come to the reader together as far as there is room: to wake it for each of
    /// thousands would cost more than to make them.
    pub async fn send_all(&self, items: Vec<Item>) -> Result<(), Closed> {
        let mut room = Vec::new();
        for item in items {
            self.queue(shortened(&item, &mut room)).await?;
        }
        self.readable.notify_one();
        Ok(())
    }

    async fn queue(&self, json: Json) -> Result<Duration, Closed> {
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
                if inner.items.is_empty() || (inner.items.len() < MOST_ITEMS && inner.bytes + json.len() <= MOST_BYTES)
                {
                    inner.bytes += json.len();
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
            if !items.is_empty() && size + next.len() + 1 > MOST_SNAPSHOT {
                break;
            }
            size += next.len() + 1;
            inner.bytes -= next.len();
            items.extend(inner.items.pop_front());
        }
        let inner = &*inner;
        let report = inner.end.as_ref().and_then(|end| end.report.as_ref());
        let last = inner.items.is_empty() && size + report.map_or(0, |report| report.len()) <= MOST_SNAPSHOT;
        let end = inner.end.as_ref().filter(|_| last);
        let page = Page {
            schema: SCHEMA,
            job: self.job,
            state: end.map_or("running", |end| end.state),
            progress: &inner.progress,
            more: !inner.items.is_empty() || (inner.end.is_some() && !last),
            error: end.and_then(|end| end.error.as_ref()),
        };
        let report = end.and(report);
        let json = page.with(&items, report, size + report.map_or(0, |report| report.len()));
        self.space.notify_waiters();
        Ok(json)
    }
}

/// The item as JSON; one that fits no snapshot gives way to a message that says so.
fn shortened(item: &Item, room: &mut Vec<u8>) -> Json {
    let whole = json(item, room);
    if whole.len() + ENVELOPE <= MOST_SNAPSHOT {
        return whole;
    }
    let text = match item {
        Item::Finding(finding) => {
            let mut short = (**finding).clone();
            short.evidence.truncate(20);
            for line in &mut short.evidence {
                line.value = line.value.chars().take(500).collect();
            }
            short.message = short.message.chars().take(2_000).collect::<String>() + " [shortened]";
            return json(&Item::Finding(Box::new(short)), room);
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
    json(&Item::Message { level: crate::contract::MessageLevel::Warning, text }, room)
}
