//! Every user of a domain, page by page: memory holds one page and eight bytes for each user, whatever else
//! the domain holds.
//!
//! When a controller dies, the range that was being read is read again at the next one, from its start; who
//! was seen already is left out. A user is seen once all is known of it.

use super::accounts::{accounts, inside};
use super::asked::Asked;
use super::count::Count;
use super::descriptors::container;
use super::entry::Entry;
use super::guarded::Guarded;
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::pages::Pages;
use super::query::{DACL_ONLY, Query, descriptor_parts};
use super::room::{Miss, Room, Session, enter, rooms};
use super::scan_plan::{Wanted, searches};
use super::scanned_users::{Found, Seen, new_users};
use super::session::Access;
use super::unseen::{self, Unseen};
use super::user_entry::SCANNED;
use crate::catalog::{NameValue, Target};
use crate::directory::names::domain_around;
use crate::directory::{Token, parent, parent_containers};
use crate::evidence::collect::{Touched, World};
use crate::evidence::{DomainPolicy, Evidence, Record};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A scan has no deadline, but ends when nothing moves for so long (catalog 0.6).
const PATIENCE: Duration = Duration::from_secs(30);

/// What a scan hands out at once.
#[derive(Default)]
pub struct Batch {
    pub users: Vec<Found>,
    /// `security-descriptor` of the containers above these users that come for the first time.
    pub containers: Vec<Record>,
}

/// What is read from its start to its end at one controller.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    base: String,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Users,
    /// Where the account may not see what is there.
    Containers,
    /// Of what it may see the name alone.
    Nameless,
}

/// A session with a controller, and what is known of the account in it.
struct Open {
    session: Session,
    token: Option<Token>,
}

/// The scan of one domain.
pub struct Scan {
    /// Inside the connector account that serves it.
    pub domain: Target,
    /// Where users could not be read, and why.
    pub gaps: Vec<NameValue>,
    /// What else is not known.
    pub notes: Vec<NameValue>,
    pub touched: Vec<Touched>,
    world: Arc<World>,
    access: Arc<Access>,
    room: Room,
    filter: String,
    ds_heuristics: Option<String>,
    /// Ranges still to read, the current one last.
    ranges: Vec<Range>,
    pages: Pages,
    open: Option<Open>,
    guarded: Option<Guarded>,
    /// The controller to try next, and how many may be tried before a new user is seen.
    next_candidate: usize,
    tries: usize,
    seen: Seen,
    unseen: Unseen,
    /// Users who were seen before the current range.
    seen_before: usize,
    last_miss: Miss,
    /// The containers above the users are wanted too; those that were read, in lower case.
    containers: Option<HashSet<String>>,
    bases: Vec<String>,
    count: Option<Count>,
    /// When the first session was ready to read users.
    ready: Option<Instant>,
}

/// One scan for each domain of the run.
pub fn scans(evidence: &Evidence, world: &Arc<World>, wanted: &Wanted) -> Vec<Scan> {
    let Some(rooms) = rooms(evidence, world) else { return Vec::new() };
    let accounts = accounts(evidence, world, &rooms).unwrap_or_default();
    let given = &world.settings.search_base;
    let access = Arc::new(Access::default());
    let scan = |room: Room| {
        let is_here = |base: &&String| domain_around(base).as_deref() == Some(&*room.domain.display);
        let bases: Vec<String> = match given.is_empty() {
            true => vec![room.head()],
            false => given.iter().filter(is_here).cloned().collect(),
        };
        let policy = evidence.facts_at::<DomainPolicy>(&room.domain.key);
        let heuristics = policy.first().and_then(|fact| fact.data.ds_heuristics.clone());
        let domain = inside(&room.domain, &accounts);
        Scan::new(domain, room, bases, wanted, heuristics, world.clone(), access.clone())
    };
    rooms.into_iter().map(scan).filter(|scan| !scan.ranges.is_empty()).collect()
}

impl Scan {
    pub(super) fn new(
        domain: Target,
        room: Room,
        bases: Vec<String>,
        wanted: &Wanted,
        ds_heuristics: Option<String>,
        world: Arc<World>,
        access: Arc<Access>,
    ) -> Scan {
        let range = |what: What| bases.iter().rev().map(move |base| Range { base: base.clone(), what });
        let ranges = range(What::Nameless).chain(range(What::Containers)).chain(range(What::Users)).collect();
        Scan {
            domain,
            gaps: Vec::new(),
            notes: Vec::new(),
            touched: Vec::new(),
            world,
            access,
            filter: wanted.users(),
            containers: wanted.containers.then(HashSet::new),
            ds_heuristics,
            ranges,
            pages: Pages::default(),
            open: None,
            guarded: None,
            next_candidate: 0,
            tries: room.candidates.len(),
            seen: Seen::default(),
            unseen: Unseen::default(),
            seen_before: 0,
            last_miss: room.refusal.as_ref().map_or_else(Miss::late, Miss::nobody),
            bases,
            count: None,
            ready: None,
            room,
        }
    }

    /// False when users were not read.
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// How many users there are, once it is known.
    pub fn total(&self) -> Option<u32> {
        self.count.as_ref()?.total()
    }

    /// How long users have been read. What comes before, the members of the protected groups, takes its time.
    pub fn reading(&self) -> Duration {
        self.ready.map_or(Duration::ZERO, |ready| ready.elapsed())
    }

    /// The next users, none of them twice; `None` at the end.
    pub async fn next(&mut self) -> Option<Batch> {
        if self.count.is_none() {
            let Scan { world, access, room, bases, filter, .. } = &*self;
            self.count = Some(Count::start(world, access, room, bases, filter, world.timeout(PATIENCE)));
        }
        while let Some(range) = self.ranges.last().cloned() {
            if self.open.is_none() && !self.enter().await {
                while let Some(range) = self.ranges.pop() {
                    self.miss(&range);
                }
                break;
            }
            match self.part(&range).await {
                Ok(None) => self.end_range(),
                Ok(Some((entries, containers))) => {
                    let (users, failure) = self.take(&range, entries).await;
                    if let Some(failure) = failure {
                        self.suffer(&range, &failure);
                    }
                    if !users.is_empty() || !containers.is_empty() {
                        self.tries = self.room.candidates.len();
                        return Some(Batch { users, containers });
                    }
                }
                Err(failure) => self.suffer(&range, &failure),
            }
        }
        self.tell_unseen();
        None
    }

    fn end_range(&mut self) {
        self.ranges.pop();
        self.pages = Pages::default();
        self.unseen.begin();
        self.seen_before = self.seen.count();
    }

    /// Opens a session at the next controller that lets us in. One that failed is tried again after all
    /// others, as long as the scan moves on: an idle connection may have been ended while the reader paused.
    async fn enter(&mut self) -> bool {
        while self.tries > 0 && !self.room.candidates.is_empty() {
            let place = self.next_candidate % self.room.candidates.len();
            self.next_candidate += 1;
            self.tries -= 1;
            match self.enter_at(place).await {
                Ok(open) => {
                    self.pages = Pages::default();
                    self.unseen.restart();
                    self.ready.get_or_insert_with(Instant::now);
                    self.open = Some(open);
                    return true;
                }
                Err(failure) => self.last_miss = Miss::of(&self.room.candidates[place].controller.fqdn, &failure),
            }
        }
        false
    }

    async fn enter_at(&mut self, place: usize) -> Result<Open, Failure> {
        let candidate = &self.room.candidates[place];
        let asked = Asked::at(candidate, &self.room.domain.display);
        let searches = searches(&asked, &self.bases, &self.filter, self.containers.is_some());
        self.touched.extend(asked.touched(searches));
        let limit = self.world.timeout(LDAP_TIMEOUT);
        let mut session = enter(&self.world, &self.access, &self.room, candidate, limit).await?;
        session.limit = self.world.timeout(PATIENCE);
        let token = unseen::own_token(&mut session).await?;
        if self.guarded.is_none() {
            let is_root = candidate.root.root_domain_naming_context.as_deref() == Some(&*self.room.head());
            let guarded = Guarded::read(&mut session, is_root, self.ds_heuristics.as_deref()).await?;
            if !guarded.is_whole {
                self.notes.push(NameValue {
                    name: "groups of the forest's root domain".to_owned(),
                    value: "their members are known by adminCount, which one who joined within the last hour may not carry yet"
                        .to_owned(),
                });
            }
            self.guarded = Some(guarded);
        }
        Ok(Open { session, token })
    }

    /// A page, and of users the containers above them that are wanted; `None` at the end of the range.
    async fn part(&mut self, range: &Range) -> Result<Option<(Vec<Entry>, Vec<Record>)>, Failure> {
        let Some(entries) = self.page(range).await? else { return Ok(None) };
        let containers = match range.what {
            What::Users => self.above(&entries).await?,
            What::Containers | What::Nameless => Vec::new(),
        };
        Ok(Some((entries, containers)))
    }

    async fn page(&mut self, range: &Range) -> Result<Option<Vec<Entry>>, Failure> {
        let Some(Open { session, .. }) = &mut self.open else { return Err(Failure::Broken(String::new())) };
        let (filter, attributes) = match range.what {
            What::Users => (self.filter.as_str(), &SCANNED[..]),
            What::Containers => (unseen::CONTAINERS, &unseen::OF_A_CONTAINER[..]),
            What::Nameless => (unseen::NAMELESS, &unseen::OF_THE_NAMELESS[..]),
        };
        let query = Query::subtree(&range.base, filter, attributes);
        self.pages.next(&mut session.ldap, session.limit, query, vec![descriptor_parts(DACL_ONLY)]).await
    }

    /// Another controller goes on where this one ended; a range that is refused is a gap.
    fn suffer(&mut self, range: &Range, failure: &Failure) {
        let host = self.open.as_ref().map(|open| open.session.host.clone()).unwrap_or_default();
        self.last_miss = Miss::of(&host, failure);
        if failure.is_of_the_controller() {
            self.open = None;
        } else {
            self.miss(range);
            self.end_range();
        }
    }

    /// The containers above these users that were not read yet; none of them when the controller dies meanwhile,
    /// because the users come again then.
    async fn above(&mut self, entries: &[Entry]) -> Result<Vec<Record>, Failure> {
        let (Some(known), Some(Open { session, .. })) = (&mut self.containers, &mut self.open) else {
            return Ok(Vec::new());
        };
        let (mut records, mut new) = (Vec::new(), HashSet::new());
        for entry in entries {
            let is_new = |dn: &str| !known.contains(&dn.to_lowercase());
            // Where the nearest is known, those above it are.
            if !parent(&entry.dn).is_some_and(is_new) {
                continue;
            }
            for dn in parent_containers(&entry.dn, &session.head).unwrap_or_default() {
                if is_new(&dn) && new.insert(dn.to_lowercase()) {
                    records.push(container(&self.world, session, &self.domain, &dn).await?);
                }
            }
        }
        known.extend(new);
        Ok(records)
    }

    /// A range that was not read to its end, and nobody is left to ask.
    fn miss(&mut self, range: &Range) {
        let why = &self.last_miss.error.text;
        let note = |value: String| NameValue { name: range.base.clone(), value };
        match range.what {
            What::Users => {
                let gap = match self.seen.count() - self.seen_before {
                    0 => note(why.clone()),
                    count => note(format!("the first {count} users were read, then: {why}")),
                };
                self.seen_before = self.seen.count();
                self.gaps.push(gap);
            }
            // What the users' range or the first of these two says is enough.
            _ if self.gaps.iter().chain(&self.notes).any(|known| known.name == range.base) => {}
            _ => self.notes.push(note(format!("whether this account sees all that is in it was not found out: {why}"))),
        }
    }

    /// What the account may not see becomes gaps; a few objects of unknown kind are a note.
    fn tell_unseen(&mut self) {
        let Unseen { gaps, more, objects, first, .. } = std::mem::take(&mut self.unseen);
        self.gaps.extend(gaps);
        let domain = |value: String| NameValue { name: self.domain.display.clone(), value };
        self.gaps.extend(self.seen.unread().map(domain));
        self.notes.extend(self.seen.groupless().map(domain));
        if more > 0 {
            self.gaps.push(domain(format!("this account may not see what is in {more} further containers")));
        }
        if objects > 0 {
            let text =
                format!("of {objects} objects, maybe users, this account may see the name alone; the first is {first}");
            // As many as would make the share of the whole domain unknown (PW990).
            let is_gap = objects * 10 > self.seen.count();
            if is_gap { &mut self.gaps } else { &mut self.notes }.push(domain(text));
        }
    }

    /// What a page says. Of users those who are new, and the failure that left some of them open.
    async fn take(&mut self, range: &Range, entries: Vec<Entry>) -> (Vec<Found>, Option<Failure>) {
        let Some(Open { session, token }) = &mut self.open else { return (Vec::new(), None) };
        match range.what {
            What::Users => {
                let guarded = self.guarded.get_or_insert_default();
                return new_users(entries, session, guarded, &mut self.seen, self.tries == 0).await;
            }
            What::Containers => {
                let note = |entry| self.unseen.note_container(entry, &session.head, token.as_ref());
                entries.iter().for_each(note);
            }
            What::Nameless => entries.iter().for_each(|entry| self.unseen.note_nameless(entry, &session.head)),
        }
        (Vec::new(), None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan_plan::planned_scans;
    use super::*;
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    #[tokio::test]
    async fn a_scan_touches_what_its_plan_names() {
        let bases = vec!["OU=Staff,DC=corp,DC=example".to_owned()];
        let world = world(Settings { search_base: bases, ..corp() });
        let wanted = Wanted { filter: Some("(department=Sales)".to_owned()), containers: true };
        let plan = planned_scans(&world, &wanted);
        let mut scan = scans(&both().evidence, &world, &wanted).remove(0);
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
}
