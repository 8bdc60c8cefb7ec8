//! How many descriptors are judged in a second on one core, beside a loop that only parses them.
//!
//! The mix is that of a directory: 60 different descriptors of 20 to 60 ACEs, repeated in no order as the
//! users of a scan repeat them; every seventh is protected, every fifth holds a deny. The token has 40
//! SIDs. Three rights are judged for each. `rights [DESCRIPTORS]`, 300000 by default.

#[path = "canned/descriptors.rs"]
mod descriptors;

use descriptors::{DISTINCT, user};
use password_writeback::directory::{Descriptor, Judged, Right, Sid, Token, Verdict, decide, guids};
use std::hint::black_box;
use std::time::Instant;

const RIGHTS: [Right; 3] = [Right::ResetPassword, Right::WriteLockoutTime, Right::WritePwdLastSet];

fn main() {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(300_000);
    let distinct: Vec<Vec<u8>> = (0..DISTINCT).map(user).collect();
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
    let mut judged = Judged::new(token.clone(), RIGHTS);
    let same = measure("judged, repeats from the cache", &scan, |bytes| {
        let Ok(summary) = judged.judge(Some(guids::USER), bytes) else { return 0 };
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
