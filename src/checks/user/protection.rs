//! Is a user protected by the directory itself (SDProp), or marked by a protection that is over?

use crate::catalog::{Scene, Target};
use crate::checks::targets::domain_key;
use crate::directory::{Sid, is_protected_rid, protected_groups};
use crate::evidence::{DomainPolicy, Fact, User};

/// Whether SDProp guards the account, by its SID and its transitive groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// By this group, or by the account's own SID.
    Protected(Sid),
    Ordinary,
    Unknown,
}

/// The same with what a protection left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    Protected(Sid),
    /// adminCount is 1 and no protected group is the reason.
    Leftover,
    None,
    Unknown,
}

/// Schema Admins, Enterprise Admins, Enterprise Key Admins: only the forest's root domain has them, so a
/// membership names that domain.
const OF_THE_ROOT: [u32; 3] = [518, 519, 527];
/// A dSHeuristics that takes all four operator groups out (character 16).
const NO_OPERATORS: &str = "000000000100000f";

/// `policy` is the record that dSHeuristics stands in; without the value a member of the operator groups alone may
/// have been excluded, which is not known.
pub fn membership(user: &User, policy: Option<&DomainPolicy>) -> Membership {
    let parse = |text: &String| text.parse::<Sid>().ok();
    let Some((own, domain)) = user.sid.as_ref().and_then(parse).and_then(|sid| Some((sid, sid.domain()?))) else {
        return Membership::Unknown;
    };
    if own.rid().is_some_and(is_protected_rid) {
        return Membership::Protected(own);
    }
    let lists = || user.member_of_transitive.iter().chain(&user.protected_groups);
    if lists().next().is_none() {
        return Membership::Unknown;
    }
    let groups: Vec<Option<Sid>> = lists().flatten().map(parse).collect();
    if groups.is_empty() {
        return Membership::Ordinary;
    }
    let known = || groups.iter().flatten();
    let of_root = known().find(|group| group.rid().is_some_and(|rid| OF_THE_ROOT.contains(&rid)));
    let root = of_root.and_then(Sid::domain);
    let hit = |heuristics: Option<&str>| {
        let protected = protected_groups(&domain, root.as_ref(), heuristics);
        known().find(|group| protected.contains(group)).copied()
    };
    let is_known = |policy: &&DomainPolicy| policy.ds_heuristics_state.as_deref() != Some("notReadable");
    match policy.filter(is_known) {
        Some(policy) => hit(policy.ds_heuristics.as_deref()).map(Membership::Protected),
        None => hit(Some(NO_OPERATORS)).map(Membership::Protected).or_else(|| hit(None).map(|_| Membership::Unknown)),
    }
    .unwrap_or(if groups.iter().all(Option::is_some) { Membership::Ordinary } else { Membership::Unknown })
}

/// Whether adminCount is 1. Hardly any user has the attribute, so "not returned" is read as "not set" when
/// userAccountControl was returned: who may read the one may by default read the other, because neither
/// stands in a property set that every account can read.
pub fn is_marked(user: &User) -> Option<bool> {
    match user.admin_count {
        Some(count) => Some(count == 1),
        None => user.user_account_control.map(|_| false),
    }
}

pub fn protection(user: &User, policy: Option<&DomainPolicy>) -> Protection {
    match (membership(user, policy), is_marked(user)) {
        (Membership::Protected(by), _) => Protection::Protected(by),
        (Membership::Ordinary, Some(true)) => Protection::Leftover,
        (Membership::Ordinary, Some(false)) => Protection::None,
        _ => Protection::Unknown,
    }
}

/// The policy record of the domain that a target lies in.
pub fn policy_of<'a>(scene: &Scene<'a>, target: &Target) -> Option<Fact<'a, DomainPolicy>> {
    scene.evidence.facts_at::<DomainPolicy>(domain_key(target)?).first().copied()
}

/// The protection of a user of the evidence.
pub fn protection_at(scene: &Scene, target: &Target, user: &User) -> Protection {
    protection(user, policy_of(scene, target).map(|fact| fact.data))
}

/// Whether the statistics of rights count the user: one that is or was protected does not. A marked user whose
/// groups were not read is one of the two, it is only not known which.
pub fn is_ordinary(user: &User, policy: Option<&DomainPolicy>) -> bool {
    match protection(user, policy) {
        Protection::Protected(_) | Protection::Leftover => false,
        Protection::None => true,
        Protection::Unknown => is_marked(user) != Some(true),
    }
}

/// The same of a user of the evidence.
pub fn is_ordinary_at(scene: &Scene, target: &Target, user: &User) -> bool {
    is_ordinary(user, policy_of(scene, target).map(|fact| fact.data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(sid: &str, groups: Option<&[&str]>) -> User {
        User {
            sid: Some(sid.to_owned()),
            member_of_transitive: groups.map(|all| all.iter().map(|sid| (*sid).to_owned()).collect()),
            user_account_control: Some(0x200),
            ..User::default()
        }
    }

    const ANNA: &str = "S-1-5-21-1-2-3-2001";

    #[test]
    fn protected_groups_count_whatever_their_domain_and_operators_may_be_excluded() {
        let default = DomainPolicy::default();
        let excluded = DomainPolicy { ds_heuristics: Some("0000000001000001".to_owned()), ..DomainPolicy::default() };
        let unread = DomainPolicy { ds_heuristics_state: Some("notReadable".to_owned()), ..DomainPolicy::default() };
        let by = |sid: &str| Membership::Protected(sid.parse().unwrap());
        for (sid, groups, policy, expected) in [
            ("S-1-5-21-1-2-3-500", None, None, by("S-1-5-21-1-2-3-500")),
            ("S-1-5-21-1-2-3-502", None, None, by("S-1-5-21-1-2-3-502")),
            (ANNA, Some(&["S-1-5-21-1-2-3-513"][..]), Some(&default), Membership::Ordinary),
            (ANNA, Some(&["S-1-5-21-1-2-3-513"]), None, Membership::Ordinary),
            (ANNA, Some(&["S-1-5-21-1-2-3-512"]), None, by("S-1-5-21-1-2-3-512")),
            (ANNA, Some(&["S-1-5-21-9-9-9-519"]), None, by("S-1-5-21-9-9-9-519")),
            (ANNA, Some(&["S-1-5-21-9-9-9-512"]), None, Membership::Ordinary),
            (ANNA, Some(&["S-1-5-32-544"]), None, by("S-1-5-32-544")),
            (ANNA, Some(&["S-1-5-32-548"]), Some(&default), by("S-1-5-32-548")),
            (ANNA, Some(&["S-1-5-32-548"]), Some(&excluded), Membership::Ordinary),
            (ANNA, Some(&["S-1-5-32-551"]), Some(&excluded), by("S-1-5-32-551")),
            (ANNA, Some(&["S-1-5-32-548"]), None, Membership::Unknown),
            (ANNA, Some(&["S-1-5-32-548"]), Some(&unread), Membership::Unknown),
            (ANNA, Some(&["S-1-5-32-544"]), Some(&unread), by("S-1-5-32-544")),
            (ANNA, Some(&["nonsense"]), Some(&default), Membership::Unknown),
            (ANNA, Some(&["nonsense", "S-1-5-32-544"]), Some(&default), by("S-1-5-32-544")),
            (ANNA, None, Some(&default), Membership::Unknown),
            ("nonsense", Some(&[]), Some(&default), Membership::Unknown),
        ] {
            assert_eq!(membership(&user(sid, groups), policy), expected, "{sid} {groups:?}");
        }
    }

    #[test]
    fn a_group_that_no_token_holds_protects_too() {
        let through_list = |token: Option<&[&str]>, list: Option<&[&str]>| User {
            protected_groups: list.map(|all| all.iter().map(|sid| (*sid).to_owned()).collect()),
            ..user(ANNA, token)
        };
        let (token, admins) = (Some(&["S-1-5-21-1-2-3-513"][..]), Some(&["S-1-5-21-1-2-3-512"][..]));
        let protected = Membership::Protected("S-1-5-21-1-2-3-512".parse().unwrap());
        for (token, list, expected) in [
            (token, admins, protected),
            (None, admins, protected),
            (token, Some(&[][..]), Membership::Ordinary),
            (token, None, Membership::Ordinary),
            (None, None, Membership::Unknown),
        ] {
            assert_eq!(membership(&through_list(token, list), None), expected, "{token:?} {list:?}");
        }
    }

    #[test]
    fn a_mark_without_a_group_is_left_over() {
        for (count, flags, groups, expected, ordinary) in [
            (Some(1), Some(0x200), Some(&[][..]), Protection::Leftover, false),
            (Some(0), Some(0x200), Some(&[]), Protection::None, true),
            (None, Some(0x200), Some(&[]), Protection::None, true),
            (None, None, Some(&[]), Protection::Unknown, true),
            (Some(1), Some(0x200), None, Protection::Unknown, false),
            (None, Some(0x200), None, Protection::Unknown, true),
        ] {
            let user = User { admin_count: count, user_account_control: flags, ..user(ANNA, groups) };
            let found = (protection(&user, None), is_ordinary(&user, None));
            assert_eq!(found, (expected, ordinary), "{count:?} {flags:?} {groups:?}");
        }
        let admin = User { admin_count: Some(1), ..user(ANNA, Some(&["S-1-5-32-544"])) };
        assert!(matches!(protection(&admin, None), Protection::Protected(_)) && !is_ordinary(&admin, None));
    }
}
