//! Security identifiers ([MS-DTYP] 2.4.2).

use super::Malformed;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// [MS-DTYP] 2.4.2.2: "the maximum number of elements allowed is 15".
const MAX_PARTS: usize = 15;

/// A SID by value: no allocation, so that lists of ACEs stay in one piece. Unused parts are zero, which
/// keeps comparison derived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sid {
    authority: [u8; 6],
    count: u8,
    parts: [u32; MAX_PARTS],
}

/// A text that is no SID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSid;

impl fmt::Display for BadSid {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("not a SID")
    }
}

impl Sid {
    /// A SID of an authority whose first five bytes are zero, as all well-known ones are.
    pub(super) const fn new<const N: usize>(authority: u8, given: [u32; N]) -> Sid {
        let mut parts = [0; MAX_PARTS];
        let mut at = 0;
        while at < N {
            parts[at] = given[at];
            at += 1;
        }
        Sid { authority: [0, 0, 0, 0, 0, authority], count: N as u8, parts }
    }

    /// A SID of the NT authority, S-1-5-...
    pub(super) const fn nt<const N: usize>(given: [u32; N]) -> Sid {
        Sid::new(5, given)
    }

    /// A SID that fills the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Sid, Malformed> {
        let sid = Sid::read(bytes, 0)?;
        if sid.byte_len() == bytes.len() {
            Ok(sid)
        } else {
            Err(Malformed { offset: sid.byte_len(), what: "bytes after the SID" })
        }
    }

    /// The SID at the start of the bytes, which may go on; `offset` is where they stand in the whole.
    pub(super) fn read(bytes: &[u8], offset: usize) -> Result<Sid, Malformed> {
        let mut sid = NOBODY;
        sid.fill(bytes, offset)?;
        Ok(sid)
    }

    /// The same into a SID that is nobody's, whose parts are all zero.
    #[inline]
    pub(super) fn fill(&mut self, bytes: &[u8], offset: usize) -> Result<(), Malformed> {
        let cut = Malformed { offset, what: "SID ends early" };
        let Some((&[revision, count, a, b, c, d, e, f], rest)) = bytes.split_first_chunk::<8>() else {
            return Err(cut);
        };
        if revision != 1 {
            return Err(Malformed { offset, what: "SID revision is not 1" });
        }
        if usize::from(count) > MAX_PARTS {
            return Err(Malformed { offset: offset + 1, what: "SID has more than 15 parts" });
        }
        let given = rest.get(..4 * usize::from(count)).ok_or(cut)?;
        (self.authority, self.count) = ([a, b, c, d, e, f], count);
        for (part, chunk) in self.parts.iter_mut().zip(given.as_chunks::<4>().0) {
            *part = u32::from_le_bytes(*chunk);
        }
        Ok(())
    }

    /// Appends the SID as bytes.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend([1, self.count]);
        bytes.extend(self.authority);
        self.parts().iter().for_each(|part| bytes.extend(part.to_le_bytes()));
    }

    pub(super) fn byte_len(&self) -> usize {
        8 + 4 * usize::from(self.count)
    }

    fn parts(&self) -> &[u32] {
        &self.parts[..usize::from(self.count)]
    }

    /// The last part: in S-1-5-21-a-b-c-rid the relative identifier.
    pub fn rid(&self) -> Option<u32> {
        self.parts().last().copied()
    }

    /// S-1-5-21-a-b-c of S-1-5-21-a-b-c-rid; `None` for a SID of another form.
    pub fn domain(&self) -> Option<Sid> {
        match *self.parts() {
            [21, a, b, c, _] if self.authority == [0, 0, 0, 0, 0, 5] => Some(Sid::nt([21, a, b, c])),
            _ => None,
        }
    }

    /// The SID with one part more; `None` when there is no room.
    pub fn with_rid(&self, rid: u32) -> Option<Sid> {
        let mut longer = *self;
        *longer.parts.get_mut(usize::from(self.count))? = rid;
        longer.count += 1;
        Some(longer)
    }
}

/// Of the parts only those that are used: most SIDs have five of fifteen.
impl Hash for Sid {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.authority[5]);
        self.parts().iter().for_each(|part| state.write_u32(*part));
    }
}

impl fmt::Display for Sid {
    /// [MS-DTYP] 2.4.2.1: an authority of 2^32 and more is written in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let [a, b, c, d, e, g] = self.authority;
        let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, g]);
        if authority > u64::from(u32::MAX) {
            write!(f, "S-1-0x{authority:012X}")?;
        } else {
            f.write_str("S-1-")?;
            f.write_str(itoa::Buffer::new().format(authority))?;
        }
        // Without the machinery of format strings: a scan writes a SID for every user.
        self.parts().iter().try_for_each(|part| {
            f.write_str("-")?;
            f.write_str(itoa::Buffer::new().format(*part))
        })
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = BadSid;

    fn from_str(text: &str) -> Result<Sid, BadSid> {
        let rest = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-")).ok_or(BadSid)?;
        let mut fields = rest.split('-');
        let authority = fields.next().ok_or(BadSid)?;
        let authority = match authority.strip_prefix("0x").or_else(|| authority.strip_prefix("0X")) {
            Some(hex) => number(hex, 16)?,
            None => number(authority, 10)?,
        };
        let [0, 0, authority @ ..] = authority.to_be_bytes() else { return Err(BadSid) };
        let mut sid = Sid { authority, count: 0, parts: [0; MAX_PARTS] };
        for field in fields {
            let part = u32::try_from(number(field, 10)?).map_err(|_| BadSid)?;
            *sid.parts.get_mut(usize::from(sid.count)).ok_or(BadSid)? = part;
            sid.count += 1;
        }
        Ok(sid)
    }
}

/// Digits only: the parser of numbers would also take a sign.
fn number(text: &str, radix: u32) -> Result<u64, BadSid> {
    if text.is_empty() || !text.chars().all(|letter| letter.is_digit(radix)) {
        return Err(BadSid);
    }
    u64::from_str_radix(text, radix).map_err(|_| BadSid)
}

impl Serialize for Sid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sid, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom(format!("not a SID: {text}")))
    }
}

// Well-known SIDs, [MS-DTYP] 2.4.2.4.
/// Nobody. Stands in an ACE whose layout, and so its trustee, is not known.
pub const NOBODY: Sid = Sid::new(0, [0]);
pub const EVERYONE: Sid = Sid::new(1, [0]);
pub const CREATOR_OWNER: Sid = Sid::new(3, [0]);
pub const CREATOR_GROUP: Sid = Sid::new(3, [1]);
pub const OWNER_RIGHTS: Sid = Sid::new(3, [4]);
pub const NETWORK: Sid = Sid::nt([2]);
pub const INTERACTIVE: Sid = Sid::nt([4]);
pub const SERVICE: Sid = Sid::nt([6]);
pub const ANONYMOUS: Sid = Sid::nt([7]);
pub const ENTERPRISE_DOMAIN_CONTROLLERS: Sid = Sid::nt([9]);
/// The object's own SID, whoever that is.
pub const SELF_SID: Sid = Sid::nt([10]);
pub const AUTHENTICATED_USERS: Sid = Sid::nt([11]);
pub const THIS_ORGANIZATION: Sid = Sid::nt([15]);
/// What every logon over the network within a forest brings (catalog 2.3 (1)).
pub const OF_A_REMOTE_LOGON: [Sid; 4] = [EVERYONE, AUTHENTICATED_USERS, THIS_ORGANIZATION, NETWORK];
pub const LOCAL_SYSTEM: Sid = Sid::nt([18]);
pub const LOCAL_SERVICE: Sid = Sid::nt([19]);
pub const NETWORK_SERVICE: Sid = Sid::nt([20]);
pub const ADMINISTRATORS: Sid = Sid::nt([32, 544]);
pub const USERS: Sid = Sid::nt([32, 545]);
pub const GUESTS: Sid = Sid::nt([32, 546]);
pub const ACCOUNT_OPERATORS: Sid = Sid::nt([32, 548]);
pub const SERVER_OPERATORS: Sid = Sid::nt([32, 549]);
pub const PRINT_OPERATORS: Sid = Sid::nt([32, 550]);
pub const BACKUP_OPERATORS: Sid = Sid::nt([32, 551]);
pub const REPLICATOR: Sid = Sid::nt([32, 552]);
pub const PRE_WIN2000: Sid = Sid::nt([32, 554]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_name_the_same_sid() {
        for (text, bytes) in [
            ("S-1-5-11", &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0][..]),
            ("S-1-1-0", &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
            ("S-1-5", &[1, 0, 0, 0, 0, 0, 0, 5]),
            ("S-1-5-32-4294967295", &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 255, 255, 255, 255]),
            ("S-1-0x010000000000-7", &[1, 1, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0]),
        ] {
            let sid: Sid = text.parse().unwrap();
            assert_eq!(Sid::from_bytes(bytes), Ok(sid), "{text}");
            assert_eq!(sid.to_string(), text);
            assert_eq!(sid.byte_len(), bytes.len());
        }
    }

    #[test]
    fn what_is_no_sid_is_refused() {
        for text in [
            "",
            "S-1-",
            "S-1",
            "S-2-5-11",
            "S-1-5-",
            "S-1-5-+1",
            "S-1-5-4294967296",
            "S-1-5-a",
            "S-1-0x1000000000000-1",
            "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
            "Everyone",
        ] {
            assert_eq!(text.parse::<Sid>(), Err(BadSid), "{text}");
        }
        for (bytes, offset) in [
            (&[][..], 0),
            (&[1, 1, 0, 0, 0, 0, 0, 5], 0),
            (&[2, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0], 0),
            (&[1, 16, 0, 0, 0, 0, 0, 5], 1),
            (&[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0, 0], 12),
        ] {
            assert_eq!(Sid::from_bytes(bytes).unwrap_err().offset, offset, "{bytes:?}");
        }
    }

    #[test]
    fn only_a_sid_of_a_domain_has_a_domain() {
        let user: Sid = "S-1-5-21-1-2-3-1105".parse().unwrap();
        assert_eq!(user.domain(), "S-1-5-21-1-2-3".parse().ok());
        assert_eq!(user.rid(), Some(1105));
        assert_eq!(user.domain().unwrap().with_rid(1105), Some(user));
        for other in [AUTHENTICATED_USERS, ADMINISTRATORS, user.domain().unwrap()] {
            assert_eq!(other.domain(), None, "{other}");
        }
        assert_eq!("S-1-5".parse::<Sid>().unwrap().rid(), None);
    }

    #[test]
    fn order_is_by_number_and_json_is_the_text() {
        let (small, large): (Sid, Sid) =
            ("S-1-5-21-1-2-3-999".parse().unwrap(), "S-1-5-21-1-2-3-1105".parse().unwrap());
        assert!(small < large && EVERYONE < AUTHENTICATED_USERS);
        assert_eq!(serde_json::to_string(&large).unwrap(), "\"S-1-5-21-1-2-3-1105\"");
        assert_eq!(serde_json::from_str::<Sid>("\"S-1-5-11\"").unwrap(), AUTHENTICATED_USERS);
        assert!(serde_json::from_str::<Sid>("\"BA\"").is_err());
    }
}
