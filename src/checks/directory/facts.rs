//! What the evidence says of a controller: predicates that several checks share.

use super::fields;
use crate::catalog::text::clean;
use crate::catalog::{Case, Judgement, Reason, Scene, Step, common};
use crate::directory::names::domain_of_dn;
use crate::evidence::{DcInventory, Dns, Fact, Kind, Os, Record, RecordError, RootDse, State, Tcp};

/// LDAP; everything that is read of a controller goes over it.
pub const LDAP: u16 = 389;

/// A TCP port of a controller, over all addresses that were tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// At least one address connects.
    Open,
    /// None does; the results in words.
    Closed(String),
    /// Nobody looked, or the look was cut off.
    Unread,
}

/// The port of the controller with this target key.
pub fn port(scene: &Scene, key: &str, number: u16) -> Port {
    let all = scene.evidence.facts_at::<Tcp>(key);
    let tried: Vec<&Tcp> = all.iter().map(|fact| fact.data).filter(|tcp| tcp.port == number).collect();
    let failed = |tcp: &Tcp| ["Refused", "Timeout", "Reset", "Unreachable"].contains(&tcp.result.as_str());
    if tried.iter().any(|tcp| tcp.result == "Connected") {
        Port::Open
    } else if tried.is_empty() || !tried.iter().all(|tcp| failed(tcp)) || is_cut_off(scene, key, &all, &tried) {
        Port::Unread
    } else {
        let words = tried.iter().map(|tcp| format!("{} {}", clean(&tcp.address), result_in_words(&tcp.result)));
        Port::Closed(words.collect::<Vec<_>>().join(", "))
    }
}

/// True when an attempt on this port may be among those that came to no end. Such a record does not say
/// which port it was about, so an address of the controller without an attempt is taken for it.
fn is_cut_off(scene: &Scene, key: &str, all: &[Fact<Tcp>], tried: &[&Tcp]) -> bool {
    let names = scene.evidence.facts_at::<Dns>(key);
    let in_dns = names.iter().flat_map(|fact| &fact.data.answers).map(|answer| answer.value.as_str());
    let mut addresses = in_dns.chain(all.iter().map(|fact| fact.data.address.as_str()));
    scene.evidence.records_at(Kind::Tcp, key).any(|record| record.fact::<Tcp>().is_none())
        && addresses.any(|address| !tried.iter().any(|tcp| tcp.address == address))
}

fn result_in_words(result: &str) -> &'static str {
    match result {
        "Refused" => "refuses the connection",
        "Timeout" => "does not answer, so something drops it",
        "Reset" => "resets the connection",
        _ => "cannot be reached: no route",
    }
}

/// What stands in for a port that nobody could look at.
pub fn unread(case: &Case, number: u16) -> Judgement {
    let name = &case.target.display;
    let judgement = if let Some(record) = case.unreadable::<Tcp>() {
        Judgement::unreadable(record)
    } else if case.facts::<Tcp>().iter().any(|fact| fact.data.port == number) {
        Judgement::unknown(Reason::Partial, format!("The attempt on TCP {number} of {name} came to no end."))
    } else {
        Judgement::unknown(Reason::NotCollected, format!("TCP {number} of {name} was not tried."))
    };
    fields::port(judgement.common(common::UNREAD), case.scene, &case.target.key, number)
}

/// A check of one port that must be open.
pub fn required_port(case: &Case, number: u16, service: &str, id: &str) -> Judgement {
    let name = &case.target.display;
    let judgement = match port(case.scene, &case.target.key, number) {
        Port::Open => Judgement::pass(format!("{service} (TCP {number}) of {name} is reachable.")),
        Port::Unread => return unread(case, number),
        Port::Closed(how) => Judgement::fail(format!("{service} (TCP {number}) of {name} is not reachable: {how}."))
            .with("port", number)
            .step(try_port(name, number, id)),
    };
    fields::port(judgement, case.scene, &case.target.key, number)
}

/// Try a port by hand, then run the check again.
pub fn try_port(name: &str, number: u16, id: &str) -> Step {
    Step {
        text: format!(
            "Try the port, then open TCP {number} from the sync server to {name}, or start the service there."
        ),
        command: Some(format!("Test-NetConnection {name} -Port {number}")),
        run_on: Some("sync server".to_owned()),
        verify_with: Some(format!("Test-PasswordWritebackDirectory -Check {id}")),
        ..Step::default()
    }
}

/// Whether LDAP of a controller answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// Not within the time-out, or with an error of LDAP; the reason in words.
    No(String),
    /// A controller of another domain does; its naming context.
    OtherDomain(String),
    Unread,
}

/// LDAP of the controller with this target key (PW403).
pub fn answers_ldap(scene: &Scene, key: &str) -> Answer {
    if let Some(fact) = scene.evidence.fact_at::<RootDse>(key) {
        let context = fact.data.default_naming_context.as_deref();
        return match (context, domain_of(fact.record)) {
            (Some(dn), Some(domain)) if domain_of_dn(dn).as_deref() == Some(domain) => Answer::Yes,
            (Some(dn), Some(_)) => Answer::OtherDomain(dn.to_owned()),
            // It answers, but not which domain it serves.
            _ => Answer::Unread,
        };
    }
    if has_address(scene, key) == Some(false) {
        return Answer::No("its name has no address".to_owned());
    }
    match port(scene, key, LDAP) {
        Port::Closed(how) => return Answer::No(format!("TCP {LDAP}: {how}")),
        Port::Open | Port::Unread => {}
    }
    match scene.evidence.records_at(Kind::RootDse, key).next() {
        // The collector saw that LDAP gives no answer; every other reason is a look that did not succeed.
        Some(record) if is_ldap_refusal(record.state, record.error.as_ref()) => {
            Answer::No("TCP connects, but LDAP does not answer the rootDSE search".to_owned())
        }
        _ => Answer::Unread,
    }
}

/// Domain of a controller's record, by its target.
fn domain_of(record: &Record) -> Option<&str> {
    record.target.within.iter().find_map(|key| key.strip_prefix("domain:"))
}

/// What a resolver says when it has no answer to give. Silence on two tries belongs to it (0.6).
const NO_ANSWER: [&str; 5] = ["NOERROR", "NODATA", "NXDOMAIN", "SERVFAIL", "TIMEOUT"];

/// Whether the system resolver knows an address of the controller; `None` when it was not asked, or
/// answered something that this version does not know.
pub fn has_address(scene: &Scene, key: &str) -> Option<bool> {
    let answered = scene.evidence.facts_at::<Dns>(key);
    let none = |dns: &Dns| NO_ANSWER.contains(&dns.rcode.as_str());
    if answered.iter().any(|fact| !fact.data.answers.is_empty()) {
        return Some(true);
    }
    (!answered.is_empty() && answered.iter().all(|fact| none(fact.data))).then_some(false)
}

/// Target key of the controller with this host name.
pub fn controller_key(host: &str) -> String {
    format!("dc:{}", host_name(host))
}

/// A host name in the form in which names are compared.
pub fn host_name(host: &str) -> String {
    host.trim().trim_end_matches('.').to_lowercase()
}

/// The SRV record of a service of a domain, or why it is not known.
pub fn locator<'a>(case: &Case<'a>, service: &str) -> Result<Fact<'a, Dns>, Judgement> {
    let name = format!("{service}{}", case.target.display);
    let found = case.facts::<Dns>().into_iter().find(|fact| fact.data.name.eq_ignore_ascii_case(&name));
    found.ok_or_else(|| match case.unreadable::<Dns>() {
        Some(record) => Judgement::unreadable(record),
        None => Judgement::unknown(Reason::NotCollected, format!("{name} was not asked for."))
            .common(common::UNREAD)
            .said(&name, "not asked for"),
    })
}

/// Hosts of an SRV record, none where DNS has no such record; `None` for an answer that this version does
/// not know. The single dot means "no such service here" ([RFC 2782]).
pub fn located(dns: &Dns) -> Option<Vec<&str>> {
    let names = dns.answers.iter().map(|answer| answer.value.as_str());
    let hosts: Vec<&str> = names.filter(|name| !name.trim_end_matches('.').is_empty()).collect();
    (!hosts.is_empty() || NO_ANSWER.contains(&dns.rcode.as_str())).then_some(hosts)
}

/// The server's AD site; where it is not known, rules about the site are left out (2.2).
pub fn our_site<'a>(scene: &Scene<'a>) -> Option<&'a str> {
    scene.evidence.facts::<Os>().into_iter().find_map(|fact| fact.data.ad_site.as_deref())
}

/// The site as a line of evidence.
pub fn site_in_words(site: Option<&str>) -> String {
    site.map_or_else(|| "not known; rules about the site are left out".to_owned(), clean)
}

fn is_ldap_refusal(state: State, error: Option<&RecordError>) -> bool {
    matches!(state, State::Timeout | State::NotReadable) && error.is_some_and(|error| error.class == "ldap")
}

/// The inventory of a controller.
pub fn inventory<'a>(scene: &Scene<'a>, key: &str) -> Option<&'a DcInventory> {
    scene.evidence.fact_at::<DcInventory>(key).map(|fact| fact.data)
}

pub fn has_role(inventory: &DcInventory, role: &str) -> bool {
    inventory.roles.iter().any(|known| known == role)
}

/// Capability of a controller that holds only part of the secrets: read-only ([MS-ADTS] 3.1.1.3.4.3.5).
pub const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";

/// True, false, or not known, from either source.
pub fn is_read_only(scene: &Scene, key: &str) -> Option<bool> {
    let capabilities =
        scene.evidence.facts_at::<RootDse>(key).into_iter().find_map(|fact| fact.data.supported_capabilities.as_ref());
    let by_capability = capabilities.map(|list| list.iter().any(|oid| oid == PARTIAL_SECRETS));
    let by_inventory = inventory(scene, key).and_then(|inventory| inventory.is_rodc);
    match (by_capability, by_inventory) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, None) => None,
    }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
