//! How many descriptors are judged in a second on one core, beside a loop that only parses them.
//!
//! The mix is that of a directory: 60 different descriptors of 20 to 60 ACEs, repeated in no order as the
//! users of a scan repeat them; every seventh is protected, every fifth holds a deny. The token has 40
//! SIDs. Three rights are judged for each. `rights [DESCRIPTORS]`, 300000 by default.

use password_writeback::directory::{Descriptor, Guid, Judged, Right, Sid, Token, Verdict, decide, guids};
use std::hint::black_box;
use std::time::Instant;

const RIGHTS: [Right; 3] = [Right::ResetPassword, Right::WriteLockoutTime, Right::WritePwdLastSet];
const DISTINCT: u32 = 60;

const CONTAINER_INHERIT: u8 = 0x02;
const INHERITED: u8 = 0x10;
const CONTROL_ACCESS: u32 = 0x100;
const WRITE_PROPERTY: u32 = 0x20;
const READ_PROPERTY: u32 = 0x10;
const FULL_CONTROL: u32 = 0xF_01FF;

fn main() {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(300_000);
    let distinct: Vec<Vec<u8>> = (0..DISTINCT).map(descriptor).collect();
    let scan: Vec<&[u8]> = order(count).map(|index| distinct[index].as_slice()).collect();
    let bytes: usize = distinct.iter().map(Vec::len).sum();
    println!("{count} descriptors, {DISTINCT} different, {} bytes each on average, 3 rights", bytes / distinct.len());

    let token = token();
    let parsed = measure("parsed only", &scan, |bytes| usize::from(black_box(Descriptor::from_bytes(bytes)).is_ok()));
    assert_eq!(parsed, count, "a descriptor of the mix is malformed");
    let granted = measure("parsed and judged, no cache", &scan, |bytes| {
        let Ok(descriptor) = Descriptor::from_bytes(bytes) else { return 0 };
        let granted =
            |right: &&Right| decide(&descriptor, &token, **right, Some(guids::USER)).verdict == Verdict::Granted;
        RIGHTS.iter().filter(granted).count()
    });
    let mut judged = Judged::new(token.clone(), Some(guids::USER), RIGHTS);
    let same = measure("judged, repeats from the cache", &scan, |bytes| {
        let Ok(summary) = judged.judge(bytes) else { return 0 };
        summary.decisions.iter().filter(|decision| decision.verdict == Verdict::Granted).count()
    });
    assert_eq!(granted, same, "the cache answers otherwise");
    println!("{granted} of {} rights are granted, {} descriptors remembered", 3 * count, judged.remembered());
}

/// The best of five rounds, which is the one that other work on the machine disturbed least.
fn measure(name: &str, scan: &[&[u8]], mut judge: impl FnMut(&[u8]) -> usize) -> usize {
    let mut sum = 0;
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        sum = scan.iter().map(|bytes| judge(bytes)).sum();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<32} {:>12.0} descriptors/s", scan.len() as f64 / best);
    sum
}

/// xorshift: the same order in every run.
fn order(count: usize) -> impl Iterator<Item = usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % u64::from(DISTINCT)) as usize
    })
}

fn token() -> Token {
    let texts = ["S-1-1-0", "S-1-5-11", "S-1-5-15", "S-1-5-2", "S-1-5-32-554", "S-1-5-32-545"].map(str::to_owned);
    let groups = (0..34).map(|number| format!("S-1-5-21-1-2-3-{}", 1105 + 7 * number));
    let sids = texts.into_iter().chain(groups).map(|text| text.parse::<Sid>());
    Token::new(sids.collect::<Result<Vec<_>, _>>().unwrap_or_default(), true)
}

/// A user's descriptor: explicit entries of the class, delegations of this container, inherited entries.
fn descriptor(number: u32) -> Vec<u8> {
    let domain = |rid: u32| sid(&[21, 1, 2, 3, rid]);
    let property_set = |index: u32| Guid::from_u128(0x77b5_b886_944a_11d1_aebd_0000_f803_67c1 + u128::from(index));
    let mut aces = Vec::new();
    if number.is_multiple_of(5) {
        aces.push(object(6, 0, CONTROL_ACCESS, guids::CHANGE_PASSWORD, &sid(&[10])));
        aces.push(object(6, 0, WRITE_PROPERTY, guids::USER_ACCOUNT_RESTRICTIONS, &domain(1105 + number)));
    }
    for trustee in [domain(512), sid(&[18]), sid(&[32, 548])] {
        aces.push(plain(0, 0, FULL_CONTROL, &trustee));
    }
    aces.push(plain(0, 0, 0x2_0000, &sid(&[11])));
    aces.push(object(5, 0, CONTROL_ACCESS, guids::CHANGE_PASSWORD, &sid(&[10])));
    for index in 0..10 {
        aces.push(object(5, 0, READ_PROPERTY, property_set(index), &sid(&[11])));
    }
    // Delegations: between 2 and 36 entries for groups of which the token has few.
    for index in 0..2 + number * 34 / DISTINCT {
        aces.push(object(
            5,
            INHERITED | CONTAINER_INHERIT,
            0x30,
            property_set(20 + index),
            &domain(2000 + number + index),
        ));
    }
    let grants = [
        (CONTROL_ACCESS, guids::RESET_PASSWORD),
        (WRITE_PROPERTY, guids::LOCKOUT_TIME),
        (WRITE_PROPERTY, guids::PWD_LAST_SET),
    ];
    for (mask, guid) in grants {
        // The container of every fourth descriptor never got the grant.
        if number % 4 != 3 {
            aces.push(object(5, INHERITED | CONTAINER_INHERIT, mask, guid, &domain(1105)));
        }
    }
    aces.push(plain(0, INHERITED | CONTAINER_INHERIT, FULL_CONTROL, &domain(519)));
    let protected = if number.is_multiple_of(7) { 0x10 } else { 0 };
    assemble(protected, &domain(512), &aces)
}

fn sid(parts: &[u32]) -> Vec<u8> {
    let mut bytes = vec![1, parts.len() as u8, 0, 0, 0, 0, 0, 5];
    bytes.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
    bytes
}

fn plain(kind: u8, flags: u8, mask: u32, trustee: &[u8]) -> Vec<u8> {
    ace(kind, flags, &[&mask.to_le_bytes(), trustee].concat())
}

/// An object ACE with both GUIDs when it is inherited, as the copies of a delegation are.
fn object(kind: u8, flags: u8, mask: u32, guid: Guid, trustee: &[u8]) -> Vec<u8> {
    let is_inherited = flags & INHERITED != 0;
    let present: u32 = if is_inherited { 3 } else { 1 };
    let mut body = [&mask.to_le_bytes()[..], &present.to_le_bytes(), &guid.to_bytes_le()].concat();
    if is_inherited {
        body.extend(guids::USER.to_bytes_le());
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
fn assemble(control_high: u8, owner: &[u8], aces: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = aces.concat();
    let mut bytes = vec![1, 0, 0x04, 0x84 | control_high];
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
