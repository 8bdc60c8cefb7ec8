//! The shape of LDAP messages, looked at before `ldap3` reads them: its parser descends into what is nested as
//! deep as a peer likes, until the stack of the thread ends, and with it the process, and it keeps whatever
//! length is announced. Here nothing descends and nothing is kept; the bytes may come in any pieces.
//!
//! [RFC 4511] 5.1 allows definite lengths only, and all its tags fit into one octet ([X.690] 8.1.2).

/// The deepest answer is an entry: message, operation, attributes, attribute, values, value. The rest is for
/// controls and for answers that we do not know.
const DEEPEST: usize = 32;

/// Each entry is a message of its own. An ACL has at most 64 KiB ([MS-DTYP] 2.4.5), and of an attribute only a few
/// thousand values come at once (MaxValRange, [MS-ADTS] 3.1.1.3.4.6).
const LARGEST: usize = 16 * 1024 * 1024;

/// Elements of one message, for `ldap3` makes fifty bytes and more of an element of two.
const MOST_ELEMENTS: usize = 256 * 1024;

const SEQUENCE: u8 = 0x30;
const CONSTRUCTED: u8 = 0x20;
const NUMBER: u8 = 0x1f;

/// Goes along with the bytes of a connection.
#[derive(Default)]
pub struct Walk {
    /// A header whose end has not come yet.
    begun: Vec<u8>,
    /// What is to come of an element that nothing is nested in.
    content: usize,
    /// Octets of the message so far.
    at: usize,
    /// Where the elements end that are not complete, the message first.
    ends: Vec<usize>,
    elements: usize,
}

/// Identifier and length of an element ([X.690] 8.1.2, 8.1.3).
struct Header {
    identifier: u8,
    length: usize,
    /// Of the header itself.
    octets: usize,
}

impl Walk {
    /// The next bytes, or why none of them may be read.
    pub fn pass(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while let [octet, rest @ ..] = bytes {
            if self.content > 0 {
                let passed = self.content.min(bytes.len());
                bytes = &bytes[passed..];
                self.at += passed;
                self.content -= passed;
                self.close();
            } else if self.begun.is_empty()
                && let Some(header) = header(bytes)?
            {
                bytes = &bytes[header.octets..];
                self.open(&header)?;
            } else {
                bytes = rest;
                self.begun.push(*octet);
                if let Some(header) = header(&self.begun)? {
                    self.begun.clear();
                    self.open(&header)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, header: &Header) -> Result<(), String> {
        let Header { identifier, length, octets } = *header;
        self.at += octets;
        match self.ends.last() {
            None if identifier != SEQUENCE => return Err(not_ldap()),
            None if length > LARGEST => return Err(format!("the controller announced a message of {length} bytes")),
            Some(end) if end.checked_sub(self.at).is_none_or(|left| length > left) => return Err(not_ldap()),
            _ => {}
        }
        if self.ends.len() == DEEPEST {
            return Err(format!("the controller sent a message that is nested deeper than {DEEPEST} levels"));
        }
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(format!("the controller sent a message of more than {MOST_ELEMENTS} elements"));
        }
        self.ends.push(self.at + length);
        if identifier & CONSTRUCTED == 0 {
            self.content = length;
        }
        self.close();
        Ok(())
    }

    /// Leaves what is complete.
    fn close(&mut self) {
        while self.ends.last() == Some(&self.at) {
            self.ends.pop();
        }
        if self.ends.is_empty() {
            (self.at, self.elements) = (0, 0);
        }
    }
}

/// `None` as long as it is not whole.
fn header(bytes: &[u8]) -> Result<Option<Header>, String> {
    let &[identifier, first, ref rest @ ..] = bytes else { return Ok(None) };
    let long = match first {
        _ if identifier & NUMBER == NUMBER => return Err(not_ldap()),
        0..=0x7f => return Ok(Some(Header { identifier, length: first.into(), octets: 2 })),
        0x81..=0x84 => usize::from(first & 0x7f),
        _ => return Err(not_ldap()),
    };
    let length = |octets: &[u8]| octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
    Ok(rest.get(..long).map(|octets| Header { identifier, length: length(octets), octets: 2 + long }))
}

fn not_ldap() -> String {
    "the controller sent something that is not well-formed LDAP".to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::nested;
    use super::*;

    fn message(length: usize, content: &[u8]) -> Vec<u8> {
        [&[0x30, 0x84], &(length as u32).to_be_bytes()[..], content].concat()
    }

    #[test]
    fn what_a_controller_sends_passes_and_what_breaks_its_reader_does_not() {
        // An attribute with two values, as Active Directory writes it.
        let entry = b"\x30\x84\0\0\0\x2a\x02\x01\x02\x64\x84\0\0\0\x21\x04\x04DC=x\x30\x84\0\0\0\x15\
            \x30\x84\0\0\0\x0f\x04\x01n\x31\x84\0\0\0\x06\x04\x01v\x04\x01w";
        let done = b"\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00";
        let shape = "not well-formed LDAP";
        for (bytes, expected) in [
            ([&entry[..], entry, done].concat(), ""),
            (nested(DEEPEST), ""),
            (nested(DEEPEST + 1), "nested deeper than 32 levels"),
            (nested(20_000), "nested deeper than 32 levels"),
            (message(LARGEST, b"\x02\x01\x01"), ""),
            (message(LARGEST + 1, b""), "announced a message of 16777217 bytes"),
            (message(0xffff_ffff, b""), "announced a message of 4294967295 bytes"),
            (message(LARGEST, &b"\x05\x00".repeat(MOST_ELEMENTS)), "more than 262144 elements"),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), shape),
            // No SEQUENCE; indefinite; a length of five octets; a tag of more than one octet.
            (b"\x31\x00".to_vec(), shape),
            (b"\x30\x80\x02\x01\x01\x00\x00".to_vec(), shape),
            (b"\x30\x85\x00\x00\x00\x00\x00".to_vec(), shape),
            (b"\x30\x05\x02\x01\x01\x7f\x00".to_vec(), shape),
            // Elements that end behind the one that they are in: with their content, and with their length.
            (b"\x30\x05\x02\x01\x01\x65\x01\x00".to_vec(), shape),
            (b"\x30\x04\x02\x01\x01\x65\x00".to_vec(), shape),
        ] {
            for piece in [1, 7, bytes.len()] {
                let mut walk = Walk::default();
                let passed = bytes.chunks(piece).try_for_each(|piece| walk.pass(piece)).err().unwrap_or_default();
                let is_expected = if expected.is_empty() { passed.is_empty() } else { passed.contains(expected) };
                assert!(is_expected, "{passed:?} for {:02x?} in pieces of {piece}", &bytes[..bytes.len().min(32)]);
            }
        }
    }
}
