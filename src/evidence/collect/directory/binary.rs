//! Values that are bytes: GUIDs, SIDs, descriptors.

use ldap3::SearchEntry;
use uuid::Uuid;

/// [MS-DTYP] 2.4.2.2: the most sub-authorities of a SID.
const MOST_PARTS: usize = 15;

/// All values of an attribute as bytes. `ldap3` sorts them by whether they happen to be UTF-8, which a SID
/// may be.
pub fn all_bytes<'e>(entry: &'e SearchEntry, attribute: &'e str) -> impl Iterator<Item = &'e [u8]> {
    let is_it = move |name: &String| name.eq_ignore_ascii_case(attribute);
    let texts = entry.attrs.iter().filter(move |(name, _)| is_it(name)).flat_map(|(_, values)| values);
    let bytes = entry.bin_attrs.iter().filter(move |(name, _)| is_it(name)).flat_map(|(_, values)| values);
    bytes.map(Vec::as_slice).chain(texts.map(String::as_bytes))
}

/// The value of an attribute that has one.
pub fn bytes<'e>(entry: &'e SearchEntry, attribute: &'e str) -> Option<&'e [u8]> {
    all_bytes(entry, attribute).next()
}

/// A GUID as the directory stores it: the first three fields little-endian ([MS-DTYP] 2.3.4.2).
pub fn guid(bytes: &[u8]) -> Option<Uuid> {
    Some(Uuid::from_bytes_le(bytes.try_into().ok()?))
}

/// `S-1-5-...` of the bytes of a SID ([MS-DTYP] 2.4.2.1, 2.4.2.2); `None` when they are none.
pub fn sid(bytes: &[u8]) -> Option<String> {
    let (&[revision, count, a, b, c, d, e, f], parts) = bytes.split_first_chunk::<8>()?;
    if revision != 1 || usize::from(count) > MOST_PARTS || parts.len() != 4 * usize::from(count) {
        return None;
    }
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let mut text = match authority {
        0..=0xffff_ffff => format!("S-1-{authority}"),
        _ => format!("S-1-0x{authority:012X}"),
    };
    for part in parts.chunks_exact(4) {
        let number = u32::from_le_bytes([part[0], part[1], part[2], part[3]]);
        text.push_str(&format!("-{number}"));
    }
    Some(text)
}

/// The bytes of `S-1-5-...`; `None` when the text is no SID.
pub fn sid_bytes(text: &str) -> Option<Vec<u8>> {
    let rest = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-"))?;
    let mut numbers = rest.split('-');
    let authority = numbers.next()?;
    let authority = match authority.strip_prefix("0x").or_else(|| authority.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None => digits(authority)?,
    };
    let parts = numbers.map(|part| u32::try_from(digits(part)?).ok()).collect::<Option<Vec<u32>>>()?;
    let [0, 0, authority @ ..] = authority.to_be_bytes() else { return None };
    if parts.is_empty() || parts.len() > MOST_PARTS {
        return None;
    }
    let head = [1, parts.len() as u8].into_iter().chain(authority);
    Some(head.chain(parts.iter().flat_map(|part| part.to_le_bytes())).collect())
}

/// A decimal number without a sign, which `parse` would allow.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Bytes in a filter: each escaped ([RFC 4515] 3).
pub fn in_filter(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_sid_is_the_same_in_both_spellings() {
        for (text, hex) in [
            ("S-1-5-11", "0101000000000005 0b000000"),
            ("S-1-1-0", "0101000000000001 00000000"),
            ("S-1-5-21-1-2-3-1105", "0105000000000005 15000000 01000000 02000000 03000000 51040000"),
            ("S-1-0xFFFFFFFFFFFF-1", "0101FFFFFFFFFFFF 01000000"),
        ] {
            let hex: String = hex.split(' ').collect();
            let bytes: Vec<u8> =
                (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            assert_eq!(sid(&bytes).as_deref(), Some(text));
            assert_eq!(sid_bytes(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_sid_is_said_to_be_none() {
        let too_long = format!("S-1-5{}", "-1".repeat(16));
        for text in ["", "S-1-", "S-1-5", "S-1-5-", "S-1-5-x", "S-1-5-+1", "S-1-5-4294967296", "S-2-5-1", &too_long] {
            assert_eq!(sid_bytes(text), None, "{text}");
        }
        for bytes in [&b""[..], b"\x01\x01\x00\x00\x00\x00\x00\x05\x0b\x00\x00", b"\x02\x00\x00\x00\x00\x00\x00\x05"] {
            assert_eq!(sid(bytes), None);
        }
    }

    #[test]
    fn bytes_are_found_whether_they_are_text_or_not() {
        let attrs = HashMap::from([("objectSid".to_owned(), vec!["\x01\x01".to_owned()])]);
        let bin_attrs = HashMap::from([("objectGUID".to_owned(), vec![vec![0xff; 16]])]);
        let entry = SearchEntry { dn: String::new(), attrs, bin_attrs };
        assert_eq!(bytes(&entry, "objectsid"), Some(&b"\x01\x01"[..]));
        assert_eq!(bytes(&entry, "OBJECTGUID").and_then(guid), Some(Uuid::from_bytes([0xff; 16])));
        assert_eq!(bytes(&entry, "nTSecurityDescriptor"), None);
        assert_eq!(in_filter(b"\x00a\xff"), "\\00\\61\\ff");
    }
}
