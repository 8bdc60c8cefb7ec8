//! What a page of a scan says of users.

use super::entry::Entry;
use super::guarded::{DOMAIN_USERS, Guarded};
use super::ldap::Failure;
use super::query::DACL_ONLY;
use super::room::{IN_FLIGHT, Session};
use super::user_entry::{assemble, read};
use crate::evidence::{Bytes, SecurityDescriptor, User};
use futures_util::StreamExt;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};

/// A user as a scan sees it.
#[derive(Clone)]
pub struct Found {
    pub user: User,
    pub descriptor: SecurityDescriptor,
}

/// The users so far, by a hash of their objectGUID: two of a million share one once in thirty million scans.
#[derive(Default)]
pub struct Seen {
    hashes: HashSet<u64, foldhash::fast::FixedState>,
    state: foldhash::quality::RandomState,
    /// Of the names of users whose objectGUID may not be read, and the first of these names.
    without_guid: HashSet<u64, foldhash::fast::FixedState>,
    first_without: String,
    /// Users whose groups no controller told, and the name of the first.
    groupless: usize,
    first_groupless: String,
}

impl Seen {
    /// False when the user was seen before.
    pub fn insert(&mut self, guid: &[u8; 16]) -> bool {
        self.hashes.insert(self.state.hash_one(guid))
    }

    /// The user comes again.
    fn remove(&mut self, guid: &[u8; 16]) {
        self.hashes.remove(&self.state.hash_one(guid));
    }

    pub fn count(&self) -> usize {
        self.hashes.len()
    }

    fn note_without_guid(&mut self, dn: &str) {
        if self.without_guid.is_empty() {
            self.first_without = dn.to_owned();
        }
        self.without_guid.insert(self.state.hash_one(dn));
    }

    fn note_groupless(&mut self, dn: &str) {
        if self.groupless == 0 {
            self.first_groupless = dn.to_owned();
        }
        self.groupless += 1;
    }

    /// What is to be said of users whose own question every controller left without an answer.
    pub fn groupless(&self) -> Option<String> {
        let (count, first) = (self.groupless, &self.first_groupless);
        (count > 0).then(|| format!("no controller told all groups of {count} users; the first is {first}"))
    }

    /// What is to be said of users that cannot be told apart; they are not counted.
    pub fn unread(&self) -> Option<String> {
        let (count, first) = (self.without_guid.len(), &self.first_without);
        (count > 0).then(|| format!("of {count} users the objectGUID may not be read; the first is {first}"))
    }
}

/// The users of a page who are new, and the failure of the controller when it did not tell all about them. Who
/// is left open then is not seen yet: the next controller is asked. At the last one, a page that would bring
/// nobody brings those whose question failed, without their groups: else the users behind them would never come.
pub async fn new_users(
    entries: Vec<Entry>,
    session: &Session,
    guarded: &Guarded,
    seen: &mut Seen,
    is_last: bool,
) -> (Vec<Found>, Option<Failure>) {
    let mut found = Vec::with_capacity(entries.len());
    let mut unsure = Vec::new();
    for mut entry in entries {
        let Some(guid) = entry.bytes("objectGUID").and_then(|guid| <[u8; 16]>::try_from(guid).ok()) else {
            seen.note_without_guid(&entry.dn);
            continue;
        };
        if !seen.insert(&guid) {
            continue;
        }
        let primary = entry.number("primaryGroupID");
        let sd_bytes = entry.take_bytes("nTSecurityDescriptor").map(Bytes);
        let dn = entry.dn.clone();
        let mut user = User { search_count: Some(1), ..assemble(entry, session) };
        let groups = guarded.of(&guid);
        let asks_itself = asks_itself(&user, primary, &groups);
        // An empty list says that the user is in none: only what was asked below the groups may say it.
        user.protected_groups = (!asks_itself || !groups.is_empty()).then_some(groups);
        let descriptor = SecurityDescriptor {
            dn,
            object_class: user.object_class.clone(),
            sd_bytes,
            sd_flags: DACL_ONLY,
            purpose: "user".to_owned(),
            ..SecurityDescriptor::default()
        };
        let one = Found { user, descriptor };
        match asks_itself {
            true => unsure.push((guid, one)),
            false => found.push(one),
        }
    }
    // One question without an answer is enough, as in `room::each`.
    let is_lost = AtomicBool::new(false);
    let questions = unsure.into_iter().map(|(guid, one)| {
        let (mut session, is_lost) = (session.clone(), &is_lost);
        async move {
            if is_lost.load(Ordering::Relaxed) {
                return (guid, one, None);
            }
            let answer = read(&mut session, &one.descriptor.dn).await;
            if answer.as_ref().err().is_some_and(Failure::is_of_the_controller) {
                is_lost.store(true, Ordering::Relaxed);
            }
            (guid, one, Some(answer))
        }
    });
    let answers: Vec<_> = futures_util::stream::iter(questions).buffered(IN_FLIGHT).collect().await;
    let (mut failed, mut failure) = (Vec::new(), None);
    for (guid, mut one, answer) in answers {
        match answer {
            None => seen.remove(&guid),
            Some(Err(lost)) if lost.is_of_the_controller() => {
                failed.push((guid, one));
                failure = Some(lost);
            }
            // A refusal, and an object that is gone by now, concern this user alone.
            Some(answer) => {
                one.user.member_of_transitive = answer.ok().flatten().and_then(|whole| whole.member_of_transitive);
                found.push(one);
            }
        }
    }
    let is_given_up = is_last && found.is_empty();
    for (guid, one) in failed {
        if is_given_up {
            seen.note_groupless(&one.descriptor.dn);
            found.push(one);
        } else {
            seen.remove(&guid);
        }
    }
    (found, failure)
}

/// Whether the user itself has to be asked for its groups: another primary group may be nested in a protected
/// one, and a mark without a group may have one that is not seen from here, as the universal groups of the
/// forest's root domain, which stand in tokenGroups ([MS-ADTS] 3.1.1.4.5.19).
fn asks_itself(user: &User, primary: Option<u32>, groups: &[String]) -> bool {
    primary != Some(DOMAIN_USERS) || (user.admin_count == Some(1) && groups.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_that_cannot_be_told_apart_are_one_line_however_often_they_come() {
        let mut seen = Seen::default();
        assert!(seen.insert(&[1; 16]) && !seen.insert(&[1; 16]));
        assert_eq!(seen.unread(), None);
        for dn in ["CN=a,DC=corp", "CN=b,DC=corp", "CN=a,DC=corp"] {
            seen.note_without_guid(dn);
        }
        let text = "of 2 users the objectGUID may not be read; the first is CN=a,DC=corp";
        assert_eq!((seen.count(), seen.unread().as_deref()), (1, Some(text)));
    }

    #[test]
    fn who_may_be_protected_from_elsewhere_is_asked_itself() {
        let (none, some) = (Vec::new(), vec!["S-1-5-32-544".to_owned()]);
        for (primary, count, groups, expected) in [
            (Some(513), None, &none, false),
            (Some(513), Some(1), &none, true),
            (Some(513), Some(0), &none, false),
            (Some(513), Some(1), &some, false),
            (Some(1200), None, &none, true),
            (None, None, &none, true),
        ] {
            let user = User { admin_count: count, ..User::default() };
            assert_eq!(asks_itself(&user, primary, groups), expected, "{primary:?} {count:?}");
        }
    }
}
