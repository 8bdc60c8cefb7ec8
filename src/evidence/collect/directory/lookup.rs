//! The five forms of a name of an account, and the search for each (catalog PW901).

use super::asked::{Asked, base, subtree};
use super::binary::in_filter;
use super::cross_reference;
use super::distribution;
use super::entry::Entry;
use super::ldap::Failure;
use super::query::{Query, ask, entry, show_deleted};
use super::room::Session;
use crate::directory::Sid;
use crate::directory::names::{dns_name, domain_around};
use ldap3::ldap_escape;
use uuid::Uuid;

/// What kind of name a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Dn(String),
    Guid(Uuid),
    Sid(Sid),
    Upn(String),
    /// `DOMAIN\name`; the domain by its NetBIOS or its DNS name.
    Qualified {
        domain: String,
        name: String,
    },
    Sam(String),
}

/// A `sAMAccountName` holds none of the characters that the other forms are told by ([MS-SAMR] 3.1.1.8.4).
pub fn form(text: &str) -> Form {
    if let Ok(guid) = Uuid::parse_str(text) {
        return Form::Guid(guid);
    }
    if let Ok(sid) = text.parse() {
        return Form::Sid(sid);
    }
    if text.contains('=') {
        return Form::Dn(text.to_owned());
    }
    match text.split_once('\\') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
            Form::Qualified { domain: domain.to_owned(), name: name.to_owned() }
        }
        _ if text.contains('@') => Form::Upn(text.to_owned()),
        _ => Form::Sam(text.to_owned()),
    }
}

/// What the search in one domain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// DNs of the objects of that name.
    pub dns: Vec<String>,
    /// It was there, and was deleted.
    pub deleted: bool,
    /// The name cannot lie in this domain.
    pub elsewhere: bool,
    /// It is not here, and may lie in any of these: every domain of the forest.
    pub forest: Vec<String>,
}

impl Form {
    /// True when no two objects have the same: what one controller found needs no other.
    pub fn is_unique(&self) -> bool {
        matches!(self, Form::Dn(_) | Form::Guid(_) | Form::Sid(_))
    }

    /// True when the name does not say in which domain it lies.
    fn names_no_domain(&self) -> bool {
        matches!(self, Form::Guid(_) | Form::Upn(_) | Form::Sam(_))
    }

    fn filter(&self) -> Option<String> {
        Some(match self {
            Form::Dn(_) => return None,
            Form::Guid(guid) => format!("(objectGUID={})", in_filter(&guid.to_bytes_le())),
            // Active Directory takes the text of a SID too ([MS-ADTS] 3.1.1.3.1.3.1).
            Form::Sid(sid) => format!("(objectSid={sid})"),
            Form::Upn(upn) => format!("(userPrincipalName={})", ldap_escape(upn.as_str())),
            Form::Qualified { name, .. } | Form::Sam(name) => {
                format!("(sAMAccountName={})", ldap_escape(name.as_str()))
            }
        })
    }
}

/// Names whose searches are listed one by one.
const MOST_LISTED: usize = 20;

/// The searches for names in one domain: each, or all in one line when there are many.
pub fn searches(asked: &Asked, names: &[String], all: usize) -> Vec<String> {
    let mut searches = match all {
        0 => Vec::new(),
        1..=MOST_LISTED => names.iter().flat_map(|name| search_of(asked, &form(name))).collect(),
        _ => {
            let filter = format!("<filter of each of {all} names>");
            let own = [base(&asked.head, "objectSid"), subtree(&asked.head, &filter, "objectGUID")];
            let of_the_forest =
                cross_reference::search(asked).into_iter().chain(cross_reference::search_of_domains(asked));
            of_the_forest.chain(own).collect()
        }
    };
    searches.push(base("<each object found>", "attributes of the user"));
    searches.extend(distribution::searches(asked));
    searches
}

fn search_of(asked: &Asked, form: &Form) -> Vec<String> {
    let filter = form.filter().unwrap_or_default();
    let below = || subtree(&asked.head, &filter, "objectGUID");
    match form {
        Form::Dn(dn) if domain_around(dn).is_some_and(|domain| asked.holds(&domain)) => vec![base(dn, "objectGUID")],
        Form::Dn(_) => Vec::new(),
        Form::Qualified { domain, .. } if dns_name(domain).is_some_and(|domain| asked.dns == domain) => vec![below()],
        // By its NetBIOS name it may be any domain.
        Form::Qualified { .. } => cross_reference::search(asked).into_iter().chain([below()]).collect(),
        Form::Sid(sid) => sid.domain().map(|_| base(&asked.head, "objectSid")).into_iter().chain([below()]).collect(),
        // Not found here it may lie in another domain.
        Form::Guid(_) | Form::Upn(_) | Form::Sam(_) => {
            [below()].into_iter().chain(cross_reference::search_of_domains(asked)).collect()
        }
    }
}

/// Looks for a name in the domain of a session.
pub async fn find(session: &mut Session, form: &Form, domain: &str) -> Result<Found, Failure> {
    let is_elsewhere = match form {
        Form::Dn(dn) => domain_around(dn).as_deref() != Some(domain),
        Form::Qualified { domain: wanted, .. } if dns_name(wanted).as_deref() == Some(domain) => false,
        Form::Qualified { domain: wanted, .. } => {
            // Where the NetBIOS name cannot be read, the first label is what it is by default.
            let own = session.netbios_name().await;
            let own = own.as_deref().or(domain.split('.').next()).unwrap_or_default();
            !own.eq_ignore_ascii_case(wanted)
        }
        Form::Sid(sid) => match sid.domain() {
            Some(wanted) => own_sid(session).await?.is_some_and(|own| own != wanted),
            None => false,
        },
        _ => false,
    };
    if is_elsewhere {
        return Ok(Found { elsewhere: true, ..Found::default() });
    }
    let found = search(session, form, false).await?;
    if !found.is_empty() {
        return Ok(Found { dns: found.into_iter().map(|entry| entry.dn).collect(), ..Found::default() });
    }
    // Only administrators see deleted objects; for others this finds nothing.
    let deleted = form.is_unique() && search(session, form, true).await.is_ok_and(|found| !found.is_empty());
    let forest = match form.names_no_domain() && !deleted {
        true => forest(session).await?,
        false => Vec::new(),
    };
    Ok(Found { deleted, forest, ..Found::default() })
}

/// The SID of the domain, where it may be read.
async fn own_sid(session: &mut Session) -> Result<Option<Sid>, Failure> {
    let head = session.head.clone();
    match entry(&mut session.ldap, session.limit, &head, &["objectSid"]).await {
        Err(failure) if failure.is_of_the_controller() => Err(failure),
        other => Ok(other.ok().flatten().and_then(|head| Sid::from_bytes(head.bytes("objectSid")?).ok())),
    }
}

/// Every domain of the forest, where that may be read.
async fn forest(session: &mut Session) -> Result<Vec<String>, Failure> {
    let Some(configuration) = session.configuration.clone() else { return Ok(Vec::new()) };
    match cross_reference::domains(&mut session.ldap, session.limit, &configuration).await {
        Err(failure) if failure.is_of_the_controller() => Err(failure),
        other => Ok(other.unwrap_or_default()),
    }
}

async fn search(session: &mut Session, form: &Form, deleted: bool) -> Result<Vec<Entry>, Failure> {
    let controls = if deleted { vec![show_deleted()] } else { Vec::new() };
    let filter = form.filter();
    let query = match (form, &filter) {
        (_, Some(filter)) => Query::subtree(&session.head, filter, &["objectGUID"]),
        (Form::Dn(dn), None) => Query::base(dn, &["objectGUID"]),
        (_, None) => return Ok(Vec::new()),
    };
    match ask(&mut session.ldap, session.limit, query, controls).await {
        Err(failure) if failure.is_no_such_object() || failure.is_no_name() => Ok(Vec::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_told_by_the_text() {
        let qualified = |domain: &str, name: &str| Form::Qualified { domain: domain.into(), name: name.into() };
        let guid = Uuid::from_u128(0x00299570_246d_11d0_a768_00aa006e0529);
        for (text, expected) in [
            ("CN=Anna,OU=Staff,DC=corp,DC=example", Form::Dn("CN=Anna,OU=Staff,DC=corp,DC=example".into())),
            ("00299570-246d-11d0-a768-00aa006e0529", Form::Guid(guid)),
            ("{00299570-246D-11D0-A768-00AA006E0529}", Form::Guid(guid)),
            ("S-1-5-11", Form::Sid(Sid::from_bytes(&[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0]).unwrap())),
            ("S-1-5-x", Form::Sam("S-1-5-x".into())),
            ("anna@corp.example", Form::Upn("anna@corp.example".into())),
            ("CORP\\anna", qualified("CORP", "anna")),
            ("corp.example\\anna@home", qualified("corp.example", "anna@home")),
            ("\\anna", Form::Sam("\\anna".into())),
            ("anna", Form::Sam("anna".into())),
            ("anna)(cn=*", Form::Dn("anna)(cn=*".into())),
            ("*", Form::Sam("*".into())),
        ] {
            assert_eq!(form(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_in_a_name_reaches_the_filter_as_a_sign() {
        for (text, filter) in [
            ("\\a*)(b\0", Some("(sAMAccountName=\\5ca\\2a\\29\\28b\\00)")),
            ("*@corp.example", Some("(userPrincipalName=\\2a@corp.example)")),
            ("CORP\\a(b", Some("(sAMAccountName=a\\28b)")),
            ("S-1-1-0", Some("(objectSid=S-1-1-0)")),
            ("CN=*,DC=corp,DC=example", None),
        ] {
            assert_eq!(form(text).filter().as_deref(), filter, "{text}");
        }
    }
}
