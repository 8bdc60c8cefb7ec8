//! One object of an answer, as the controller wrote it ([RFC 4511] 4.5.2).
//!
//! A scan reads every user of a domain through it: names and values are moved out of the answer, not copied.
//! Values are bytes until somebody takes them for text, because a SID may happen to be UTF-8.

use super::ldap::Failure;
use ldap3::ResultEntry;
use ldap3::asn1::StructureTag;
use std::str::FromStr;

/// The tag of a SearchResultEntry; `ldap3` keeps references to other partitions back.
const SEARCH_RESULT_ENTRY: u64 = 4;

#[derive(Debug)]
pub struct Entry {
    pub dn: String,
    attributes: Vec<Attribute>,
}

#[derive(Debug)]
struct Attribute {
    /// As the controller spells it, with its options.
    name: String,
    values: Vec<Vec<u8>>,
}

impl TryFrom<ResultEntry> for Entry {
    type Error = Failure;

    fn try_from(answer: ResultEntry) -> Result<Entry, Failure> {
        Entry::read(answer.0).ok_or_else(Failure::malformed)
    }
}

impl Entry {
    fn read(answer: StructureTag) -> Option<Entry> {
        let mut parts = answer.match_id(SEARCH_RESULT_ENTRY)?.expect_constructed()?.into_iter();
        let dn = text(parts.next()?)?;
        let attributes = parts.next()?.expect_constructed()?.into_iter().map(Attribute::read).collect::<Option<_>>()?;
        Some(Entry { dn, attributes })
    }

    /// First value of an attribute, whatever the case of its name.
    pub fn value(&self, attribute: &str) -> Option<&str> {
        str::from_utf8(self.attributes[self.texts(attribute)?].values.first()?).ok()
    }

    /// All values of an attribute; `None` when it was not returned, or is no text. A long list comes in ranges,
    /// the first of which is enough here ([MS-ADTS] 3.1.1.3.1.3.3).
    pub fn values(&self, attribute: &str) -> Option<Vec<&str>> {
        self.attributes[self.texts(attribute)?].values.iter().map(|value| str::from_utf8(value).ok()).collect()
    }

    /// The number that is the value of an attribute.
    pub fn number<T: FromStr>(&self, attribute: &str) -> Option<T> {
        self.value(attribute)?.parse().ok()
    }

    /// The value of an attribute that has one, as bytes.
    pub fn bytes(&self, attribute: &str) -> Option<&[u8]> {
        self.all_bytes(attribute).next()
    }

    /// All values of an attribute as bytes; none of a part of a list, which would pass for the whole.
    pub fn all_bytes(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        let named = self.attributes.iter().filter(move |own| own.name.eq_ignore_ascii_case(attribute));
        named.flat_map(|own| &own.values).map(Vec::as_slice)
    }

    /// [`Entry::value`], of which nothing is left here.
    pub fn take_value(&mut self, attribute: &str) -> Option<String> {
        let place = self.texts(attribute)?;
        let values = std::mem::take(&mut self.attributes[place].values);
        String::from_utf8(values.into_iter().next()?).ok()
    }

    /// [`Entry::values`], of which nothing is left here.
    pub fn take_values(&mut self, attribute: &str) -> Option<Vec<String>> {
        let place = self.texts(attribute)?;
        let values = std::mem::take(&mut self.attributes[place].values);
        values.into_iter().map(|value| String::from_utf8(value).ok()).collect()
    }

    /// [`Entry::bytes`], of which nothing is left here.
    pub fn take_bytes(&mut self, attribute: &str) -> Option<Vec<u8>> {
        let mut named = self.attributes.iter_mut().filter(|own| own.name.eq_ignore_ascii_case(attribute));
        named.find_map(|own| std::mem::take(&mut own.values).into_iter().next())
    }

    /// True when the controller gave the first part of a long list only: `member;range=0-1499`.
    pub fn is_cut(&self, attribute: &str) -> bool {
        let is_part = |option: &str| !option.is_empty() && !option.ends_with('*');
        self.attributes.iter().any(|own| own.range(attribute).is_some_and(is_part) && !own.values.is_empty())
    }

    /// The place of an attribute whose values are all text.
    fn texts(&self, attribute: &str) -> Option<usize> {
        let mut without_values = None;
        for (place, own) in self.attributes.iter().enumerate() {
            if own.range(attribute).is_none() || !own.is_text() {
                continue;
            }
            if !own.values.is_empty() {
                return Some(place);
            }
            // Beside a range the controller may name the attribute once more, without values.
            without_values.get_or_insert(place);
        }
        without_values
    }
}

impl Attribute {
    fn read(answer: StructureTag) -> Option<Attribute> {
        let mut parts = answer.expect_constructed()?.into_iter();
        let name = text(parts.next()?)?;
        let values = parts.next()?.expect_constructed()?.into_iter().map(StructureTag::expect_primitive);
        Some(Attribute { name, values: values.collect::<Option<_>>()? })
    }

    /// The range of the values in a list of this name, empty when it is whole; `None` for another attribute.
    fn range(&self, attribute: &str) -> Option<&str> {
        let (name, option) = self.name.split_at_checked(attribute.len())?;
        // A scan asks this two hundred times of each user; one character tells most other attributes apart.
        let is_range =
            || option.starts_with(';') && option.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(";range="));
        ((option.is_empty() || is_range()) && name.eq_ignore_ascii_case(attribute)).then_some(option)
    }

    fn is_text(&self) -> bool {
        self.values.iter().all(|value| str::from_utf8(value).is_ok())
    }
}

fn text(answer: StructureTag) -> Option<String> {
    String::from_utf8(answer.expect_primitive()?).ok()
}

#[cfg(test)]
impl Entry {
    /// One with these attributes.
    pub fn with<V: AsRef<[u8]>>(dn: &str, attributes: &[(&str, &[V])]) -> Entry {
        let attribute = |(name, values): &(&str, &[V])| Attribute {
            name: (*name).to_owned(),
            values: values.iter().map(|value| value.as_ref().to_vec()).collect(),
        };
        Entry { dn: dn.to_owned(), attributes: attributes.iter().map(attribute).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::parse_tag;

    fn read(answer: &[u8]) -> Option<Entry> {
        Entry::read(parse_tag(answer).expect("BER").1)
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let entry =
            read(b"\x64\x17\x04\x04CN=a\x30\x0f\x30\x0d\x04\x03sId\x31\x06\x04\x01\xff\x04\x01b").expect("an entry");
        assert_eq!((entry.dn.as_str(), entry.all_bytes("sid").collect::<Vec<_>>()), ("CN=a", vec![&b"\xff"[..], b"b"]));
        let without = read(b"\x64\x0d\x04\x00\x30\x09\x30\x07\x04\x03sId\x31\x00").expect("an entry");
        assert_eq!((without.values("sid"), without.bytes("sid")), (Some(Vec::new()), None));
        assert!(read(b"\x64\x04\x04\x00\x30\x00").is_some(), "the rootDSE, with nothing to see");
    }

    #[test]
    fn what_is_malformed_is_no_entry() {
        for (what, answer) in [
            ("another operation", &b"\x65\x04\x04\x00\x30\x00"[..]),
            ("not constructed", b"\x44\x00"),
            ("nothing in it", b"\x64\x00"),
            ("no list of attributes", b"\x64\x02\x04\x00"),
            ("a name in parts", b"\x64\x04\x24\x00\x30\x00"),
            ("a name that is not UTF-8", b"\x64\x05\x04\x01\xff\x30\x00"),
            ("attributes that are a string", b"\x64\x04\x04\x00\x04\x00"),
            ("an attribute that is a string", b"\x64\x06\x04\x00\x30\x02\x04\x00"),
            ("an attribute without a name", b"\x64\x06\x04\x00\x30\x02\x30\x00"),
            ("an attribute without values", b"\x64\x09\x04\x00\x30\x05\x30\x03\x04\x01a"),
            ("an attribute's name that is not UTF-8", b"\x64\x0b\x04\x00\x30\x07\x30\x05\x04\x01\xff\x31\x00"),
            ("values that are a string", b"\x64\x0b\x04\x00\x30\x07\x30\x05\x04\x01a\x04\x00"),
            ("a value in parts", b"\x64\x0d\x04\x00\x30\x09\x30\x07\x04\x01a\x31\x02\x24\x00"),
        ] {
            assert!(read(answer).is_none(), "{what}");
        }
    }

    #[test]
    fn a_range_is_read_like_the_attribute() {
        let applies: &[&str] = &["a", "b"];
        let entry = Entry::with(
            "",
            &[
                ("msDS-PSOAppliesTo", &[]),
                ("msDS-PSOAppliesTo;Range=0-1", applies),
                ("DNSHOSTNAME", &["dc1"]),
                ("member;range=0-*", &["c"]),
                ("tokenGroups;range=0-1", &["d"]),
            ],
        );
        assert_eq!(entry.values("msDS-PSOAppliesTo").as_deref(), Some(applies));
        for (attribute, value, is_cut) in [
            ("msds-psoappliesto", Some("a"), true),
            ("dNSHostName", Some("dc1"), false),
            ("DNSHOSTNAME", Some("dc1"), false),
            ("member", Some("c"), false),
            ("msDS-PSO", None, false),
            ("msDS-PSOAppliesTo;range=0-1x", None, false),
        ] {
            assert_eq!((entry.value(attribute), entry.is_cut(attribute)), (value, is_cut), "{attribute}");
        }
        assert_eq!(entry.bytes("tokenGroups"), None);
    }

    #[test]
    fn a_list_is_text_as_a_whole_or_not_at_all() {
        let attributes: &[(&str, &[&[u8]])] =
            &[("objectSid", &[b"\x01\x01"]), ("description", &[b"x", b"\xff"]), ("uSNChanged", &[b"17"])];
        let mut entry = Entry::with("", attributes);
        assert_eq!((entry.value("description"), entry.values("description")), (None, None));
        assert_eq!((entry.take_value("description"), entry.bytes("description")), (None, Some(&b"x"[..])));
        assert_eq!(entry.bytes("objectsid"), Some(&b"\x01\x01"[..]));
        assert_eq!((entry.number("usnChanged"), entry.number::<u8>("objectSid")), (Some(17), None));
        assert_eq!(entry.bytes("nTSecurityDescriptor"), None);
    }

    #[test]
    fn what_was_taken_is_gone() {
        let mut entry = Entry::with("", &[("cn", &["anna"][..]), ("objectClass", &["top", "user"]), ("sd", &["\x01"])]);
        assert_eq!(entry.take_value("CN").as_deref(), Some("anna"));
        assert_eq!(entry.take_values("objectClass"), Some(vec!["top".to_owned(), "user".to_owned()]));
        assert_eq!(entry.take_bytes("SD"), Some(vec![1]));
        assert_eq!((entry.value("cn"), entry.value("objectClass"), entry.bytes("sd")), (None, None, None));
        assert_eq!((entry.take_values("mail"), entry.take_bytes("mail")), (None, None));
    }
}
