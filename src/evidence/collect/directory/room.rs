//! A domain with the controllers that let us in, for questions that concern many objects: they are asked
//! at one controller, and what it leaves open at the next.

use super::asked::{Asked, base, policy_container};
use super::attempts::{Candidate, NO_SESSION, Refusal, candidates, refusal};
use super::connection::Connection;
use super::controllers::{all_decided, awaits_configuration, controllers, domains, is_decided};
use super::cross_reference::{NETBIOS_NAME, cross_reference};
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::query::entry;
use super::session::{Access, open};
use super::values::generalized_time;
use crate::catalog::Target;
use crate::directory::names::{dn_of_domain, dns_name};
use crate::evidence::collect::World;
use crate::evidence::{Evidence, Kind, RecordError, State};
use futures_util::StreamExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Controllers of a domain that a question is tried at.
const MOST_TRIED: usize = 3;

/// Questions on their way in one session.
pub const IN_FLIGHT: usize = 16;

/// A domain whose controllers were tried.
#[derive(Clone, Debug)]
pub struct Room {
    pub domain: Target,
    pub candidates: Vec<Candidate>,
    /// Why nobody lets us in, when nobody does.
    pub refusal: Option<Refusal>,
}

impl Room {
    /// DN of the domain head.
    pub fn head(&self) -> String {
        dn_of_domain(&self.domain.display)
    }

    /// Key of the forest, where it is known.
    pub fn forest(&self) -> Option<&str> {
        self.domain.within.iter().find(|key| key.starts_with("forest:")).map(String::as_str)
    }
}

/// Every domain in question; `None` as long as one is not decided. Two controllers are enough: one may die.
pub fn rooms(evidence: &Evidence, world: &World) -> Option<Vec<Room>> {
    let settings = &world.settings;
    let is_named = !settings.domains.is_empty() || !settings.servers.is_empty();
    let is_asked = is_named || evidence.records_of(Kind::Os).next().is_some();
    if !is_asked || awaits_configuration(evidence, world) {
        return None;
    }
    let servers: Vec<String> = settings.servers.iter().filter_map(|server| dns_name(server)).collect();
    let known = controllers(evidence, world);
    let mut named = known.iter().filter(|controller| servers.contains(&controller.fqdn));
    if !named.all(|controller| is_decided(evidence, controller)) {
        return None;
    }
    let room = |domain: Target| {
        let mut candidates = candidates(evidence, world, &domain);
        if candidates.len() < 2 && !all_decided(evidence, world, &domain) {
            return None;
        }
        candidates.truncate(MOST_TRIED);
        let refusal = candidates.is_empty().then(|| refusal(evidence, world, &domain));
        Some(Room { domain, candidates, refusal })
    };
    domains(evidence, world).into_iter().map(room).collect()
}

/// A session and what is worth knowing once per session.
#[derive(Clone)]
pub struct Session {
    pub ldap: Connection,
    pub limit: Duration,
    /// Name of the controller.
    pub host: String,
    /// DN of the domain head.
    pub head: String,
    /// The controller's time at the start.
    pub time_unix_ms: Option<i64>,
    /// True when this account may read the container of the fine-grained policies (onprem 4.6).
    pub sees_policies: bool,
    pub configuration: Option<String>,
}

/// What `enter` asks.
pub fn entering(asked: &Asked) -> Vec<String> {
    vec![base("rootDSE", "currentTime"), base(&policy_container(&asked.head), "cn")]
}

/// Opens a session at a controller of a room.
pub async fn enter(
    world: &World,
    access: &Access,
    room: &Room,
    candidate: &Candidate,
    limit: Duration,
) -> Result<Session, Failure> {
    let ldap = open(world, access, &candidate.door(), candidate.way, limit).await?;
    let head = room.head();
    let container = policy_container(&head);
    let (mut first, mut second) = (ldap.clone(), ldap.clone());
    let (root, policies) =
        tokio::join!(entry(&mut first, limit, "", &["currentTime"]), entry(&mut second, limit, &container, &["cn"]));
    let root = root?;
    Ok(Session {
        ldap,
        limit,
        host: candidate.controller.fqdn.clone(),
        head,
        time_unix_ms: root.as_ref().and_then(|root| root.value("currentTime")).and_then(generalized_time),
        sees_policies: policies.ok().flatten().is_some_and(|entry| entry.value("cn").is_some()),
        configuration: candidate.root.configuration_naming_context.clone(),
    })
}

impl Session {
    /// The NetBIOS name of the domain.
    pub async fn netbios_name(&mut self) -> Option<String> {
        let configuration = self.configuration.as_ref()?;
        let found = cross_reference(&mut self.ldap, self.limit, configuration, &self.head).await?;
        found.value(NETBIOS_NAME).map(str::to_owned)
    }
}

/// Why a question has no answer, ready for a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Miss {
    pub state: State,
    pub error: RecordError,
}

impl Miss {
    pub fn new(state: State, class: &str, code: &str, text: String) -> Miss {
        Miss { state, error: RecordError { class: class.to_owned(), code: code.to_owned(), text } }
    }

    pub fn of(host: &str, failure: &Failure) -> Miss {
        Miss::new(failure.state(), "ldap", &failure.code(), format!("{host}: {failure}"))
    }

    pub fn nobody(refusal: &Refusal) -> Miss {
        Miss::new(refusal.state, NO_SESSION, refusal.code, refusal.text.clone())
    }

    pub fn late() -> Miss {
        let text = "The time for this question was over before a controller answered.".to_owned();
        Miss::new(State::Timeout, "timeout", "", text)
    }
}

/// Asks about each item, in one session, and what a dying controller leaves open at the next. Answers stand
/// in the order of the items. Nothing is asked after `until`.
pub async fn each<I, T, F>(
    world: &World,
    access: &Access,
    room: &Room,
    items: &[I],
    until: Instant,
    ask: impl Fn(Session, I) -> F,
) -> Vec<Result<T, Miss>>
where
    I: Clone,
    F: Future<Output = Result<T, Failure>>,
{
    let limit = world.timeout(LDAP_TIMEOUT);
    let left = || until.saturating_duration_since(Instant::now());
    let nothing = room.refusal.as_ref().map_or_else(Miss::late, Miss::nobody);
    let mut answers: Vec<Result<T, Miss>> = items.iter().map(|_| Err(nothing.clone())).collect();
    let mut open: Vec<usize> = (0..items.len()).collect();
    for candidate in &room.candidates {
        if open.is_empty() || left().is_zero() {
            break;
        }
        let host = candidate.controller.fqdn.as_str();
        let session = match enter(world, access, room, candidate, limit.min(left())).await {
            Ok(session) => session,
            Err(failure) => {
                open.iter().for_each(|&index| answers[index] = Err(Miss::of(host, &failure)));
                continue;
            }
        };
        // One question without an answer is enough: the others go to the next controller.
        let is_lost = AtomicBool::new(false);
        let questions = open.iter().copied().map(|index| {
            let (mut session, item) = (session.clone(), items[index].clone());
            let (ask, is_lost, left) = (&ask, &is_lost, &left);
            async move {
                session.limit = limit.min(left());
                if session.limit.is_zero() || is_lost.load(Ordering::Relaxed) {
                    return (index, None);
                }
                let answer = ask(session, item).await;
                if answer.as_ref().err().is_some_and(Failure::is_of_the_controller) {
                    is_lost.store(true, Ordering::Relaxed);
                }
                (index, Some(answer))
            }
        });
        let done: Vec<_> = futures_util::stream::iter(questions).buffered(IN_FLIGHT).collect().await;
        open.clear();
        for (index, answer) in done {
            if answer.as_ref().is_none_or(|answer| answer.as_ref().err().is_some_and(Failure::is_of_the_controller)) {
                open.push(index);
            }
            if let Some(answer) = answer {
                answers[index] = answer.map_err(|failure| Miss::of(host, &failure));
            }
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;
    use crate::evidence::{Os, RootDse};

    /// The candidates of each room, or why there are none.
    fn told(stage: &Stage, settings: Settings) -> Option<Vec<String>> {
        let told = |room: Room| match &room.refusal {
            Some(refusal) => format!("{}: {}", room.domain.display, refusal.code),
            None => format!("{}: {} controllers, {:?}", room.domain.display, room.candidates.len(), room.forest()),
        };
        rooms(&stage.evidence, &world(settings)).map(|rooms| rooms.into_iter().map(told).collect())
    }

    #[test]
    fn a_room_opens_when_two_controllers_let_us_in_or_all_are_decided() {
        assert_eq!(told(&two(), corp()), None);
        let one = two()
            .add(&dc("dc2"), ldap_port("Connected"))
            .add(&dc("dc2"), RootDse { root_domain_naming_context: None, ..root_of("dc2", Some(0)) });
        assert_eq!(told(&one, corp()), None, "dc1 may still come");
        let decided = one.add(&dc("dc1"), ldap_port("Timeout"));
        assert_eq!(told(&decided, corp()), Some(vec!["corp.example: 1 controllers, None".to_owned()]));
        let open = "corp.example: 2 controllers, Some(\"forest:corp.example\")".to_owned();
        assert_eq!(told(&both(), corp()), Some(vec![open]));
        let dead = two().add(&dc("dc1"), ldap_port("Timeout")).add(&dc("dc2"), ldap_port("Refused"));
        assert_eq!(told(&dead, corp()), Some(vec!["corp.example: noController".to_owned()]));
    }

    #[test]
    fn a_configuration_that_is_offered_may_name_more_domains() {
        let offered = || Settings { expects: vec![Kind::AdSyncConfig], ..corp() };
        assert_eq!(told(&both(), offered()), None);
        let none = both().add_failed(&server(), Kind::AdSyncConfig, State::NotCollected, "offer");
        assert_eq!(told(&none, offered()).map(|rooms| rooms.len()), Some(1));
    }

    #[test]
    fn without_a_name_the_own_domain_counts_once_it_is_known() {
        assert_eq!(told(&Stage::new(), Settings::default()), None);
        let workgroup = Stage::new().add(&server(), Os { domain_joined: Some(false), ..Os::default() });
        assert_eq!(told(&workgroup, Settings::default()), Some(Vec::new()));
    }

    #[tokio::test]
    async fn nobody_to_ask_is_the_answer_to_every_question() {
        let refusal = Refusal { state: State::AccessDenied, code: "noSession", text: "no ticket".to_owned() };
        let room = Room { domain: domain(), candidates: Vec::new(), refusal: Some(refusal) };
        let until = Instant::now() + Duration::from_secs(1);
        let world = world(corp());
        let answers =
            each(&world, &Access::default(), &room, &[1, 2], until, async |_, number: i32| Ok::<_, Failure>(number))
                .await;
        let expected = Err(Miss::new(State::AccessDenied, NO_SESSION, "noSession", "no ticket".to_owned()));
        assert_eq!(answers, [expected.clone(), expected]);
    }

    #[tokio::test]
    async fn a_controller_that_dies_leaves_its_name_and_the_time_is_kept() {
        // Port 1 of this machine: nothing listens there.
        let mut candidates = candidates(&both().evidence, &world(corp()), &domain());
        candidates.iter_mut().for_each(|candidate| candidate.controller.fqdn = "127.0.0.1:1".to_owned());
        let room = Room { domain: domain(), candidates, refusal: None };
        let world = world(Settings { probe_timeout: Some(Duration::from_millis(200)), ..corp() });
        let started = Instant::now();
        let until = started + Duration::from_millis(500);
        let answers = each(&world, &Access::default(), &room, &[()], until, async |_, ()| Ok::<_, Failure>(())).await;
        let miss = answers[0].as_ref().expect_err("nobody is there");
        assert!(miss.error.text.starts_with("127.0.0.1:1: "), "{miss:?}");
        assert!(started.elapsed() < Duration::from_secs(5));
        let late = each(&world, &Access::default(), &room, &[()], started, async |_, ()| Ok::<_, Failure>(())).await;
        assert_eq!(late, [Err(Miss::late())]);
    }
}
