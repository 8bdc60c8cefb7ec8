//! Fields of a user as things that decided: what the predicates of `facts` read, for an explanation.

use super::facts::{COMPUTED, LOCKED};
use crate::catalog::Judgement;
use crate::directory::{Sid, sid};
use crate::evidence::{Fact, User};

/// Names a bit of userAccountControl, or of its computed twin, as a field that decided; where the number
/// was not read, the number.
pub fn flag(judgement: Judgement, fact: Fact<User>, path: &'static str, mask: u32) -> Judgement {
    let number = if path == COMPUTED { fact.data.computed_uac } else { fact.data.user_account_control };
    match number {
        Some(_) => judgement.bit(fact.record, path, mask),
        None => judgement.read(fact.record, path).or(0),
    }
}

/// Names what says whether the account is locked out.
pub fn lockout(judgement: Judgement, fact: Fact<User>) -> Judgement {
    match fact.data.computed_uac {
        Some(_) => judgement.bit(fact.record, COMPUTED, LOCKED),
        None => judgement.read(fact.record, "lockoutTime").or("0"),
    }
}

/// Names the groups of a user as the field that decided: the one that protects, or whether Administrators
/// is among them.
pub fn groups(judgement: Judgement, fact: Fact<User>, by: Option<Sid>) -> Judgement {
    let named = |list: &Option<Vec<String>>| list.iter().flatten().any(|text| by.is_some() && text.parse().ok() == by);
    let path = match (&fact.data.member_of_transitive, &fact.data.protected_groups) {
        (None, Some(_)) => "protectedGroups",
        (Some(_), own @ Some(_)) if named(own) && !named(&fact.data.member_of_transitive) => "protectedGroups",
        _ => "memberOfTransitive",
    };
    let is_own = by.is_some() && fact.data.sid.as_ref().and_then(|text| text.parse().ok()) == by;
    match (&fact.data.member_of_transitive, &fact.data.protected_groups) {
        _ if is_own => judgement.read(fact.record, "sid"),
        (None, None) => judgement.read(fact.record, path).or(Vec::<String>::new()),
        _ => judgement.item(fact.record, path, by.unwrap_or(sid::ADMINISTRATORS).to_string()),
    }
}
