//! Values that are bytes: GUIDs, SIDs, descriptors.

use crate::directory::Sid;
use ldap3::SearchEntry;
use uuid::Uuid;

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
    // As it was asked for, from most servers.
    let first = entry.bin_attrs.get(attribute).and_then(|values| values.first());
    first.map(Vec::as_slice).or_else(|| all_bytes(entry, attribute).next())
}

/// A GUID as the directory stores it: the first three fields little-endian ([MS-DTYP] 2.3.4.2).
pub fn guid(bytes: &[u8]) -> Option<Uuid> {
    Some(Uuid::from_bytes_le(bytes.try_into().ok()?))
}

/// The text of the bytes of a SID; `None` when they are none.
pub fn sid(bytes: &[u8]) -> Option<String> {
    Sid::from_bytes(bytes).ok().map(|sid| sid.to_string())
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
    fn bytes_are_found_whether_they_are_text_or_not() {
        let attrs = HashMap::from([("objectSid".to_owned(), vec!["\x01\x01".to_owned()])]);
        let bin_attrs = HashMap::from([("objectGUID".to_owned(), vec![vec![0xff; 16]])]);
        let entry = SearchEntry { dn: String::new(), attrs, bin_attrs };
        assert_eq!(bytes(&entry, "objectsid"), Some(&b"\x01\x01"[..]));
        assert_eq!(bytes(&entry, "objectsid").and_then(sid), None);
        assert_eq!(bytes(&entry, "OBJECTGUID").and_then(guid), Some(Uuid::from_bytes([0xff; 16])));
        assert_eq!(bytes(&entry, "nTSecurityDescriptor"), None);
        assert_eq!(in_filter(b"\x00a\xff"), "\\00\\61\\ff");
    }
}
