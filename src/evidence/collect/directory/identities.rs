//! `user` of the users that the operator names.

use super::accounts::{OF_THE_DOMAINS, accounts, inside};
use super::anchors::{self, MOST_USERS, search_anchors};
use super::asked::{Asked, in_plan, in_rooms};
use super::controllers::awaits_configuration;
use super::everywhere::{look_up, time_for, user_target};
use super::lookup;
use super::room::{Room, entering, rooms};
use super::session::Access;
use super::slots::Slots;
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Payload, Record, State};
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
        let all = world.settings.identities.len();
        let has_anchors = all <= MOST_USERS;
        let touches = in_rooms(&rooms, |asked| searches(asked, &names, all));
        let (_, whole) = time_for(world);
        let slot = self.slots.take();
        // Containers and domains are judged by the users below: they wait for every look-up.
        probe(Kind::User, &format!("users {first}"), &world.server, whole, touches, async move {
            let _slot = slot;
            let started = Instant::now();
            let (until, _) = time_for(&this);
            let mut outcomes = look_up(&this, &access, &rooms, &names, until).await;
            if has_anchors {
                search_anchors(&this, &access, &rooms, &mut outcomes, until).await;
            }
            let records = names.iter().zip(outcomes).zip(first..).map(|((name, outcome), index)| {
                let unknown = Target::user(name, name, None);
                placed(outcome.records(&this, started, name, &unknown, user_target), index)
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
        let names = &world.settings.identities;
        match names.is_empty() {
            true => Vec::new(),
            false => in_plan(world, |asked| searches(asked, names, names.len())),
        }
    }
}

/// What is asked about these of all names.
fn searches(asked: &Asked, names: &[String], all: usize) -> Vec<String> {
    let mut searches = [entering(asked), lookup::searches(asked, names, all)].concat();
    if all <= MOST_USERS {
        searches.extend(anchors::searches(asked));
    }
    searches
}

/// Look-ups end in any order; the answers stand in that of the input.
fn placed(mut records: Vec<Record>, index: usize) -> Vec<Record> {
    for record in &mut records {
        if let Payload::User(user) = &mut record.data {
            user.input_index = u32::try_from(index).ok();
        }
    }
    records
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::Os;
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    fn looks_for(count: usize) -> Settings {
        Settings { identities: (0..count).map(|index| format!("u{index}")).collect(), ..corp() }
    }

    #[test]
    fn many_users_are_looked_up_in_batches_a_few_at_a_time() {
        let (target, account) = connector_account(None);
        let stage = both().add(&target, account);
        let collector = IdentitiesCollector::new(Arc::default());
        let world = world(looks_for(1000));
        assert!(collector.probes(&both().evidence, &world).is_empty(), "the account is not known yet");
        let mut probes = collector.probes(&stage.evidence, &world);
        let keys: Vec<&str> = probes.iter().map(|probe| probe.key.rsplit(' ').next().unwrap()).collect();
        assert_eq!(keys, ["0", "50", "100", "150", "200", "250", "300", "350"]);
        assert!(collector.probes(&stage.evidence, &world).is_empty(), "no place is free");
        probes.truncate(6);
        assert_eq!(collector.probes(&stage.evidence, &world).len(), 2);
    }

    #[test]
    fn few_users_are_looked_up_one_by_one() {
        let (target, account) = connector_account(None);
        let collector = IdentitiesCollector::new(Arc::default());
        assert_eq!(collector.probes(&both().add(&target, account).evidence, &world(looks_for(3))).len(), 3);
    }

    #[tokio::test]
    async fn each_record_has_the_place_of_its_name() {
        let (target, account) = connector_account(None);
        let stage = both().add(&target, account);
        let collector = IdentitiesCollector::new(Arc::default());
        // Nobody answers: every name has a record that says so.
        let world = world(Settings { probe_timeout: Some(Duration::from_millis(100)), ..looks_for(9) });
        let mut places = Vec::new();
        for probe in collector.probes(&stage.evidence, &world) {
            for record in (probe.work)().await {
                let Payload::User(user) = record.data else { panic!("what was asked for") };
                places.push((record.target.display, user.input_index));
            }
        }
        assert_eq!(places, (0..9).map(|index| (format!("u{index}"), Some(index))).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn without_a_domain_each_user_is_said_to_be_not_collected() {
        let stage = Stage::new().add(&server(), Os { domain_joined: Some(false), ..Os::default() });
        let settings = Settings { identities: vec!["anna".to_owned()], ..Settings::default() };
        let collector = IdentitiesCollector::new(Arc::default());
        let mut probes = collector.probes(&stage.evidence, &world(settings));
        let records = (probes.remove(0).work)().await;
        assert_eq!(records[0].target.key, "user:anna");
        assert_eq!(records[0].state, State::NotCollected);
    }
}
