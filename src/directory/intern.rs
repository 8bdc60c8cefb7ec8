//! Descriptors that repeat are judged once. In a directory most users of a container carry the same
//! bytes, and a scan reads a hundred thousand of them.

use super::access::decide;
use super::descriptor::{Descriptor, Malformed};
use super::guids::Guid;
use super::right::Right;
use super::sid::Sid;
use super::token::Token;
use super::why::Decision;
use foldhash::HashMap;
use std::sync::Arc;

/// What the checks ask of one descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The same for the same bytes and class, and never another's; forgotten bytes get a new one.
    pub id: u64,
    /// One per right, in the order in which the rights were given.
    pub decisions: Vec<Decision>,
    pub descriptor: Arc<Descriptor>,
}

impl Summary {
    /// Whether the descriptor speaks of this account by its own SID.
    pub fn names(&self, sid: &Sid) -> bool {
        self.descriptor.owner == Some(*sid) || self.descriptor.aces().iter().any(|ace| ace.sid == *sid)
    }
}

/// The summaries of the descriptors seen, for one token and some rights.
///
/// A key is the whole descriptor, so two that share a hash are never confused. Keys and summaries take at
/// most `MOST_BYTES`; beyond that everything is forgotten and the cache begins anew: where so many differ,
/// few repeat.
#[derive(Debug)]
pub struct Judged {
    token: Arc<Token>,
    rights: Vec<Right>,
    /// By the class of the object, because an ACE may be for one class.
    known: HashMap<Option<Guid>, Known>,
    bytes: usize,
    next_id: u64,
}

type Known = HashMap<Box<[u8]>, Arc<Summary>>;

/// 8 MiB: more than two thousand different descriptors of 3 KiB.
const MOST_BYTES: usize = 8 << 20;

impl Judged {
    pub fn new(token: impl Into<Arc<Token>>, rights: impl Into<Vec<Right>>) -> Judged {
        Judged { token: token.into(), rights: rights.into(), known: HashMap::default(), bytes: 0, next_id: 0 }
    }

    pub fn judge(&mut self, class: Option<Guid>, bytes: &[u8]) -> Result<Arc<Summary>, Malformed> {
        if let Some(summary) = self.known.get(&class).and_then(|known| known.get(bytes)) {
            return Ok(Arc::clone(summary));
        }
        let summary = Arc::new(self.judge_anew(class, Descriptor::from_bytes(bytes)?));
        self.next_id += 1;
        let lists = size_of_val(summary.decisions.as_slice()) + size_of_val(summary.descriptor.aces());
        let size = bytes.len() + size_of::<Summary>() + lists;
        if self.bytes + size > MOST_BYTES {
            self.known.clear();
            self.bytes = 0;
        }
        self.bytes += size;
        self.known.entry(class).or_default().insert(bytes.into(), Arc::clone(&summary));
        Ok(summary)
    }

    fn judge_anew(&self, class: Option<Guid>, descriptor: Descriptor) -> Summary {
        Summary {
            id: self.next_id,
            decisions: self.rights.iter().map(|right| decide(&descriptor, &self.token, *right, class)).collect(),
            descriptor: Arc::new(descriptor),
        }
    }

    /// How many different descriptors are remembered.
    pub fn remembered(&self) -> usize {
        self.known.values().map(HashMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::guids::USER;
    use crate::directory::sddl_tests::vectors;
    use crate::directory::sid::AUTHENTICATED_USERS;

    const RIGHTS: [Right; 2] = [Right::ResetPassword, Right::ReadControl];

    fn judged() -> Judged {
        Judged::new(Token::new([AUTHENTICATED_USERS], true), RIGHTS)
    }

    #[test]
    fn a_summary_is_what_judging_gives_and_repeats_are_shared() {
        let mut judged = judged();
        let (vectors, mut ids) = (vectors(), std::collections::HashSet::new());
        for vector in &vectors {
            let descriptor = Descriptor::from_bytes(&vector.bytes).unwrap();
            let first = judged.judge(Some(USER), &vector.bytes).unwrap();
            for (decision, right) in first.decisions.iter().zip(RIGHTS) {
                assert_eq!(*decision, decide(&descriptor, &judged.token, right, Some(USER)), "{}", vector.name);
            }
            assert_eq!(*first.descriptor, descriptor);
            assert!(descriptor.aces().iter().all(|ace| first.names(&ace.sid)), "{}", vector.name);
            assert!(
                descriptor.owner.iter().all(|owner| first.names(owner)) && !first.names(&"S-1-9-9".parse().unwrap())
            );
            assert!(ids.insert(first.id), "{}", vector.name);
            assert!(Arc::ptr_eq(&first, &judged.judge(Some(USER), &vector.bytes).unwrap()));
        }
        assert_eq!(judged.remembered(), vectors.len());
    }

    #[test]
    fn malformed_bytes_are_an_error_each_time() {
        let mut judged = judged();
        for _ in 0..2 {
            assert!(judged.judge(Some(USER), &[1, 2, 3]).is_err());
        }
        assert_eq!(judged.remembered(), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut judged = judged();
        // Bytes after the last part change nothing in a descriptor, and make each one different.
        let source = &vectors()[0].bytes;
        let length = 1 << 20;
        for number in 0..40_u8 {
            let mut bytes = source.clone();
            bytes.resize(length, number);
            judged.judge(Some(USER), &bytes).unwrap();
            assert!(judged.remembered() * length <= MOST_BYTES);
        }
        // Seven have room beside their summaries.
        assert_eq!(judged.remembered(), 40 % 7);
    }
}
