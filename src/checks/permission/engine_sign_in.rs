//! Whether the sync service still signs in with an account: its events (PW811) and its runs.
//!
//! A session that was opened before a password expired may live on, and so may a Kerberos ticket, so what
//! the service did afterwards is worth more than what the directory says of the password.

use super::account_found::connectors_of;
use crate::catalog::Scene;
use crate::evidence::{AdSyncRun, AdSyncRuns, EventLog, User};

/// An event counts for so long (PW811).
const EVENT_AGE_MS: i64 = 24 * 3_600_000;

/// Events of the sync service about a directory that it does not reach or does not read well (PW811).
const OF_THE_SERVICE: [u32; 12] = [6000, 6001, 6007, 6011, 6015, 6020, 6050, 6060, 6061, 6100, 6105, 6110];
const SERVICE: &str = "ADSync";
/// RPC trouble of the password hash synchronisation.
const OF_HASH_SYNC: u32 = 611;
const HASH_SYNC: &str = "Directory Synchronization";

/// `completed-transient-objects` is one of those that Microsoft's own script takes as good (onprem 5.5).
const GOOD_RESULTS: [&str; 2] = ["success", "completed-transient-objects"];

/// When the last import ended well, in milliseconds since 1970: of each connector that may be the one that
/// signs in with this account the last, of these the earliest. `None` = not shown.
pub fn last_good_import(scene: &Scene, user: &User) -> Option<i64> {
    let runs: Vec<&AdSyncRun> =
        scene.evidence.facts::<AdSyncRuns>().into_iter().flat_map(|fact| &fact.data.runs).collect();
    let last_of = |connector: &str| {
        let own = runs.iter().filter(|run| run.connector == connector && is_good(run) && imports(run));
        own.filter_map(|run| run.end_unix_ms).max()
    };
    let connectors = connectors_of(scene, user);
    let times: Option<Vec<i64>> = connectors.iter().map(|connector| last_of(&connector.name)).collect();
    times?.into_iter().min()
}

/// No trouble with a directory stands in the events of the last day, but what a good import came after.
/// False also where the log does not reach back so far, or was not read.
pub fn events_are_quiet(scene: &Scene, last_good_import: i64) -> bool {
    let since = scene.now_unix_ms - EVENT_AGE_MS;
    let logs = scene.evidence.facts::<EventLog>();
    let covers = |log: &EventLog| {
        let is_whole = log.provider.as_deref().is_none_or(|provider| provider.eq_ignore_ascii_case(SERVICE));
        is_whole && log.oldest_unix_ms.is_some_and(|oldest| oldest <= since)
    };
    let mut events = logs.iter().flat_map(|fact| &fact.data.events);
    let is_trouble = |provider: &str, id: u32| {
        provider.eq_ignore_ascii_case(SERVICE) && OF_THE_SERVICE.contains(&id)
            || provider.eq_ignore_ascii_case(HASH_SYNC) && id == OF_HASH_SYNC
    };
    logs.iter().any(|fact| covers(fact.data))
        && !events.any(|event| {
            let is_open = event.time_unix_ms > since && event.time_unix_ms > last_good_import;
            is_open && is_trouble(&event.provider, event.id)
        })
}

fn is_good(run: &AdSyncRun) -> bool {
    run.result.as_deref().is_some_and(|result| GOOD_RESULTS.iter().any(|good| result.eq_ignore_ascii_case(good)))
}

fn imports(run: &AdSyncRun) -> bool {
    run.steps.iter().any(|step| step.eq_ignore_ascii_case("FullImport") || step.eq_ignore_ascii_case("DeltaImport"))
}
