//! Who is in a protected group through a distribution group. SDProp counts such groups, because they can be turned
//! into security groups, and no token holds them (support article 817433). A user who bears the mark of SDProp is
//! asked, because the mark alone looks like one that was left behind.

use super::asked::{Asked, subtree};
use super::binary::sid;
use super::guarded::any_of;
use super::ldap::Failure;
use super::query::{Query, ask};
use super::room::Session;
use crate::directory::{Sid, protected_groups};
use crate::evidence::User;
use ldap3::ldap_escape;

/// The rule LDAP_MATCHING_RULE_TRANSITIVE_EVAL on the groups of an object ([MS-ADTS] 3.1.1.3.4.4.3).
const MEMBER_OF: &str = "memberOf:1.2.840.113556.1.4.1941:";

/// What `add_protected_groups` asks.
pub fn searches(asked: &Asked) -> Vec<String> {
    let groups = any_of("objectSid", ["<each protected group>".to_owned()].into_iter());
    let memberships = any_of(MEMBER_OF, ["<each protected group>".to_owned()].into_iter());
    vec![subtree(&asked.head, &groups, "objectSid"), subtree("<each user with the mark>", &memberships, "cn")]
}

/// Adds the protected groups of the domain that a marked user is in, whatever kind the groups between are. Where
/// they cannot be read the groups of the user are not known.
pub async fn add_protected_groups(session: &mut Session, user: &mut User) {
    if user.admin_count == Some(1) && user.member_of_transitive.is_some() {
        match read(session, user).await {
            Ok(groups) => user.protected_groups = groups,
            Err(_) => user.member_of_transitive = None,
        }
    }
}

async fn read(session: &mut Session, user: &User) -> Result<Option<Vec<String>>, Failure> {
    let domain = user.sid.as_ref().and_then(|text| text.parse::<Sid>().ok()?.domain());
    let (Some(domain), Some(dn)) = (domain, &user.dn) else { return Ok(None) };
    // Whether this is the forest's root, and which groups are excluded, the check knows better.
    let sids = protected_groups(&domain, Some(&domain), None);
    let filter = any_of("objectSid", sids.iter().map(Sid::to_string));
    let head = session.head.clone();
    let found = ask(&mut session.ldap, session.limit, Query::subtree(&head, &filter, &["objectSid"]), Vec::new());
    let mut groups = Vec::new();
    for group in found.await? {
        let filter = format!("({MEMBER_OF}={})", ldap_escape(group.dn.as_str()));
        let query = Query::subtree(dn, &filter, &["cn"]);
        let is_member = !ask(&mut session.ldap, session.limit, query, Vec::new()).await?.is_empty();
        groups.extend(group.bytes("objectSid").and_then(sid).filter(|_| is_member));
    }
    Ok(Some(groups))
}
