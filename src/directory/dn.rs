//! Distinguished names as strings ([RFC 4514]).

use std::borrow::Cow;
use std::fmt;

/// One relative distinguished name. One of several values (`CN=a+OU=b`) stays whole, because Active
/// Directory makes none; its `value` is then all after the first `=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rdn<'a> {
    /// As it stands in the name.
    pub raw: &'a str,
    pub attribute: &'a str,
    /// Without escapes.
    pub value: Cow<'a, str>,
}

/// A text that is no distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDn {
    /// Byte at which the RDN begins.
    pub position: usize,
    pub what: &'static str,
}

impl fmt::Display for BadDn {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "not a distinguished name at byte {}: {}", self.position, self.what)
    }
}

/// The RDNs, from the object upwards. The empty name has none.
pub fn rdns(dn: &str) -> Result<Vec<Rdn<'_>>, BadDn> {
    let mut found = Vec::with_capacity(dn.bytes().filter(|byte| *byte == b',').count() + 1);
    let mut position = 0;
    for raw in split(dn) {
        found.push(rdn(raw).map_err(|what| BadDn { position, what })?);
        position += raw.len() + 1;
    }
    Ok(found)
}

/// Splits at commas that no backslash escapes. The old spelling `;` and quoted values of [RFC 2253] are
/// never written by a directory.
pub fn split(dn: &str) -> impl Iterator<Item = &str> {
    let mut left = (!dn.is_empty()).then_some(dn);
    std::iter::from_fn(move || {
        let rest = left?;
        let mut is_escaped = false;
        let comma = rest.bytes().position(|byte| {
            let is_end = byte == b',' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        left = comma.map(|at| &rest[at + 1..]);
        Some(&rest[..comma.unwrap_or(rest.len())])
    })
}

fn rdn(raw: &str) -> Result<Rdn<'_>, &'static str> {
    let (attribute, value) = raw.split_once('=').ok_or("RDN without \"=\"")?;
    let attribute = attribute.trim();
    if attribute.is_empty() {
        return Err("RDN without an attribute");
    }
    let bytes = match value.strip_prefix('#') {
        Some(hex) => ber_string(&from_hex(hex).ok_or("value after \"#\" is not hexadecimal")?)
            .ok_or("value after \"#\" is not the BER form of a string")?,
        None if !value.contains('\\') => return Ok(Rdn { raw, attribute, value: Cow::Borrowed(value) }),
        None => unescape(value)?,
    };
    let value = String::from_utf8(bytes).map_err(|_| "value is not UTF-8")?;
    Ok(Rdn { raw, attribute, value: Cow::Owned(value) })
}

/// [RFC 4514] 3: after a backslash stands a special character or two hexadecimal digits.
fn unescape(value: &str) -> Result<Vec<u8>, &'static str> {
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match bytes.next().ok_or("value ends with a backslash")? {
            special @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\' | b'/') => {
                plain.push(special)
            }
            high => {
                let pair = [high, bytes.next().ok_or("escape ends early")?];
                plain.push(hex_pair(&pair).ok_or("escape of no special character")?);
            }
        }
    }
    Ok(plain)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(hex_pair).collect()
}

fn hex_pair(&[high, low]: &[u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Content of an OCTET, UTF8, Printable or IA5 string ([X.690] 8.1) of less than 256 bytes.
fn ber_string(bytes: &[u8]) -> Option<Vec<u8>> {
    let content = match bytes {
        [0x04 | 0x0C | 0x13 | 0x16, length, content @ ..]
            if *length < 0x80 && usize::from(*length) == content.len() =>
        {
            content
        }
        [0x04 | 0x0C | 0x13 | 0x16, 0x81, length, content @ ..] if usize::from(*length) == content.len() => content,
        _ => return None,
    };
    Some(content.to_vec())
}

/// What stands above an object; `None` of one part alone.
pub fn parent(dn: &str) -> Option<&str> {
    dn.get(split(dn).next()?.len() + 1..)
}

/// The DNs between an object and the head of its domain, nearest first; `None` when the object does not
/// stand under that head.
pub fn parent_containers(dn: &str, domain_head: &str) -> Option<Vec<String>> {
    let (mut above, mut found) = (dn, Vec::new());
    for part in split(dn) {
        above = above.get(part.len() + 1..).filter(|above| !above.is_empty())?;
        if above.eq_ignore_ascii_case(domain_head) {
            return Some(found);
        }
        found.push(above.to_owned());
    }
    None
}

/// A character that writeback cannot handle in the name of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// Counted in characters, from 0.
    pub position: usize,
    pub character: char,
    /// In words, because some cannot be seen.
    pub name: &'static str,
}

/// The reserved characters of an unescaped value. A space or `#` counts only where it leads, a space also
/// at the end.
pub fn reserved_characters(value: &str) -> Vec<Reserved> {
    let last = value.chars().count().saturating_sub(1);
    let name_of = |position: usize, character: char| match character {
        ' ' if position == 0 => Some("leading space"),
        '#' if position == 0 => Some("leading number sign"),
        ' ' if position == last => Some("trailing space"),
        ',' => Some("comma"),
        '+' => Some("plus sign"),
        '"' => Some("quotation mark"),
        '\\' => Some("backslash"),
        '<' => Some("less-than sign"),
        '>' => Some("greater-than sign"),
        ';' => Some("semicolon"),
        '\n' => Some("line feed"),
        '\r' => Some("carriage return"),
        '=' => Some("equal sign"),
        '/' => Some("slash"),
        _ => None,
    };
    value
        .chars()
        .enumerate()
        .filter_map(|(position, character)| {
            name_of(position, character).map(|name| Reserved { position, character, name })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unescaped() {
        for (dn, value) in [
            ("OU=Sales,DC=corp", "Sales"),
            ("OU=Sales\\, North,DC=corp", "Sales, North"),
            ("OU=Sales\\2C North,DC=corp", "Sales, North"),
            ("OU=a\\\\,DC=corp", "a\\"),
            ("OU=\\ a\\ ,DC=corp", " a "),
            ("OU=\\#1,DC=corp", "#1"),
            ("OU=a=b\\+c,DC=corp", "a=b+c"),
            ("OU=L\\C3\\BCbeck,DC=corp", "Lübeck"),
            ("OU=line\\0Afeed,DC=corp", "line\nfeed"),
            ("OU=#0C0548656C6C6F,DC=corp", "Hello"),
            ("OU=#0481024142,DC=corp", "AB"),
            ("CN=a+OU=b,DC=corp", "a+OU=b"),
        ] {
            let parts = rdns(dn).unwrap();
            assert_eq!((parts.len(), &*parts[0].value), (2, value), "{dn}");
            assert_eq!(format!("{},DC=corp", parts[0].raw), dn);
        }
        assert_eq!(rdns(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_place() {
        for (dn, position) in [
            ("OU", 0),
            ("OU=a,,DC=b", 5),
            ("=a", 0),
            ("OU=a\\", 0),
            ("OU=a,OU=b\\zz", 5),
            ("OU=a\\2", 0),
            ("OU=\\FF", 0),
            ("OU=#0C05", 0),
            ("OU=#0", 0),
            ("OU=#GG", 0),
        ] {
            assert_eq!(rdns(dn).unwrap_err().position, position, "{dn}");
        }
    }

    #[test]
    fn what_stands_above_begins_behind_the_first_comma_that_is_none_of_a_name() {
        assert_eq!(parent("CN=a\\,b,OU=c,DC=d"), Some("OU=c,DC=d"));
        assert_eq!((parent("DC=d"), parent("")), (None, None));
    }

    #[test]
    fn containers_end_below_the_head() {
        for (dn, expected) in [
            (
                "CN=u,OU=a\\,b,OU=c,DC=corp,DC=example",
                Some(vec!["OU=a\\,b,OU=c,DC=corp,DC=example", "OU=c,DC=corp,DC=example"]),
            ),
            ("CN=u,CN=Users,dc=CORP,dc=example", Some(vec!["CN=Users,dc=CORP,dc=example"])),
            ("CN=u,DC=corp,DC=example", Some(vec![])),
            ("DC=corp,DC=example", None),
            ("CN=u,DC=other,DC=example", None),
            ("DC=example", None),
        ] {
            let found = parent_containers(dn, "DC=corp,DC=example");
            assert_eq!(found, expected.map(|dns| dns.into_iter().map(str::to_owned).collect()), "{dn}");
        }
        assert_eq!(parent_containers("CN=u", ""), None);
    }

    #[test]
    fn reserved_characters_are_found_where_they_matter() {
        for (value, expected) in [
            ("Sales", &[][..]),
            ("Sales # 1", &[]),
            ("#1", &["leading number sign"]),
            (" a ", &["leading space", "trailing space"]),
            (" ", &["leading space"]),
            ("a,b+c\"d\\e", &["comma", "plus sign", "quotation mark", "backslash"]),
            ("<>;=/", &["less-than sign", "greater-than sign", "semicolon", "equal sign", "slash"]),
            ("a\nb\rc", &["line feed", "carriage return"]),
            ("Lübeck-Süd (1)", &[]),
            ("", &[]),
        ] {
            let names: Vec<&str> = reserved_characters(value).iter().map(|found| found.name).collect();
            assert_eq!(names, expected, "{value:?}");
        }
        assert_eq!(reserved_characters("ü/")[0].position, 1);
    }
}
