//! Security descriptors as a directory holds them: what a scan reads, made without a directory.

use uuid::{Uuid, uuid};

/// Different descriptors of users; the users of one container share theirs.
pub const DISTINCT: u32 = 60;

/// RID of the account whom the grants name.
pub const GRANTED: u32 = 1105;

const CONTAINER_INHERIT: u8 = 0x02;
const INHERITED: u8 = 0x10;
const LIST_CONTENTS: u32 = 0x4;
const CONTROL_ACCESS: u32 = 0x100;
const WRITE_PROPERTY: u32 = 0x20;
const READ_PROPERTY: u32 = 0x10;
const READ: u32 = 0x2_0094;
const FULL_CONTROL: u32 = 0xF_01FF;

const USER: Uuid = uuid!("bf967aba-0de6-11d0-a285-00aa003049e2");
const RESET_PASSWORD: Uuid = uuid!("00299570-246d-11d0-a768-00aa006e0529");
const CHANGE_PASSWORD: Uuid = uuid!("ab721a53-1e2f-11d0-9819-00aa0040529b");
const LOCKOUT_TIME: Uuid = uuid!("28630ebf-41d5-11d1-a9c1-0000f80367c1");
const PWD_LAST_SET: Uuid = uuid!("bf967a0a-0de6-11d0-a285-00aa003049e2");
const USER_ACCOUNT_RESTRICTIONS: Uuid = uuid!("4c164200-20c0-11d0-a768-00aa006e0529");

/// A SID of the NT authority.
pub fn sid(parts: &[u32]) -> Vec<u8> {
    let mut bytes = vec![1, parts.len() as u8, 0, 0, 0, 0, 0, 5];
    bytes.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
    bytes
}

/// A SID of the domain.
pub fn of_domain(rid: u32) -> Vec<u8> {
    sid(&[21, 1, 2, 3, rid])
}

/// A user's descriptor: explicit entries of the class, delegations of this container, inherited entries.
/// Between 20 and 60 entries; every seventh is protected, every fifth holds a deny.
pub fn user(number: u32) -> Vec<u8> {
    let property_set = |index: u32| Uuid::from_u128(0x77b5_b886_944a_11d1_aebd_0000_f803_67c1 + u128::from(index));
    let mut aces = Vec::new();
    if number.is_multiple_of(5) {
        aces.push(object(6, 0, CONTROL_ACCESS, CHANGE_PASSWORD, &sid(&[10])));
        aces.push(object(6, 0, WRITE_PROPERTY, USER_ACCOUNT_RESTRICTIONS, &of_domain(GRANTED + number)));
    }
    for trustee in [of_domain(512), sid(&[18]), sid(&[32, 548])] {
        aces.push(plain(0, 0, FULL_CONTROL, &trustee));
    }
    aces.push(plain(0, 0, 0x2_0000, &sid(&[11])));
    aces.push(object(5, 0, CONTROL_ACCESS, CHANGE_PASSWORD, &sid(&[10])));
    for index in 0..10 {
        aces.push(object(5, 0, READ_PROPERTY, property_set(index), &sid(&[11])));
    }
    // Delegations: between 2 and 36 entries for groups of which the token has few.
    for index in 0..2 + number * 34 / DISTINCT {
        let group = of_domain(2000 + number + index);
        aces.push(object(5, INHERITED | CONTAINER_INHERIT, 0x30, property_set(20 + index), &group));
    }
    let grants = [(CONTROL_ACCESS, RESET_PASSWORD), (WRITE_PROPERTY, LOCKOUT_TIME), (WRITE_PROPERTY, PWD_LAST_SET)];
    for (mask, guid) in grants {
        // The container of every fourth descriptor never got the grant.
        if number % 4 != 3 {
            aces.push(object(5, INHERITED | CONTAINER_INHERIT, mask, guid, &of_domain(GRANTED)));
        }
    }
    aces.push(plain(0, INHERITED | CONTAINER_INHERIT, FULL_CONTROL, &of_domain(519)));
    assemble(number.is_multiple_of(7), &of_domain(512), &aces)
}

/// What a protected account gets from AdminSDHolder.
#[allow(dead_code, reason = "the bench of the rights engine judges users only")]
pub fn protected() -> Vec<u8> {
    let aces = [plain(0, 0, FULL_CONTROL, &of_domain(512)), plain(0, 0, READ, &sid(&[11]))];
    assemble(true, &of_domain(512), &aces)
}

/// A container whose contents everyone may list, or all but `hidden_from`.
#[allow(dead_code, reason = "the bench of the rights engine judges users only")]
pub fn container(hidden_from: Option<&[u8]>) -> Vec<u8> {
    let deny = hidden_from.map(|sid| plain(1, 0, LIST_CONTENTS, sid));
    let allow = [plain(0, 0, FULL_CONTROL, &of_domain(512)), plain(0, 0, READ, &sid(&[11]))];
    let aces: Vec<Vec<u8>> = deny.into_iter().chain(allow).collect();
    assemble(false, &of_domain(512), &aces)
}

pub fn plain(kind: u8, flags: u8, mask: u32, trustee: &[u8]) -> Vec<u8> {
    ace(kind, flags, &[&mask.to_le_bytes(), trustee].concat())
}

/// An object ACE with both GUIDs when it is inherited, as the copies of a delegation are.
fn object(kind: u8, flags: u8, mask: u32, guid: Uuid, trustee: &[u8]) -> Vec<u8> {
    let is_inherited = flags & INHERITED != 0;
    let present: u32 = if is_inherited { 3 } else { 1 };
    let mut body = [&mask.to_le_bytes()[..], &present.to_le_bytes(), &guid.to_bytes_le()].concat();
    if is_inherited {
        body.extend(USER.to_bytes_le());
    }
    body.extend(trustee);
    ace(kind, flags, &body)
}

fn ace(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, flags];
    bytes.extend((4 + body.len() as u16).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Header, list, owner: the order in which a controller sends them.
pub fn assemble(is_protected: bool, owner: &[u8], aces: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = aces.concat();
    let mut bytes = vec![1, 0, 0x04, if is_protected { 0x94 } else { 0x84 }];
    for offset in [28 + list.len() as u32, 0, 0, 20] {
        bytes.extend(offset.to_le_bytes());
    }
    bytes.extend([4, 0]);
    bytes.extend((8 + list.len() as u16).to_le_bytes());
    bytes.extend((aces.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(list);
    bytes.extend(owner);
    bytes
}
