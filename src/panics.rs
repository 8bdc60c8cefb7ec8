//! What happens to a panic: it is caught at the next guard, named by an incident id, and never printed.
//!
//! The message of a panic may quote data, so it is dropped; its place in the source is kept.

use crate::contract::{ContractError, ErrorKind};
use crate::ffi::PwbStatus;
use once_cell::sync::Lazy;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A caught panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Random, for the administrator to quote.
    pub id: String,
    /// `file:line` of the panic, where it is known.
    pub place: String,
}

impl Incident {
    pub fn into_error(self) -> ContractError {
        ContractError::new(
            PwbStatus::Internal,
            ErrorKind::Internal,
            format!(
                "The library hit a defect (incident {}). The call had no effect; please report it with the detail.",
                self.id
            ),
        )
        .detail(self.place)
    }
}

/// Replaces the hook that prints. Once per process, and only for panics of this library: the hook
/// belongs to the library's own copy of the standard library.
pub fn keep_off_the_console() {
    static HOOK: Lazy<()> = Lazy::new(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
            LAST.with(|last| *last.borrow_mut() = Some(place));
        }));
    });
    Lazy::force(&HOOK);
}

/// The panic that this thread has just caught.
pub fn take_incident() -> Incident {
    let place = LAST.with(|last| last.borrow_mut().take()).unwrap_or_default();
    Incident { id: format!("{:016x}", RandomState::new().hash_one(&place)), place }
}
