//! Names: host names, distinguished names, and the way between them. All of it is untrusted text.

use crate::directory::dn::split;
use ldap3::dn_escape;

/// A host or domain name in the form in which names are compared: lower case, no trailing dot. `None`
/// when it is none ([RFC 1123] 2.1; Active Directory also allows the underscore).
pub fn dns_name(text: &str) -> Option<String> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    (name.len() <= 253 && name.split('.').all(label)).then_some(name)
}

/// The relative names of a DN, outermost last.
pub fn rdns(dn: &str) -> Vec<&str> {
    split(dn).map(str::trim).collect()
}

/// The value of a relative name, without its escapes.
fn value(rdn: &str) -> Option<String> {
    let (_, value) = rdn.split_once('=')?;
    let bytes = value.trim().as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = |offset: usize| bytes.get(index + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[index], hex(1), hex(2)) {
            (b'\\', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                index += 3;
            }
            (b'\\', _, _) => {
                plain.extend(bytes.get(index + 1));
                index += 2;
            }
            (byte, _, _) => {
                plain.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8(plain).ok()
}

/// `DC=corp,DC=example` is `corp.example`; a DN with any other part is no domain.
pub fn domain_of_dn(dn: &str) -> Option<String> {
    let labels: Option<Vec<String>> = rdns(dn)
        .into_iter()
        .map(|rdn| {
            let (attribute, _) = rdn.split_once('=')?;
            attribute.trim().eq_ignore_ascii_case("dc").then(|| value(rdn)).flatten()
        })
        .collect();
    dns_name(&labels?.join("."))
}

/// The domain that a DN lies in, by its trailing `DC=` parts; `None` when it has none.
pub fn domain_around(dn: &str) -> Option<String> {
    let parts = rdns(dn);
    let is_dc = |rdn: &&&str| rdn.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("dc"));
    let count = parts.iter().rev().take_while(is_dc).count();
    domain_of_dn(&parts[parts.len() - count..].join(","))
}

/// `corp.example` is `DC=corp,DC=example`.
pub fn dn_of_domain(dns: &str) -> String {
    let parts: Vec<String> = dns.split('.').map(|label| format!("DC={}", dn_escape(label))).collect();
    parts.join(",")
}

/// The site in the DN of a server object: `CN=DC1,CN=Servers,CN=<site>,CN=Sites,...`
/// ([MS-ADTS] 6.1.1.2.2).
pub fn site_of_server(dn: &str) -> Option<String> {
    let parts = rdns(dn);
    let is = |index: usize, text: &str| parts.get(index).is_some_and(|part| part.eq_ignore_ascii_case(text));
    (is(1, "CN=Servers") && is(3, "CN=Sites")).then(|| value(parts[2])).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_folded_or_refused() {
        assert_eq!(dns_name("DC1.Corp.Example."), Some("dc1.corp.example".to_owned()));
        assert_eq!(dns_name("dc_1"), Some("dc_1".to_owned()));
        for bad in ["", ".", "a..b", "a b", "dc1/evil", "dc1)(cn=*", "d\u{e9}", &"a".repeat(64), &"a.".repeat(130)] {
            assert_eq!(dns_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_domain_of_an_object_stands_in_its_name() {
        let dn = "CN=Doe\\, Jane,OU=DC=x,OU=Staff,DC=corp,DC=example";
        assert_eq!(domain_around(dn), Some("corp.example".to_owned()));
        for none in ["CN=x,OU=y", "x", ""] {
            assert_eq!(domain_around(none), None);
        }
    }

    #[test]
    fn a_domain_and_its_dn_are_the_same_thing() {
        assert_eq!(domain_of_dn("DC=Corp,dc=example"), Some("corp.example".to_owned()));
        assert_eq!(domain_of_dn("DC = corp , DC = example"), Some("corp.example".to_owned()));
        assert_eq!(domain_of_dn("DC=c\\6frp,DC=example"), Some("corp.example".to_owned()));
        assert_eq!(dn_of_domain("corp.example"), "DC=corp,DC=example");
        for none in ["", "CN=Configuration,DC=corp,DC=example", "OU=x,DC=corp", "DC=", "DC=a\\,b,DC=c", "DC=a\\2eb\\2f"]
        {
            assert_eq!(domain_of_dn(none), None, "{none}");
        }
    }

    #[test]
    fn escapes_do_not_split_a_dn() {
        assert_eq!(rdns("CN=a\\,b,OU=c"), ["CN=a\\,b", "OU=c"]);
        assert_eq!(rdns("CN=a\\\\,OU=c"), ["CN=a\\\\", "OU=c"]);
        assert_eq!(rdns("CN=a\\"), ["CN=a\\"]);
    }

    #[test]
    fn the_site_is_read_from_the_server_object() {
        let dn = "CN=DC1,CN=Servers,CN=Main\\, Site,CN=Sites,CN=Configuration,DC=corp,DC=example";
        assert_eq!(site_of_server(dn), Some("Main, Site".to_owned()));
        assert_eq!(site_of_server("CN=DC1,OU=Domain Controllers,DC=corp,DC=example"), None);
        assert_eq!(site_of_server(""), None);
    }
}
