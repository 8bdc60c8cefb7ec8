//! Secrets: wiped when dropped, printed by nobody.
//!
//! They travel outside the request JSON: the caller puts the bytes here, names the handle in a request,
//! and the first accepted request takes them.

use once_cell::sync::Lazy;
use std::collections::HashMap;
use std::sync::Mutex;
use zeroize::Zeroizing;

/// A password or token in UTF-8.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    pub fn new(bytes: &[u8]) -> Secret {
        Secret(Zeroizing::new(bytes.to_vec()))
    }

    /// The text, for the one call that needs it; `None` when it is not UTF-8.
    pub fn reveal(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

/// Secrets waiting for the request that names them. Bounded: a caller that never starts a job cannot
/// fill the memory.
const MOST_WAITING: usize = 256;

struct Waiting {
    next: u64,
    secrets: HashMap<u64, Secret>,
}

static WAITING: Lazy<Mutex<Waiting>> = Lazy::new(|| Mutex::new(Waiting { next: 1, secrets: HashMap::new() }));

fn waiting() -> std::sync::MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Stores a secret and returns its handle; `None` when too many wait already.
pub fn put(bytes: &[u8]) -> Option<u64> {
    let mut waiting = waiting();
    if waiting.secrets.len() >= MOST_WAITING {
        return None;
    }
    let handle = waiting.next;
    waiting.next += 1;
    waiting.secrets.insert(handle, Secret::new(bytes));
    Some(handle)
}

/// Takes the secret away from the waiting ones: the request that names it owns it from now on.
pub fn take(handle: u64) -> Option<Secret> {
    waiting().secrets.remove(&handle)
}

/// Wipes a secret that no request took. Unknown handles are fine.
pub fn drop(handle: u64) {
    waiting().secrets.remove(&handle);
}
