//! How many users carry the anchor of a user, in each forest of the run (PW904).
//!
//! The anchor is mS-DS-ConsistencyGuid, else objectGUID (onprem 6.1). The first has no index and is not in the
//! global catalog ([MS-ADA2]), so every domain is searched by itself: once for some users together, and for
//! a short time, because what is known of a user waits for it.

use super::asked::{Asked, subtree};
use super::binary::in_filter;
use super::cross_reference;
use super::everywhere::Outcome;
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::pages::Pages;
use super::query::Query;
use super::room::{Room, Session, each};
use super::session::Access;
use super::user_entry::USERS;
use crate::catalog::Target;
use crate::evidence::collect::World;
use crate::evidence::{AnchorSearch, User};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::time::Instant;
use uuid::Uuid;

/// Users of a run whose anchors are searched for; with more it would take minutes.
pub const MOST_USERS: usize = 200;

/// What one domain said.
#[derive(Debug, Default)]
struct Seen {
    /// Every domain of the forest; empty = not readable.
    domains: Vec<String>,
    anchors: HashMap<Vec<u8>, u32>,
}

/// What is asked of one domain; the filter holds the anchors of all users of a look-up.
pub fn searches(asked: &Asked) -> Vec<String> {
    let users = subtree(&asked.head, "<filter of the anchors of the users found>", "mS-DS-ConsistencyGuid, objectGUID");
    cross_reference::search_of_domains(asked).into_iter().chain([users]).collect()
}

/// Searches for the anchors of the users that were found, and writes down what came of it.
pub async fn search_anchors(world: &World, access: &Access, rooms: &[Room], outcomes: &mut [Outcome], until: Instant) {
    let users = || outcomes.iter().flat_map(|outcome| &outcome.hits);
    let filters: Vec<String> = users().filter_map(|(_, user)| anchor(user)).map(|anchor| filter(&anchor)).collect();
    if filters.is_empty() {
        return;
    }
    let filter = format!("(&{USERS}(|{}))", filters.concat());
    let until = until.min(Instant::now() + world.timeout(LDAP_TIMEOUT));
    let questions = rooms.iter().map(|room| {
        let filter = std::slice::from_ref(&filter);
        each(world, access, room, filter, until, async |mut session, filter: String| look(&mut session, &filter).await)
    });
    let answers: Vec<Option<Seen>> =
        join_all(questions).await.into_iter().map(|mut answers| answers.pop().and_then(Result::ok)).collect();
    for (home, user) in outcomes.iter_mut().flat_map(|outcome| &mut outcome.hits) {
        if let Some(anchor) = anchor(user) {
            user.anchor_searches = of_forests(rooms, &answers, home, &anchor);
        }
    }
}

fn anchor(user: &User) -> Option<Vec<u8>> {
    if let Some(text) = &user.consistency_guid {
        return BASE64_STANDARD.decode(text).ok();
    }
    let guid: Uuid = user.object_guid.as_ref()?.parse().ok()?;
    Some(guid.to_bytes_le().to_vec())
}

/// Objects whose anchor it is: an objectGUID counts where nothing stands above it.
fn filter(anchor: &[u8]) -> String {
    let value = in_filter(anchor);
    format!("(mS-DS-ConsistencyGuid={value})(&(objectGUID={value})(!(mS-DS-ConsistencyGuid=*)))")
}

async fn look(session: &mut Session, filter: &str) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    if let Some(configuration) = &session.configuration {
        seen.domains = cross_reference::domains(&mut session.ldap, session.limit, configuration).await?;
    }
    let (head, attributes) = (session.head.clone(), ["objectGUID", "mS-DS-ConsistencyGuid"]);
    let query = Query::subtree(&head, filter, &attributes);
    let mut pages = Pages::default();
    while let Some(entries) = pages.next(&mut session.ldap, session.limit, query, Vec::new()).await? {
        for entry in &entries {
            let anchor = entry.bytes("mS-DS-ConsistencyGuid").or_else(|| entry.bytes("objectGUID"));
            *seen.anchors.entry(anchor.unwrap_or_default().to_vec()).or_default() += 1;
        }
    }
    Ok(seen)
}

/// The count of each forest. More than one is known from any part of it; "one" and "none" only from the whole,
/// and at home the user itself has to be among them: else the attribute is not readable.
fn of_forests(rooms: &[Room], answers: &[Option<Seen>], home: &Target, anchor: &[u8]) -> Vec<AnchorSearch> {
    let mut forests: Vec<&str> = Vec::new();
    for room in rooms {
        let forest = forest_of(room);
        if !forests.contains(&forest) {
            forests.push(forest);
        }
    }
    let of_forest = |forest: &str| {
        let own = || rooms.iter().zip(answers).filter(|(room, _)| forest_of(room) == forest);
        let answered = || own().filter_map(|(room, answer)| Some((room, answer.as_ref()?)));
        let count: u32 = answered().filter_map(|(_, seen)| seen.anchors.get(anchor)).sum();
        let is_searched =
            |domain: &String| answered().any(|(room, _)| room.domain.display.eq_ignore_ascii_case(domain));
        let is_whole = answered().any(|(_, seen)| !seen.domains.is_empty() && seen.domains.iter().all(is_searched));
        let is_home = own().any(|(room, _)| room.domain.key == home.key);
        let is_known = count > 1 || is_whole && (count == 1 || !is_home);
        AnchorSearch { forest: forest.to_owned(), found: is_known.then_some(count) }
    };
    forests.into_iter().map(of_forest).collect()
}

/// Name of the forest; where it is not known, the domain stands for it.
fn forest_of(room: &Room) -> &str {
    room.forest().map_or(&room.domain.display, |key| &key["forest:".len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANCHOR: [u8; 2] = [1, 2];

    fn room(domain: &str, forest: &str) -> Room {
        let domain = Target::domain(domain, Some(&Target::forest(forest)));
        Room { domain, candidates: Vec::new(), refusal: None }
    }

    /// The domains of the forest that were named, and how many users carry the anchor.
    fn seen(domains: &[&str], count: u32) -> Option<Seen> {
        let domains = domains.iter().map(|name| (*name).to_owned()).collect();
        Some(Seen { domains, anchors: HashMap::from([(ANCHOR.to_vec(), count), (vec![9], 7)]) })
    }

    #[test]
    fn one_is_known_from_the_whole_forest_and_two_from_any_part() {
        let rooms = [room("one.example", "one.example"), room("sub.one.example", "one.example"), room("two", "two")];
        let both = ["one.example", "Sub.one.example"];
        let three = ["one.example", "sub.one.example", "more.one.example"];
        for (label, answers, expected) in [
            ("all", [seen(&both, 1), seen(&both, 0), seen(&["two"], 0)], [Some(1), Some(0)]),
            ("a copy elsewhere", [seen(&both, 1), seen(&both, 0), seen(&["two"], 1)], [Some(1), Some(1)]),
            ("copies", [seen(&both, 1), seen(&both, 2), seen(&["two"], 2)], [Some(3), Some(2)]),
            ("a silent domain", [seen(&both, 1), None, None], [None, None]),
            ("a copy and a silent domain", [seen(&both, 2), None, None], [Some(2), None]),
            ("a domain nobody asked", [seen(&three, 1), seen(&three, 0), seen(&[], 0)], [None, None]),
            ("not even itself", [seen(&both, 0), seen(&both, 0), seen(&["two"], 0)], [None, Some(0)]),
        ] {
            let found = of_forests(&rooms, &answers, &rooms[0].domain, &ANCHOR);
            assert_eq!(found.iter().map(|search| search.forest.as_str()).collect::<Vec<_>>(), ["one.example", "two"]);
            assert_eq!(found.iter().map(|search| search.found).collect::<Vec<_>>(), expected, "{label}");
        }
    }

    #[test]
    fn the_anchor_is_the_consistency_guid_else_the_object_guid() {
        let guid = Some("00299570-246d-11d0-a768-00aa006e0529".to_owned());
        let own = [0x70, 0x95, 0x29, 0, 0x6d, 0x24, 0xd0, 0x11, 0xa7, 0x68, 0, 0xaa, 0, 0x6e, 5, 0x29].to_vec();
        for (consistency_guid, object_guid, expected) in [
            (Some("AQI=".to_owned()), guid.clone(), Some(ANCHOR.to_vec())),
            (None, guid, Some(own)),
            (Some("?".to_owned()), None, None),
            (None, None, None),
        ] {
            assert_eq!(anchor(&User { consistency_guid, object_guid, ..User::default() }), expected);
        }
        assert_eq!(
            filter(&ANCHOR),
            "(mS-DS-ConsistencyGuid=\\01\\02)(&(objectGUID=\\01\\02)(!(mS-DS-ConsistencyGuid=*)))"
        );
    }
}
