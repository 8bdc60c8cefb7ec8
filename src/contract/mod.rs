//! The JSON of the boundary, as PowerShell sees it.
//!
//! The root is always an object and lists are always lists; names are camelCase; instants are integers
//! named `...UnixMs`; SIDs and 64-bit values are strings; nothing is keyed by data. So Windows
//! PowerShell 5.1 and PowerShell 7 read the same thing.

mod error;
mod finding;
mod item;
mod matrix;
mod report;
mod request;
mod user;

pub use error::{ContractError, ErrorKind};
pub use finding::{Explain, Finding, Suppressed};
pub use item::{Item, MessageLevel, PlanItem, Progress, Snapshot};
pub use matrix::{ControllerPort, ControllerPorts, PortAttempt, PortState};
pub use report::{
    Cause, Confidence, Counts, Forecast, Missing, NotExamined, Report, RunState, ToolInfo, Truncated, Verdict,
    VerdictState,
};
pub use request::{
    AnalyzeRequest, DirectoryPart, ExportRequest, ImportRequest, Limits, NetworkPart, Offer, Output, RenderRequest,
    Selection, Suppression, TestAllRequest, TestConnectivityRequest, TestDirectoryRequest, TestPermissionRequest,
    TestUserRequest, UserPart, parse,
};
pub use user::{Count, CoverageResult, UserReason, UserResult};

/// Version of the JSON; raised only by a breaking change.
pub const SCHEMA: u32 = 1;

/// A string from outside that is an ISO 8601 instant as a whole would become a DateTime in PowerShell 7;
/// a space for its `T` keeps it a string there as in 5.1.
pub fn plain(mut text: String) -> String {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    let is_instant = bytes.len() >= 19
        && digits(0..4)
        && bytes[4] == b'-'
        && digits(5..7)
        && bytes[7] == b'-'
        && digits(8..10)
        && bytes[10] == b'T'
        && digits(11..13)
        && bytes[13] == b':';
    if is_instant {
        text.replace_range(10..11, " ");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_a_string_that_is_an_instant_is_changed() {
        for (text, expected) in [
            ("2026-11-22T10:00:00Z", "2026-11-22 10:00:00Z"),
            ("at 2026-11-22T10:00:00Z", "at 2026-11-22T10:00:00Z"),
            ("2026-11-22", "2026-11-22"),
            ("äöü-11-22T10:00:00Z", "äöü-11-22T10:00:00Z"),
        ] {
            assert_eq!(plain(text.to_owned()), expected);
        }
    }
}
