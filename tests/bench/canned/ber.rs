//! As much of BER as LDAP needs ([RFC 4511] 5.1): tags of one byte, definite lengths.

/// The next element, as its tag and its content; `bytes` go on behind it.
pub fn element<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (whole, content) = extent(bytes)?;
    let tag = bytes[0];
    let found = bytes.get(content..whole)?;
    *bytes = &bytes[whole..];
    Some((tag, found))
}

/// Where the first element ends and where its content begins; `None` as long as that is not known.
pub fn extent(bytes: &[u8]) -> Option<(usize, usize)> {
    let &[_, first, ref rest @ ..] = bytes else { return None };
    let count = usize::from(first & 0x7F);
    if first & 0x80 == 0 {
        return Some((2 + count, 2));
    }
    let length = rest.get(..count.min(4))?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    Some((2 + count + length, 2 + count))
}

/// A number that is not negative.
pub fn number(content: &[u8]) -> usize {
    content.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

pub fn text(content: &[u8]) -> &str {
    std::str::from_utf8(content).unwrap_or_default()
}

/// Writes elements one after the other. Lengths of what is nested take four bytes, as in the answers of
/// Active Directory: so they can be filled in afterwards.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Writer)) {
        self.0.extend([tag, 0x84, 0, 0, 0, 0]);
        let start = self.0.len();
        write(self);
        let length = (self.0.len() - start) as u32;
        self.0[start - 4..start].copy_from_slice(&length.to_be_bytes());
    }

    pub fn bytes(&mut self, tag: u8, content: &[u8]) {
        self.nested(tag, |inner| inner.0.extend(content));
    }

    pub fn number(&mut self, tag: u8, number: u32) {
        let bytes = number.to_be_bytes();
        // One byte more where the sign bit is set, or none that says nothing.
        let skipped = bytes.iter().take(3).take_while(|byte| **byte == 0).count();
        let sign: &[u8] = if bytes[skipped] & 0x80 == 0 { &[] } else { &[0] };
        self.bytes(tag, &[sign, &bytes[skipped..]].concat());
    }
}
