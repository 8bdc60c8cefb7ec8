//! `dns` of the cloud hosts: what the system's resolver answers, and whether DNS itself agrees.
//!
//! The system decides, because the sync service sees its answer; DNS adds the true rcode, the chain of
//! CNAMEs, and whether a hosts file or a policy stands between.

use super::net::limits::{DNS_TIMEOUT, MOST_ADDRESSES, whole};
use super::net::{address, own_dns};
use super::{Collector, Probe, Touched, World, scene};
use crate::catalog::Target;
use crate::checks::network::hosts::hosts;
use crate::evidence::{Dns, DnsAnswer, Evidence, Kind, Record, State};
use crate::runtime::{Saturated, blocking};
use futures_util::FutureExt;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Catalog PW301: a time-out counts after two tries.
const TRIES: u32 = 2;

pub struct DnsCollector;

impl Collector for DnsCollector {
    fn kind(&self) -> Kind {
        Kind::Dns
    }

    fn needs(&self) -> &'static [Kind] {
        // Which hosts there are; the names are asked for whatever the proxy is.
        &[Kind::OperatorInput, Kind::EventLog]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let probe = |name: String, target: Target| {
            let world = world.clone();
            let each = world.timeout(DNS_TIMEOUT);
            Probe {
                key: format!("dns:{name}"),
                kind: Kind::Dns,
                target: target.clone(),
                // The tries, and one more question to DNS when the two answers differ.
                timeout: whole(TRIES + 1, each),
                touches: vec![Touched::new("dns", &name)],
                work: Box::new(move || async move { vec![look(&world, &name, &target, each).await] }.boxed()),
            }
        };
        hosts(&scene(evidence, world)).into_iter().map(|host| probe(host.name, host.target)).collect()
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        super::host_patterns(world, "dns", "")
    }
}

/// What the system's resolver said.
enum System {
    Addresses(Vec<IpAddr>),
    /// It failed; its own words.
    Failed(String),
    Late,
}

async fn look(world: &World, name: &str, target: &Target, each: Duration) -> Record {
    let started = Instant::now();
    let (system, own) = tokio::join!(system(name, each), own_dns::ask(name, each, each * TRIES));
    let system = match system {
        Ok(system) => system,
        Err(Saturated) => {
            let text = "no thread is left to ask the system's resolver";
            return world.failed(Kind::Dns, target, started, State::Error, "toolLimit", "threads", text);
        }
    };
    let overridden = match (&system, &own) {
        (System::Addresses(addresses), Some(own)) if differs(addresses, own) => {
            // Large services give other addresses to each question: a second one must differ, too.
            own_dns::ask(name, each, each).await.is_some_and(|again| differs(addresses, &again))
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
            resolver: own.resolver,
            overridden,
        },
    )
}

async fn system(name: &str, each: Duration) -> Result<System, Saturated> {
    let mut last = System::Late;
    for _ in 0..TRIES {
        let asked = name.to_owned();
        let lookup = blocking(move || {
            (asked.as_str(), 443).to_socket_addrs().map(|addresses| {
                let mut unique: Vec<IpAddr> = Vec::new();
                for address in addresses.map(|address| address.ip()) {
                    if !unique.contains(&address) && unique.len() < MOST_ADDRESSES {
                        unique.push(address);
                    }
                }
                unique
            })
        });
        match timeout(each, lookup).await {
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
