//! What stands between one user and a written-back password, as one word (PW990).

use super::facts::{Age, age, disabled};
use super::operation::Operation;
use super::protection::{Protection, protection};
use crate::checks::permission::facts::{All, Rights};
use crate::checks::policy::governing::Governing;
use crate::directory::{Right, Verdict};
use crate::evidence::{DomainPolicy, User};

/// The first that matches, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    OutOfScope,
    Disabled,
    /// By design: administrators.
    Protected,
    Leftover,
    ReservedCharacter,
    /// Inheritance is off at the user, and a right is missing.
    InheritanceOff,
    RightMissing(Right),
    /// Until this instant, in milliseconds since 1970; operation Change only.
    TooYoung(i64),
    /// The own password; operation Change only.
    CannotChange,
    Unknown,
    Writable,
}

/// What is known of one user.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub user: &'a User,
    /// Null = the sync server was not asked; then nobody counts as out of scope.
    pub in_scope: Option<bool>,
    /// A container above the user has a reserved character; null = the name is not known.
    pub reserved: Option<bool>,
    /// The record that dSHeuristics stands in.
    pub policy: Option<&'a DomainPolicy>,
    /// The password policy of this user.
    pub governing: Governing<'a>,
    /// Null = the descriptor or the token was not read.
    pub rights: Option<&'a Rights>,
    /// Change Password as the user itself has it; null = not read.
    pub own_change: Option<Verdict>,
    pub operation: Option<Operation>,
}

/// A bucket is only left behind by what is known; what is not known keeps a user from being writable.
pub fn bucket(known: &Known) -> Bucket {
    let user = known.user;
    let (disabled, protection) = (disabled(user), protection(user, known.policy));
    if known.in_scope == Some(false) {
        return Bucket::OutOfScope;
    }
    if disabled == Some(true) {
        return Bucket::Disabled;
    }
    match protection {
        Protection::Protected(_) => return Bucket::Protected,
        Protection::Leftover => return Bucket::Leftover,
        Protection::None | Protection::Unknown => {}
    }
    if known.reserved == Some(true) {
        return Bucket::ReservedCharacter;
    }
    if let Some((rights, missing)) = known.rights.and_then(|rights| Some((rights, rights.missing().next()?))) {
        return if rights.protected { Bucket::InheritanceOff } else { Bucket::RightMissing(missing.why.right) };
    }
    let may_change = if known.operation == Some(Operation::Change) { change(known) } else { Bucket::Writable };
    let is_known = disabled.is_some()
        && protection == Protection::None
        && known.reserved.is_some()
        && known.rights.is_some_and(|rights| rights.all() == All::Granted);
    match may_change {
        Bucket::Writable if !is_known => Bucket::Unknown,
        other => other,
    }
}

/// What holds a change by the user.
fn change(known: &Known) -> Bucket {
    let age = age(known.user, known.governing.minimum_age());
    let assumed = matches!(known.governing, Governing::AssumedDomain(_));
    match (age, known.own_change) {
        (Some(Age::TooYoung(until)), _) => Bucket::TooYoung(until),
        (_, Some(Verdict::Denied | Verdict::NotGranted)) => Bucket::CannotChange,
        // A hidden fine-grained policy may ask for more than the domain's.
        (Some(Age::Reached), Some(Verdict::Granted)) if !assumed => Bucket::Writable,
        _ => Bucket::Unknown,
    }
}

impl Bucket {
    pub fn name(self) -> &'static str {
        match self {
            Bucket::OutOfScope => "out of scope",
            Bucket::Disabled => "disabled",
            Bucket::Protected => "protected by design",
            Bucket::Leftover => "leftover protection",
            Bucket::ReservedCharacter => "reserved character in the path",
            Bucket::InheritanceOff => "inheritance off",
            Bucket::RightMissing(Right::ResetPassword) => "without Reset Password",
            Bucket::RightMissing(Right::WriteLockoutTime) => "without Write lockoutTime",
            Bucket::RightMissing(_) => "without Write pwdLastSet",
            Bucket::TooYoung(_) => "password too young",
            Bucket::CannotChange => "may not change the own password",
            Bucket::Unknown => "not known",
            Bucket::Writable => "writable",
        }
    }

    /// Left out of the rate: nobody expects these to be written back now.
    pub fn is_left_out(self) -> bool {
        matches!(self, Bucket::OutOfScope | Bucket::Disabled | Bucket::Protected | Bucket::TooYoung(_))
    }

    /// Proven not to be writable, by something that can be repaired.
    pub fn is_failure(self) -> bool {
        !self.is_left_out() && !matches!(self, Bucket::Unknown | Bucket::Writable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::NOW;
    use crate::checks::permission::facts::{descriptor, rights, token};
    use crate::checks::permission::testing::{SALES, TestAce, allow, good_aces, groups, member, sd};
    use crate::checks::user::reserved::is_reserved;

    const OPEN: Governing = Governing::Unknown;

    fn plain() -> User {
        User { dn: Some("CN=Anna,OU=Sales,DC=corp,DC=example".to_owned()), ..member(&[SALES], true) }
    }

    fn held(protected: bool, aces: &[TestAce]) -> Rights {
        rights(&descriptor(&sd("user", protected, aces)).unwrap(), &token(&groups()), None)
    }

    fn known<'a>(user: &'a User, rights: Option<&'a Rights>) -> Known<'a> {
        Known {
            user,
            in_scope: None,
            reserved: is_reserved(user),
            policy: None,
            governing: OPEN,
            rights,
            own_change: None,
            operation: None,
        }
    }

    #[test]
    fn the_first_matching_bucket_takes_the_user() {
        let all = held(false, &good_aces());
        let no_reset = held(false, &[allow(Right::WriteLockoutTime), allow(Right::WritePwdLastSet)]);
        let no_set = held(false, &[allow(Right::ResetPassword), allow(Right::WriteLockoutTime)]);
        let closed = held(true, &[]);
        let closed_but_granted = held(true, &good_aces());
        let open = held(false, &[TestAce { conditional: true, ..allow(Right::ResetPassword) }]);
        let disabled = User { user_account_control: Some(0x202), ..plain() };
        let admin = User { member_of_transitive: Some(vec!["S-1-5-32-544".to_owned()]), ..plain() };
        let former = User { admin_count: Some(1), ..plain() };
        let odd = User { dn: Some("CN=Anna,OU=a/b,DC=corp,DC=example".to_owned()), ..plain() };
        let hidden = User { member_of_transitive: None, ..plain() };
        let no_flags = User { user_account_control: None, admin_count: Some(0), ..plain() };
        let no_dn = User { dn: None, ..plain() };
        let plain = plain();
        for (label, user, rights, expected) in [
            ("plain", &plain, Some(&all), Bucket::Writable),
            ("own grants", &plain, Some(&closed_but_granted), Bucket::Writable),
            ("disabled before right", &disabled, Some(&no_reset), Bucket::Disabled),
            ("admin before inheritance", &admin, Some(&closed), Bucket::Protected),
            ("former admin", &former, Some(&closed), Bucket::Leftover),
            ("path before right", &odd, Some(&no_reset), Bucket::ReservedCharacter),
            ("inheritance", &plain, Some(&closed), Bucket::InheritanceOff),
            ("reset", &plain, Some(&no_reset), Bucket::RightMissing(Right::ResetPassword)),
            ("pwdLastSet", &plain, Some(&no_set), Bucket::RightMissing(Right::WritePwdLastSet)),
            ("conditional", &plain, Some(&open), Bucket::RightMissing(Right::WriteLockoutTime)),
            ("descriptor unread", &plain, None, Bucket::Unknown),
            ("groups unread", &hidden, Some(&all), Bucket::Unknown),
            ("groups unread, right missing", &hidden, Some(&no_reset), Bucket::RightMissing(Right::ResetPassword)),
            ("flags unread", &no_flags, Some(&all), Bucket::Unknown),
            ("name unread", &no_dn, Some(&all), Bucket::Unknown),
        ] {
            assert_eq!(bucket(&known(user, rights)), expected, "{label}");
        }
        let out = Known { in_scope: Some(false), ..known(&disabled, Some(&all)) };
        assert_eq!(bucket(&out), Bucket::OutOfScope);
    }

    #[test]
    fn age_and_deny_count_for_a_change_only() {
        let all = held(false, &good_aces());
        let policy = DomainPolicy { min_pwd_age: Some(86_400), ..DomainPolicy::default() };
        let (domain, assumed) = (Governing::Domain(&policy), Governing::AssumedDomain(&policy));
        let set = |text: &str| User { pwd_last_set: Some(text.to_owned()), ..plain() };
        let (young, old) = (set("134397360010000000"), set("134397360000000000"));
        let (change, reset) = (Some(Operation::Change), Some(Operation::Reset));
        let (may, denied) = (Some(Verdict::Granted), Some(Verdict::Denied));
        for (user, governing, own_change, operation, expected) in [
            (&young, domain, may, change, Bucket::TooYoung(NOW + 1000)),
            (&young, assumed, may, change, Bucket::TooYoung(NOW + 1000)),
            (&young, domain, denied, change, Bucket::TooYoung(NOW + 1000)),
            (&young, domain, may, reset, Bucket::Writable),
            (&young, domain, denied, None, Bucket::Writable),
            (&old, domain, denied, change, Bucket::CannotChange),
            (&old, domain, may, change, Bucket::Writable),
            (&old, assumed, may, change, Bucket::Unknown),
            (&old, domain, None, change, Bucket::Unknown),
            (&old, OPEN, may, change, Bucket::Unknown),
        ] {
            let known = Known { governing, own_change, operation, ..known(user, Some(&all)) };
            assert_eq!(bucket(&known), expected, "{governing:?} {own_change:?} {operation:?}");
        }
    }
}
