//! The SIDs that an account brings to an access check.

use super::sid::{CREATOR_GROUP, CREATOR_OWNER, OWNER_RIGHTS, Sid};
use foldhash::HashSet;

/// A set of SIDs, and whether it is all of them.
///
/// What belongs in is the caller's knowledge (catalog 2.3 (1)), S-1-5-10 included: it stands for the
/// account only on its own object.
#[derive(Clone, Debug)]
pub struct Token {
    sids: HashSet<Sid>,
    /// A bit for the last byte of each: most trustees of a list are in no token, and few of them share it.
    tails: [u64; 4],
    complete: bool,
}

/// Word and bit of a SID in `tails`.
#[inline]
fn tail(sid: &Sid) -> (usize, u64) {
    let byte = sid.rid().unwrap_or_default() & 0xFF;
    (byte as usize >> 6, 1 << (byte & 63))
}

impl Token {
    /// Creator Owner and Creator Group are placeholders for inheritance and Owner Rights follows from the
    /// owner of each object: no token holds them, so they are left out.
    pub fn new(sids: impl IntoIterator<Item = Sid>, complete: bool) -> Token {
        let placeholders = [CREATOR_OWNER, CREATOR_GROUP, OWNER_RIGHTS];
        let sids: HashSet<Sid> = sids.into_iter().filter(|sid| !placeholders.contains(sid)).collect();
        let mut tails = [0; 4];
        for (word, bit) in sids.iter().map(tail) {
            tails[word] |= bit;
        }
        Token { sids, tails, complete }
    }

    #[inline]
    pub fn contains(&self, sid: &Sid) -> bool {
        let (word, bit) = tail(sid);
        self.tails[word] & bit != 0 && self.sids.contains(sid)
    }

    /// False when a part of the token could not be read: then "nothing grants it" is not proven.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sid::{AUTHENTICATED_USERS, EVERYONE};

    #[test]
    fn a_token_holds_what_it_was_given_but_no_placeholder() {
        let token = Token::new([EVERYONE, CREATOR_OWNER, OWNER_RIGHTS], true);
        for (sid, held) in
            [(EVERYONE, true), (AUTHENTICATED_USERS, false), (CREATOR_OWNER, false), (OWNER_RIGHTS, false)]
        {
            assert_eq!(token.contains(&sid), held, "{sid}");
        }
        assert!(token.is_complete() && !Token::new([], false).is_complete());
    }
}
