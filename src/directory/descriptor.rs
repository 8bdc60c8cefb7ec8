//! Self-relative security descriptors as the directory returns them ([MS-DTYP] 2.4.4 to 2.4.6).

use super::guids::Guid;
use super::sid::{NOBODY, Sid};
use std::fmt;

const DACL_PRESENT: u16 = 0x0004;
pub(super) const DACL_PROTECTED: u16 = 0x1000;
const SELF_RELATIVE: u16 = 0x8000;

/// Owner and DACL. The group decides nothing in a directory; it is only checked to be well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub control: u16,
    pub owner: Option<Sid>,
    pub dacl: Dacl,
}

/// No list grants everything to everyone, an empty list nothing to anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dacl {
    Null,
    Aces(Vec<Ace>),
}

/// One entry. Of an unknown type only `kind` and `flags` are known: the mask is 0, the SID nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    pub kind: AceKind,
    pub flags: u8,
    /// As stored; generic bits are not mapped.
    pub mask: u32,
    pub object_type: Option<Guid>,
    pub inherited_object_type: Option<Guid>,
    pub sid: Sid,
}

/// [MS-DTYP] 2.4.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AceKind {
    Allow,
    Deny,
    AllowObject,
    DenyObject,
    /// The callback types, whose condition is not evaluated here.
    AllowConditional,
    DenyConditional,
    AllowObjectConditional,
    DenyObjectConditional,
    /// A type of system lists (audit, label, resource attribute, ...): the access check of [MS-DTYP]
    /// 2.5.3.2 passes it by.
    System(u8),
    /// Kept, because it may allow or deny something.
    Unknown(u8),
}

/// Where bytes stop to be what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub offset: usize,
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "malformed at byte {}: {}", self.offset, self.what)
    }
}

impl Ace {
    pub const OBJECT_INHERIT: u8 = 0x01;
    pub const CONTAINER_INHERIT: u8 = 0x02;
    pub const NO_PROPAGATE: u8 = 0x04;
    pub const INHERIT_ONLY: u8 = 0x08;
    pub const INHERITED: u8 = 0x10;

    pub fn is_inherit_only(&self) -> bool {
        self.flags & Ace::INHERIT_ONLY != 0
    }

    pub fn is_inherited(&self) -> bool {
        self.flags & Ace::INHERITED != 0
    }

    const BLANK: Ace = Ace {
        kind: AceKind::Unknown(0),
        flags: 0,
        mask: 0,
        object_type: None,
        inherited_object_type: None,
        sid: NOBODY,
    };

    /// Makes a blank ACE that of exactly these bytes, which stand at `offset` of the descriptor. It is built
    /// in the list: to carry it there would take longer than to read it.
    #[inline]
    fn fill(&mut self, bytes: &[u8], offset: usize) -> Result<(), Malformed> {
        let cut = Malformed { offset, what: "ACE ends early" };
        let Some((&[code, flags, _, _], body)) = bytes.split_first_chunk::<4>() else { return Err(cut) };
        self.kind = AceKind::of(code);
        self.flags = flags;
        if matches!(self.kind, AceKind::System(_) | AceKind::Unknown(_)) {
            return Ok(());
        }
        let Some((mask, mut rest)) = body.split_first_chunk::<4>() else { return Err(cut) };
        self.mask = u32::from_le_bytes(*mask);
        if self.kind.is_object() {
            let Some((present, after)) = rest.split_first_chunk::<4>() else { return Err(cut) };
            let present = u32::from_le_bytes(*present);
            rest = after;
            if present & 1 != 0 {
                self.object_type = Some(guid(&mut rest).ok_or(cut)?);
            }
            if present & 2 != 0 {
                self.inherited_object_type = Some(guid(&mut rest).ok_or(cut)?);
            }
        }
        // Data of the application may follow the SID.
        self.sid.fill(rest, offset + bytes.len() - rest.len())
    }
}

fn guid(rest: &mut &[u8]) -> Option<Guid> {
    let (bytes, after) = rest.split_first_chunk::<16>()?;
    *rest = after;
    // `Guid::from_bytes_le`, in numbers instead of bytes: half of a list is GUIDs.
    let (first, last) = (u128::from_le_bytes(*bytes) as u64, u128::from_be_bytes(*bytes) as u64);
    Some(Guid::from_u64_pair((first & 0xFFFF_FFFF) << 32 | (first >> 16 & 0xFFFF_0000) | first >> 48, last))
}

impl AceKind {
    fn of(code: u8) -> AceKind {
        match code {
            0 => AceKind::Allow,
            1 => AceKind::Deny,
            5 => AceKind::AllowObject,
            6 => AceKind::DenyObject,
            9 => AceKind::AllowConditional,
            0xA => AceKind::DenyConditional,
            0xB => AceKind::AllowObjectConditional,
            0xC => AceKind::DenyObjectConditional,
            2 | 3 | 7 | 8 | 0xD..=0x15 => AceKind::System(code),
            _ => AceKind::Unknown(code),
        }
    }

    pub fn is_object(self) -> bool {
        use AceKind::{AllowObject, AllowObjectConditional, DenyObject, DenyObjectConditional};
        matches!(self, AllowObject | DenyObject | AllowObjectConditional | DenyObjectConditional)
    }

    pub fn is_conditional(self) -> bool {
        use AceKind::{AllowConditional, AllowObjectConditional, DenyConditional, DenyObjectConditional};
        matches!(self, AllowConditional | DenyConditional | AllowObjectConditional | DenyObjectConditional)
    }

    /// True for the types that allow, false for those that deny, `None` for the others.
    pub fn allows(self) -> Option<bool> {
        use AceKind::{Allow, AllowConditional, AllowObject, AllowObjectConditional};
        match self {
            Allow | AllowObject | AllowConditional | AllowObjectConditional => Some(true),
            AceKind::System(_) | AceKind::Unknown(_) => None,
            _ => Some(false),
        }
    }
}

impl Descriptor {
    pub fn from_bytes(bytes: &[u8]) -> Result<Descriptor, Malformed> {
        let Some((header, _)) = bytes.split_first_chunk::<20>() else {
            return Err(Malformed { offset: bytes.len(), what: "descriptor is shorter than its header" });
        };
        let control = u16::from_le_bytes([header[2], header[3]]);
        if header[0] != 1 {
            return Err(Malformed { offset: 0, what: "descriptor revision is not 1" });
        }
        if control & SELF_RELATIVE == 0 {
            return Err(Malformed { offset: 2, what: "descriptor is not self-relative" });
        }
        let offset_at =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
        let owner = sid_at(bytes, offset_at(4))?;
        sid_at(bytes, offset_at(8))?;
        let dacl = match offset_at(16) {
            offset if control & DACL_PRESENT != 0 && offset != 0 => Dacl::Aces(aces(bytes, offset)?),
            _ => Dacl::Null,
        };
        Ok(Descriptor { control, owner, dacl })
    }

    /// Inheritance from the containers above is switched off.
    /// The entries; none without a list.
    pub fn aces(&self) -> &[Ace] {
        match &self.dacl {
            Dacl::Aces(aces) => aces,
            Dacl::Null => &[],
        }
    }

    pub fn is_protected(&self) -> bool {
        self.control & DACL_PROTECTED != 0
    }
}

/// The SID at an offset of the header; offset 0 means none.
fn sid_at(bytes: &[u8], offset: usize) -> Result<Option<Sid>, Malformed> {
    if offset == 0 {
        return Ok(None);
    }
    let rest = bytes.get(offset..).ok_or(Malformed { offset, what: "SID lies outside the descriptor" })?;
    Sid::read(rest, offset).map(Some)
}

/// The entries of the ACL at an offset.
fn aces(bytes: &[u8], start: usize) -> Result<Vec<Ace>, Malformed> {
    let rest = bytes.get(start..).ok_or(Malformed { offset: start, what: "DACL lies outside the descriptor" })?;
    let Some((header, _)) = rest.split_first_chunk::<8>() else {
        return Err(Malformed { offset: start, what: "DACL is shorter than its header" });
    };
    if !(2..=4).contains(&header[0]) {
        return Err(Malformed { offset: start, what: "ACL revision is not known" });
    }
    let size = usize::from(u16::from_le_bytes([header[2], header[3]]));
    let mut rest = rest.get(8..size).ok_or(Malformed { offset: start + 2, what: "ACL size is out of range" })?;
    let count = usize::from(u16::from_le_bytes([header[4], header[5]]));
    let mut offset = start + 8;
    // An ACE takes 4 bytes at least, so a count that lies cannot make the list large.
    let mut aces = Vec::with_capacity(count.min(rest.len() / 4));
    for _ in 0..count {
        let Some(&[_, _, low, high]) = rest.first_chunk::<4>() else {
            return Err(Malformed { offset, what: "ACL ends before its last ACE" });
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        if length < 4 || length % 4 != 0 || length > rest.len() {
            return Err(Malformed { offset: offset + 2, what: "ACE size is out of range" });
        }
        let (ace, after) = rest.split_at(length);
        aces.push(Ace::BLANK);
        if let Some(blank) = aces.last_mut() {
            blank.fill(ace, offset)?;
        }
        rest = after;
        offset += length;
    }
    Ok(aces)
}
