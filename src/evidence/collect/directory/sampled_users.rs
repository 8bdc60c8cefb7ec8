//! `user` of the sample of each domain: one scan that reads objectGUIDs, then the chosen ones in detail.

use super::accounts::{OF_THE_DOMAINS, accounts, inside};
use super::asked::{Asked, base, in_plan, in_rooms, subtree};
use super::everywhere::user_target;
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::pages::Pages;
use super::query::{Query, entry};
use super::room::{Miss, Room, Session, each, enter, entering, rooms};
use super::sample::{Place, Sample, place};
use super::session::Access;
use super::user_entry::{self, USERS};
use crate::catalog::Target;
use crate::directory::names::domain_around;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Record, State, User};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for the sample of a domain, in time-outs: half for the scan, the rest for what was chosen.
const LIMITS: u32 = 4;

pub struct SampledUsersCollector {
    pub access: Arc<Access>,
}

impl Collector for SampledUsersCollector {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn needs(&self) -> &'static [Kind] {
        OF_THE_DOMAINS
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        if world.settings.sample_size == 0 {
            return Vec::new();
        }
        let Some(rooms) = rooms(evidence, world).filter(|rooms| !rooms.is_empty()) else { return Vec::new() };
        let Some(accounts) = accounts(evidence, world, &rooms) else { return Vec::new() };
        let mut probes = Vec::new();
        let mut given: Vec<String> = world.settings.search_base.clone();
        for mut room in rooms {
            let is_here = |base: &mut String| domain_around(base).as_deref() == Some(&*room.domain.display);
            let bases: Vec<String> = match world.settings.search_base.is_empty() {
                true => vec![room.head()],
                false => given.extract_if(.., is_here).collect(),
            };
            if bases.is_empty() {
                continue;
            }
            room.domain = inside(&room.domain, &accounts);
            let (this, access) = (world.clone(), self.access.clone());
            let touches = in_rooms(std::slice::from_ref(&room), |asked| searches(asked, &bases));
            let whole = world.timeout(LDAP_TIMEOUT) * LIMITS;
            let target = room.domain.clone();
            let timeout = whole + Duration::from_millis(500);
            probes.push(probe(Kind::User, "sample", &target, timeout, touches, async move {
                sample(&this, &access, &room, &bases, whole).await
            }));
        }
        if !given.is_empty() {
            let this = world.clone();
            probes.push(probe(Kind::User, "bases", &world.server, Duration::from_secs(1), Vec::new(), async move {
                given.iter().map(|base| elsewhere(&this, base)).collect()
            }));
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        if world.settings.sample_size == 0 {
            return Vec::new();
        }
        in_plan(world, |asked| match bases_of(world, asked) {
            bases if bases.is_empty() => Vec::new(),
            bases => searches(asked, &bases),
        })
    }
}

/// The bases of a plan that lie in a domain.
pub fn bases_of(world: &World, asked: &Asked) -> Vec<String> {
    let given = &world.settings.search_base;
    let is_here = |base: &&String| domain_around(base).is_some_and(|domain| asked.holds(&domain));
    if given.is_empty() { vec![asked.head.clone()] } else { given.iter().filter(is_here).cloned().collect() }
}

fn searches(asked: &Asked, bases: &[String]) -> Vec<String> {
    let mut searches = entering(asked);
    searches.extend(bases.iter().map(|base| subtree(base, USERS, "objectGUID of all users")));
    searches.push(base("<each container>", "objectGUID"));
    searches.push(base("<each user of the sample>", "attributes of the user"));
    searches
}

/// A base that lies in no domain that is examined.
fn elsewhere(world: &World, base: &str) -> Record {
    let domain = Target::domain(&domain_around(base).unwrap_or_default(), None);
    let text = "The container lies in no domain that is examined; -Domain adds its domain.";
    let target = Target::container(base, &domain);
    world.failed(Kind::User, &target, Instant::now(), State::NotReadable, "notExamined", "", text)
}

async fn sample(world: &World, access: &Access, room: &Room, bases: &[String], whole: Duration) -> Vec<Record> {
    let started = Instant::now();
    let until = started + whole;
    let mut records = Vec::new();
    let mut tell = |target: &Target, miss: Miss| {
        let Miss { state, error } = miss;
        records.push(world.failed(Kind::User, target, started, state, &error.class, error.code, error.text));
    };
    let mut sample = Sample::new(world.settings.sample_size);
    for (base, trouble) in scan(world, access, room, bases, &mut sample, started + whole / 2).await {
        tell(&Target::container(&base, &room.domain), trouble);
    }
    let unordered = sample.containers_to_order();
    let order: HashMap<String, Place> =
        each(world, access, room, &unordered, until, async |mut session: Session, dn: String| {
            let found = entry(&mut session.ldap, session.limit, &dn, &["objectGUID"]).await?;
            Ok(found.as_ref().and_then(|entry| entry.bytes("objectGUID")).map(place))
        })
        .await
        .into_iter()
        .zip(&unordered)
        .filter_map(|(answer, dn)| Some((dn.clone(), answer.ok()??)))
        .collect();
    // A container whose GUID cannot be read still has one place.
    let chosen = sample.choose(|dn| order.get(dn).copied().unwrap_or_else(|| place(dn.to_lowercase().as_bytes())));
    let users = each(world, access, room, &chosen, until, async |mut session: Session, dn: String| {
        user_entry::read(&mut session, &dn).await
    })
    .await;
    let lost = users.iter().filter(|user| user.is_err()).count();
    if let Some(Err(miss)) = users.iter().find(|user| user.is_err()) {
        let text = format!("{lost} of {} users of the sample could not be read: {}", users.len(), miss.error.text);
        tell(&room.domain, Miss::new(miss.state, "sample", &miss.error.code, text));
    }
    records.extend(users.into_iter().flatten().flatten().filter_map(|user| {
        let target = user_target(&room.domain, &user)?;
        Some(world.record(&target, started, User { sampled: true, ..user }))
    }));
    if records.is_empty() {
        let text = format!("No user is below {}.", bases.join(" and "));
        records.push(world.failed(Kind::User, &room.domain, started, State::NotFound, "sample", "noUsers", text));
    }
    records
}

/// Reads the users below each base, page by page; what a dying controller leaves goes on at the next, from
/// the start of the base. Returns the bases that were not read to their end.
async fn scan(
    world: &World,
    access: &Access,
    room: &Room,
    bases: &[String],
    sample: &mut Sample,
    until: Instant,
) -> Vec<(String, Miss)> {
    let mut troubles = Vec::new();
    let mut candidates = room.candidates.iter();
    let mut session: Option<Session> = None;
    for base in bases {
        let mut trouble = room.refusal.as_ref().map_or_else(Miss::late, Miss::nobody);
        let is_read = loop {
            let limit = world.timeout(LDAP_TIMEOUT).min(until.saturating_duration_since(Instant::now()));
            if limit.is_zero() {
                break false;
            }
            let Some(open) = &mut session else {
                let Some(candidate) = candidates.next() else { break false };
                match enter(world, access, room, candidate, limit).await {
                    Ok(open) => session = Some(open),
                    Err(failure) => trouble = Miss::of(&candidate.controller.fqdn, &failure),
                }
                continue;
            };
            match read_all(open, base, sample, until).await {
                Ok(true) => break true,
                Ok(false) => {
                    let text = format!(
                        "The users below {base} are too many for the time of a sample; it was taken from the first."
                    );
                    trouble = Miss::new(State::Timeout, "sample", "early", text);
                    break false;
                }
                Err(failure) => {
                    trouble = Miss::of(&open.host, &failure);
                    if failure.is_no_such_object() {
                        trouble.state = State::NotFound;
                    }
                    if !failure.is_of_the_controller() {
                        break false;
                    }
                    session = None;
                }
            }
        };
        if !is_read {
            troubles.push((base.clone(), trouble));
        }
    }
    troubles
}

/// True when the last page was read, false when the time was over before.
async fn read_all(session: &mut Session, base: &str, sample: &mut Sample, until: Instant) -> Result<bool, Failure> {
    let query = Query::subtree(base, USERS, &["objectGUID"]);
    let mut pages = Pages::default();
    loop {
        if !pages.is_over() && Instant::now() >= until {
            return Ok(false);
        }
        let Some(entries) = pages.next(&mut session.ldap, session.limit, query, Vec::new()).await? else {
            return Ok(true);
        };
        for entry in &entries {
            if let Some(guid) = entry.bytes("objectGUID") {
                sample.add(guid, &entry.dn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    /// Target and part of each probe.
    fn due(settings: Settings) -> Vec<String> {
        let (target, account) = connector_account(None);
        let stage = both().add(&target, account);
        let collector = SampledUsersCollector { access: Arc::default() };
        let probes = collector.probes(&stage.evidence, &world(settings)).into_iter();
        probes
            .map(|probe| format!("{} {}", probe.target.key, probe.key.rsplit(' ').next().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_sample_is_taken_where_it_is_wanted() {
        let wanted = |bases: &[&str]| Settings {
            sample_size: 5,
            search_base: bases.iter().map(|base| (*base).to_owned()).collect(),
            ..corp()
        };
        assert!(due(corp()).is_empty());
        assert_eq!(due(wanted(&[])), ["domain:corp.example sample"]);
        assert_eq!(due(wanted(&["OU=a,DC=corp,DC=example"])), ["domain:corp.example sample"]);
        assert_eq!(due(wanted(&["OU=a,DC=other"])), ["server:sync1 bases"]);
        assert_eq!(
            due(wanted(&["OU=a,DC=other", "ou=b,dc=CORP,dc=example"])),
            ["domain:corp.example sample", "server:sync1 bases"]
        );
    }
}
