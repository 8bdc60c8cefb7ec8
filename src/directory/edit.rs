//! A descriptor with one thing changed, to see what depends on it. Nothing of this is ever written to a
//! directory.

use super::descriptor::{DACL_PROTECTED, Dacl, Descriptor};
use super::guids::Guid;
use super::right::{Needs, Right};
use super::sid::Sid;

const ACE_HEADER: usize = 4;
const ACL_HEADER: usize = 8;
/// The revision of a list with object ACEs ([MS-DTYP] 2.4.5).
const ACL_REVISION_DS: u8 = 4;
const ACCESS_ALLOWED_OBJECT: u8 = 5;
const ACCESS_DENIED_OBJECT: u8 = 6;

/// One change of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The ACE at this place of the list is gone.
    Without(usize),
    /// An explicit ACE stands before all others.
    First { allows: bool, trustee: Sid, right: Right },
    /// Inheritance is switched on or off; the list stays as it is.
    Protected(bool),
}

impl Edit {
    /// The bytes with the change; `None` where they are no descriptor, or the list cannot have it.
    pub fn apply(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let descriptor = Descriptor::from_bytes(bytes).ok()?;
        match *self {
            Edit::Protected(on) => {
                let mut changed = bytes.to_vec();
                let control = u16::from_le_bytes([bytes[2], bytes[3]]);
                let control = if on { control | DACL_PROTECTED } else { control & !DACL_PROTECTED };
                changed[2..4].copy_from_slice(&control.to_le_bytes());
                Some(changed)
            }
            Edit::Without(index) => {
                let mut aces = entries(bytes, &descriptor)?;
                (index < aces.len()).then(|| aces.remove(index))?;
                with_list(bytes, &aces)
            }
            Edit::First { allows, trustee, right } => {
                let own = ace(allows, &trustee, right);
                let mut aces = entries(bytes, &descriptor)?;
                aces.insert(0, &own);
                with_list(bytes, &aces)
            }
        }
    }
}

/// The bytes of each ACE. The descriptor was read from the same bytes, so the sizes are in range.
fn entries<'a>(bytes: &'a [u8], descriptor: &Descriptor) -> Option<Vec<&'a [u8]>> {
    let Dacl::Aces(aces) = &descriptor.dacl else { return None };
    let start = u32::from_le_bytes(*bytes.get(16..20)?.first_chunk()?) as usize;
    let mut rest = bytes.get(start + ACL_HEADER..)?;
    let mut entries = Vec::with_capacity(aces.len() + 1);
    for _ in aces {
        let &[_, _, low, high] = rest.first_chunk::<ACE_HEADER>()?;
        let (entry, after) = rest.split_at_checked(usize::from(u16::from_le_bytes([low, high])))?;
        entries.push(entry);
        rest = after;
    }
    Some(entries)
}

/// The descriptor with another list, which stands behind everything else; nothing asks for an order of
/// the parts ([MS-DTYP] 2.4.6).
fn with_list(bytes: &[u8], aces: &[&[u8]]) -> Option<Vec<u8>> {
    let mut changed = bytes.to_vec();
    changed.resize(changed.len().next_multiple_of(4), 0);
    let offset = u32::try_from(changed.len()).ok()?;
    let size = ACL_HEADER + aces.iter().map(|ace| ace.len()).sum::<usize>();
    changed[16..20].copy_from_slice(&offset.to_le_bytes());
    changed.extend([ACL_REVISION_DS, 0]);
    changed.extend(u16::try_from(size).ok()?.to_le_bytes());
    changed.extend(u16::try_from(aces.len()).ok()?.to_le_bytes());
    changed.extend([0, 0]);
    aces.iter().for_each(|ace| changed.extend(*ace));
    Some(changed)
}

/// An explicit object ACE for one right ([MS-DTYP] 2.4.4.3, 2.4.4.11).
fn ace(allows: bool, trustee: &Sid, right: Right) -> Vec<u8> {
    let object: Option<Guid> = match right.needs() {
        Needs::Control(guid) | Needs::Property { attribute: guid, .. } => Some(guid),
        Needs::AllProperties | Needs::Object => None,
    };
    let mut body = right.mask().to_le_bytes().to_vec();
    body.extend(u32::from(object.is_some()).to_le_bytes());
    object.iter().for_each(|guid| body.extend(guid.to_bytes_le()));
    trustee.write(&mut body);
    let kind = if allows { ACCESS_ALLOWED_OBJECT } else { ACCESS_DENIED_OBJECT };
    // No flag: for this object, not inherited.
    let mut whole = vec![kind, 0];
    // A SID has at most fifteen parts, so an ACE is short.
    whole.extend(((ACE_HEADER + body.len()) as u16).to_le_bytes());
    whole.extend(body);
    whole
}

#[cfg(test)]
mod tests {
    use super::super::sddl_tests::vectors;
    use super::super::sid::AUTHENTICATED_USERS;
    use super::super::{Token, Verdict, decide};
    use super::*;

    fn aces(bytes: &[u8]) -> Vec<super::super::Ace> {
        match Descriptor::from_bytes(bytes).unwrap().dacl {
            Dacl::Aces(aces) => aces,
            Dacl::Null => Vec::new(),
        }
    }

    fn has_list(bytes: &[u8]) -> bool {
        Descriptor::from_bytes(bytes).unwrap().dacl != Dacl::Null
    }

    #[test]
    fn an_ace_is_taken_out_and_the_others_stay() {
        for vector in vectors().iter().filter(|vector| has_list(&vector.bytes)) {
            let before = aces(&vector.bytes);
            for index in 0..before.len() {
                let mut expected = before.clone();
                expected.remove(index);
                let after = Edit::Without(index).apply(&vector.bytes).unwrap();
                assert_eq!(aces(&after), expected, "{} without {index}", vector.name);
            }
            assert_eq!(Edit::Without(before.len()).apply(&vector.bytes), None, "{}", vector.name);
        }
    }

    #[test]
    fn an_ace_in_front_decides() {
        let rights = [Right::ResetPassword, Right::WritePwdLastSet, Right::ReadProperties, Right::ListContents];
        for vector in vectors().iter().filter(|vector| has_list(&vector.bytes)) {
            for right in rights {
                for (allows, verdict) in [(true, Verdict::Granted), (false, Verdict::Denied)] {
                    let edit = Edit::First { allows, trustee: AUTHENTICATED_USERS, right };
                    let after = Descriptor::from_bytes(&edit.apply(&vector.bytes).unwrap()).unwrap();
                    let token = Token::new([AUTHENTICATED_USERS], true);
                    assert_eq!(decide(&after, &token, right, None).verdict, verdict, "{} {right:?}", vector.name);
                }
            }
        }
    }

    #[test]
    fn protection_is_one_bit_and_no_descriptor_is_no_answer() {
        for vector in vectors() {
            for on in [true, false] {
                let after = Descriptor::from_bytes(&Edit::Protected(on).apply(&vector.bytes).unwrap()).unwrap();
                assert_eq!(after.is_protected(), on, "{}", vector.name);
                assert_eq!(after.dacl, Descriptor::from_bytes(&vector.bytes).unwrap().dacl, "{}", vector.name);
            }
        }
        assert_eq!(Edit::Protected(true).apply(&[1, 0, 4, 0x80]), None);
    }
}
