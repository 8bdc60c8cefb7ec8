//! Name resolution: what the system answers decides, what DNS says tells why.

use super::limits::MOST_ADDRESSES;
use crate::evidence::DnsAnswer;
use crate::runtime::{Saturated, blocking};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

/// Records of one answer that are kept; locator records of a large domain are many.
const MOST_RECORDS: usize = 1000;

/// What the system resolver answers: hosts file, DNS, and whatever else is configured. What every other
/// program of this machine sees, the sync service too.
pub async fn system(host: &str) -> Result<io::Result<Vec<IpAddr>>, Saturated> {
    let name = host.to_owned();
    // getaddrinfo, which cannot be cancelled: it runs on the blocking pool.
    blocking(move || {
        let mut unique: Vec<IpAddr> = Vec::new();
        for address in (name.as_str(), 0_u16).to_socket_addrs()? {
            if !unique.contains(&address.ip()) && unique.len() < MOST_ADDRESSES {
                unique.push(address.ip());
            }
        }
        Ok(unique)
    })
    .await
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

/// An answer of DNS itself, hosts file left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DnsReply {
    /// `NOERROR`, `NXDOMAIN`, `NODATA`, `SERVFAIL`, `TIMEOUT`, or the server's own code.
    pub rcode: String,
    pub answers: Vec<DnsAnswer>,
    pub cname_chain: Vec<String>,
}

/// Asks DNS with the system's configuration. A new client each time: the configuration may change
/// between two runs of one process.
pub async fn dns(name: &str, record_type: RecordType, timeout: Duration) -> DnsReply {
    let failed = |rcode: &str| DnsReply { rcode: rcode.to_owned(), ..DnsReply::default() };
    let Ok(mut builder) = TokioResolver::builder_tokio() else {
        return failed("NOCONFIGURATION");
    };
    let options = builder.options_mut();
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    options.preserve_intermediates = true;
    options.timeout = timeout;
    options.attempts = 1;
    let Ok(resolver) = builder.build() else {
        return failed("NOCONFIGURATION");
    };
    // The dot keeps the search list of the machine out.
    let absolute = format!("{}.", name.trim_end_matches('.'));
    // Two servers may be configured: the client's own time-out counts for each.
    match tokio::time::timeout(timeout, resolver.lookup(absolute, record_type)).await {
        Ok(Ok(found)) => reply(found.answers().iter().map(|record| &record.data), record_type),
        Ok(Err(error)) => failed(&rcode(&error)),
        Err(_) => failed("TIMEOUT"),
    }
}

fn reply<'a>(records: impl Iterator<Item = &'a RData>, wanted: RecordType) -> DnsReply {
    let mut reply = DnsReply { rcode: "NOERROR".to_owned(), ..DnsReply::default() };
    let plain = |name: String| name.trim_end_matches('.').to_lowercase();
    for data in records.take(MOST_RECORDS) {
        match data {
            RData::A(address) => reply.answers.push(answer(address.to_string())),
            RData::AAAA(address) => reply.answers.push(answer(address.to_string())),
            RData::CNAME(name) => reply.cname_chain.push(plain(name.to_string())),
            RData::SRV(service) => reply.answers.push(DnsAnswer {
                port: Some(service.port),
                priority: Some(service.priority),
                weight: Some(service.weight),
                ..answer(plain(service.target.to_string()))
            }),
            _ => {}
        }
    }
    if reply.answers.is_empty() && wanted != RecordType::CNAME {
        reply.rcode = "NODATA".to_owned();
    }
    reply
}

fn answer(value: String) -> DnsAnswer {
    DnsAnswer { value, ..DnsAnswer::default() }
}

fn rcode(error: &NetError) -> String {
    use hickory_resolver::proto::op::ResponseCode;
    let of = |code: &ResponseCode| match code {
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NoError => "NODATA".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        other => format!("RCODE{}", u16::from(*other)),
    };
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => of(&none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => of(code),
        // A time-out, or refused, unreachable, closed: no server answered.
        _ => "TIMEOUT".to_owned(),
    }
}
