//! About how many users a scan is going to see: a sixteenth of them is counted beside it, by names alone, in a
//! session of its own.
//!
//! A paged answer could bring an estimate ([RFC 2696] 3), but controllers leave it at zero. To read the names of
//! all would be a second scan for the controller and for us, only to feed the progress. An objectGUID is random
//! ([MS-ADTS] 3.1.1.1.4), and octets have an order in filters (3.1.1.2.2.4). Whatever goes wrong, the number is
//! not known.

use super::pages::Pages;
use super::query::Query;
use super::room::{Room, Session, enter};
use super::session::Access;
use crate::directory::dn::split;
use crate::evidence::collect::World;
use crate::runtime;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::task::AbortHandle;

/// No attributes ([RFC 4511] 4.5.1.8).
const NAMES_ALONE: [&str; 1] = ["1.1"];

/// The users whose objectGUID begins with the highest four bits, one of so many.
const SHARE: u32 = 16;
const IN_THE_SHARE: &str = r"(objectGUID>=\f0\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00)";

/// The filter for a share of what this filter finds.
pub fn share_of(filter: &str) -> String {
    format!("(&{filter}{IN_THE_SHARE})")
}

/// A count on its way; it ends with its owner.
pub struct Count {
    total: Arc<OnceLock<u32>>,
    task: AbortHandle,
}

impl Count {
    /// Estimates what `filter` finds below the bases; `patience` is the time-out of one step.
    pub fn start(
        world: &Arc<World>,
        access: &Arc<Access>,
        room: &Room,
        bases: &[String],
        filter: &str,
        patience: Duration,
    ) -> Count {
        let total = Arc::new(OnceLock::new());
        let (world, access, room) = (world.clone(), access.clone(), room.clone());
        let (bases, filter, known) = (outermost(bases), share_of(filter), total.clone());
        let task = runtime::handle().spawn(async move {
            for candidate in &room.candidates {
                let Ok(mut session) = enter(&world, &access, &room, candidate, patience).await else { continue };
                if let Some(count) = count(&mut session, &bases, &filter).await {
                    let _ = known.set(count.saturating_mul(SHARE));
                    return;
                }
            }
        });
        Count { total, task: task.abort_handle() }
    }

    /// The estimate, once it is known.
    pub fn total(&self) -> Option<u32> {
        self.total.get().copied()
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Without the bases that lie in another one: their users would count twice.
fn outermost(bases: &[String]) -> Vec<String> {
    let lies_in = |inner: &str, outer: &str| {
        let parts = |dn| split(dn).map(str::trim).collect::<Vec<_>>();
        let (inner, outer) = (parts(inner), parts(outer));
        let mut pairs = inner.iter().rev().zip(outer.iter().rev());
        inner.len() >= outer.len() && pairs.all(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    let is_covered = |at: usize| {
        let mut others = bases.iter().enumerate().filter(|(index, _)| *index != at);
        // Of two spellings of one name the first stays.
        others.any(|(index, other)| lies_in(&bases[at], other) && (index < at || !lies_in(other, &bases[at])))
    };
    (0..bases.len()).filter(|at| !is_covered(*at)).map(|at| bases[at].clone()).collect()
}

/// `None` when the controller has no answer; a container that it refuses has no users that a scan sees.
async fn count(session: &mut Session, bases: &[String], filter: &str) -> Option<u32> {
    let mut count = 0_u32;
    for base in bases {
        let mut pages = Pages::default();
        let query = Query::subtree(base, filter, &NAMES_ALONE);
        loop {
            match pages.next(&mut session.ldap, session.limit, query, Vec::new()).await {
                Ok(Some(entries)) => count = count.saturating_add(entries.len() as u32),
                Err(failure) if failure.is_of_the_controller() => return None,
                Ok(None) | Err(_) => break,
            }
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_in_another_one_is_not_counted_again() {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        for (bases, expected) in [
            (&["OU=a,DC=corp"][..], &["OU=a,DC=corp"][..]),
            (&["OU=a,DC=corp", "OU=b,DC=corp"], &["OU=a,DC=corp", "OU=b,DC=corp"]),
            (&["OU=x,OU=a,DC=corp", "ou=A,dc=corp"], &["ou=A,dc=corp"]),
            (&["OU=a,DC=corp", "ou=a, dc=corp"], &["OU=a,DC=corp"]),
            (&["OU=aa,DC=corp", "OU=a,DC=corp"], &["OU=aa,DC=corp", "OU=a,DC=corp"]),
        ] {
            assert_eq!(outermost(&own(bases)), own(expected));
        }
    }
}
