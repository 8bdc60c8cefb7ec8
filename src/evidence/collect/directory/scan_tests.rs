//! Scans of canned controllers that behave and of some that do not, and names that are looked for there.

#[path = "../../../../tests/bench/canned/mod.rs"]
mod canned;

use super::attempts::{Candidate, Refusal, candidates};
use super::count::Count;
use super::everywhere::look_up;
use super::ldap::Protection;
use super::room::Room;
use super::scan::{Batch, Scan};
use super::scan_plan::Wanted;
use super::scanned_users::Found;
use super::session::{Access, Way};
use super::testing::{both, corp, domain, world};
use super::user_entry;
use crate::catalog::{NameValue, Target};
use crate::evidence::State;
use crate::evidence::collect::{Credential, Settings, World};
use canned::controller::{Controller, Turn};
use canned::domain::{DNS, Domain, HEAD, OPERATOR, PASSWORD};
use canned::identity::Identity;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

/// Three pages, with the account of the connector.
const USERS: usize = 1200;

/// What came of a scan.
#[derive(Default)]
struct Seen {
    users: Vec<Found>,
    gaps: Vec<NameValue>,
    notes: Vec<NameValue>,
}

impl Seen {
    fn names(&self) -> HashSet<&str> {
        self.users.iter().filter_map(|found| found.user.sam.as_deref()).collect()
    }

    /// Who came without any of its groups.
    fn groupless(&self) -> HashSet<&str> {
        let users = self.users.iter().map(|found| &found.user);
        let users = users.filter(|user| user.protected_groups.is_none() && user.member_of_transitive.is_none());
        users.filter_map(|user| user.sam.as_deref()).collect()
    }

    fn only_gap(&self) -> (&str, &str) {
        match self.gaps.as_slice() {
            [gap] => (gap.name.as_str(), gap.value.as_str()),
            _ => panic!("{:?}", self.gaps),
        }
    }
}

struct Network {
    controllers: Vec<(Domain, Option<(usize, Turn)>)>,
    password: &'static str,
    bases: Vec<String>,
    filter: Option<&'static str>,
    refusal: Option<Refusal>,
    /// For each answer.
    patience: Duration,
}

/// Controllers that turn so after some pages of users.
fn network(turns: &[Option<(usize, Turn)>]) -> Network {
    Network {
        controllers: turns.iter().map(|turn| (Domain::new(USERS), *turn)).collect(),
        password: PASSWORD,
        bases: vec![HEAD.to_owned()],
        filter: None,
        refusal: None,
        patience: Duration::from_secs(30),
    }
}

/// One that behaves, with this domain.
fn holding(change: impl FnOnce(&mut Domain)) -> Network {
    let mut network = network(&[None]);
    change(&mut network.controllers[0].0);
    network
}

/// Starts the controllers, and what it takes to sign in to them.
fn start(network: &mut Network) -> (Arc<World>, Arc<Access>, Room) {
    let Identity { pem, tls } = Identity::new(&["127.0.0.1".to_owned()]).expect("a certificate");
    let pattern = candidates(&both().evidence, &world(corp()), &domain()).swap_remove(0);
    let start = |(domain, turn)| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let mut candidate = Candidate { way: Way::Tls(Protection::Ldaps), ..pattern.clone() };
        candidate.controller.fqdn = listener.local_addr().expect("address").to_string();
        candidate.root.root_domain_naming_context = Some(HEAD.to_owned());
        candidate.root.configuration_naming_context = Some(format!("CN=Configuration,{HEAD}"));
        Controller::new(domain, turn).serve(listener, Some(tls.clone()));
        candidate
    };
    let candidates = network.controllers.drain(..).map(start).collect();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let trust = trust.expect("versions").with_root_certificates(roots).with_no_client_auth();
    let credential = Some(Credential::new(OPERATOR, network.password.as_bytes()));
    let world = world(Settings { credential, probe_timeout: Some(network.patience), ..corp() });
    let room = Room { domain: Target::domain(DNS, None), candidates, refusal: network.refusal.take() };
    (world, Arc::new(Access::trusting(trust)), room)
}

async fn scanned(mut network: Network) -> Seen {
    let (world, access, room) = start(&mut network);
    let wanted = Wanted { filter: network.filter.map(str::to_owned), containers: false };
    let mut scan = Scan::new(room.domain.clone(), room, network.bases, &wanted, None, world, access);
    let mut seen = Seen::default();
    while let Some(Batch { users: page, .. }) = scan.next().await {
        seen.users.extend(page);
    }
    Seen { gaps: scan.gaps, notes: scan.notes, ..seen }
}

/// The address of one who agrees on StartTLS and leads to this controller, which expects TLS.
async fn behind_start_tls(controller: String) -> String {
    let success = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listen");
    let address = listener.local_addr().expect("address").to_string();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.expect("accept");
            let mut server = TcpStream::connect(&controller).await.expect("the controller");
            tokio::spawn(async move {
                client.read_exact(&mut [0; 31]).await.expect("a request");
                client.write_all(success).await.expect("an answer");
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    address
}

#[tokio::test]
async fn start_tls_leads_to_a_session_too() {
    let (world, access, mut room) = start(&mut network(&[None]));
    let candidate = &mut room.candidates[0];
    candidate.controller.fqdn = behind_start_tls(candidate.controller.fqdn.clone()).await;
    candidate.way = Way::Tls(Protection::StartTls);
    let until = Instant::now() + Duration::from_secs(60);
    let outcomes = look_up(&world, &access, &[room], &["u0000001".to_owned()], until).await;
    assert_eq!(outcomes[0].hits.len(), 1, "{:?}", outcomes[0]);
}

#[tokio::test]
async fn a_domain_is_read_to_its_end_and_protected_users_are_known() {
    let seen = scanned(network(&[None])).await;
    assert_eq!((seen.users.len(), seen.names().len()), (USERS + 1, USERS + 1));
    assert!(seen.gaps.is_empty() && seen.notes.is_empty(), "{:?} {:?}", seen.gaps, seen.notes);
    let groups = |name: &str| {
        let user = &seen.users.iter().find(|found| found.user.sam.as_deref() == Some(name)).expect("a user").user;
        (user.protected_groups.clone(), user.member_of_transitive.as_ref().map(Vec::len))
    };
    let sids = |all: &[&str]| Some(all.iter().map(|sid| (*sid).to_owned()).collect::<Vec<_>>());
    assert_eq!(groups("u0000001"), (sids(&[]), None));
    assert_eq!(groups("u0000007"), (sids(&["S-1-5-32-544", "S-1-5-21-1-2-3-512"]), None), "a domain administrator");
    assert_eq!(groups("u0000107"), (sids(&["S-1-5-32-548"]), None), "through a nested group");
    assert_eq!(groups("u0000011"), (None, Some(1)), "another primary group is asked for");
    assert_eq!(groups("u0000207"), (None, Some(1)), "a mark without a group is asked for");
}

#[tokio::test]
async fn another_controller_goes_on_where_one_ends() {
    let ended = [(0, Turn::Farewell), (1, Turn::Farewell), (1, Turn::Code(51)), (1, Turn::Code(52))];
    // These are noticed when nothing comes any more.
    let mute = [(1, Turn::Silence), (1, Turn::Noise), (0, Turn::Void), (1, Turn::Void)];
    for turn in ended.into_iter().chain(mute) {
        let patience = Duration::from_secs(if mute.contains(&turn) { 2 } else { 30 });
        let seen = scanned(Network { patience, ..network(&[Some(turn), None]) }).await;
        assert_eq!((seen.users.len(), seen.names().len()), (USERS + 1, USERS + 1), "{turn:?}");
        assert!(seen.gaps.is_empty(), "{turn:?}: {:?}", seen.gaps);
    }
}

#[tokio::test]
async fn what_a_mute_controller_does_not_tell_of_users_the_next_one_does() {
    let silent = || {
        let mut network = network(&[Some((1, Turn::SilenceBehind)), None]);
        network.controllers.iter_mut().for_each(|(domain, _)| domain.all_ask = true);
        Network { patience: Duration::from_secs(2), ..network }
    };
    let seen = scanned(silent()).await;
    assert_eq!((seen.users.len(), seen.names().len()), (USERS + 1, USERS + 1));
    assert_eq!(seen.groupless(), HashSet::new());
    assert!(seen.gaps.is_empty() && seen.notes.is_empty(), "{:?} {:?}", seen.gaps, seen.notes);
    let mut alone = silent();
    alone.controllers.truncate(1);
    let seen = scanned(alone).await;
    let (base, why) = seen.only_gap();
    assert_eq!((base, seen.groupless().len()), (HEAD, 0), "nobody comes without groups while others come");
    assert!(why.ends_with("no answer within 2000 ms"), "{why}");
}

#[tokio::test]
async fn a_user_whom_no_controller_tells_about_does_not_end_the_scan() {
    let mut network = network(&[None, None]);
    network.controllers.iter_mut().for_each(|(domain, _)| domain.unanswered = Some(11));
    let seen = scanned(Network { patience: Duration::from_secs(2), ..network }).await;
    assert_eq!((seen.users.len(), seen.names().len()), (USERS + 1, USERS + 1));
    assert_eq!(seen.groupless(), HashSet::from(["u0000011"]));
    let notes: Vec<&str> = seen.notes.iter().map(|note| note.value.as_str()).collect();
    let first = "CN=u0000011,OU=c11,DC=bench,DC=example";
    assert_eq!(notes, [format!("no controller told all groups of 1 users; the first is {first}")]);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

#[tokio::test]
async fn an_idle_connection_that_was_ended_is_opened_again() {
    // The first page again brings nobody new, the second does: the controller ends each connection later.
    let seen = scanned(network(&[Some((1, Turn::Farewell)), Some((2, Turn::Farewell)), None])).await;
    assert_eq!((seen.users.len(), seen.gaps.len()), (USERS + 1, 0));
    let seen = scanned(network(&[Some((2, Turn::Farewell)), Some((1, Turn::Farewell))])).await;
    let (base, why) = seen.only_gap();
    assert_eq!((seen.users.len(), base), (1000, HEAD));
    assert!(why.starts_with("the first 1000 users were read, then: 127.0.0.1:"), "{why}");
    assert!(why.ends_with("the controller closed the connection"), "{why}");
}

#[tokio::test]
async fn a_refusal_is_a_gap_with_its_reason_and_no_other_controller_is_asked() {
    // Time limit, size limit, a referral, administrative limit, no rights.
    for code in [3, 4, 10, 11, 50] {
        let seen = scanned(network(&[Some((1, Turn::Code(code))), None])).await;
        let (base, why) = seen.only_gap();
        assert_eq!((seen.users.len(), base), (500, HEAD), "{code}");
        assert!(why.contains(&format!("result code {code}: ")), "{why}");
        assert!(why.starts_with("the first 500 users were read, then: "), "{why}");
    }
}

#[tokio::test]
async fn a_container_that_is_not_there_leaves_the_others() {
    let bases = vec![format!("OU=none,{HEAD}"), format!("OU=c03,{HEAD}")];
    let seen = scanned(Network { bases, ..network(&[None]) }).await;
    let (base, why) = seen.only_gap();
    assert_eq!((seen.users.len(), base), (USERS / 60, "OU=none,DC=bench,DC=example"));
    assert!(why.contains("result code 32"), "{why}");
}

#[tokio::test]
async fn a_count_is_about_how_many_users_a_scan_sees() {
    let (world, access, room) = start(&mut network(&[None]));
    let there_and_not = vec![format!("OU=none,{HEAD}"), format!("OU=c03,{HEAD}")];
    // As far as a sixteenth of so many may deviate.
    for (bases, expected) in [(vec![HEAD.to_owned()], USERS * 4 / 5..USERS * 5 / 4), (there_and_not, 0..USERS / 20)] {
        let patience = Duration::from_secs(30);
        let count = Count::start(&world, &access, &room, &bases, user_entry::USERS, patience);
        let known = tokio::time::timeout(patience, async {
            while count.total().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        known.await.expect("a number");
        let total = count.total().unwrap_or_default() as usize;
        assert!(expected.contains(&total), "{total} of {bases:?}");
    }
}

#[tokio::test]
async fn a_domain_that_lets_nobody_in_is_one_gap_with_the_reason() {
    let seen = scanned(Network { password: "wrong", ..network(&[None, None]) }).await;
    let (base, why) = seen.only_gap();
    assert_eq!((seen.users.len(), base), (0, HEAD));
    assert!(why.contains("refused the credential") || why.contains("result code 49"), "{why}");

    let text = "No controller of bench.example answers LDAP.".to_owned();
    let refusal = Some(Refusal { state: State::NotReadable, code: "noController", text });
    let seen = scanned(Network { refusal, ..network(&[]) }).await;
    assert_eq!(seen.only_gap(), (HEAD, "No controller of bench.example answers LDAP."));
    assert!(seen.notes.is_empty(), "{:?}", seen.notes);
}

#[tokio::test]
async fn what_the_account_may_not_see_is_named() {
    type Change = fn(&mut Domain);
    let cases: [(Change, &str); 2] = [
        (|domain| domain.unlisted = Some(7), "this account may not list what is in it"),
        (|domain| domain.unreadable = Some(7), "this account may see its name alone: what is in it may be hidden"),
    ];
    for (change, expected) in cases {
        let seen = scanned(holding(change)).await;
        assert_eq!(seen.only_gap(), ("OU=c07,DC=bench,DC=example", expected));
        assert_eq!(seen.users.len(), USERS + 1 - USERS / 60);
    }
}

#[tokio::test]
async fn what_one_base_hides_is_not_forgotten_when_a_controller_ends_in_the_next() {
    // Two pages of users, the nameless below the first base, and no more.
    let mut network = network(&[Some((3, Turn::Farewell)), None]);
    network.controllers.iter_mut().for_each(|(domain, _)| domain.nameless = Some(3));
    network.bases = vec![format!("OU=c03,{HEAD}"), format!("OU=c04,{HEAD}")];
    let seen = scanned(network).await;
    assert_eq!((seen.users.len(), seen.gaps.len()), (2 * USERS / 60 - 1, 0));
    let notes: Vec<&str> = seen.notes.iter().map(|note| note.value.as_str()).collect();
    let text = "of 1 objects, maybe users, this account may see the name alone; the first is \
        CN=u0000003,OU=c03,DC=bench,DC=example";
    assert_eq!(notes, [text]);
}

#[tokio::test]
async fn a_filter_narrows_the_users() {
    let seen = scanned(Network { filter: Some("(adminCount=1)"), ..network(&[None]) }).await;
    assert_eq!(seen.names(), HashSet::from(["u0000007", "u0000107", "u0000207", "u0001007", "u0001107"]));
}

#[tokio::test]
async fn a_name_finds_who_has_it_and_no_sign_in_it_finds_more() {
    let names = [
        ("u0000001", 1),
        ("BENCH\\u0000001", 1),
        ("bench.example\\u0000001", 1),
        ("u0000001@bench.example", 1),
        ("CN=u0000001,OU=c01,DC=bench,DC=example", 1),
        ("S-1-5-21-1-2-3-10001", 1),
        ("u0000002@bench.example", 2),
        ("nobody", 0),
        ("OTHER\\u0000001", 0),
        ("CN=u0000001,OU=c01,DC=other,DC=example", 0),
        ("S-1-5-21-9-9-9-10001", 0),
        ("00299570-246d-11d0-a768-00aa006e0529", 0),
        ("*", 0),
        ("u0000001)(objectClass=*", 0),
        ("*@bench.example", 0),
        ("u0000001\0", 0),
        ("u0000001\u{1b}[2J", 0),
        ("CN=*,OU=c01,DC=bench,DC=example", 0),
        ("CN=u0000001\\,OU=c01,DC=bench,DC=example", 0),
    ];
    let (world, access, room) = start(&mut holding(|domain| domain.twins = true));
    let texts: Vec<String> = names.iter().map(|(name, _)| (*name).to_owned()).collect();
    let until = Instant::now() + Duration::from_secs(60);
    let outcomes = look_up(&world, &access, &[room], &texts, until).await;
    for ((name, expected), outcome) in names.iter().zip(outcomes) {
        assert_eq!((outcome.count, outcome.hits.len()), (*expected, *expected), "{name:?}: {outcome:?}");
        assert!(outcome.misses.is_empty(), "{name:?}: {:?}", outcome.misses);
    }
}

#[tokio::test]
async fn who_may_lie_in_a_domain_that_is_not_examined_is_not_said_to_be_missing() {
    let here = vec![DNS.to_owned()];
    let sibling = vec!["sales.bench.example".to_owned()];
    for (has_sibling, name, searched, unexamined) in [
        (true, "nobody", &here, sibling.as_slice()),
        (true, "nobody@sales.bench.example", &here, &sibling),
        (true, "00299570-246d-11d0-a768-00aa006e0529", &here, &sibling),
        (true, "BENCH\\nobody", &here, &[]),
        (true, "S-1-5-21-1-2-3-99", &here, &[]),
        (true, "u0000001", &here, &[]),
        (false, "nobody", &here, &[]),
        (false, "S-1-5-21-9-9-9-10001", &Vec::new(), &[]),
    ] {
        let (world, access, room) = start(&mut holding(|domain| {
            if has_sibling {
                domain.add_domain("SALES");
            }
        }));
        let until = Instant::now() + Duration::from_secs(60);
        let outcome = look_up(&world, &access, &[room], &[name.to_owned()], until).await.swap_remove(0);
        assert_eq!((&outcome.searched, outcome.unexamined.as_slice()), (searched, unexamined), "{name}: {outcome:?}");
        assert!(outcome.misses.is_empty(), "{name}: {:?}", outcome.misses);
    }
}

#[tokio::test]
async fn who_is_referred_elsewhere_has_not_found_nobody() {
    let (world, access, room) = start(&mut holding(|domain| domain.moved = true));
    let texts =
        ["u0000001", "u0000001@bench.example", "S-1-5-21-1-2-3-10001", "CN=u0000001,OU=c01,DC=bench,DC=example"];
    let texts = texts.map(str::to_owned);
    let until = Instant::now() + Duration::from_secs(60);
    let outcomes = look_up(&world, &access, &[room], &texts, until).await;
    for (text, outcome) in texts.iter().zip(outcomes) {
        let misses: Vec<_> = outcome.misses.iter().map(|miss| (miss.state, miss.error.code.as_str())).collect();
        assert_eq!((outcome.searched.len(), misses), (0, vec![(State::NotReadable, "10")]), "{text}");
    }
    let seen = scanned(holding(|domain| domain.moved = true)).await;
    let (base, why) = seen.only_gap();
    assert_eq!((seen.users.len(), base), (0, HEAD));
    assert!(why.contains("result code 10"), "{why}");
}
