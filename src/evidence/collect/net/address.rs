//! Classes of addresses (catalog 2.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `rfc1918`, `cgnat`, `ula`, `loopback`, `linklocal`, `unspecified`, or `public` for every other address,
/// documentation ranges too.
pub fn class(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(address) => class_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => class_v4(mapped),
            None => class_v6(address),
        },
    }
}

fn class_v4(address: Ipv4Addr) -> &'static str {
    let [first, second, ..] = address.octets();
    if address.is_unspecified() {
        "unspecified"
    } else if address.is_loopback() {
        "loopback"
    } else if address.is_link_local() {
        "linklocal"
    } else if address.is_private() {
        "rfc1918"
    } else if first == 100 && second & 0xc0 == 64 {
        // 100.64.0.0/10, RFC 6598.
        "cgnat"
    } else {
        "public"
    }
}

fn class_v6(address: Ipv6Addr) -> &'static str {
    if address.is_unspecified() {
        "unspecified"
    } else if address.is_loopback() {
        "loopback"
    } else if address.is_unicast_link_local() {
        "linklocal"
    } else if address.is_unique_local() {
        "ula"
    } else {
        "public"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_both_families() {
        for (address, expected) in [
            ("10.0.0.1", "rfc1918"),
            ("172.15.255.255", "public"),
            ("172.16.0.0", "rfc1918"),
            ("172.31.255.255", "rfc1918"),
            ("172.32.0.0", "public"),
            ("192.168.1.1", "rfc1918"),
            ("100.63.255.255", "public"),
            ("100.64.0.0", "cgnat"),
            ("100.127.255.255", "cgnat"),
            ("100.128.0.0", "public"),
            ("127.0.0.2", "loopback"),
            ("169.254.9.9", "linklocal"),
            ("0.0.0.0", "unspecified"),
            ("198.51.100.7", "public"),
            ("203.0.113.7", "public"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("fe80::1", "linklocal"),
            ("fc00::1", "ula"),
            ("fdff::1", "ula"),
            ("2001:db8::1", "public"),
            ("::ffff:10.0.0.1", "rfc1918"),
            ("::ffff:8.8.8.8", "public"),
        ] {
            assert_eq!(class(address.parse().unwrap()), expected, "{address}");
        }
    }
}
