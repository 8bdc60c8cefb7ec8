//! Searches, whole, and the controls for descriptors and for deleted objects.

use super::connection::Connection;
use super::entry::Entry;
use super::ldap::{Failure, guarded};
use ldap3::controls::{Control, RawControl};
use ldap3::{LdapError, ResultEntry, Scope};
use std::time::Duration;

/// LDAP_SERVER_SD_FLAGS_OID ([MS-ADTS] 3.1.1.3.4.1.11).
const SD_FLAGS: &str = "1.2.840.113556.1.4.801";

/// LDAP_SERVER_SHOW_DELETED_OID ([MS-ADTS] 3.1.1.3.4.1.14).
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

/// Parts of a descriptor: owner, group and DACL; the SACL takes a privilege.
pub const ALL_PARTS: u32 = 7;
pub const DACL_ONLY: u32 = 4;

/// Result code of a controller that names another one ([RFC 4511] appendix A).
const REFERRAL: u32 = 10;

/// Asks for these parts of `nTSecurityDescriptor`; without it the attribute is left out for those who may
/// not read the SACL.
pub fn descriptor_parts(flags: u32) -> RawControl {
    // SEQUENCE { INTEGER flags }; the flags are below 128.
    RawControl { ctype: SD_FLAGS.to_owned(), crit: true, val: Some(vec![0x30, 3, 2, 1, flags as u8]) }
}

pub fn show_deleted() -> RawControl {
    RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None }
}

/// What to look for.
#[derive(Clone, Copy)]
pub struct Query<'q> {
    base: &'q str,
    scope: Scope,
    filter: &'q str,
    attributes: &'q [&'q str],
}

impl<'q> Query<'q> {
    pub fn base(dn: &'q str, attributes: &'q [&'q str]) -> Query<'q> {
        Query { base: dn, scope: Scope::Base, filter: "(objectClass=*)", attributes }
    }

    /// Of what stands below a base, and of the base.
    pub fn subtree(base: &'q str, filter: &'q str, attributes: &'q [&'q str]) -> Query<'q> {
        Query { base, scope: Scope::Subtree, filter, attributes }
    }

    /// Of what stands right below a base.
    pub fn one_level(base: &'q str, filter: &'q str, attributes: &'q [&'q str]) -> Query<'q> {
        Query { base, scope: Scope::OneLevel, filter, attributes }
    }
}

/// A search that is read whole; for few entries only. A referral in place of an answer is a refusal: the object
/// lies elsewhere. Those beside entries, to other partitions, are left out.
pub async fn ask(
    ldap: &mut Connection,
    limit: Duration,
    query: Query<'_>,
    controls: Vec<RawControl>,
) -> Result<Vec<Entry>, Failure> {
    let (entries, _) = run(ldap, limit, query, controls).await?;
    entries.into_iter().map(Entry::try_from).collect()
}

/// The one entry of a base search; `None` when it is not there or may not be seen.
pub async fn entry(
    ldap: &mut Connection,
    limit: Duration,
    dn: &str,
    attributes: &[&str],
) -> Result<Option<Entry>, Failure> {
    match ask(ldap, limit, Query::base(dn, attributes), Vec::new()).await {
        Ok(found) => Ok(found.into_iter().next()),
        Err(failure) if failure.is_no_such_object() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// A search, or a page of one, and the controls that came with its end.
pub async fn run(
    ldap: &mut Connection,
    limit: Duration,
    query: Query<'_>,
    controls: Vec<RawControl>,
) -> Result<(Vec<ResultEntry>, Vec<Control>), Failure> {
    let Query { base, scope, filter, attributes } = query;
    let found = guarded(limit, async {
        if !controls.is_empty() {
            ldap.with_controls(controls);
        }
        let ldap3::SearchResult(entries, result) = ldap.search(base, scope, filter, attributes.to_vec()).await?;
        match result.rc {
            0 => Ok((entries, result.ctrls)),
            _ => Err(LdapError::from(result)),
        }
    });
    found.await.map_err(|failure| ldap.explain(failure))
}

/// What an attempt that failed means.
impl Failure {
    /// True when another controller may answer: this one is silent, lost, or busy ([RFC 4511] appendix A).
    pub fn is_of_the_controller(&self) -> bool {
        const BUSY: u32 = 51;
        const UNAVAILABLE: u32 = 52;
        matches!(self, Failure::NoAnswer(_) | Failure::Broken(_) | Failure::Refused { code: BUSY | UNAVAILABLE, .. })
    }

    pub fn is_referral(&self) -> bool {
        matches!(self, Failure::Refused { code: REFERRAL, .. })
    }

    /// True when the name is none: invalidDNSyntax or namingViolation.
    pub fn is_no_name(&self) -> bool {
        matches!(self, Failure::Refused { code: 34 | 64, .. })
    }
}
