//! How far a run is, in words.

use crate::catalog::Target;
use crate::catalog::text::clean;
use crate::contract::Progress;
use crate::evidence::Kind;

/// Probes known and pending as progress; the message names one that is still waited for.
pub fn progress<'a>(known: usize, pending: impl Iterator<Item = (Kind, &'a Target)>) -> Progress {
    let mut waiting: Vec<(Kind, &str)> = pending.map(|(kind, target)| (kind, target.display.as_str())).collect();
    waiting.sort_unstable();
    Progress {
        done: (known - waiting.len()) as u32,
        total: known as u32,
        total_is_estimated: false,
        activity: "Examining password writeback".to_owned(),
        message: waiting
            .first()
            .map(|(kind, target)| format!("{} of {}", kind.name(), clean(target)))
            .unwrap_or_default(),
        rate_per_second: None,
        remaining_ms: None,
    }
}
