//! The bounded queue between a job and its pollers.

use crate::contract::{ContractError, Item, Progress, Report, RunState, SCHEMA};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Windows PowerShell's JSON reader fails above two million characters; a snapshot stays far below.
const MOST_SNAPSHOT: usize = 512 * 1024;

/// What more than one item may take in a snapshot. A text of 85 000 bytes, half as many characters, is a large
/// object to .NET and stays until the last generation is collected: with long snapshots a scan takes PowerShell
/// half as long again.
const MOST_OF_MANY: usize = 40 * 1024;

/// Room for the envelope, the progress and the report's own lists in a snapshot.
const ENVELOPE: usize = 16 * 1024;

/// Bounds of the queue towards poll.
const MOST_ITEMS: usize = 1_000;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The job was closed or has ended: nobody will read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// How a job ended.
#[derive(Debug)]
pub struct End {
    state: &'static str,
    /// As JSON.
    report: Option<Vec<u8>>,
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
        End { state, report: report.map(json), error: None }
    }
}

/// Serialises plain data; our own types always can.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut room = Vec::new();
    write(value, &mut room);
    room
}

/// The same into room that grew before.
fn write<T: Serialize + ?Sized>(value: &T, room: &mut Vec<u8>) {
    room.clear();
    serde_json::to_writer(room, value).expect("plain data is JSON");
}

/// How each snapshot begins: with its items, which are put in as they come.
const START: &[u8] = br#"{"items":["#;

/// The beginning of a snapshot.
struct Page {
    json: Vec<u8>,
    items: usize,
}

impl Page {
    fn new() -> Page {
        // With the envelope.
        let mut json = Vec::with_capacity(MOST_OF_MANY + 1024);
        json.extend_from_slice(START);
        Page { json, items: 0 }
    }

    fn takes(&self, item: &[u8]) -> bool {
        self.items == 0 || self.json.len() + item.len() <= MOST_OF_MANY
    }

    /// A page without items takes a report of any size: no other page will have more room for it.
    fn has_room_for_report(&self, report: usize) -> bool {
        self.items == 0 || self.json.len() + report + ENVELOPE <= MOST_SNAPSHOT
    }

    fn add(&mut self, item: &[u8]) {
        if self.items > 0 {
            self.json.push(b',');
        }
        self.json.extend_from_slice(item);
        self.items += 1;
    }

    /// Adds what stands behind the items; `envelope` is an object that is not empty.
    fn end(&mut self, envelope: &[u8], report: Option<&[u8]>) {
        self.json.extend_from_slice(b"],");
        if let Some(report) = report {
            self.json.extend_from_slice(br#""report":"#);
            self.json.extend_from_slice(report);
            self.json.push(b',');
        }
        self.json.extend_from_slice(&envelope[1..]);
    }
}

#[derive(Default)]
struct Inner {
    /// The last one is still filled.
    pages: VecDeque<Page>,
    progress: Progress,
    end: Option<End>,
    closed: bool,
}

impl Inner {
    fn has_room_for(&self, item: &[u8]) -> bool {
        let items: usize = self.pages.iter().map(|page| page.items).sum();
        let bytes: usize = self.pages.iter().map(|page| page.json.len()).sum();
        self.pages.is_empty() || (items < MOST_ITEMS && bytes + item.len() <= MOST_BYTES)
    }

    fn add(&mut self, item: &[u8]) {
        if !self.pages.back().is_some_and(|page| page.takes(item)) {
            self.pages.push_back(Page::new());
        }
        if let Some(page) = self.pages.back_mut() {
            page.add(item);
        }
    }
}

/// Items on their way to the pipeline.
pub struct Outbox {
    job: u64,
    inner: Mutex<Inner>,
    readable: Condvar,
    space: Notify,
}

/// A snapshot without its lists.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    schema: u32,
    job: u64,
    state: &'static str,
    progress: &'a Progress,
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ContractError>,
}

impl Outbox {
    pub fn new(job: u64) -> Outbox {
        Outbox { job, inner: Mutex::default(), readable: Condvar::new(), space: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an item; waits while the queue is full. Returns how long it waited, because a deadline
    /// must not run while the reader pauses.
    pub async fn send(&self, item: &Item) -> Result<Duration, Closed> {
        let mut room = Vec::new();
        write_shortened(item, &mut room);
        let waited = self.queue(&room).await;
        self.readable.notify_one();
        waited
    }

    /// Queues several items, which come to the reader together as far as there is room: to wake it for each of
    /// thousands would cost more than to make them.
    pub async fn send_all(&self, items: Vec<Item>) -> Result<(), Closed> {
        let mut room = Vec::new();
        for item in items {
            write_shortened(&item, &mut room);
            self.queue(&room).await?;
        }
        self.readable.notify_one();
        Ok(())
    }

    async fn queue(&self, item: &[u8]) -> Result<Duration, Closed> {
        if self.add(item)? {
            return Ok(Duration::ZERO);
        }
        let started = Instant::now();
        loop {
            // Registered before the look, so that a wake-up between look and wait is not lost.
            let space = self.space.notified();
            if self.add(item)? {
                return Ok(started.elapsed());
            }
            self.readable.notify_one();
            space.await;
        }
    }

    /// False while the queue is full.
    fn add(&self, item: &[u8]) -> Result<bool, Closed> {
        let mut inner = self.lock();
        // Work that was given up may still be at it when the job has ended.
        if inner.closed || inner.end.is_some() {
            return Err(Closed);
        }
        let has_room = inner.has_room_for(item);
        if has_room {
            inner.add(item);
        }
        Ok(has_room)
    }

    pub fn progress(&self, progress: Progress) {
        self.lock().progress = progress;
    }

    /// No more items will come.
    pub fn end(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.readable.notify_all();
        self.space.notify_waiters();
    }

    /// Nobody will read any more: waiting producers and pollers wake.
    pub fn close(&self) {
        let mut inner = self.lock();
        *inner = Inner { closed: true, ..Inner::default() };
        drop(inner);
        self.readable.notify_all();
        self.space.notify_waiters();
    }

    /// A snapshot as JSON: at most 512 KiB; waits at most `wait` for something new.
    pub fn poll(&self, wait: Duration) -> Result<Vec<u8>, Closed> {
        let deadline = Instant::now() + wait;
        let mut inner = self.lock();
        while !inner.closed && inner.pages.is_empty() && inner.end.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self.readable.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if inner.closed {
            return Err(Closed);
        }
        let mut page = inner.pages.pop_front().unwrap_or_else(Page::new);
        let report = inner.end.as_ref().and_then(|end| end.report.as_deref());
        let is_last = inner.pages.is_empty() && page.has_room_for_report(report.map_or(0, <[u8]>::len));
        let end = inner.end.as_ref().filter(|_| is_last);
        let envelope = json(&Envelope {
            schema: SCHEMA,
            job: self.job,
            state: end.map_or("running", |end| end.state),
            progress: &inner.progress,
            more: !inner.pages.is_empty() || (inner.end.is_some() && !is_last),
            error: end.and_then(|end| end.error.as_ref()),
        });
        page.end(&envelope, end.and(report));
        drop(inner);
        self.space.notify_waiters();
        Ok(page.json)
    }
}

/// The item as JSON; one that fits no snapshot gives way to a message that says so.
fn write_shortened(item: &Item, room: &mut Vec<u8>) {
    write(item, room);
    if room.len() + ENVELOPE <= MOST_SNAPSHOT {
        return;
    }
    let text = match item {
        Item::Finding(finding) => {
            let mut short = (**finding).clone();
            short.evidence.truncate(20);
            for line in &mut short.evidence {
                line.value = line.value.chars().take(500).collect();
            }
            short.message = short.message.chars().take(2_000).collect::<String>() + " [shortened]";
            return write(&Item::Finding(Box::new(short)), room);
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
    write(&Item::Message { level: crate::contract::MessageLevel::Warning, text }, room);
}
