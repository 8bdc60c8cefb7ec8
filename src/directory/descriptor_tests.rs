//! Bytes of descriptors: vectors, malformed ones, and whatever a directory might send.

use super::guids::{RESET_PASSWORD, USER};
use super::sddl_tests::{from_hex, vectors};
use super::sid::{AUTHENTICATED_USERS, EVERYONE, NOBODY};
use super::{Ace, AceKind, Dacl, Descriptor, Right, Token, Verdict, decide};

/// Inherited allow of Reset Password for users, trustee S-1-5-21-1-2-3-1105.
const ALLOW: &str = "051248000001000003000000709529006d24d011a76800aa006e0529ba7a96bfe60dd011a28500aa003049e201050000000000051500000001000000020000000300000051040000";
/// Inherited deny of Reset Password, no class, trustee S-1-5-11.
const DENY: &str = "061028000001000001000000709529006d24d011a76800aa006e052901010000000000050b000000";

/// A descriptor with a DACL of these ACEs, directly after the header.
fn with_aces(aces: &[&str]) -> Vec<u8> {
    let body: Vec<u8> = aces.iter().flat_map(|hex| from_hex(hex)).collect();
    let mut bytes = vec![1, 0, 4, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0];
    bytes.extend(u16::try_from(8 + body.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(aces.len()).unwrap().to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(body);
    bytes
}

fn aces(bytes: &[u8]) -> Vec<Ace> {
    match Descriptor::from_bytes(bytes).unwrap().dacl {
        Dacl::Aces(aces) => aces,
        Dacl::Null => panic!("no list"),
    }
}

#[test]
fn object_aces_are_read_with_their_guids() {
    let allow = Ace {
        kind: AceKind::AllowObject,
        flags: Ace::INHERITED | Ace::CONTAINER_INHERIT,
        mask: 0x100,
        object_type: Some(RESET_PASSWORD),
        inherited_object_type: Some(USER),
        sid: "S-1-5-21-1-2-3-1105".parse().unwrap(),
    };
    let deny = Ace {
        kind: AceKind::DenyObject,
        flags: Ace::INHERITED,
        inherited_object_type: None,
        sid: AUTHENTICATED_USERS,
        ..allow.clone()
    };
    assert_eq!(with_aces(&[ALLOW]).len(), 100);
    assert_eq!(aces(&with_aces(&[ALLOW, DENY])), [allow, deny]);
}

#[test]
fn ten_thousand_entries_are_read_to_the_one_that_decides() {
    // The size of a list is a number of 16 bits: so many fit only where most are as short as can be.
    let mut list = vec!["02000400"; 9_998];
    list.extend([ALLOW, DENY]);
    let mut bytes = with_aces(&list);
    let descriptor = Descriptor::from_bytes(&bytes).unwrap();
    let token = Token::new(["S-1-5-21-1-2-3-1105".parse().unwrap(), AUTHENTICATED_USERS], true);
    let decision = decide(&descriptor, &token, Right::ResetPassword, Some(USER));
    assert_eq!((decision.verdict, decision.why.ace_index), (Verdict::Granted, Some(9_998)));
    // One that promises as many and holds two.
    let body = bytes.len() - 72 - 40;
    bytes.drain(28..body);
    assert_eq!(Descriptor::from_bytes(&bytes).unwrap_err().what, "ACL size is out of range");
    bytes[22..24].copy_from_slice(&120_u16.to_le_bytes());
    assert_eq!(Descriptor::from_bytes(&bytes).unwrap_err().what, "ACL ends before its last ACE");
}

#[test]
fn types_are_told_apart_and_none_is_dropped() {
    for (hex, kind, sid) in [
        ("000014000001000001010000000000010000000000000000", AceKind::Allow, EVERYONE),
        ("0a1018000001000001010000000000010000000061727478", AceKind::DenyConditional, EVERYONE),
        ("0b10180000010000000000000101000000000001 00000000", AceKind::AllowObjectConditional, EVERYONE),
        ("0200140000010000010100000000000100000000", AceKind::System(2), NOBODY),
        ("1500040000", AceKind::System(0x15), NOBODY),
        ("04000800ffffffff", AceKind::Unknown(4), NOBODY),
        ("42120400", AceKind::Unknown(0x42), NOBODY),
    ] {
        let hex = hex.replace(' ', "");
        let length = usize::from(from_hex(&hex)[2]);
        let found = aces(&with_aces(&[&hex[..2 * length], DENY]));
        assert_eq!((found[0].kind, found[0].sid, found.len()), (kind, sid, 2), "{hex}");
        assert_eq!(found[1].kind, AceKind::DenyObject);
    }
}

#[test]
fn a_list_is_null_without_its_bit_or_without_an_offset() {
    let mut no_bit = with_aces(&[ALLOW]);
    no_bit[2] = 0;
    let mut no_offset = with_aces(&[ALLOW]);
    no_offset[16] = 0;
    for (bytes, dacl) in [(no_bit, Dacl::Null), (no_offset, Dacl::Null), (with_aces(&[]), Dacl::Aces(Vec::new()))] {
        assert_eq!(Descriptor::from_bytes(&bytes).unwrap().dacl, dacl);
    }
}

#[test]
fn protection_is_the_bit_of_the_control_word() {
    for (high, protected) in [(0x84, false), (0x94, true), (0x90, true)] {
        let mut bytes = with_aces(&[ALLOW]);
        bytes[3] = high;
        assert_eq!(Descriptor::from_bytes(&bytes).unwrap().is_protected(), protected);
    }
}

#[test]
fn malformed_bytes_are_refused_with_their_place() {
    let good = with_aces(&[ALLOW, DENY]);
    for (at, value, offset, what) in [
        (0, 2, 0, "descriptor revision is not 1"),
        (3, 0x04, 2, "descriptor is not self-relative"),
        (4, 200, 200, "SID lies outside the descriptor"),
        (8, 1, 1, "SID revision is not 1"),
        (16, 250, 250, "DACL lies outside the descriptor"),
        (16, 139, 139, "DACL is shorter than its header"),
        (20, 9, 20, "ACL revision is not known"),
        (22, 4, 22, "ACL size is out of range"),
        (22, 255, 22, "ACL size is out of range"),
        (24, 3, 140, "ACL ends before its last ACE"),
        (30, 0, 30, "ACE size is out of range"),
        (30, 70, 30, "ACE size is out of range"),
        (30, 255, 30, "ACE size is out of range"),
        (30, 8, 28, "ACE ends early"),
        (30, 32, 28, "ACE ends early"),
        (30, 64, 72, "SID ends early"),
        (72, 2, 72, "SID revision is not 1"),
        (73, 16, 73, "SID has more than 15 parts"),
    ] {
        let mut bytes = good.clone();
        bytes[at] = value;
        let error = Descriptor::from_bytes(&bytes).unwrap_err();
        assert_eq!((error.offset, error.what), (offset, what), "byte {at} = {value}");
    }
    let error = Descriptor::from_bytes(&good[..10]).unwrap_err();
    assert_eq!(error.to_string(), "malformed at byte 10: descriptor is shorter than its header");
}

/// Whatever the bytes are, the answer is a descriptor or an error, and a descriptor can be judged.
#[test]
fn no_bytes_make_it_panic() {
    let mut sources: Vec<Vec<u8>> = vectors().into_iter().map(|vector| vector.bytes).collect();
    sources.push(with_aces(&[ALLOW, DENY]));
    let token = Token::new([AUTHENTICATED_USERS, EVERYONE], true);
    // xorshift: the same bytes in every run.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut read, mut refused) = (0, 0);
    for round in 0..40_000 {
        let mut bytes = sources[round % sources.len()].clone();
        for _ in 0..=next(4) {
            // Half of the changes hit the headers, where sizes and offsets stand.
            let reach = if next(2) == 0 { bytes.len().min(100) } else { bytes.len() };
            let at = next(reach);
            bytes[at] = [0, 1, 4, 0x7F, 0xFF, u8::try_from(next(256)).unwrap()][next(6)];
        }
        if next(4) == 0 {
            bytes.truncate(next(bytes.len() + 1));
        }
        match Descriptor::from_bytes(&bytes) {
            Ok(descriptor) => {
                read += 1;
                for right in [Right::ResetPassword, Right::WritePwdLastSet, Right::ReadControl] {
                    decide(&descriptor, &token, right, Some(USER));
                }
            }
            Err(error) => {
                refused += 1;
                assert!(error.offset <= u32::MAX as usize);
            }
        }
    }
    assert!(read > 5_000 && refused > 5_000, "{read} read, {refused} refused: the changes are too mild or too wild");
}
