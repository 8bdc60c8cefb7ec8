//! Names of hosts and domains, and the way between them and distinguished names. All of it is untrusted text.

use super::dn::{rdns, split};
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

/// `DC=corp,DC=example` is `corp.example`; a DN with any other part is no domain.
pub fn domain_of_dn(dn: &str) -> Option<String> {
    let parts = rdns(dn).ok()?;
    let labels: Option<Vec<&str>> =
        parts.iter().map(|rdn| rdn.attribute.eq_ignore_ascii_case("dc").then(|| rdn.value.trim())).collect();
    dns_name(&labels?.join("."))
}

/// The domain that a DN lies in, by its trailing `DC=` parts; `None` when it has none.
pub fn domain_around(dn: &str) -> Option<String> {
    let parts: Vec<&str> = split(dn).collect();
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
    let parts = rdns(dn).ok()?;
    let is = |index: usize, text: &str| parts.get(index).is_some_and(|rdn| rdn.raw.eq_ignore_ascii_case(text));
    (is(1, "CN=Servers") && is(3, "CN=Sites")).then(|| parts[2].value.clone().into_owned())
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
    fn the_site_is_read_from_the_server_object() {
        let dn = "CN=DC1,CN=Servers,CN=Main\\, Site,CN=Sites,CN=Configuration,DC=corp,DC=example";
        assert_eq!(site_of_server(dn), Some("Main, Site".to_owned()));
        assert_eq!(site_of_server("CN=DC1,OU=Domain Controllers,DC=corp,DC=example"), None);
        assert_eq!(site_of_server(""), None);
    }
}
