//! `user` of the connector accounts: named by the operator, by the sync service, or guessed by what the
//! wizard writes (catalog PW501).

use super::controllers::connectors;
use super::everywhere::{display, look_up, time_for};
use super::ldap::{LDAP_TIMEOUT, search};
use super::names::{dns_name, domain_around};
use super::room::{Room, each, rooms};
use super::session::Access;
use super::user_entry::{self, WIZARD_FILTER};
use crate::catalog::{Target, TargetKind};
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Record, State, User};
use ldap3::Scope;
use std::sync::Arc;
use std::time::Instant;

/// Accounts of the wizard that are shown: each installation left one.
const MOST_GUESSES: usize = 10;

/// Kinds that tell the domains and who lets us in.
pub const OF_THE_DOMAINS: &[Kind] =
    &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse];

/// The same, and the accounts and users.
pub const WITH_USERS: &[Kind] =
    &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse, Kind::User];

/// An account to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    text: String,
    /// Key of the forest whose connector uses it.
    forest: Option<String>,
}

/// The accounts that the operator or the sync service names; none = guess.
fn named(evidence: &Evidence, world: &World) -> Vec<Named> {
    let given = &world.settings.connector_accounts;
    if !given.is_empty() {
        return given.iter().map(|text| Named { text: text.clone(), forest: None }).collect();
    }
    let mut named: Vec<Named> = Vec::new();
    for connector in connectors(evidence) {
        let Some(user) = connector.login_user.as_deref().map(str::trim).filter(|user| !user.is_empty()) else {
            continue;
        };
        let text = match connector.login_domain.as_deref().map(str::trim) {
            Some(domain) if !domain.is_empty() && !user.contains(['\\', '@', '=']) => format!("{domain}\\{user}"),
            _ => user.to_owned(),
        };
        let forest = connector.forest.as_deref().and_then(dns_name).map(|root| Target::forest(&root).key);
        named.push(Named { text, forest });
    }
    named
}

/// A connector account of the run.
#[derive(Clone, Debug)]
pub struct Account {
    pub target: Target,
    /// Key of the forest it serves, where it is known.
    pub forest: Option<String>,
    /// The account, when it was found.
    pub user: Option<User>,
}

/// The connector accounts, when all were looked for.
pub fn accounts(evidence: &Evidence, world: &World, rooms: &[Room]) -> Option<Vec<Account>> {
    let named = named(evidence, world);
    let of_accounts = || evidence.records_of(Kind::User).filter(|record| record.target.kind == TargetKind::Account);
    let is_of = |record: &Record, text: &str| {
        record.target.key == unknown(text).key
            || record.fact::<User>().is_some_and(|fact| fact.data.input.as_deref() == Some(text))
    };
    let is_done = match named.is_empty() {
        true => of_accounts().next().is_some(),
        false => named.iter().all(|account| of_accounts().any(|record| is_of(record, &account.text))),
    };
    // A look-up that was lost leaves its record at the server.
    if !is_done && evidence.records_at(Kind::User, &world.server.key).next().is_none() {
        return None;
    }
    let account = |record: &Record| {
        let user = record.fact::<User>().map(|fact| fact.data.clone());
        let home = user.as_ref().and_then(|user| domain_around(user.dn.as_deref()?));
        let room = rooms.iter().find(|room| Some(&room.domain.display) == home.as_ref());
        let by_connector = || named.iter().find(|account| is_of(record, &account.text))?.forest.clone();
        let forest = room.and_then(Room::forest).map(str::to_owned).or_else(by_connector);
        Account { target: record.target.clone(), forest, user }
    };
    Some(of_accounts().map(account).collect())
}

/// The domain inside the accounts that serve its forest: those known to, else those of which that is not
/// known.
pub fn inside(domain: &Target, accounts: &[Account]) -> Target {
    let forest = domain.within.iter().find(|key| key.starts_with("forest:"));
    let is_own = |account: &&Account| account.forest.is_some() && account.forest.as_ref() == forest;
    let own: Vec<&Account> = accounts.iter().filter(is_own).collect();
    let serving = match own.is_empty() {
        true => accounts.iter().filter(|account| account.forest.is_none()).collect(),
        false => own,
    };
    serving.into_iter().fold(domain.clone(), |domain, account| domain.inside(&account.target))
}

fn unknown(text: &str) -> Target {
    Target::account(text, text)
}

fn place(user: &User) -> Option<Target> {
    Some(Target::account(user.sid.as_deref()?, user.sam.as_deref().unwrap_or(&display(user))))
}

pub struct AccountsCollector {
    pub access: Arc<Access>,
}

impl Collector for AccountsCollector {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn needs(&self) -> &'static [Kind] {
        OF_THE_DOMAINS
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let Some(rooms) = rooms(evidence, world).filter(|rooms| !rooms.is_empty()) else { return Vec::new() };
        let rooms: Arc<[Room]> = rooms.into();
        let (_, whole) = time_for(world);
        let named = named(evidence, world);
        if named.is_empty() {
            let (this, access, rooms) = (world.clone(), self.access.clone(), rooms.clone());
            let touches = touches(&rooms, "accounts that look like the connector's");
            // Everything that speaks of users and domains waits for it: the target is the whole machine.
            return vec![probe(Kind::User, "accounts", &world.server, whole, touches, async move {
                guess(&this, &access, &rooms).await
            })];
        }
        let look_for = |account: Named| {
            let (this, access, rooms) = (world.clone(), self.access.clone(), rooms.clone());
            let touches = touches(&rooms, "the connector account");
            let part = format!("account {}", account.text);
            probe(Kind::User, &part, &world.server, whole, touches, async move {
                let started = Instant::now();
                let (until, _) = time_for(&this);
                let texts = [account.text];
                let outcomes = look_up(&this, &access, &rooms, &texts, until).await;
                let [text] = &texts;
                let records = outcomes
                    .into_iter()
                    .map(|outcome| outcome.records(&this, started, text, &unknown(text), |_, user| place(user)));
                records.flatten().collect()
            })
        };
        named.into_iter().map(look_for).collect()
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new("ldap", "the connector account (search below each domain head, base search of the account)")]
    }
}

pub fn touches(rooms: &[Room], what: &str) -> Vec<Touched> {
    let first = rooms.iter().filter_map(|room| Some((room, room.candidates.first()?)));
    first
        .map(|(room, candidate)| {
            Touched::new("ldap", format!("{}: {what} in {}", candidate.controller.fqdn, room.domain.display))
        })
        .collect()
}

/// Candidates by name and description. A guess that finds nothing says nothing: the account may have any
/// name.
async fn guess(world: &World, access: &Access, rooms: &[Room]) -> Vec<Record> {
    let started = Instant::now();
    let (until, _) = time_for(world);
    let mut records = Vec::new();
    for room in rooms {
        let mut answer = each(world, access, room, &[()], until, async |mut session, ()| {
            let (head, limit) = (session.head.clone(), session.limit.min(world.timeout(LDAP_TIMEOUT)));
            let found = search(&mut session.ldap, limit, &head, Scope::Subtree, WIZARD_FILTER, &["cn"]).await?;
            let mut users = Vec::new();
            for entry in found.iter().take(MOST_GUESSES) {
                users.extend(user_entry::read(&mut session, &entry.dn).await?);
            }
            Ok(users)
        })
        .await;
        let nobody = unknown(room.forest().map_or(&room.domain.display, |key| &key["forest:".len()..]));
        match answer.pop() {
            Some(Ok(users)) => records.extend(users.into_iter().filter_map(|user| {
                let target = place(&user)?;
                Some(world.record(&target, started, user))
            })),
            Some(Err(miss)) => records.push(world.troubled(&nobody, started, User::default(), miss.state, miss.error)),
            None => {}
        }
    }
    if records.is_empty() {
        let text = "No account looks like the one that the wizard makes; -ConnectorAccount names it.";
        let forests =
            rooms.iter().map(|room| room.forest().map_or(&*room.domain.display, |key| &key["forest:".len()..]));
        let forests: std::collections::BTreeSet<&str> = forests.collect();
        let nothing = |forest: &str| {
            world.failed(Kind::User, &unknown(forest), started, State::NotCollected, "guess", "nothing", text)
        };
        records.extend(forests.into_iter().map(nothing));
    }
    records
}
