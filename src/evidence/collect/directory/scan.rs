//! Every user of a domain, page by page: memory holds one page, whatever the size of the domain.
//!
//! When a controller dies, the container that was being read is read again at the next one, from its
//! start; who was seen already is left out.

use super::accounts::{accounts, inside};
use super::asked::{Asked, base, in_plan, subtree};
use super::binary::bytes;
use super::count::Count;
use super::guarded::{DOMAIN_USERS, Guarded};
use super::ldap::{Failure, value};
use super::names::domain_around;
use super::query::{DACL_ONLY, Page, Query, descriptor_parts, page};
use super::room::{Miss, Room, Session, enter, entering, rooms};
use super::sampled_users::bases_of;
use super::session::Access;
use super::user_entry::{SCANNED, USERS, assemble, read};
use crate::catalog::{NameValue, Target};
use crate::evidence::collect::{Touched, World};
use crate::evidence::{Bytes, DomainPolicy, Evidence, SecurityDescriptor, User};
use ldap3::{Scope, SearchEntry};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A scan has no deadline, but ends when nothing moves for so long (catalog 0.6).
const PATIENCE: Duration = Duration::from_secs(30);

/// A user as a scan sees it.
pub struct Found {
    pub user: User,
    pub descriptor: SecurityDescriptor,
}

/// The scan of one domain.
pub struct Scan {
    /// Inside the connector account that serves it.
    pub domain: Target,
    /// What could not be read, and why.
    pub gaps: Vec<NameValue>,
    pub touched: Vec<Touched>,
    world: Arc<World>,
    access: Arc<Access>,
    room: Room,
    filter: String,
    ds_heuristics: Option<String>,
    /// Containers still to read, the current one last.
    bases: Vec<String>,
    cookie: Vec<u8>,
    open: Option<(Session, Guarded)>,
    next_candidate: usize,
    seen: HashSet<[u8; 16]>,
    last_miss: Miss,
    count: Option<Count>,
    /// When the first session was ready to read users.
    ready: Option<Instant>,
}

/// The scan of each domain, for a plan.
pub fn planned_scans(world: &World, filter: Option<&str>) -> Vec<Touched> {
    in_plan(world, |asked| searches(asked, &bases_of(world, asked), &users_with(filter)))
}

fn users_with(filter: Option<&str>) -> String {
    filter.map_or_else(|| USERS.to_owned(), |filter| format!("(&{USERS}{filter})"))
}

fn searches(asked: &Asked, bases: &[String], filter: &str) -> Vec<String> {
    if bases.is_empty() {
        return Vec::new();
    }
    let mut searches = entering(asked);
    searches.extend(super::guarded::searches(asked));
    for base in bases {
        searches.push(subtree(base, filter, "all users"));
        searches.push(subtree(base, filter, "their number"));
    }
    searches.push(base("<each user with a primary group of its own>", "attributes of the user"));
    searches
}

/// One scan for each domain of the run. `filter` narrows the users.
pub fn scans(evidence: &Evidence, world: &Arc<World>, filter: Option<&str>) -> Vec<Scan> {
    let Some(rooms) = rooms(evidence, world) else { return Vec::new() };
    let accounts = accounts(evidence, world, &rooms).unwrap_or_default();
    let given = &world.settings.search_base;
    let access = Arc::new(Access::default());
    let scan = |room: Room| {
        let is_here = |base: &&String| domain_around(base).as_deref() == Some(&*room.domain.display);
        let bases: Vec<String> = match given.is_empty() {
            true => vec![room.head()],
            false => given.iter().filter(is_here).rev().cloned().collect(),
        };
        let policy = evidence.facts_at::<DomainPolicy>(&room.domain.key);
        Scan {
            domain: inside(&room.domain, &accounts),
            gaps: Vec::new(),
            world: world.clone(),
            access: access.clone(),
            filter: users_with(filter),
            touched: Vec::new(),
            ds_heuristics: policy.first().and_then(|fact| fact.data.ds_heuristics.clone()),
            bases,
            cookie: Vec::new(),
            open: None,
            next_candidate: 0,
            seen: HashSet::new(),
            last_miss: room.refusal.as_ref().map_or_else(Miss::late, Miss::nobody),
            count: None,
            ready: None,
            room,
        }
    };
    rooms.into_iter().map(scan).filter(|scan| !scan.bases.is_empty()).collect()
}

impl Scan {
    /// How many users there are, once it is known.
    pub fn total(&self) -> Option<u32> {
        self.count.as_ref()?.total()
    }

    /// How long users have been read. What comes before, the members of the protected groups, takes its time.
    pub fn reading(&self) -> Duration {
        self.ready.map_or(Duration::ZERO, |ready| ready.elapsed())
    }

    /// The next users, none of them twice; `None` at the end.
    pub async fn next(&mut self) -> Option<Vec<Found>> {
        if self.count.is_none() {
            let Scan { world, access, room, bases, filter, .. } = &*self;
            self.count = Some(Count::start(world, access, room, bases, filter, PATIENCE));
        }
        loop {
            let base = self.bases.last()?.clone();
            if self.open.is_none() && !self.enter().await {
                let why = self.last_miss.error.text.clone();
                self.gaps.extend(self.bases.drain(..).rev().map(|base| NameValue { name: base, value: why.clone() }));
                return None;
            }
            match self.page(&base).await {
                Ok(page) => {
                    self.cookie = page.cookie;
                    if self.cookie.is_empty() {
                        self.bases.pop();
                    }
                    let found = self.take(page.entries).await;
                    if !found.is_empty() {
                        return Some(found);
                    }
                }
                Err(failure) => self.suffer(base, &failure),
            }
        }
    }

    /// Opens a session at the next controller that lets us in.
    async fn enter(&mut self) -> bool {
        while let Some(candidate) = self.room.candidates.get(self.next_candidate) {
            self.next_candidate += 1;
            let asked = Asked::at(candidate, &self.room.domain.display);
            self.touched.extend(asked.touched(searches(&asked, &self.bases, &self.filter)));
            let opened = enter(&self.world, &self.access, &self.room, candidate, PATIENCE).await;
            let is_root = candidate.root.root_domain_naming_context.as_deref() == Some(&*self.room.head());
            let guarded = match opened {
                Err(failure) => Err(failure),
                Ok(mut session) => {
                    let read = Guarded::read(&mut session, is_root, self.ds_heuristics.as_deref()).await;
                    read.map(|guarded| (session, guarded))
                }
            };
            match guarded {
                Ok(open) => {
                    self.cookie.clear();
                    if !open.1.is_whole {
                        self.gap(
                            "groups of the forest's root domain",
                            "they were not asked for members of this domain",
                        );
                    }
                    self.open = Some(open);
                    self.ready.get_or_insert_with(Instant::now);
                    return true;
                }
                Err(failure) => self.last_miss = Miss::of(&candidate.controller.fqdn, &failure),
            }
        }
        false
    }

    fn gap(&mut self, name: &str, value: &str) {
        if !self.gaps.iter().any(|gap| gap.name == name) {
            self.gaps.push(NameValue { name: name.to_owned(), value: value.to_owned() });
        }
    }

    async fn page(&mut self, base: &str) -> Result<Page, Failure> {
        let Some((session, _)) = &mut self.open else { return Err(Failure::Broken(String::new())) };
        let query = Query { base, scope: Scope::Subtree, filter: &self.filter, attributes: &SCANNED };
        let controls = vec![descriptor_parts(DACL_ONLY)];
        page(&mut session.ldap, session.limit, query, std::mem::take(&mut self.cookie), controls).await
    }

    /// Another controller goes on where this one ended; a container that is refused is a gap.
    fn suffer(&mut self, base: String, failure: &Failure) {
        let host = self.open.as_ref().map(|(session, _)| session.host.clone()).unwrap_or_default();
        self.last_miss = Miss::of(&host, failure);
        if failure.is_of_the_controller() {
            self.open = None;
        } else {
            self.bases.pop();
            self.cookie.clear();
            let why = self.last_miss.error.text.clone();
            self.gap(&base, &why);
        }
    }

    async fn take(&mut self, entries: Vec<SearchEntry>) -> Vec<Found> {
        let Some((session, guarded)) = &mut self.open else { return Vec::new() };
        let mut found = Vec::with_capacity(entries.len());
        for entry in &entries {
            let Some(guid) = bytes(entry, "objectGUID").and_then(|guid| <[u8; 16]>::try_from(guid).ok()) else {
                continue;
            };
            if !self.seen.insert(guid) {
                continue;
            }
            let mut user = User { search_count: Some(1), ..assemble(entry, session) };
            if value(entry, "primaryGroupID").and_then(|rid| rid.parse().ok()) == Some(DOMAIN_USERS) {
                user.protected_groups = Some(guarded.of(&guid));
            } else if let Ok(Some(whole)) = read(session, &entry.dn).await {
                // Another primary group may be nested in a protected one.
                user.member_of_transitive = whole.member_of_transitive;
            }
            let descriptor = SecurityDescriptor {
                dn: entry.dn.clone(),
                object_class: user.object_class.clone(),
                sd_bytes: bytes(entry, "nTSecurityDescriptor").map(|bytes| Bytes(bytes.to_vec())),
                sd_flags: DACL_ONLY,
                purpose: "user".to_owned(),
                ..SecurityDescriptor::default()
            };
            found.push(Found { user, descriptor });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    #[tokio::test]
    async fn a_scan_touches_what_its_plan_names() {
        let bases = vec!["OU=Staff,DC=corp,DC=example".to_owned()];
        let world = world(Settings { search_base: bases, ..corp() });
        let filter = Some("(department=Sales)");
        let plan = planned_scans(&world, filter);
        let mut scan = scans(&both().evidence, &world, filter).remove(0);
        // Port 1 of this machine: nothing listens there.
        scan.room.candidates.iter_mut().for_each(|candidate| candidate.controller.fqdn = "127.0.0.1:1".to_owned());
        assert!(scan.next().await.is_none());
        let users = "OU=Staff,DC=corp,DC=example (subtree, (&(sAMAccountType=805306368)(department=Sales))): all users";
        assert!(scan.touched.iter().any(|touched| touched.target == format!("127.0.0.1:1: {users}")));
        for touched in &scan.touched {
            assert!(plan.iter().any(|item| item.covers(touched)), "{touched:?} is not in {plan:#?}");
        }
        assert_eq!(scan.gaps.len(), 1);
    }

    #[test]
    fn a_scan_of_a_container_concerns_its_domain_alone() {
        let bases = vec!["OU=Staff,DC=corp,DC=example".to_owned()];
        let plan = planned_scans(&world(Settings { search_base: bases, ..corp() }), None);
        assert!(plan.iter().all(|touched| touched.target.starts_with("<controller of corp.example>: ")), "{plan:#?}");
    }
}
