//! `user` of the connector accounts: named by the operator, by the sync service, or guessed by what the
//! wizard writes (catalog PW501).

use super::asked::{Asked, base, in_plan, in_rooms, may_be_configured, subtree};
use super::controllers::connectors;
use super::cross_reference;
use super::everywhere::{display, look_up, time_for};
use super::ldap::LDAP_TIMEOUT;
use super::lookup::searches;
use super::query::{Query, ask};
use super::room::{Room, each, entering, rooms};
use super::session::Access;
use super::user_entry::{self, WIZARD_FILTER};
use crate::catalog::{Target, TargetKind};
use crate::directory::names::{dns_name, domain_around};
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Record, State, User};
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
            let touches = in_rooms(&rooms, guesses);
            // Everything that speaks of users and domains waits for it: the target is the whole machine.
            return vec![probe(Kind::User, "accounts", &world.server, whole, touches, async move {
                guess(&this, &access, &rooms).await
            })];
        }
        let look_for = |account: Named| {
            let (this, access, rooms) = (world.clone(), self.access.clone(), rooms.clone());
            let names = [account.text.clone()];
            let touches = in_rooms(&rooms, |asked| look_ups(asked, &names));
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

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let names = &world.settings.connector_accounts;
        let of_connectors = |asked: &Asked| {
            let look_up = subtree(&asked.head, "<filter of each connector's account>", "objectGUID");
            guesses(asked).into_iter().chain(cross_reference::search(asked)).chain([look_up]).collect()
        };
        in_plan(world, |asked| match names.is_empty() {
            false => look_ups(asked, names),
            true if may_be_configured(world) => of_connectors(asked),
            true => guesses(asked),
        })
    }
}

fn look_ups(asked: &Asked, names: &[String]) -> Vec<String> {
    [entering(asked), searches(asked, names, names.len())].concat()
}

fn guesses(asked: &Asked) -> Vec<String> {
    let found = base("<each object found>", "attributes of the user");
    [entering(asked), vec![subtree(&asked.head, WIZARD_FILTER, "accounts that look like the wizard's"), found]].concat()
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
            let query = Query::subtree(&head, WIZARD_FILTER, &["cn"]);
            let found = ask(&mut session.ldap, limit, query, Vec::new()).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    fn asks_for(name: &str) -> Settings {
        Settings { connector_accounts: vec![name.to_owned()], ..corp() }
    }

    /// The accounts and the forests they serve.
    fn known(stage: &Stage, settings: Settings) -> Option<Vec<String>> {
        let world = world(settings);
        let rooms = rooms(&stage.evidence, &world)?;
        let told = |account: Account| format!("{} {:?}", account.target.key, account.forest);
        accounts(&stage.evidence, &world, &rooms).map(|accounts| accounts.into_iter().map(told).collect())
    }

    fn with(stage: Stage, input: Option<&str>) -> Stage {
        let (target, user) = connector_account(input);
        stage.add(&target, user)
    }

    #[test]
    fn the_operator_comes_before_the_connector_and_a_guess_is_last() {
        let texts = |stage: &Stage, settings: Settings| {
            let named = named(&stage.evidence, &world(settings));
            named.into_iter().map(|account| (account.text, account.forest)).collect::<Vec<_>>()
        };
        let configured = |user: Option<&str>, domain: Option<&str>| {
            let mut data = configuration("DC=corp,DC=example", &[], None);
            data.connectors[0].login_user = user.map(str::to_owned);
            data.connectors[0].login_domain = domain.map(str::to_owned);
            data.connectors[0].forest = Some("corp.example".to_owned());
            both().add(&server(), data)
        };
        let forest = Some("forest:corp.example".to_owned());
        let with_domain = configured(Some("MSOL_1"), Some("CORP.example"));
        assert_eq!(texts(&with_domain, corp()), [("CORP.example\\MSOL_1".to_owned(), forest.clone())]);
        assert_eq!(texts(&configured(Some("a@b"), Some("x")), corp()), [("a@b".to_owned(), forest)]);
        assert_eq!(texts(&with_domain, asks_for("svc")), [("svc".to_owned(), None)]);
        assert!(texts(&configured(None, Some("x")), corp()).is_empty());
    }

    #[test]
    fn users_wait_until_every_account_was_looked_for() {
        let found = "account:s-1-5-21-1-2-3-1104 Some(\"forest:corp.example\")".to_owned();
        assert_eq!(known(&both(), asks_for("svc")), None);
        assert_eq!(known(&with(both(), Some("other")), asks_for("svc")), None);
        assert_eq!(known(&with(both(), Some("svc")), asks_for("svc")), Some(vec![found.clone()]));
        assert_eq!(known(&both(), corp()), None);
        assert_eq!(known(&with(both(), None), corp()), Some(vec![found]));
        let missing = both().add_failed(&unknown("svc"), Kind::User, State::NotFound, "ldap");
        assert_eq!(known(&missing, asks_for("svc")), Some(vec!["account:svc None".to_owned()]));
        let lost = both().add_failed(&server(), Kind::User, State::Timeout, "timeout");
        assert_eq!(known(&lost, asks_for("svc")), Some(Vec::new()));
    }

    #[test]
    fn a_domain_lies_in_the_account_of_its_forest_or_in_one_that_was_not_found() {
        let account = |name: &str, forest: Option<&str>| Account {
            target: Target::account(name, name),
            forest: forest.map(|root| Target::forest(root).key),
            user: None,
        };
        let of = |dns: &str, accounts: &[Account]| {
            let domain = Target::domain(dns, Some(&Target::forest(dns)));
            let keys = inside(&domain, accounts).within.to_vec().into_iter();
            keys.filter(|key| key.starts_with("account:")).collect::<Vec<_>>()
        };
        let accounts = [account("a", Some("one.example")), account("lost", None)];
        assert_eq!(of("one.example", &accounts), ["account:a"]);
        assert_eq!(of("two.example", &accounts), ["account:lost"]);
        assert!(of("two.example", &accounts[..1]).is_empty());
    }
}
