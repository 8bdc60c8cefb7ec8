//! The cross-reference of a domain, which has its NetBIOS name ([MS-ADTS] 6.1.1.2.1.1).

use super::asked::{Asked, one_level};
use super::connection::Connection;
use super::entry::Entry;
use super::query::{Query, ask};
use ldap3::ldap_escape;
use std::time::Duration;

/// The attribute with the name.
pub const NETBIOS_NAME: &str = "nETBIOSName";

fn place_and_filter(configuration: &str, head: &str) -> (String, String) {
    (format!("CN=Partitions,{configuration}"), format!("(&(objectClass=crossRef)(nCName={}))", ldap_escape(head)))
}

/// The object for the domain with this head; `None` also when it cannot be read.
pub async fn cross_reference(ldap: &mut Connection, limit: Duration, configuration: &str, head: &str) -> Option<Entry> {
    let (partitions, filter) = place_and_filter(configuration, head);
    let found = ask(ldap, limit, Query::one_level(&partitions, &filter, &[NETBIOS_NAME]), Vec::new()).await;
    found.ok()?.into_iter().next()
}

/// The same search in a plan, where the configuration is known.
pub fn search(asked: &Asked) -> Option<String> {
    let (partitions, filter) = place_and_filter(asked.configuration.as_ref()?, &asked.head);
    Some(one_level(&partitions, &filter, NETBIOS_NAME))
}
