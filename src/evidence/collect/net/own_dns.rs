//! What DNS itself says about the addresses of a name, without hosts file, policy or cache: the true rcode,
//! and a comparison with the system's resolver.

use super::limits::MOST_ADDRESSES;
use super::names::{DnsReply, dns};
use hickory_resolver::proto::rr::RecordType;
use std::net::IpAddr;
use std::time::Duration;

/// The answer about one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub rcode: String,
    pub addresses: Vec<IpAddr>,
    /// Names that the asked one leads to, in order.
    pub cnames: Vec<String>,
}

impl Answer {
    /// The server knows: addresses, no such name, or no address.
    pub fn is_definite(&self) -> bool {
        matches!(self.rcode.as_str(), "NOERROR" | "NXDOMAIN" | "NODATA")
    }
}

/// Asks the servers of the system's configuration for A and AAAA, each at most twice. `None` when there is
/// no configuration to use.
pub async fn ask(name: &str, each: Duration) -> Option<Answer> {
    let (v4, v6) = tokio::join!(patient(name, RecordType::A, each), patient(name, RecordType::AAAA, each));
    (v4.rcode != "NOCONFIGURATION").then(|| combine(of(v4), of(v6)))
}

async fn patient(name: &str, record_type: RecordType, each: Duration) -> DnsReply {
    let reply = dns(name, record_type, each).await;
    if reply.rcode == "TIMEOUT" { dns(name, record_type, each).await } else { reply }
}

fn of(reply: DnsReply) -> Answer {
    let addresses = reply.answers.iter().filter_map(|answer| answer.value.parse().ok());
    let mut cnames = reply.cname_chain;
    cnames.truncate(MOST_ADDRESSES);
    Answer { rcode: reply.rcode, addresses: addresses.take(MOST_ADDRESSES).collect(), cnames }
}

/// One answer of two: addresses count before anything, then what a server said, then silence.
fn combine(v4: Answer, v6: Answer) -> Answer {
    const ORDER: [&str; 4] = ["NOERROR", "NXDOMAIN", "NODATA", "SERVFAIL"];
    let place = |rcode: &str| ORDER.iter().position(|known| *known == rcode).unwrap_or(ORDER.len());
    // No address of one family beside silence about the other proves nothing about the name.
    let unsure = |answer: &Answer, other: &Answer| answer.rcode == "NODATA" && !other.is_definite();
    let rcode = match () {
        () if unsure(&v4, &v6) => v6.rcode,
        () if unsure(&v6, &v4) => v4.rcode,
        () if place(&v6.rcode) < place(&v4.rcode) => v6.rcode,
        () => v4.rcode,
    };
    let mut addresses = v4.addresses;
    addresses.extend(v6.addresses);
    let cnames = if v4.cnames.is_empty() { v6.cnames } else { v4.cnames };
    Answer { rcode, addresses, cnames }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_families_are_one_answer() {
        for (v4, v6, expected) in [
            ("NOERROR", "NODATA", "NOERROR"),
            ("NODATA", "NOERROR", "NOERROR"),
            ("NOERROR", "TIMEOUT", "NOERROR"),
            ("NODATA", "NODATA", "NODATA"),
            ("NXDOMAIN", "NXDOMAIN", "NXDOMAIN"),
            ("NODATA", "NXDOMAIN", "NXDOMAIN"),
            ("NODATA", "TIMEOUT", "TIMEOUT"),
            ("SERVFAIL", "NODATA", "SERVFAIL"),
            ("SERVFAIL", "TIMEOUT", "SERVFAIL"),
            ("TIMEOUT", "TIMEOUT", "TIMEOUT"),
            ("REFUSED", "REFUSED", "REFUSED"),
        ] {
            let answer = |rcode: &str| Answer { rcode: rcode.to_owned(), ..Answer::default() };
            assert_eq!(combine(answer(v4), answer(v6)).rcode, expected, "{v4} {v6}");
        }
    }
}
