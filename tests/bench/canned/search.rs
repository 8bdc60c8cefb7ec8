//! Searches: the request, the filter, and which entries answer it.

use super::ber::{element, number, text};
use super::domain::{Domain, Entry};

/// Of [RFC 4511] 4.5.1, what a canned controller looks at.
pub struct Search<'a> {
    pub base: &'a str,
    scope: usize,
    filter: &'a [u8],
    attributes: Vec<&'a str>,
}

impl<'a> Search<'a> {
    pub fn read(mut body: &'a [u8]) -> Option<Search<'a>> {
        let mut next = || element(&mut body);
        let (base, scope) = (text(next()?.1), number(next()?.1));
        // How aliases are treated, the two limits, names only.
        (0..4).try_for_each(|_| next().map(drop))?;
        let start = body;
        element(&mut body)?;
        let filter = &start[..start.len() - body.len()];
        let (_, mut list) = element(&mut body)?;
        let attributes = std::iter::from_fn(|| element(&mut list)).map(|(_, name)| text(name)).collect();
        Some(Search { base, scope, filter, attributes })
    }

    /// True for a search of many users, and of what may be users.
    pub fn is_of_users(&self) -> bool {
        let names = |attribute: &[u8]| self.filter.windows(14).any(|part| part == attribute);
        self.scope == 2 && (names(b"sAMAccountType") || names(b"objectCategory"))
    }

    /// The places that may answer.
    pub fn places(&self, domain: &Domain) -> Option<std::ops::Range<usize>> {
        match domain.place(self.base) {
            None => None,
            Some(place) if self.scope == 0 => Some(place..place + 1),
            Some(_) => Some(0..domain.count()),
        }
    }

    pub fn takes(&self, entry: &Entry) -> bool {
        let is_below = || {
            let above = entry.dn.len().checked_sub(self.base.len() + 1);
            let above = above.filter(|at| entry.dn.as_bytes()[*at] == b',');
            above.is_some_and(|at| {
                entry.dn[at + 1..].eq_ignore_ascii_case(self.base) && (self.scope == 2 || !entry.dn[..at].contains(','))
            })
        };
        let is_in_scope = match self.scope {
            0 => true,
            2 if entry.dn.eq_ignore_ascii_case(self.base) => true,
            _ => is_below(),
        };
        is_in_scope && matches(self.filter, entry)
    }

    /// The attributes to send: those asked for; of the costly ones none that were not.
    pub fn sent<'e>(&self, entry: &'e Entry, with_descriptor: bool) -> Vec<&'e (&'static str, Vec<Vec<u8>>)> {
        let is_asked = |name: &str| self.attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name));
        let is_sent = |name: &str| match name {
            "nTSecurityDescriptor" => with_descriptor && is_asked(name),
            // Constructed: in a base search only ([MS-ADTS] 3.1.1.4.5.19).
            "tokenGroups" => self.scope == 0 && is_asked(name),
            _ => self.attributes.is_empty() || is_asked(name),
        };
        entry.attributes.iter().filter(|(name, _)| is_sent(name)).collect()
    }
}

/// [RFC 4511] 4.5.1.7, without approximations; of orders only that of octets.
fn matches(mut filter: &[u8], entry: &Entry) -> bool {
    let Some((tag, mut content)) = element(&mut filter) else { return false };
    let parts = || {
        let before = content;
        element(&mut content)?;
        Some(&before[..before.len() - content.len()])
    };
    match tag {
        0xA0 => std::iter::from_fn(parts).all(|part| matches(part, entry)),
        0xA1 => std::iter::from_fn(parts).any(|part| matches(part, entry)),
        0xA2 => !matches(content, entry),
        // Presence. Every object has a class, also one that shows nothing else.
        0x87 => text(content).eq_ignore_ascii_case("objectClass") || entry.values(text(content)).is_some(),
        0xA3 => {
            let (Some((_, name)), Some((_, value))) = (element(&mut content), element(&mut content)) else {
                return false;
            };
            let values = entry.values(text(name)).unwrap_or_default();
            let sid = text(value).strip_prefix("S-1-5-").map(sid_of);
            let value = sid.as_deref().unwrap_or(value);
            values.iter().any(|own| own.eq_ignore_ascii_case(value))
        }
        0xA5 => {
            let (Some((_, name)), Some((_, value))) = (element(&mut content), element(&mut content)) else {
                return false;
            };
            entry.values(text(name)).unwrap_or_default().iter().any(|own| own.as_slice() >= value)
        }
        // By a rule: the bits that have to be set.
        0xA9 => {
            let parts: Vec<_> = std::iter::from_fn(|| element(&mut content)).collect();
            let part = |wanted: u8| parts.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| text(value));
            let bits = |value: &str| value.parse::<u32>().unwrap_or_default();
            let (name, wanted) = (part(0x82).unwrap_or_default(), part(0x83).map_or(0, bits));
            entry.values(name).unwrap_or_default().iter().any(|own| bits(text(own)) & wanted == wanted)
        }
        _ => false,
    }
}

fn sid_of(rest: &str) -> Vec<u8> {
    super::descriptors::sid(&rest.split('-').filter_map(|part| part.parse().ok()).collect::<Vec<u32>>())
}
