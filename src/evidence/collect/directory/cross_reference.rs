//! The cross-references of the domains of a forest; that of a domain has its NetBIOS name ([MS-ADTS] 6.1.1.2.1.1).

use super::asked::{Asked, one_level};
use super::connection::Connection;
use super::entry::Entry;
use super::ldap::Failure;
use super::query::{Query, ask};
use crate::directory::names::domain_of_dn;
use ldap3::ldap_escape;
use std::time::Duration;

/// The attribute with the name.
pub const NETBIOS_NAME: &str = "nETBIOSName";

/// Those of domains: FLAG_CR_NTDS_NC and FLAG_CR_NTDS_DOMAIN ([MS-ADTS] 6.1.1.2.1.1.1).
const DOMAINS: &str = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=3))";

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

/// Every domain of the forest; none where that may not be read.
pub async fn domains(ldap: &mut Connection, limit: Duration, configuration: &str) -> Result<Vec<String>, Failure> {
    let partitions = format!("CN=Partitions,{configuration}");
    let found = ask(ldap, limit, Query::one_level(&partitions, DOMAINS, &["nCName"]), Vec::new()).await?;
    Ok(found.iter().filter_map(|entry| domain_of_dn(entry.value("nCName")?)).collect())
}

/// The same search in a plan.
pub fn search_of_domains(asked: &Asked) -> Option<String> {
    let configuration = asked.configuration.as_ref()?;
    Some(one_level(&format!("CN=Partitions,{configuration}"), DOMAINS, "nCName"))
}
