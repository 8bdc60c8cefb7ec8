//! The SIDs that an account brings to an access check.

use super::sid::{CREATOR_GROUP, CREATOR_OWNER, OWNER_RIGHTS, Sid};
use std::collections::HashSet;

/// A set of SIDs, and whether it is all of them.
///
/// What belongs in is the caller's knowledge (catalog 2.3 (1)), S-1-5-10 included: it stands for the
/// account only on its own object.
#[derive(Clone, Debug)]
pub struct Token {
    sids: HashSet<Sid, foldhash::fast::RandomState>,
    complete: bool,
}

impl Token {
    /// Creator Owner and Creator Group are placeholders for inheritance and Owner Rights follows from the
    /// owner of each object: no token holds them, so they are left out.
    pub fn new(sids: impl IntoIterator<Item = Sid>, complete: bool) -> Token {
        let placeholders = [CREATOR_OWNER, CREATOR_GROUP, OWNER_RIGHTS];
        Token { sids: sids.into_iter().filter(|sid| !placeholders.contains(sid)).collect(), complete }
    }

    #[inline]
    pub fn contains(&self, sid: &Sid) -> bool {
        self.sids.contains(sid)
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
