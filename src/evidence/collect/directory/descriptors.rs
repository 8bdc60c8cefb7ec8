//! `security-descriptor`: of users, of the containers above them, and of the objects of each domain that
//! the rights rest on (onprem 3.3, 3.8).

use super::accounts::{WITH_USERS, accounts, inside};
use super::asked::{base, in_plan, in_rooms};
use super::everywhere::time_for;
use super::ldap::Failure;
use super::query::{ALL_PARTS, DACL_ONLY, Query, ask, descriptor_parts};
use super::room::{Miss, Room, Session, each, entering, rooms};
use super::session::Access;
use super::slots::Slots;
use crate::catalog::{Target, TargetKind};
use crate::directory::names::domain_around;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Bytes, Evidence, Kind, Record, SecurityDescriptor, State, User};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Sessions with a domain at once, and descriptors read in each.
const MOST_AT_ONCE: usize = 4;
const MOST_OF_A_SESSION: usize = 50;

/// `schemaIDGUID` of the structural classes that occur here ([MS-ADSC] 2).
const CLASSES: [(&str, &str); 11] = [
    ("user", "bf967aba-0de6-11d0-a285-00aa003049e2"),
    ("inetOrgPerson", "4828cc14-1437-45bc-9b07-ad6f015e5f28"),
    ("computer", "bf967a86-0de6-11d0-a285-00aa003049e2"),
    ("group", "bf967a9c-0de6-11d0-a285-00aa003049e2"),
    ("msDS-ManagedServiceAccount", "ce206244-5827-4a86-ba1c-1c0c386c1b64"),
    ("msDS-GroupManagedServiceAccount", "7b8b558a-93a5-4af7-adca-c017e67f1057"),
    ("organizationalUnit", "bf967aa5-0de6-11d0-a285-00aa003049e2"),
    ("container", "bf967a8b-0de6-11d0-a285-00aa003049e2"),
    ("domainDNS", "19195a5b-6da0-11d0-afd3-00c04fd930c9"),
    ("builtinDomain", "bf967a81-0de6-11d0-a285-00aa003049e2"),
    ("samServer", "bf967aad-0de6-11d0-a285-00aa003049e2"),
];

/// An object whose descriptor is wanted.
#[derive(Clone, Debug, PartialEq)]
struct Item {
    target: Target,
    dn: String,
    purpose: &'static str,
}

/// What one domain still waits for.
struct Queue {
    items: VecDeque<Item>,
    slots: Slots,
    /// Sessions so far: part of the probes' keys.
    batches: usize,
}

#[derive(Default)]
struct Progress {
    /// Records of users that were looked at.
    seen: usize,
    /// Keys of the targets that were asked for.
    asked: HashSet<String>,
    /// By the domain's key.
    queues: HashMap<String, Queue>,
}

pub struct DescriptorsCollector {
    access: Arc<Access>,
    state: Mutex<Progress>,
}

impl DescriptorsCollector {
    pub fn new(access: Arc<Access>) -> DescriptorsCollector {
        DescriptorsCollector { access, state: Mutex::default() }
    }

    fn probe(&self, world: &Arc<World>, room: &Room, part: &str, items: Vec<Item>, slots: Option<&Slots>) -> Probe {
        let (this, access, room) = (world.clone(), self.access.clone(), room.clone());
        let slot = slots.map(Slots::take);
        let touches = in_rooms(std::slice::from_ref(&room), |asked| {
            let mut searches = entering(asked);
            match slots {
                None => searches.extend(items.iter().map(|item| base(&item.dn, DESCRIPTOR))),
                Some(_) => searches.push(base(&format!("{} users and containers", items.len()), DESCRIPTOR)),
            }
            searches
        });
        let (_, whole) = time_for(world);
        let target = room.domain.clone();
        probe(Kind::SecurityDescriptor, part, &target, whole, touches, async move {
            let _slot = slot;
            descriptors(&this, &access, &room, &items).await
        })
    }
}

impl Progress {
    /// Takes in the users that are new, and the containers above them.
    fn take_in(&mut self, evidence: &Evidence, rooms: &[Room]) {
        for record in evidence.records_of(Kind::User).skip(self.seen) {
            self.seen += 1;
            let Some(fact) = record.fact::<User>().filter(|_| record.target.kind == TargetKind::User) else { continue };
            let Some(dn) = &fact.data.dn else { continue };
            let home = domain_around(dn);
            let Some(room) = rooms.iter().find(|room| Some(&room.domain.display) == home.as_ref()) else { continue };
            let user = Item { target: record.target.clone(), dn: dn.clone(), purpose: "user" };
            let above = fact.data.parent_containers.iter().map(|dn| Item {
                target: Target::container(dn, &room.domain),
                dn: dn.clone(),
                purpose: "container",
            });
            let queue = self.queues.entry(room.domain.key.clone()).or_insert_with(|| Queue {
                items: VecDeque::new(),
                slots: Slots::new(MOST_AT_ONCE),
                batches: 0,
            });
            for item in std::iter::once(user).chain(above) {
                if self.asked.insert(item.target.key.clone()) {
                    queue.items.push_back(item);
                }
            }
        }
    }
}

impl Collector for DescriptorsCollector {
    fn kind(&self) -> Kind {
        Kind::SecurityDescriptor
    }

    fn needs(&self) -> &'static [Kind] {
        WITH_USERS
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let Some(mut rooms) = rooms(evidence, world) else { return Vec::new() };
        let Some(accounts) = accounts(evidence, world, &rooms) else { return Vec::new() };
        rooms.iter_mut().for_each(|room| room.domain = inside(&room.domain, &accounts));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.take_in(evidence, &rooms);
        let mut probes = Vec::new();
        for room in &rooms {
            probes.push(self.probe(world, room, "domain", of_the_domain(room), None));
            let Some(queue) = state.queues.get_mut(&room.domain.key) else { continue };
            while !queue.items.is_empty() && queue.slots.is_free() {
                let count = queue.items.len().min(MOST_OF_A_SESSION);
                let items: Vec<Item> = queue.items.drain(..count).collect();
                queue.batches += 1;
                probes.push(self.probe(world, room, &queue.batches.to_string(), items, Some(&queue.slots)));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        in_plan(world, |asked| {
            let mut searches = entering(asked);
            searches.extend(objects(&asked.head).map(|(_, dn)| base(&dn, DESCRIPTOR)));
            searches.push(base("<each user and the containers above>", DESCRIPTOR));
            searches
        })
    }
}

const DESCRIPTOR: &str = "nTSecurityDescriptor";

/// The objects of a domain that the rights rest on, by their purpose.
fn objects(head: &str) -> [(&'static str, String); 4] {
    [
        ("domainHead", head.to_owned()),
        ("builtin", format!("CN=Builtin,{head}")),
        ("samServer", format!("CN=Server,CN=System,{head}")),
        ("adminSdHolder", format!("CN=AdminSDHolder,CN=System,{head}")),
    ]
}

fn of_the_domain(room: &Room) -> Vec<Item> {
    objects(&room.head()).map(|(purpose, dn)| Item { target: room.domain.clone(), dn, purpose }).to_vec()
}

async fn descriptors(world: &World, access: &Access, room: &Room, items: &[Item]) -> Vec<Record> {
    let started = Instant::now();
    let (until, _) = time_for(world);
    let answers =
        each(world, access, room, items, until, async |mut session, item: Item| read(&mut session, &item.dn).await)
            .await;
    items.iter().zip(answers).map(|(item, answer)| record(world, item, started, answer)).collect()
}

fn record(world: &World, item: &Item, started: Instant, answer: Result<Option<SecurityDescriptor>, Miss>) -> Record {
    let known = SecurityDescriptor { dn: item.dn.clone(), purpose: item.purpose.to_owned(), ..Default::default() };
    let miss = match answer {
        Ok(Some(data)) => {
            let data = SecurityDescriptor { purpose: known.purpose, ..data };
            if data.sd_bytes.is_some() {
                return world.record(&item.target, started, data);
            }
            let text = format!("nTSecurityDescriptor of {} was not returned.", item.dn);
            let miss = Miss::new(State::Partial, "ldap", "missing", text);
            return world.troubled(&item.target, started, data, miss.state, miss.error);
        }
        Ok(None) => Miss::new(State::NotFound, "ldap", "notFound", format!("{} cannot be seen.", item.dn)),
        Err(miss) => miss,
    };
    world.troubled(&item.target, started, known, miss.state, miss.error)
}

/// The container at a DN, read in a session that is open. A controller that ends is the caller's affair.
pub async fn container(world: &World, session: &mut Session, domain: &Target, dn: &str) -> Result<Record, Failure> {
    let item = Item { target: Target::container(dn, domain), dn: dn.to_owned(), purpose: "container" };
    let started = Instant::now();
    let answer = match read(session, dn).await {
        Err(failure) if failure.is_of_the_controller() => return Err(failure),
        Err(failure) => Err(Miss::of(&session.host, &failure)),
        Ok(found) => Ok(found),
    };
    Ok(record(world, &item, started, answer))
}

/// Owner, group and DACL; the DACL alone where that is refused or not given.
async fn read(session: &mut Session, dn: &str) -> Result<Option<SecurityDescriptor>, Failure> {
    let all = with_parts(session, dn, ALL_PARTS).await;
    let is_enough = match &all {
        Ok(found) => found.as_ref().is_none_or(|data| data.sd_bytes.is_some()),
        Err(failure) => failure.is_of_the_controller(),
    };
    if is_enough { all } else { with_parts(session, dn, DACL_ONLY).await }
}

async fn with_parts(session: &mut Session, dn: &str, parts: u32) -> Result<Option<SecurityDescriptor>, Failure> {
    let query = Query::base(dn, &["objectClass", "nTSecurityDescriptor"]);
    let found = match ask(&mut session.ldap, session.limit, query, vec![descriptor_parts(parts)]).await {
        Err(failure) if failure.is_no_such_object() => return Ok(None),
        other => other?,
    };
    Ok(found.into_iter().next().map(|mut entry| {
        let object_class = entry.take_values("objectClass").unwrap_or_default();
        SecurityDescriptor {
            structural_class_guid: object_class.last().and_then(|class| class_guid(class)).map(str::to_owned),
            object_class: object_class.into(),
            sd_bytes: entry.take_bytes("nTSecurityDescriptor").map(Bytes),
            dn: entry.dn,
            sd_flags: parts,
            purpose: String::new(),
        }
    }))
}

fn class_guid(class: &str) -> Option<&'static str> {
    CLASSES.iter().find(|(name, _)| name.eq_ignore_ascii_case(class)).map(|(_, guid)| *guid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::evidence::collect::directory::testing::*;

    fn with_users(stage: Stage, from: usize, to: usize) -> Stage {
        (from..to).fold(stage, |stage, index| {
            let user = User {
                dn: Some(format!("CN=u{index},OU=Staff,DC=corp,DC=example")),
                parent_containers: vec!["OU=Staff,DC=corp,DC=example".to_owned()],
                ..User::default()
            };
            stage.add(&Target::user(&index.to_string(), "u", Some(&domain())), user)
        })
    }

    fn due(collector: &DescriptorsCollector, stage: &Stage) -> (Vec<Probe>, Vec<String>) {
        let probes = collector.probes(&stage.evidence, &world(corp()));
        let parts = probes.iter().map(|probe| probe.key.rsplit(' ').next().unwrap_or_default().to_owned()).collect();
        (probes, parts)
    }

    #[test]
    fn each_object_is_asked_for_once_and_in_batches() {
        let (target, account) = connector_account(None);
        let collector = DescriptorsCollector::new(Arc::default());
        assert!(due(&collector, &with_users(both(), 0, 3)).1.is_empty(), "the account is not known yet");
        let collector = DescriptorsCollector::new(Arc::default());
        let stage = with_users(both().add(&target, account), 0, 3);
        let (probes, parts) = due(&collector, &stage);
        assert_eq!(parts, ["domain", "1"]);
        assert!(probes.iter().all(|probe| probe.target.is_in(&target.key)), "domains lie in the account");
        // Three users and their container.
        let four = |touched: &Touched| touched.target.contains("4 users and containers");
        assert!(probes[1].touches.iter().any(four), "{:?}", probes[1].touches);
        assert_eq!(due(&collector, &with_users(stage, 0, 3)).1, ["domain"]);
    }

    #[test]
    fn sessions_with_one_domain_are_few() {
        let (target, account) = connector_account(None);
        let stage = with_users(both().add(&target, account), 0, 320);
        let collector = DescriptorsCollector::new(Arc::default());
        let (probes, parts) = due(&collector, &stage);
        assert_eq!(parts, ["domain", "1", "2", "3", "4"]);
        assert_eq!(due(&collector, &stage).1, ["domain"]);
        drop(probes);
        assert_eq!(due(&collector, &stage).1, ["domain", "5", "6", "7"]);
    }

    #[test]
    fn a_class_has_the_guid_of_the_schema() {
        assert_eq!(class_guid("USER"), Some("bf967aba-0de6-11d0-a285-00aa003049e2"));
        assert_eq!(class_guid("contact"), None);
    }
}
