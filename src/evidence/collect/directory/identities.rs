//! `user` of the users that the operator names.

use super::accounts::{OF_THE_DOMAINS, accounts, inside, touches};
use super::controllers::awaits_configuration;
use super::everywhere::{display, look_up, time_for};
use super::room::{Room, rooms};
use super::session::Access;
use super::slots::Slots;
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Record, State, User};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Look-ups on their way at once; each has a session of its own per domain.
const MOST_AT_ONCE: usize = 8;

/// Users of one look-up: few where there are few, so that the first comes early.
const MOST_OF_A_LOOK_UP: usize = 50;

pub struct IdentitiesCollector {
    pub access: Arc<Access>,
    slots: Slots,
    /// Identities whose look-up has started.
    started: AtomicUsize,
}

impl IdentitiesCollector {
    pub fn new(access: Arc<Access>) -> IdentitiesCollector {
        IdentitiesCollector { access, slots: Slots::new(MOST_AT_ONCE), started: AtomicUsize::new(0) }
    }

    fn look_up(&self, world: &Arc<World>, rooms: &Arc<[Room]>, first: usize, names: Vec<String>) -> Probe {
        let (this, access, rooms) = (world.clone(), self.access.clone(), rooms.clone());
        let touches = touches(&rooms, "users");
        let (_, whole) = time_for(world);
        let slot = self.slots.take();
        // Containers and domains are judged by the users below: they wait for every look-up.
        probe(Kind::User, &format!("users {first}"), &world.server, whole, touches, async move {
            let _slot = slot;
            let started = Instant::now();
            let (until, _) = time_for(&this);
            let outcomes = look_up(&this, &access, &rooms, &names, until).await;
            let records = names.iter().zip(outcomes).map(|(name, outcome)| {
                let place = |domain: &Target, user: &User| {
                    Some(Target::user(user.object_guid.as_deref()?, &display(user), Some(domain)))
                };
                outcome.records(&this, started, name, &Target::user(name, name, None), place)
            });
            records.flatten().collect()
        })
    }
}

impl Collector for IdentitiesCollector {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn needs(&self) -> &'static [Kind] {
        OF_THE_DOMAINS
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let names = &world.settings.identities;
        if names.is_empty() || awaits_configuration(evidence, world) {
            return Vec::new();
        }
        let Some(rooms) = rooms(evidence, world) else { return Vec::new() };
        if rooms.is_empty() {
            let this = world.clone();
            return vec![probe(Kind::User, "users", &world.server, Duration::from_secs(1), Vec::new(), async move {
                no_domain(&this)
            })];
        }
        let Some(accounts) = accounts(evidence, world, &rooms) else { return Vec::new() };
        let at_home = |room: Room| Room { domain: inside(&room.domain, &accounts), ..room };
        let rooms: Arc<[Room]> = rooms.into_iter().map(at_home).collect();
        let size = names.len().div_ceil(MOST_AT_ONCE).min(MOST_OF_A_LOOK_UP);
        let mut probes = Vec::new();
        while self.slots.is_free() {
            let first = self.started.load(Ordering::Relaxed);
            let batch: Vec<String> = names.iter().skip(first).take(size).cloned().collect();
            if batch.is_empty() {
                break;
            }
            self.started.store(first + batch.len(), Ordering::Relaxed);
            probes.push(self.look_up(world, &rooms, first, batch));
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        match world.settings.identities.is_empty() {
            true => Vec::new(),
            false => {
                vec![Touched::new("ldap", "each named user (search below each domain head, base search of the user)")]
            }
        }
    }
}

/// Users were named, and there is no directory to look for them in.
fn no_domain(world: &World) -> Vec<Record> {
    let started = Instant::now();
    let text = "No domain is known here; -Domain or -Server names one.";
    let record = |name: &String| {
        let user = Target::user(name, name, None);
        world.failed(Kind::User, &user, started, State::NotCollected, "noDomain", "", text)
    };
    world.settings.identities.iter().map(record).collect()
}
