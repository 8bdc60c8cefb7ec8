//! The one runtime of the library: built at first use, never dropped.

use once_cell::sync::Lazy;
use std::sync::Arc;
use std::{io, thread};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};

/// Threads for what cannot be cancelled: name service, SSPI, registry, services, files.
const MOST_BLOCKING: usize = 32;

const THREADS: &str = "password-writeback";

static RUNTIME: Lazy<Runtime> = Lazy::new(|| {
    crate::platform::pin_library();
    Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(MOST_BLOCKING)
        .thread_name(THREADS)
        .enable_all()
        .build()
        .expect("the operating system gives no threads")
});

/// Places for blocking work; one that is stuck for ever keeps its place.
static PLACES: Lazy<Arc<Semaphore>> = Lazy::new(|| Arc::new(Semaphore::new(MOST_BLOCKING)));

pub fn handle() -> &'static tokio::runtime::Handle {
    RUNTIME.handle()
}

/// Runs work on a thread of its own, with every task that it starts: what one hands to the next stays in the
/// cache of one processor. The work guards against its own panics.
pub async fn on_one_thread<T: Send + 'static, W: Future<Output = T>>(
    work: impl FnOnce() -> W + Send + 'static,
) -> io::Result<T> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (done, answer) = oneshot::channel();
    let run = move || {
        let value = runtime.block_on(work());
        // The connections of the work are closed before it is called done.
        runtime.shutdown_background();
        drop(done.send(value));
    };
    thread::Builder::new().name(THREADS.to_owned()).spawn(run)?;
    answer.await.map_err(io::Error::other)
}

/// All places for blocking work are stuck: a limit of the tool, not of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saturated;

/// Runs blocking work on the pool. The caller wraps it in its time-out; the thread is then abandoned,
/// never waited for. A panic inside is passed on.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Saturated> {
    let place = PLACES.clone().try_acquire_owned().map_err(|_| Saturated)?;
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    })
    .await;
    match done {
        Ok(value) => Ok(value),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Saturated),
    }
}
