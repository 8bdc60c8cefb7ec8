//! Jobs: work that runs while the caller polls.
//!
//! All state is per job; ids are never reused. A job's items wait in a bounded [`Outbox`], so a slow
//! reader slows the work down instead of filling the memory.

mod outbox;

pub use outbox::{Closed, End, Outbox};

use crate::contract::{ContractError, ErrorKind, Offer};
use crate::ffi::PwbStatus;
use crate::panics;
use crate::runtime::{self, Saturated};
use futures_util::FutureExt;
use once_cell::sync::Lazy;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Jobs that may be open at once.
const MOST_OPEN: usize = 64;

/// Offers that may wait for the engine; each is at most 16 MiB.
const MOST_OFFERS: usize = 2;

/// What the work of a job gets: where its items go, when to stop, what else comes in.
pub struct JobSide {
    pub outbox: Arc<Outbox>,
    pub cancelled: watch::Receiver<bool>,
    pub offers: mpsc::Receiver<Offer>,
}

/// Why the work of a job ends before its time.
#[derive(Debug)]
pub enum Stop {
    /// Cancelled or closed: nobody waits for the rest.
    Cancelled,
    Failed(ContractError),
}

impl From<ContractError> for Stop {
    fn from(error: ContractError) -> Stop {
        Stop::Failed(error)
    }
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Stop {
        Stop::Cancelled
    }
}

impl From<Stop> for End {
    fn from(stop: Stop) -> End {
        match stop {
            Stop::Cancelled => End::cancelled(None),
            Stop::Failed(error) => End::failed(error),
        }
    }
}

impl JobSide {
    /// Waits for something, but not beyond the cancellation of the job.
    pub async fn unless_cancelled<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            _ = self.cancelled.wait_for(|cancelled| *cancelled) => Err(Stop::Cancelled),
            done = work => Ok(done),
        }
    }
}

/// One open job, as exports see it.
pub struct Job {
    outbox: Arc<Outbox>,
    cancel: watch::Sender<bool>,
    offers: mpsc::Sender<Offer>,
    /// Kinds that may be offered.
    expects: Vec<String>,
}

struct Table {
    next: u64,
    open: HashMap<u64, Arc<Job>>,
}

static TABLE: Lazy<Mutex<Table>> = Lazy::new(|| Mutex::new(Table { next: 1, open: HashMap::new() }));

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts work and returns the id of its job. The work ends the job through its outbox; when it panics
/// the job fails with an incident.
pub fn start<F>(expects: Vec<String>, work: impl FnOnce(JobSide) -> F) -> Result<u64, ContractError>
where
    F: Future<Output = End> + Send + 'static,
{
    let mut table = table();
    if table.open.len() >= MOST_OPEN {
        return Err(ContractError::new(
            PwbStatus::TooMany,
            ErrorKind::Busy,
            format!("{MOST_OPEN} jobs are open already; close one first."),
        ));
    }
    let id = table.next;
    table.next += 1;
    let outbox = Arc::new(Outbox::new(id));
    let (cancel, cancelled) = watch::channel(false);
    let (offers, offered) = mpsc::channel(MOST_OFFERS);
    table.open.insert(id, Arc::new(Job { outbox: outbox.clone(), cancel, offers, expects }));
    drop(table);

    let work = work(JobSide { outbox: outbox.clone(), cancelled, offers: offered });
    runtime::handle().spawn(async move { outbox.end(guarded(work).await) });
    Ok(id)
}

/// Ends work that panics with an incident. On the thread that panicked, because the incident is known there.
async fn guarded(work: impl Future<Output = End>) -> End {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| End::failed(panics::take_incident().into_error()))
}

/// Blocking work of a job, off the two threads that all jobs share.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    runtime::blocking(work).await.map_err(|Saturated| {
        let text = "All threads for files are stuck, for instance at a share that does not answer; try again later.";
        Stop::Failed(ContractError::new(PwbStatus::Io, ErrorKind::Busy, text))
    })
}

/// Long work of a job on a thread of its own: the other jobs go on.
pub async fn on_one_thread<W: Future<Output = End>>(work: impl FnOnce() -> W + Send + 'static) -> End {
    let done = runtime::on_one_thread(|| async move { guarded(work()).await }).await;
    done.unwrap_or_else(|error| {
        let text = format!("The evidence cannot be judged, because this machine gives no further thread ({error}).");
        End::failed(ContractError::new(PwbStatus::Io, ErrorKind::Io, text))
    })
}

/// The open job with this id.
pub fn find(id: u64) -> Result<Arc<Job>, ContractError> {
    table().open.get(&id).cloned().ok_or_else(|| {
        ContractError::new(
            PwbStatus::UnknownJob,
            ErrorKind::UnknownJob,
            format!("No job {id} is open: it was never started, or it was closed."),
        )
    })
}

/// Forgets a job: its work stops, its pollers wake, its items are dropped.
pub fn close(id: u64) {
    let job = table().open.remove(&id);
    if let Some(job) = job {
        job.cancel();
        job.outbox.close();
    }
}

impl Job {
    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    /// Waits at most `wait_ms`, capped at a second, and returns a snapshot as JSON.
    pub fn poll(&self, wait_ms: u32) -> Result<Vec<u8>, ContractError> {
        self.outbox.poll(Duration::from_millis(u64::from(wait_ms.min(1_000)))).map_err(|Closed| {
            ContractError::new(
                PwbStatus::UnknownJob,
                ErrorKind::UnknownJob,
                "The job was closed while this poll waited.",
            )
        })
    }

    /// Hands records to the work; refused when it does not wait for them.
    pub fn offer(&self, offer: Offer) -> Result<(), ContractError> {
        let refused = |message: String| ContractError::new(PwbStatus::NotExpected, ErrorKind::InvalidRequest, message);
        let expected = |kind: &str| self.expects.iter().any(|name| name == kind || name == "records");
        if let Some(kind) = offer.end.iter().find(|kind| !self.expects.contains(kind)) {
            return Err(refused(format!("The job does not expect '{kind}'.")).field("end"));
        }
        if let Some(record) = offer.records.iter().find(|record| !expected(record.kind.name())) {
            return Err(
                refused(format!("The job does not expect records of kind '{}'.", record.kind.name())).field("records")
            );
        }
        // Blocks the caller's thread for as long as the work is busy with earlier offers: that is the
        // back pressure. It ends with the work, because that drops the receiver.
        let mut offer = offer;
        loop {
            match self.offers.try_send(offer) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    return Err(refused("The job takes no more input: it has ended or was cancelled.".to_owned()));
                }
                Err(mpsc::error::TrySendError::Full(back)) => {
                    offer = back;
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}
