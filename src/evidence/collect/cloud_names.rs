//! `dns` of the cloud hosts: the system resolver decides, DNS itself tells whether it agrees.

use super::net::names::{self, DNS_TIMEOUT, DnsReply};
use super::{Collector, Probe, Touched, World, cloud_hosts, probe};
use crate::catalog::Target;
use crate::evidence::{Dns, DnsAnswer, Evidence, Kind, Record};
use crate::runtime::Saturated;
use hickory_resolver::proto::rr::RecordType;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TRIES: u32 = 2;

pub struct CloudNamesCollector;

impl Collector for CloudNamesCollector {
    fn kind(&self) -> Kind {
        Kind::Dns
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::EventLog]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let once = world.timeout(DNS_TIMEOUT);
        cloud_hosts(evidence, world)
            .into_iter()
            .map(|host| {
                let this = world.clone();
                let target = host.target.clone();
                let touches = vec![Touched::new("dns", &host.name)];
                // A little longer than its tries, so that the record of the last one is kept.
                let timeout = once * TRIES + Duration::from_millis(500);
                probe(Kind::Dns, "", &target.clone(), timeout, touches, async move {
                    vec![look_up(&this, &host.name, &target, once).await]
                })
            })
            .collect()
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        super::documented_hosts(world).map(|name| Touched::new("dns", name)).collect()
    }
}

/// One record of type `A+AAAA` for a name.
pub async fn look_up(world: &World, name: &str, target: &Target, once: Duration) -> Record {
    let started = Instant::now();
    let (by_system, v4, v6) = tokio::join!(
        by_system(name, once),
        names::dns(name, RecordType::A, once),
        names::dns(name, RecordType::AAAA, once)
    );
    match by_system {
        Ok(addresses) => world.record(target, started, assemble(name, addresses, (v4, v6))),
        Err(Saturated) => world.saturated(Kind::Dns, target, started),
    }
}

/// Asks the system, twice; `None` when both tries ran out of time.
async fn by_system(name: &str, once: Duration) -> Result<Option<Vec<IpAddr>>, Saturated> {
    for _ in 0..TRIES {
        match tokio::time::timeout(once, names::system(name)).await {
            Ok(addresses) => return addresses.map(Some),
            Err(_) => continue,
        }
    }
    Ok(None)
}

fn assemble(name: &str, by_system: Option<Vec<IpAddr>>, (v4, v6): (DnsReply, DnsReply)) -> Dns {
    let in_dns: Vec<&str> = v4.answers.iter().chain(&v6.answers).map(|answer| answer.value.as_str()).collect();
    let addresses = by_system.clone().unwrap_or_default();
    let rcode = match &by_system {
        Some(found) if !found.is_empty() => "NOERROR".to_owned(),
        None => "TIMEOUT".to_owned(),
        // The system does not say why it knows no address; DNS does.
        Some(_) => worse(&v4.rcode, &v6.rcode),
    };
    let dns_answered =
        [&v4.rcode, &v6.rcode].iter().all(|rcode| ["NOERROR", "NODATA", "NXDOMAIN"].contains(&rcode.as_str()));
    let none_in_dns =
        !addresses.is_empty() && !addresses.iter().any(|address| in_dns.contains(&address.to_string().as_str()));
    Dns {
        name: name.to_owned(),
        record_type: "A+AAAA".to_owned(),
        rcode,
        answers: addresses
            .iter()
            .map(|address| DnsAnswer { value: address.to_string(), ..DnsAnswer::default() })
            .collect(),
        cname_chain: if v4.cname_chain.is_empty() { v6.cname_chain } else { v4.cname_chain },
        resolver: None,
        address_class: addresses.iter().map(|address| names::address_class(*address).to_owned()).collect(),
        // Rotating answers of a load balancer differ from query to query, so another address in DNS is
        // an override only when DNS has none of these, or none at all.
        overridden: dns_answered && none_in_dns,
    }
}

/// Of the answers for A and AAAA the one that explains that there is no address.
fn worse(v4: &str, v6: &str) -> String {
    let order = ["NXDOMAIN", "TIMEOUT", "SERVFAIL"];
    let found = order.iter().find(|rcode| [v4, v6].contains(rcode));
    found.map_or_else(|| if v4 == "NOERROR" { "NODATA".to_owned() } else { v4.to_owned() }, |rcode| (*rcode).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(rcode: &str, addresses: &[&str]) -> DnsReply {
        let answers =
            addresses.iter().map(|value| DnsAnswer { value: (*value).to_owned(), ..DnsAnswer::default() }).collect();
        DnsReply { rcode: rcode.to_owned(), answers, cname_chain: Vec::new() }
    }

    #[test]
    fn the_system_decides_and_dns_tells_why() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for (system, v4, rcode, overridden) in [
            (Some(vec![ip("203.0.113.1")]), reply("NOERROR", &["203.0.113.1"]), "NOERROR", false),
            (Some(vec![ip("203.0.113.1")]), reply("NOERROR", &["203.0.113.1", "203.0.113.2"]), "NOERROR", false),
            (Some(vec![ip("127.0.0.1")]), reply("NOERROR", &["203.0.113.1"]), "NOERROR", true),
            (Some(vec![ip("127.0.0.1")]), reply("NXDOMAIN", &[]), "NOERROR", true),
            (Some(vec![ip("127.0.0.1")]), reply("TIMEOUT", &[]), "NOERROR", false),
            (Some(vec![]), reply("NXDOMAIN", &[]), "NXDOMAIN", false),
            (Some(vec![]), reply("SERVFAIL", &[]), "SERVFAIL", false),
            (Some(vec![]), reply("NODATA", &[]), "NODATA", false),
            (None, reply("TIMEOUT", &[]), "TIMEOUT", false),
        ] {
            let record = assemble("relay", system.clone(), (v4.clone(), reply("NODATA", &[])));
            assert_eq!((record.rcode.as_str(), record.overridden), (rcode, overridden), "{system:?} {v4:?}");
        }
    }
}
