//! Who is a member of a protected group, for a scan: `tokenGroups` comes in a base search only, so the
//! question is turned round and asked of each group once ([MS-ADTS] 3.1.1.3.4.4, transitive evaluation).

use super::asked::{Asked, base, subtree};
use super::binary::{bytes, sid};
use super::ldap::Failure;
use super::query::{Query, ask, page};
use super::room::Session;
use crate::directory::{Sid, protected_groups};
use ldap3::{Scope, SearchEntry, ldap_escape};
use std::collections::HashMap;

/// The protected groups of members, by the members' objectGUID.
#[derive(Default)]
pub struct Guarded {
    members: HashMap<Vec<u8>, Vec<String>>,
    /// Groups that all ordinary users are in, through Domain Users.
    of_all: Vec<String>,
    /// The groups that only the forest's root domain has were asked too.
    pub is_whole: bool,
}

/// Domain Users: the primary group of every user unless somebody changed it.
pub const DOMAIN_USERS: u32 = 513;

/// What `read` asks.
pub fn searches(asked: &Asked) -> Vec<String> {
    let group = "<each protected group>";
    vec![
        base(&asked.head, "objectSid"),
        subtree(&asked.head, &by_sid(group), "objectSid"),
        subtree(&asked.head, &members_of(group), "members"),
    ]
}

fn by_sid(sid: &str) -> String {
    format!("(objectSid={sid})")
}

fn members_of(dn: &str) -> String {
    format!("(memberOf:1.2.840.113556.1.4.1941:={dn})")
}

impl Guarded {
    /// Asks the groups of the domain of this session.
    pub async fn read(session: &mut Session, is_root: bool, ds_heuristics: Option<&str>) -> Result<Guarded, Failure> {
        let head = session.head.clone();
        let found = ask(&mut session.ldap, session.limit, Query::base(&head, &["objectSid"]), Vec::new()).await?;
        let domain = found.first().and_then(|head| Sid::from_bytes(bytes(head, "objectSid")?).ok());
        let domain = domain.ok_or_else(|| Failure::Broken(format!("the SID of {head} cannot be read")))?;
        let groups = protected_groups(&domain, is_root.then_some(&domain), ds_heuristics);
        let mut guarded = Guarded { is_whole: is_root, ..Guarded::default() };
        let everyone = domain.with_rid(DOMAIN_USERS).map(|sid| sid.to_string());
        for group in groups {
            let filter = by_sid(&group.to_string());
            let query = Query { base: &head, scope: Scope::Subtree, filter: &filter, attributes: &["objectSid"] };
            let own = ask(&mut session.ldap, session.limit, query, Vec::new()).await?;
            // Some of these groups came with later versions of the directory.
            let Some(own) = own.first() else { continue };
            let members = members_of(&ldap_escape(own.dn.as_str()));
            guarded.add(session, &head, &members, &group.to_string(), everyone.as_deref()).await?;
        }
        Ok(guarded)
    }

    async fn add(
        &mut self,
        session: &mut Session,
        head: &str,
        filter: &str,
        group: &str,
        everyone: Option<&str>,
    ) -> Result<(), Failure> {
        let query = Query { base: head, scope: Scope::Subtree, filter, attributes: &["objectGUID", "objectSid"] };
        let mut cookie = Vec::new();
        loop {
            let page = page(&mut session.ldap, session.limit, query, cookie, Vec::new()).await?;
            for entry in &page.entries {
                self.note(entry, group, everyone);
            }
            cookie = page.cookie;
            if cookie.is_empty() {
                return Ok(());
            }
        }
    }

    fn note(&mut self, member: &SearchEntry, group: &str, everyone: Option<&str>) {
        if everyone.is_some() && bytes(member, "objectSid").and_then(sid).as_deref() == everyone {
            self.of_all.push(group.to_owned());
        }
        if let Some(guid) = bytes(member, "objectGUID") {
            self.members.entry(guid.to_vec()).or_default().push(group.to_owned());
        }
    }

    /// The protected groups of a user whose primary group is Domain Users.
    pub fn of(&self, guid: &[u8]) -> Vec<String> {
        self.members.get(guid).into_iter().flatten().chain(&self.of_all).cloned().collect()
    }
}
