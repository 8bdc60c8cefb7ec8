//! Values that are bytes: GUIDs, SIDs, descriptors.

use crate::directory::Sid;
use std::fmt::Write;
use uuid::Uuid;

/// A GUID as the directory stores it: the first three fields little-endian ([MS-DTYP] 2.3.4.2).
pub fn guid(bytes: &[u8]) -> Option<Uuid> {
    Some(Uuid::from_bytes_le(bytes.try_into().ok()?))
}

/// The text of the bytes of a SID; `None` when they are none.
pub fn sid(bytes: &[u8]) -> Option<String> {
    let sid = Sid::from_bytes(bytes).ok()?;
    // Of an account; otherwise the room would grow three times for each user of a scan.
    let mut text = String::with_capacity(48);
    write!(text, "{sid}").ok()?;
    Some(text)
}

/// Bytes in a filter: each escaped ([RFC 4515] 3).
pub fn in_filter(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_what_they_say_or_nothing() {
        assert_eq!(sid(b"\x01\x01\0\0\0\0\0\x05\x0b\0\0\0").as_deref(), Some("S-1-5-11"));
        assert_eq!(sid(b"\x01\x01"), None);
        assert_eq!(guid(&[0xff; 16]), Some(Uuid::from_bytes([0xff; 16])));
        assert_eq!(guid(&[0xff; 15]), None);
        assert_eq!(in_filter(b"\x00a\xff"), "\\00\\61\\ff");
    }
}
