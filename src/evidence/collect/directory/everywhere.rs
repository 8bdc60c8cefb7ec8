//! A name looked for in every domain in question, and what comes of it.

use super::distribution::add_protected_groups;
use super::ldap::LDAP_TIMEOUT;
use super::lookup::{Form, Found, find, form};
use super::room::{Miss, Room, each};
use super::session::Access;
use super::user_entry;
use crate::catalog::Target;
use crate::evidence::collect::World;
use crate::evidence::{Record, State, User};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// Class of the record of a name that lies in no domain that is examined.
const NOT_EXAMINED: &str = "notExamined";

/// Objects of one name that are read in detail: one is right, two prove that it is not unique.
const MOST_OF_A_NAME: usize = 4;

/// Time for a look-up: a dead controller, and the whole at the next.
const LIMITS: u32 = 4;

/// When a look-up that starts now has to be over, and the time-out of its probe.
pub fn time_for(world: &World) -> (Instant, Duration) {
    let whole = world.timeout(LDAP_TIMEOUT) * LIMITS;
    (Instant::now() + whole, whole + Duration::from_millis(500))
}

/// What is known of a name after every domain was asked.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The domain of each account, and the account.
    pub hits: Vec<(Target, User)>,
    /// Objects of that name, read or not.
    pub count: usize,
    /// One per domain that gave no answer.
    pub misses: Vec<Miss>,
    pub deleted: bool,
    /// Domains that the name may lie in, and that answered.
    pub searched: Vec<String>,
    /// Domains that the name may lie in too, and that are not examined.
    pub unexamined: Vec<String>,
    pub is_unique: bool,
}

/// Looks for each name in each room.
pub async fn look_up(world: &World, access: &Access, rooms: &[Room], names: &[String], until: Instant) -> Vec<Outcome> {
    let forms: Vec<Form> = names.iter().map(|name| form(name)).collect();
    let mut outcomes: Vec<Outcome> =
        forms.iter().map(|form| Outcome { is_unique: form.is_unique(), ..Outcome::default() }).collect();
    let answers = join_all(rooms.iter().map(|room| {
        let domain = room.domain.display.clone();
        each(world, access, room, &forms, until, move |mut session, form| {
            let domain = domain.clone();
            async move {
                let found = find(&mut session, &form, &domain).await?;
                let mut users = Vec::new();
                for dn in found.dns.iter().take(MOST_OF_A_NAME) {
                    let Some(mut user) = user_entry::read(&mut session, dn).await? else { continue };
                    add_protected_groups(&mut session, &mut user).await;
                    users.push(user);
                }
                Ok((found, users))
            }
        })
    }))
    .await;
    for (room, answers) in rooms.iter().zip(answers) {
        for (outcome, answer) in outcomes.iter_mut().zip(answers) {
            match answer {
                Ok((Found { elsewhere: true, .. }, _)) => {}
                Ok((found, users)) => {
                    outcome.searched.push(room.domain.display.clone());
                    let is_room =
                        |domain: &str| rooms.iter().any(|room| room.domain.display.eq_ignore_ascii_case(domain));
                    for domain in found.forest {
                        if !is_room(&domain) && !outcome.unexamined.contains(&domain) {
                            outcome.unexamined.push(domain);
                        }
                    }
                    outcome.deleted |= found.deleted;
                    outcome.count += found.dns.len();
                    outcome.hits.extend(users.into_iter().map(|user| (room.domain.clone(), user)));
                }
                Err(miss) => outcome.misses.push(miss),
            }
        }
    }
    outcomes
}

impl Outcome {
    /// One record per object found, at the place that `place` gives it; else one at `unknown` that says why
    /// there is none.
    pub fn records(
        mut self,
        world: &World,
        started: Instant,
        input: &str,
        unknown: &Target,
        place: impl Fn(&Target, &User) -> Option<Target>,
    ) -> Vec<Record> {
        // What is in two places at once cannot be; a silent domain may hold a second of other names.
        let is_open = !self.is_unique && !self.misses.is_empty();
        let count = (!is_open).then(|| self.count.min(u32::MAX as usize) as u32);
        let nameless = || User { input: Some(input.to_owned()), search_count: count, ..User::default() };
        let hits = std::mem::take(&mut self.hits);
        let mut records: Vec<Record> = hits
            .into_iter()
            .map(|(domain, user)| {
                let target = place(&domain, &user);
                let user = User { input: Some(input.to_owned()), search_count: count, ..user };
                match (target, self.misses.first().filter(|_| is_open)) {
                    (None, _) => {
                        let text = "The object was found, but its objectGUID or objectSid cannot be read.".to_owned();
                        let miss = Miss::new(State::NotReadable, "ldap", "missing", text);
                        world.troubled(unknown, started, user, miss.state, miss.error)
                    }
                    (Some(target), Some(miss)) => {
                        world.troubled(&target, started, user, State::Partial, miss.error.clone())
                    }
                    (Some(target), None) => world.record(&target, started, user),
                }
            })
            .collect();
        if records.is_empty() {
            let miss = self.why_nothing();
            records.push(world.troubled(unknown, started, nameless(), miss.state, miss.error));
        }
        records
    }

    /// Not found is said only where every domain that the name may lie in was searched.
    fn why_nothing(&self) -> Miss {
        if let Some(miss) = self.misses.first() {
            return miss.clone();
        }
        if self.searched.is_empty() {
            let text = "The name lies in a domain that is not examined; -Domain adds it.".to_owned();
            return Miss::new(State::NotReadable, NOT_EXAMINED, "", text);
        }
        let domains = self.searched.join(", ");
        if self.deleted {
            return Miss::new(State::NotFound, "deleted", "", format!("The object was deleted from {domains}."));
        }
        if self.count > 0 {
            let text = format!("The object in {domains} was there, and could not be read a moment later.");
            return Miss::new(State::NotReadable, "ldap", "gone", text);
        }
        if !self.unexamined.is_empty() {
            let others = self.unexamined.join(", ");
            let text = format!(
                "No object of this name is in {domains}; it may lie in {others}, not examined; -Domain adds a domain."
            );
            return Miss::new(State::NotReadable, NOT_EXAMINED, "", text);
        }
        Miss::new(State::NotFound, "ldap", "notFound", format!("No object of this name is in {domains}."))
    }
}

/// A user as a target; `None` when its objectGUID could not be read.
pub fn user_target(domain: &Target, user: &User) -> Option<Target> {
    Some(Target::user(user.object_guid.as_deref()?, &display(user), Some(domain)))
}

/// What to call an account.
pub fn display(user: &User) -> String {
    [&user.upn, &user.sam, &user.dn].into_iter().flatten().next().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::{domain, world};

    fn told(outcome: Outcome) -> Vec<(State, String, Option<u32>)> {
        let unknown = Target::user("anna", "anna", None);
        let place =
            |domain: &Target, user: &User| Some(Target::user(user.object_guid.as_deref()?, "anna", Some(domain)));
        let records = outcome.records(&world(Settings::default()), Instant::now(), "anna", &unknown, place);
        let told = records.into_iter().map(|record| {
            let crate::evidence::Payload::User(user) = &record.data else { panic!("a user") };
            assert_eq!(user.input.as_deref(), Some("anna"));
            let class = record.error.map(|error| format!(" {}", error.class)).unwrap_or_default();
            (record.state, format!("{}{class}", record.target.key), user.search_count)
        });
        told.collect()
    }

    fn hit(guid: Option<&str>) -> (Target, User) {
        (domain(), User { object_guid: guid.map(str::to_owned), ..User::default() })
    }

    fn silent() -> Vec<Miss> {
        vec![Miss::new(State::Timeout, "ldap", "noAnswer", "dc1: no answer".to_owned())]
    }

    #[test]
    fn every_end_of_a_search_is_told_apart() {
        let searched = || vec!["corp.example".to_owned()];
        let one = |text: &str| text.to_owned();
        for (outcome, expected) in [
            (
                Outcome { hits: vec![hit(Some("1"))], count: 1, searched: searched(), ..Outcome::default() },
                vec![(State::Ok, one("user:1"), Some(1))],
            ),
            (
                Outcome {
                    hits: vec![hit(Some("1")), hit(Some("2"))],
                    count: 2,
                    searched: searched(),
                    ..Outcome::default()
                },
                vec![(State::Ok, one("user:1"), Some(2)), (State::Ok, one("user:2"), Some(2))],
            ),
            (
                Outcome { hits: vec![hit(Some("1"))], count: 1, misses: silent(), ..Outcome::default() },
                vec![(State::Partial, one("user:1 ldap"), None)],
            ),
            (
                Outcome {
                    hits: vec![hit(Some("1"))],
                    count: 1,
                    misses: silent(),
                    is_unique: true,
                    ..Outcome::default()
                },
                vec![(State::Ok, one("user:1"), Some(1))],
            ),
            (
                Outcome { hits: vec![hit(None)], count: 1, searched: searched(), ..Outcome::default() },
                vec![(State::NotReadable, one("user:anna ldap"), Some(1))],
            ),
            (
                Outcome { searched: searched(), ..Outcome::default() },
                vec![(State::NotFound, one("user:anna ldap"), Some(0))],
            ),
            (
                Outcome { searched: searched(), deleted: true, is_unique: true, ..Outcome::default() },
                vec![(State::NotFound, one("user:anna deleted"), Some(0))],
            ),
            (
                Outcome { searched: searched(), unexamined: vec!["eu.corp.example".to_owned()], ..Outcome::default() },
                vec![(State::NotReadable, one("user:anna notExamined"), Some(0))],
            ),
            (
                Outcome { searched: searched(), misses: silent(), ..Outcome::default() },
                vec![(State::Timeout, one("user:anna ldap"), None)],
            ),
            (Outcome::default(), vec![(State::NotReadable, one("user:anna notExamined"), Some(0))]),
        ] {
            let what = format!("{outcome:?}");
            assert_eq!(told(outcome), expected, "{what}");
        }
    }
}
