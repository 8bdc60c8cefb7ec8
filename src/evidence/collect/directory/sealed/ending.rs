//! No call into the Kerberos library while the process ends (Unix).
//!
//! MIT Kerberos destroys its locks when `exit` finalizes the libraries, and a thread that takes one after that
//! aborts the process ("k5_mutex_lock: Assertion `r == 0' failed", k5-thread.h): a script would end with code 134
//! in place of its own. What `atexit` registers after the start of the process runs before that.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// What the end of a process waits for calls under way. One that waits for a silent key distribution centre
/// takes longer, and seldom comes back in the moment that is left.
const LONGEST: Duration = Duration::from_millis(200);

static ENDS: AtomicBool = AtomicBool::new(false);
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Makes a call; `None` when the process ends.
pub fn call<T>(work: impl FnOnce() -> T) -> Option<T> {
    static BEFORE: Once = Once::new();
    static AFTER: Once = Once::new();
    BEFORE.call_once(|| crate::platform::at_exit(end));
    let under_way = UnderWay::begin()?;
    let value = work();
    drop(under_way);
    // What was registered last runs first: what the first call registered (the clean-up of OpenSSL, where Kerberos
    // is built on it) has to wait as well.
    AFTER.call_once(|| crate::platform::at_exit(end));
    Some(value)
}

struct UnderWay;

impl UnderWay {
    fn begin() -> Option<UnderWay> {
        UNDER_WAY.fetch_add(1, SeqCst);
        let under_way = UnderWay;
        (!ENDS.load(SeqCst)).then_some(under_way)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, SeqCst);
    }
}

extern "C" fn end() {
    ENDS.store(true, SeqCst);
    let started = Instant::now();
    while UNDER_WAY.load(SeqCst) > 0 && started.elapsed() < LONGEST {
        thread::sleep(Duration::from_millis(1));
    }
}
