//! `dns` of the cloud hosts: what the system's resolver answers, and whether DNS itself agrees.
//!
//! The system decides, because the sync service sees its answer; DNS adds the true rcode, the chain of
//! CNAMEs, and whether a hosts file or a policy stands between.

use super::net::limits::{DNS_TIMEOUT, whole};
use super::net::{address, names, own_dns};
use super::{Collector, Probe, Touched, World, cloud_hosts, each_planned, is_of_the_cloud, planned_hosts, probe};
use crate::catalog::{Check, Target};
use crate::evidence::{Dns, DnsAnswer, Evidence, Kind, Record};
use crate::runtime::Saturated;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Catalog PW301: a time-out counts after two tries.
const TRIES: u32 = 2;

pub struct CloudNamesCollector;

impl Collector for CloudNamesCollector {
    fn kind(&self) -> Kind {
        Kind::Dns
    }

    fn needs(&self) -> &'static [Kind] {
        // Which hosts there are; the names are asked for whatever the proxy is.
        &[Kind::OperatorInput, Kind::EventLog]
    }

    fn serves(&self, check: &Check) -> bool {
        is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let once = world.timeout(DNS_TIMEOUT);
        let of_host = |name: String, target: Target| {
            let this = world.clone();
            let touches = vec![Touched::new("dns", &name)];
            // The tries, and as many for one more question to DNS when the two answers differ.
            probe(Kind::Dns, "", &target.clone(), whole(2 * TRIES, once), touches, async move {
                vec![look_up(&this, &name, &target, once).await]
            })
        };
        cloud_hosts(evidence, world).into_iter().map(|host| of_host(host.name, host.target)).collect()
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        each_planned(&planned_hosts(world), "dns", str::to_owned)
    }
}

/// What the system's resolver said.
enum System {
    Addresses(Vec<IpAddr>),
    /// It failed; its own words.
    Failed(String),
    Late,
}

/// One record of type `A+AAAA` for a name; each try takes at most `once`.
pub async fn look_up(world: &World, name: &str, target: &Target, once: Duration) -> Record {
    let started = Instant::now();
    let (system, own) = tokio::join!(system(name, once), own_dns::ask(name, once));
    let Ok(system) = system else {
        return world.saturated(Kind::Dns, target, started);
    };
    let overridden = match (&system, &own) {
        (System::Addresses(addresses), Some(own)) if differs(addresses, own) => {
            // Large services give other addresses to each question: a second one must differ, too.
            own_dns::ask(name, once).await.is_some_and(|again| differs(addresses, &again))
        }
        (System::Failed(text), Some(own)) => own.rcode == "NOERROR" && is_negative(rcode_of(text)),
        _ => false,
    };
    let rcode = rcode(&system, own.as_ref());
    let addresses = match system {
        System::Addresses(addresses) => addresses,
        System::Failed(_) | System::Late => Vec::new(),
    };
    let own = own.unwrap_or_default();
    world.record(
        target,
        started,
        Dns {
            name: name.to_owned(),
            record_type: "A+AAAA".to_owned(),
            rcode,
            address_class: addresses.iter().map(|address| address::class(*address).to_owned()).collect(),
            answers: addresses
                .iter()
                .map(|address| DnsAnswer { value: address.to_string(), ..DnsAnswer::default() })
                .collect(),
            cname_chain: own.cnames,
            resolver: names::servers().into_iter().next(),
            overridden,
        },
    )
}

async fn system(name: &str, once: Duration) -> Result<System, Saturated> {
    let mut last = System::Late;
    for _ in 0..TRIES {
        match timeout(once, names::system(name)).await {
            Ok(answer) => match answer? {
                Ok(addresses) => return Ok(System::Addresses(addresses)),
                Err(error) => last = System::Failed(describe(&error)),
            },
            Err(_) => last = System::Late,
        }
    }
    Ok(last)
}

/// The error with its Windows code, which unlike the text does not depend on the language.
fn describe(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => format!("{code}: {error}"),
        None => error.to_string(),
    }
}

/// Both know the name, and not one address is common.
fn differs(system: &[IpAddr], own: &own_dns::Answer) -> bool {
    own.is_definite() && !system.is_empty() && !system.iter().any(|address| own.addresses.contains(address))
}

fn is_negative(rcode: &str) -> bool {
    matches!(rcode, "NXDOMAIN" | "NODATA")
}

fn rcode(system: &System, own: Option<&own_dns::Answer>) -> String {
    match system {
        System::Addresses(addresses) if addresses.is_empty() => "NODATA".to_owned(),
        System::Addresses(_) => "NOERROR".to_owned(),
        System::Late => "TIMEOUT".to_owned(),
        // The C library has one word for several rcodes; DNS has the true one, unless it disagrees.
        System::Failed(text) => match own.filter(|own| own.rcode != "NOERROR") {
            Some(own) => own.rcode.clone(),
            None => rcode_of(text).to_owned(),
        },
    }
}

/// The rcode that the words of the system stand for: Winsock's numbers (WSAHOST_NOT_FOUND, WSATRY_AGAIN,
/// WSANO_RECOVERY, WSANO_DATA), the texts of glibc, musl and macOS.
fn rcode_of(text: &str) -> &'static str {
    const WORDS: [(&str, &str); 9] = [
        ("11001:", "NXDOMAIN"),
        ("11002:", "SERVFAIL"),
        ("11003:", "SERVFAIL"),
        ("11004:", "NODATA"),
        ("No address associated", "NODATA"),
        ("Name or service not known", "NXDOMAIN"),
        ("Name does not resolve", "NXDOMAIN"),
        ("nodename nor servname", "NXDOMAIN"),
        ("Temporary failure", "SERVFAIL"),
    ];
    WORDS.iter().find(|(word, _)| text.contains(word)).map_or("SERVFAIL", |(_, rcode)| rcode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(rcode: &str, addresses: &[&str]) -> own_dns::Answer {
        own_dns::Answer {
            rcode: rcode.to_owned(),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            ..own_dns::Answer::default()
        }
    }

    #[test]
    fn dns_gives_the_true_rcode_of_a_failure() {
        let failed = |text: &str| System::Failed(text.to_owned());
        let glibc = "failed to lookup address information: Name or service not known";
        for (system, dns, expected) in [
            (failed(glibc), Some(own("NXDOMAIN", &[])), "NXDOMAIN"),
            (failed(glibc), Some(own("NODATA", &[])), "NODATA"),
            (failed(glibc), Some(own("SERVFAIL", &[])), "SERVFAIL"),
            (failed(glibc), Some(own("TIMEOUT", &[])), "TIMEOUT"),
            (failed(glibc), Some(own("NOERROR", &["192.0.2.1"])), "NXDOMAIN"),
            (failed(glibc), None, "NXDOMAIN"),
            (failed("11004: kein Eintrag"), None, "NODATA"),
            (failed("Temporary failure in name resolution"), None, "SERVFAIL"),
            (failed("a word of the future"), None, "SERVFAIL"),
            (System::Late, Some(own("NOERROR", &["192.0.2.1"])), "TIMEOUT"),
            (System::Addresses(vec![]), None, "NODATA"),
            (System::Addresses(vec!["192.0.2.1".parse().unwrap()]), Some(own("NXDOMAIN", &[])), "NOERROR"),
        ] {
            assert_eq!(rcode(&system, dns.as_ref()), expected);
        }
    }

    #[test]
    fn answers_differ_when_nothing_is_common() {
        let system: Vec<IpAddr> = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        for (dns, expected) in [
            (own("NOERROR", &["192.0.2.1", "192.0.2.9"]), false),
            (own("NOERROR", &["192.0.2.9"]), true),
            (own("NXDOMAIN", &[]), true),
            (own("NODATA", &[]), true),
            (own("SERVFAIL", &[]), false),
            (own("TIMEOUT", &[]), false),
        ] {
            assert_eq!(differs(&system, &dns), expected, "{dns:?}");
        }
    }
}
