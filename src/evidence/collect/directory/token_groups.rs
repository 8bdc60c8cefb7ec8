//! `token-groups`: who the connector account is in the eyes of each domain that it serves (catalog 2.3 (1)).

use super::accounts::{Account, WITH_USERS, accounts};
use super::asked::{Asked, base, in_plan, in_rooms, subtree};
use super::binary::sid;
use super::entry::Entry;
use super::everywhere::time_for;
use super::ldap::Failure;
use super::query::{Query, ask, entry};
use super::room::{Miss, Room, Session, each, entering, rooms};
use super::session::Access;
use crate::directory::dn::split;
use crate::directory::names::domain_around;
use crate::directory::sid::OF_A_REMOTE_LOGON;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Record, State, TokenGroups};
use ldap3::ldap_escape;
use std::sync::Arc;
use std::time::Instant;

const EVERYONE: &str = "S-1-1-0";
const AUTHENTICATED_USERS: &str = "S-1-5-11";
const PRE_WINDOWS_2000: &str = "S-1-5-32-554";
const USERS: &str = "S-1-5-32-545";

pub struct TokenGroupsCollector {
    pub access: Arc<Access>,
}

impl Collector for TokenGroupsCollector {
    fn kind(&self) -> Kind {
        Kind::TokenGroups
    }

    fn needs(&self) -> &'static [Kind] {
        WITH_USERS
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let Some(rooms) = rooms(evidence, world) else { return Vec::new() };
        let Some(accounts) = accounts(evidence, world, &rooms) else { return Vec::new() };
        let mut probes = Vec::new();
        for account in accounts.iter().filter(|account| account.user.as_ref().is_some_and(|user| user.dn.is_some())) {
            let is_served = |room: &&Room| account.forest.is_some() && account.forest.as_deref() == room.forest();
            for room in rooms.iter().filter(is_served) {
                let (this, access, account, room) = (world.clone(), self.access.clone(), account.clone(), room.clone());
                let dn = account.user.as_ref().and_then(|user| user.dn.as_deref()).unwrap_or_default();
                let touches = in_rooms(std::slice::from_ref(&room), |asked| searches(asked, Some(dn)));
                let (_, whole) = time_for(world);
                let (part, target) = (room.domain.display.clone(), account.target.clone());
                probes.push(probe(Kind::TokenGroups, &part, &target, whole, touches, async move {
                    vec![token(&this, &access, &account, &room).await]
                }));
            }
        }
        probes
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        in_plan(world, |asked| searches(asked, None))
    }
}

/// `account` is its DN, once it is known: which of its groups are asked for depends on its domain.
fn searches(asked: &Asked, account: Option<&str>) -> Vec<String> {
    let mut searches = entering(asked);
    let is_at_home = account.map(|dn| domain_around(dn).as_deref() == Some(&*asked.dns));
    let account = account.unwrap_or("<connector account>");
    if is_at_home != Some(false) {
        searches.push(base(account, "tokenGroups, sIDHistory"));
    }
    if is_at_home != Some(true) {
        searches.push(subtree(&asked.head, &groups_with(&ldap_escape(account)), "objectSid"));
    }
    searches.extend([PRE_WINDOWS_2000, USERS].map(|sid| subtree(&asked.head, &by_sid(sid), "member")));
    searches.extend([AUTHENTICATED_USERS, EVERYONE].map(|sid| base(&foreign_dn(sid, &asked.head), "memberOf")));
    searches
}

/// Groups that hold an object, over any number of steps ([MS-ADTS] 3.1.1.3.4.4.3).
fn groups_with(dn: &str) -> String {
    format!("(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))")
}

fn by_sid(sid: &str) -> String {
    format!("(objectSid={sid})")
}

fn foreign_dn(sid: &str, head: &str) -> String {
    format!("CN={sid},CN=ForeignSecurityPrincipals,{head}")
}

async fn token(world: &World, access: &Access, account: &Account, room: &Room) -> Record {
    let started = Instant::now();
    let (until, _) = time_for(world);
    let user = account.user.as_ref();
    let known = TokenGroups {
        account_sid: user.and_then(|user| user.sid.clone()),
        account_dn: user.and_then(|user| user.dn.clone()),
        domain: room.domain.display.clone(),
        object_class: user.map(|user| user.object_class.clone()).unwrap_or_default(),
        ..TokenGroups::default()
    };
    let globals = user.and_then(|user| user.member_of_transitive.clone());
    let items = [(known.clone(), globals)];
    let mut answers = each(world, access, room, &items, until, async |mut session, (known, globals)| {
        read(&mut session, known, globals).await
    })
    .await;
    match answers.pop() {
        Some(Ok((data, None))) => world.record(&account.target, started, data),
        Some(Ok((data, Some(miss)))) => world.troubled(&account.target, started, data, miss.state, miss.error),
        Some(Err(miss)) => world.troubled(&account.target, started, known, miss.state, miss.error),
        None => world.troubled(&account.target, started, known, State::Error, Default::default()),
    }
}

/// The token as far as it can be read, and what is missing of it.
async fn read(
    session: &mut Session,
    mut data: TokenGroups,
    globals: Option<Vec<String>>,
) -> Result<(TokenGroups, Option<Miss>), Failure> {
    let mut missing: Vec<&str> = Vec::new();
    let dn = data.account_dn.clone().unwrap_or_default();
    if domain_around(&dn).as_deref() == Some(data.domain.as_str()) {
        let attributes = ["tokenGroups", "sIDHistory"];
        let found = ask(&mut session.ldap, session.limit, Query::base(&dn, &attributes), Vec::new()).await?;
        let own = found.first().ok_or_else(|| Failure::Broken(format!("{dn} cannot be seen")))?;
        data.sids = own.all_bytes("tokenGroups").filter_map(sid).collect();
        data.sid_history = own.all_bytes("sIDHistory").filter_map(sid).collect();
        // Every account has a primary group.
        if data.sids.is_empty() {
            missing.push("tokenGroups of the account");
        }
    } else {
        data.sids = foreign(session, &dn, globals.as_deref()).await?;
        missing.push("groups of this domain that hold groups of the account's own domain");
    }
    data.sids.retain(|sid| data.account_sid.as_ref() != Some(sid));
    data.well_known_added = OF_A_REMOTE_LOGON.map(|sid| sid.to_string()).to_vec();

    let [in_pre_windows_2000, everyone, in_users] = builtin(session).await?;
    data.pre_win2000_has_auth_users = in_pre_windows_2000;
    let is_in = |answers: &[Option<bool>]| answers.contains(&Some(true));
    for (group, answers) in [(PRE_WINDOWS_2000, &[in_pre_windows_2000, everyone][..]), (USERS, &[in_users][..])] {
        if is_in(answers) {
            data.well_known_added.push(group.to_owned());
        } else if answers.contains(&None) && !data.sids.iter().any(|sid| sid == group) {
            missing.push(if group == USERS {
                "members of Users"
            } else {
                "members of Pre-Windows 2000 Compatible Access"
            });
        }
    }
    data.complete = missing.is_empty();
    let miss = (!data.complete).then(|| {
        let text = format!("{} as {} shows it: not readable are {}.", data.domain, session.host, missing.join(", "));
        Miss::new(State::Partial, "ldap", "missing", text)
    });
    Ok((data, miss))
}

/// The account comes from another domain of the forest: its groups there, without those that are valid in
/// that domain only (Builtin), and the groups of this domain that name it, over any number of steps
/// ([MS-ADTS] 3.1.1.3.4.4.3).
async fn foreign(session: &mut Session, dn: &str, globals: Option<&[String]>) -> Result<Vec<String>, Failure> {
    let filter = groups_with(&ldap_escape(dn));
    let head = session.head.clone();
    let query = Query::subtree(&head, &filter, &["objectSid"]);
    let found = ask(&mut session.ldap, session.limit, query, Vec::new()).await?;
    let mut sids: Vec<String> =
        globals.unwrap_or_default().iter().filter(|sid| sid.starts_with("S-1-5-21-")).cloned().collect();
    sids.extend(found.iter().filter_map(|group| group.bytes("objectSid").and_then(sid)));
    Ok(sids)
}

/// Whether Authenticated Users and Everyone are members of Pre-Windows 2000 Compatible Access, and
/// Authenticated Users of Users; `None` = not readable. `tokenGroups` does not know (onprem 3.7 (1)).
async fn builtin(session: &mut Session) -> Result<[Option<bool>; 3], Failure> {
    let pre_windows_2000 = group(session, PRE_WINDOWS_2000).await?;
    let users = group(session, USERS).await?;
    let authenticated = foreign_principal(session, AUTHENTICATED_USERS).await?;
    let everyone = foreign_principal(session, EVERYONE).await?;
    Ok([
        is_member(pre_windows_2000.as_ref(), authenticated.as_ref(), AUTHENTICATED_USERS),
        is_member(pre_windows_2000.as_ref(), everyone.as_ref(), EVERYONE),
        is_member(users.as_ref(), authenticated.as_ref(), AUTHENTICATED_USERS),
    ])
}

/// The names of these groups are translated; their SIDs are not.
async fn group(session: &mut Session, text: &str) -> Result<Option<Entry>, Failure> {
    let filter = by_sid(text);
    let head = session.head.clone();
    let query = Query::subtree(&head, &filter, &["member"]);
    let found = ask(&mut session.ldap, session.limit, query, Vec::new()).await?;
    Ok(found.into_iter().next())
}

async fn foreign_principal(session: &mut Session, text: &str) -> Result<Option<Entry>, Failure> {
    let dn = foreign_dn(text, &session.head);
    entry(&mut session.ldap, session.limit, &dn, &["memberOf"]).await
}

/// A list that is there decides. An empty one looks like one that may not be read: then the other end of
/// the link is asked.
fn is_member(group: Option<&Entry>, principal: Option<&Entry>, text: &str) -> Option<bool> {
    let group = group?;
    let names = |dn: &&str| split(dn).next().is_some_and(|rdn| rdn.eq_ignore_ascii_case(&format!("CN={text}")));
    if let Some(members) = group.values("member").filter(|members| !members.is_empty()) {
        return match members.iter().any(names) {
            true => Some(true),
            false => (!group.is_cut("member")).then_some(false),
        };
    }
    let groups = principal?.values("memberOf").filter(|groups| !groups.is_empty())?;
    Some(groups.iter().any(|dn| dn.eq_ignore_ascii_case(&group.dn)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_not_a_list_without_the_member() {
        const GROUP: &str = "CN=Pre-Windows 2000 Compatible Access,CN=Builtin,DC=x";
        let principal = "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=x";
        let group = |attributes: &[(&str, &[&str])]| Some(Entry::with(GROUP, attributes));
        let of = |groups: &[&str]| Some(Entry::with(principal, &[("memberOf", groups)]));
        for (group, principal, expected) in [
            (group(&[("member", &["cn=s-1-5-11,CN=ForeignSecurityPrincipals,DC=x"])]), None, Some(true)),
            (group(&[("member", &["CN=S-1-5-113,CN=ForeignSecurityPrincipals,DC=x"])]), None, Some(false)),
            (group(&[("member", &[]), ("member;range=0-1", &["CN=a,DC=x", "CN=b,DC=x"])]), None, None),
            (group(&[("member", &[]), ("member;range=0-*", &["CN=a,DC=x"])]), None, Some(false)),
            (group(&[]), None, None),
            (group(&[]), Some(Entry::with::<&str>(principal, &[])), None),
            (group(&[]), of(&["CN=Users,CN=Builtin,DC=x"]), Some(false)),
            (group(&[]), of(&[&GROUP.to_lowercase()]), Some(true)),
            (None, of(&[GROUP]), None),
        ] {
            assert_eq!(is_member(group.as_ref(), principal.as_ref(), "S-1-5-11"), expected, "{group:?} {principal:?}");
        }
    }
}
