//! What DNS itself answers, without hosts file, policy or cache: the true rcode, and a comparison with the
//! system's resolver.

use super::limits::MOST_ADDRESSES;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// The answer about one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub rcode: String,
    pub addresses: Vec<IpAddr>,
    /// Names that the asked one leads to, in order.
    pub cnames: Vec<String>,
    /// The server that is asked first.
    pub resolver: Option<String>,
}

impl Answer {
    /// The server knows: addresses, no such name, or no address.
    pub fn is_definite(&self) -> bool {
        matches!(self.rcode.as_str(), "NOERROR" | "NXDOMAIN" | "NODATA")
    }
}

/// Asks the servers of the system's configuration for A and AAAA. `None` when there is no configuration
/// to use. Read anew each time: it may change between two runs.
pub async fn ask(name: &str, each: Duration, limit: Duration) -> Option<Answer> {
    let mut builder = TokioResolver::builder_tokio().ok()?;
    let options = builder.options_mut();
    options.timeout = each;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    options.preserve_intermediates = true;
    let resolver = builder.build().ok()?;
    let server = servers().into_iter().next();
    // Rooted, so that no search domain is added: it is this name that DNS is asked for.
    let rooted = format!("{}.", name.trim_end_matches('.'));
    let asked =
        async { tokio::join!(one(&resolver, &rooted, RecordType::A), one(&resolver, &rooted, RecordType::AAAA)) };
    let (v4, v6) = timeout(limit, asked).await.unwrap_or_else(|_| (late(), late()));
    let mut answer = combine(v4, v6);
    answer.resolver = server;
    Some(answer)
}

/// Addresses of the DNS servers of the system's configuration.
pub fn servers() -> Vec<String> {
    let Ok((config, _)) = hickory_resolver::system_conf::read_system_conf() else { return Vec::new() };
    let mut servers: Vec<String> = Vec::new();
    for server in config.name_servers() {
        let address = server.ip.to_string();
        if !servers.contains(&address) {
            servers.push(address);
        }
    }
    servers
}

fn late() -> Answer {
    Answer { rcode: "TIMEOUT".to_owned(), ..Answer::default() }
}

async fn one(resolver: &TokioResolver, name: &str, record_type: RecordType) -> Answer {
    let mut answer = Answer::default();
    match resolver.lookup(name, record_type).await {
        Ok(lookup) => {
            for record in lookup.answers() {
                match &record.data {
                    RData::A(address) => answer.addresses.push(IpAddr::V4(address.0)),
                    RData::AAAA(address) => answer.addresses.push(IpAddr::V6(address.0)),
                    RData::CNAME(target) => answer.cnames.push(target.0.to_ascii().trim_end_matches('.').to_owned()),
                    _ => {}
                }
            }
            answer.addresses.truncate(MOST_ADDRESSES);
            answer.cnames.truncate(MOST_ADDRESSES);
            answer.rcode = if answer.addresses.is_empty() { "NODATA" } else { "NOERROR" }.to_owned();
        }
        Err(error) => answer.rcode = rcode(&error),
    }
    answer
}

fn rcode(error: &NetError) -> String {
    let code = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => none.response_code,
        NetError::Dns(DnsError::ResponseCode(code)) => *code,
        // Every server refuses or does not answer at all: for the asker the same silence.
        NetError::Timeout | NetError::NoConnections | NetError::Io(_) => return "TIMEOUT".to_owned(),
        _ => return "SERVFAIL".to_owned(),
    };
    match code {
        ResponseCode::NoError => "NODATA".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
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
    Answer { rcode, addresses, cnames, resolver: None }
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
