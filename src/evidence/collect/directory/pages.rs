//! A search that is read page by page.
//!
//! A page may honestly be empty and not be the last one: a controller that looks through many objects for a
//! filter ends a page by the time it took. But one that never brings anything never ends either.

use super::connection::Connection;
use super::entry::Entry;
use super::ldap::{Failure, guarded};
use super::query::{Query, run};
use ldap3::controls::{Control, ControlType, PagedResults, RawControl};
use std::time::{Duration, Instant};

/// Entries per page: the answer stays small, and below MaxPageSize of every controller ([MS-ADTS] 3.1.1.3.4.6).
const PAGE: i32 = 500;

/// Where a search stands.
#[derive(Debug, Default)]
pub struct Pages {
    /// Names the next page; none before the first.
    cookie: Vec<u8>,
    is_over: bool,
    /// Since when all pages were empty.
    empty_since: Option<Instant>,
}

impl Pages {
    /// True after the last page.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The entries of the next page; `None` after the last one. A controller that sends nothing but empty
    /// pages for as long as `limit` has failed.
    pub async fn next(
        &mut self,
        ldap: &mut Connection,
        limit: Duration,
        query: Query<'_>,
        mut controls: Vec<RawControl>,
    ) -> Result<Option<Vec<Entry>>, Failure> {
        if self.is_over {
            return Ok(None);
        }
        controls.push(PagedResults { size: PAGE, cookie: std::mem::take(&mut self.cookie) }.into());
        let (entries, controls) = run(ldap, limit, query, controls).await?;
        self.cookie = cookie(controls, limit).await?;
        self.is_over = self.cookie.is_empty();
        if !entries.is_empty() {
            self.empty_since = None;
        } else if !self.is_over && self.empty_since.get_or_insert_with(Instant::now).elapsed() >= limit {
            let text = format!("empty pages, and no end of them within {} ms", limit.as_millis());
            return Err(Failure::Broken(text));
        }
        entries.into_iter().map(Entry::try_from).collect::<Result<_, _>>().map(Some)
    }
}

/// Empty at the end.
async fn cookie(controls: Vec<Control>, limit: Duration) -> Result<Vec<u8>, Failure> {
    let control = controls.into_iter().find_map(|Control(kind, raw)| match kind {
        Some(ControlType::PagedResults) => Some(raw),
        _ => None,
    });
    match control {
        // The library panics on one that is not well-formed.
        Some(raw) => guarded(limit, async { Ok(raw.parse::<PagedResults>().cookie) }).await,
        None => Ok(Vec::new()),
    }
}
