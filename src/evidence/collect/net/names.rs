//! Name resolution: what the system answers decides, what DNS says tells why.

use crate::evidence::DnsAnswer;
use crate::runtime::{Saturated, blocking};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

/// DNS_TIMEOUT of the catalog (0.6); names are tried twice.
pub const DNS_TIMEOUT: Duration = Duration::from_secs(3);

/// What the system resolver answers: hosts file, DNS, and whatever else is configured. `Ok` without
/// addresses means that it knows none; why stands in DNS.
pub async fn system(host: &str) -> Result<Vec<IpAddr>, Saturated> {
    let name = host.to_owned();
    // getaddrinfo, which cannot be cancelled: it runs on the blocking pool.
    let found = blocking(move || (name.as_str(), 0_u16).to_socket_addrs().map(Iterator::collect::<Vec<_>>)).await?;
    let mut addresses: Vec<IpAddr> = found.unwrap_or_default().into_iter().map(|address| address.ip()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
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
    for data in records {
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
        other => format!("{other:?}").to_uppercase(),
    };
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => of(&none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => of(code),
        // A time-out, or refused, unreachable, closed: no server answered.
        _ => "TIMEOUT".to_owned(),
    }
}

/// Class of an address (catalog 2.1): everything that is not special is public.
pub fn address_class(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            if v4.is_loopback() {
                "loopback"
            } else if v4.is_unspecified() {
                "unspecified"
            } else if v4.is_link_local() {
                "linklocal"
            } else if v4.is_private() {
                "rfc1918"
            } else if a == 100 && (64..128).contains(&b) {
                "cgnat"
            } else {
                "public"
            }
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return address_class(IpAddr::V4(v4));
            }
            let first = v6.segments()[0];
            if v6.is_loopback() {
                "loopback"
            } else if v6.is_unspecified() {
                "unspecified"
            } else if first & 0xffc0 == 0xfe80 {
                "linklocal"
            } else if first & 0xfe00 == 0xfc00 {
                "ula"
            } else {
                "public"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address_class;

    #[test]
    fn only_the_special_ranges_are_not_public() {
        for (address, class) in [
            ("127.0.0.1", "loopback"),
            ("10.1.2.3", "rfc1918"),
            ("172.32.0.1", "public"),
            ("100.64.0.1", "cgnat"),
            ("100.128.0.1", "public"),
            ("169.254.1.1", "linklocal"),
            ("0.0.0.0", "unspecified"),
            ("203.0.113.5", "public"),
            ("::1", "loopback"),
            ("fd00::1", "ula"),
            ("fe80::1", "linklocal"),
            ("2001:db8::1", "public"),
            ("::ffff:10.0.0.1", "rfc1918"),
        ] {
            assert_eq!(address_class(address.parse().unwrap()), class, "{address}");
        }
    }
}
