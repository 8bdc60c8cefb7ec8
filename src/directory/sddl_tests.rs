//! SDDL against the bytes that Samba makes of the same text, and texts that are refused.

use super::{Ace, AceKind, Dacl, Descriptor, Sid};

pub struct Vector {
    pub name: &'static str,
    pub sddl: &'static str,
    pub bytes: Vec<u8>,
}

pub fn vectors() -> Vec<Vector> {
    let lines = include_str!("vectors.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [name, sddl, hex] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("not a vector: {line}") };
            Vector { name, sddl, bytes: from_hex(hex) }
        })
        .collect()
}

pub fn vector(name: &str) -> Descriptor {
    let found = vectors().into_iter().find(|vector| vector.name == name).unwrap();
    Descriptor::from_bytes(&found.bytes).unwrap()
}

pub fn from_hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub fn domain() -> Sid {
    "S-1-5-21-1-2-3".parse().unwrap()
}

fn only_ace(text: &str) -> Ace {
    match Descriptor::from_sddl(text, Some(&domain())).unwrap().dacl {
        Dacl::Aces(aces) if aces.len() == 1 => aces[0].clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn text_and_bytes_of_the_same_descriptor_are_equal() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let mut from_text = Descriptor::from_sddl(vector.sddl, Some(&domain())).unwrap();
        let from_bytes = Descriptor::from_bytes(&vector.bytes).unwrap();
        // A SACL is not read, but the bytes carry its bits.
        from_text.control |= from_bytes.control & 0x2810 | from_bytes.control & 0x20;
        assert_eq!(from_text, from_bytes, "{}", vector.name);
    }
}

#[test]
fn types_flags_and_rights_are_read() {
    for (ace, kind, flags, mask) in [
        ("A;;RC;;;WD", AceKind::Allow, 0, 0x2_0000),
        ("D;OICINPIOID;GAGRGWGX;;;WD", AceKind::Deny, 0x1F, 0xF000_0000),
        ("OA;;CCDCLCSWRPWPDTLOCR;;;WD", AceKind::AllowObject, 0, 0x1FF),
        ("OD;;SDRCWDWO;;;WD", AceKind::DenyObject, 0, 0xF_0000),
        ("XA;;CR;;;WD;(@User.Title==\"a)b\" && (1==1))", AceKind::AllowConditional, 0, 0x100),
        ("XD;;CR;;;WD;(Member_of {SID(BA)})", AceKind::DenyConditional, 0, 0x100),
        ("ZA;;CR;;;WD;(1)", AceKind::AllowObjectConditional, 0, 0x100),
        ("A;;0xF01FF;;;WD", AceKind::Allow, 0, 0xF_01FF),
        ("A;;131072;;;WD", AceKind::Allow, 0, 0x2_0000),
        ("A;;;;;WD", AceKind::Allow, 0, 0),
        ("a;ci;rc;;;wd", AceKind::Allow, 2, 0x2_0000),
    ] {
        let found = only_ace(&format!("D:({ace})"));
        assert_eq!((found.kind, found.flags, found.mask), (kind, flags, mask), "{ace}");
    }
}

#[test]
fn aliases_stand_for_their_sids() {
    for (alias, sid) in [
        ("BA", "S-1-5-32-544"),
        ("BU", "S-1-5-32-545"),
        ("AU", "S-1-5-11"),
        ("SY", "S-1-5-18"),
        ("LS", "S-1-5-19"),
        ("NS", "S-1-5-20"),
        ("SU", "S-1-5-6"),
        ("IU", "S-1-5-4"),
        ("NU", "S-1-5-2"),
        ("AN", "S-1-5-7"),
        ("RU", "S-1-5-32-554"),
        ("PS", "S-1-5-10"),
        ("OW", "S-1-3-4"),
        ("DA", "S-1-5-21-1-2-3-512"),
        ("DU", "S-1-5-21-1-2-3-513"),
        ("EA", "S-1-5-21-1-2-3-519"),
        ("LA", "S-1-5-21-1-2-3-500"),
        ("S-1-5-21-7-8-9-1105", "S-1-5-21-7-8-9-1105"),
    ] {
        assert_eq!(only_ace(&format!("O:{alias}G:{alias}D:(A;;RC;;;{alias})")).sid.to_string(), sid);
        let descriptor = Descriptor::from_sddl(&format!("O:{alias}D:"), Some(&domain())).unwrap();
        assert_eq!(descriptor.owner.map(|owner| owner.to_string()).as_deref(), Some(sid));
    }
}

#[test]
fn lists_are_null_empty_or_protected_as_written() {
    for (text, control, is_null) in [
        ("", 0x8000, true),
        ("O:BA", 0x8000, true),
        ("D:NO_ACCESS_CONTROL", 0x8004, true),
        ("D:", 0x8004, false),
        ("D:P", 0x9004, false),
        ("D:PARAIS:PNO_ACCESS_CONTROL", 0x9504, false),
        ("S:(RA;;;;;WD;(\"x(\",TS,0,\"y\"))D:AI", 0x8404, false),
    ] {
        let found = Descriptor::from_sddl(text, None).unwrap();
        assert_eq!((found.control, found.dacl == Dacl::Null), (control, is_null), "{text}");
    }
}

#[test]
fn what_is_no_sddl_is_refused_with_its_place() {
    for (text, position) in [
        ("hello", 0),
        ("O:", 2),
        ("O:ZZD:", 2),
        ("O:DAD:", 2),
        ("O:BAO:BA", 4),
        ("D:X", 2),
        ("D:(A;;RC;;;BA", 2),
        ("D:(A;;RC;;BA)", 2),
        ("D:(Q;;RC;;;BA)", 3),
        ("D:(AU;SA;RC;;;BA)", 3),
        ("D:(A;XX;RC;;;BA)", 5),
        ("D:(A;C;RC;;;BA)", 5),
        ("D:(A;;RCXX;;;BA)", 8),
        ("D:(A;;RCé;;;BA)", 8),
        ("D:(A;;0x100000000;;;BA)", 6),
        ("D:(A;;0x+1;;;BA)", 6),
        ("D:(OA;;CR;00299570;;BA)", 10),
        ("D:(A;;CR;00299570-246d-11d0-a768-00aa006e0529;;BA)", 9),
        ("D:(A;;RC;;;QQ)", 11),
        ("D:(A;;RC;;;BA;(1))", 14),
        ("D:(XA;;RC;;;BA)", 15),
        ("D:NO_ACCESS_CONTROL(A;;RC;;;BA)", 31),
    ] {
        let error = Descriptor::from_sddl(text, None).unwrap_err();
        assert_eq!(error.position, position, "{text}: {error}");
    }
}
