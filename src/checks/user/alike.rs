//! Users who are alike: every check of a user gives them the same status. In a large directory most users
//! differ in nothing but their names, so a scan judges the first of each kind and remembers what was said.
//!
//! What a status turns on stands here as it was read, and not what a check makes of it; only instants, which
//! differ from user to user, stand as the answers of the predicates through which the checks read them.

use super::facts::{Age, age, expired, is_linked, must_change};
use super::lockout::locked_under;
use crate::checks::policy::governing::Governing;
use crate::directory::{Sid, Summary, is_protected_rid};
use crate::evidence::User;
use std::borrow::Cow;

/// What the statuses of one user turn on; equal for users who are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alike<'a> {
    /// Null = the SID was not read.
    domain: Option<Sid>,
    /// Null = the name is not known.
    reserved: Option<bool>,
    object_class: Cow<'a, [String]>,
    is_gmsa: bool,
    user_account_control: Option<u32>,
    computed_uac: Option<u32>,
    admin_count: Option<i32>,
    is_linked: bool,
    member_of_transitive: Option<Cow<'a, [String]>>,
    protected_groups: Option<Cow<'a, [String]>>,
    resultant_pso: Option<Cow<'a, str>>,
    resultant_pso_state: Option<Cow<'a, str>>,
    search_count: Option<u32>,
    expired: Option<bool>,
    must_change: Option<bool>,
    is_old_enough: Option<bool>,
    locked: Option<bool>,
    /// Null = the descriptor was not returned.
    descriptor: Option<u64>,
}

impl<'a> Alike<'a> {
    /// `None` for a user whom no other is known to be like: who is protected by the own SID, or of whom the
    /// descriptor speaks by it; and what only a look-up of one user finds out. `reserved` = a container above
    /// the user has a reserved character; `descriptor` is null when the attribute was not returned.
    pub fn of(
        user: &'a User,
        reserved: Option<bool>,
        descriptor: Option<&Summary>,
        governing: Governing,
    ) -> Option<Alike<'a>> {
        let own = user.sid.as_deref().map(str::parse::<Sid>).transpose().ok()?;
        let speaks = |sid: &Sid| {
            sid.rid().is_none_or(is_protected_rid) || descriptor.is_some_and(|descriptor| descriptor.names(sid))
        };
        let is_looked_up = user.input.is_some() || user.sampled || !user.anchor_searches.is_empty();
        if own.as_ref().is_some_and(speaks) || is_looked_up {
            return None;
        }
        Some(Alike {
            domain: own.and_then(|sid| sid.domain()),
            reserved,
            object_class: Cow::Borrowed(&user.object_class),
            is_gmsa: user.is_gmsa,
            user_account_control: user.user_account_control,
            computed_uac: user.computed_uac,
            admin_count: user.admin_count,
            is_linked: is_linked(user),
            member_of_transitive: user.member_of_transitive.as_deref().map(Cow::Borrowed),
            protected_groups: user.protected_groups.as_deref().map(Cow::Borrowed),
            resultant_pso: user.resultant_pso.as_deref().map(Cow::Borrowed),
            resultant_pso_state: user.resultant_pso_state.as_deref().map(Cow::Borrowed),
            search_count: user.search_count,
            expired: expired(user),
            must_change: must_change(user),
            is_old_enough: age(user, governing.minimum_age()).map(|age| age == Age::Reached),
            locked: locked_under(user, governing),
            descriptor: descriptor.map(|descriptor| descriptor.id),
        })
    }

    /// The same without what it was read from.
    pub fn into_owned(self) -> Alike<'static> {
        let list = |list: Cow<[String]>| Cow::Owned(list.into_owned());
        let text = |text: Cow<str>| Cow::Owned(text.into_owned());
        Alike {
            object_class: list(self.object_class),
            member_of_transitive: self.member_of_transitive.map(list),
            protected_groups: self.protected_groups.map(list),
            resultant_pso: self.resultant_pso.map(text),
            resultant_pso_state: self.resultant_pso_state.map(text),
            ..self
        }
    }
}

#[cfg(test)]
#[path = "alike_tests.rs"]
mod tests;
