//! What leaves a right undecided, and what does not: catalog 2.3 (2), (4) and (5), unknown ACE types.

use super::access_tests::{check, descriptor, token};
use super::guids::{INET_ORG_PERSON, USER};
use super::sid::{AUTHENTICATED_USERS, NOBODY};
use super::{Ace, AceKind, Dacl, Descriptor, Right, Token, Undecided, Verdict, Via, decide};
use Verdict::{Denied, Granted, NotGranted};

const CONDITIONAL: Verdict = Verdict::Undecided(Undecided::Conditional);
const CLASS_OPEN: Verdict = Verdict::Undecided(Undecided::ClassControlAccess);
const CLASS_UNKNOWN: Verdict = Verdict::Undecided(Undecided::ClassUnknown);
const UNKNOWN_ACE: Verdict = Verdict::Undecided(Undecided::UnknownAce);
const INCOMPLETE: Verdict = Verdict::Undecided(Undecided::TokenIncomplete);

/// Rule 2: CONTROL_ACCESS with the class's GUID is remembered like a condition.
#[test]
fn control_access_for_the_class_decides_nothing() {
    check(
        Right::ResetPassword,
        &[
            ("(OA;;CR;@USER;;@ME)", CLASS_OPEN, Via::Missing),
            ("(OA;;CR;@USER;;@ME)(OA;;CR;@RESET;;@ME)", Granted, Via::Right),
            ("(OD;;CR;@USER;;AU)(OA;;CR;@RESET;;@ME)", CLASS_OPEN, Via::Missing),
            ("(OD;;CR;@USER;;AU)", NotGranted, Via::Missing),
            ("(OA;;CR;@USER;;BA)", NotGranted, Via::Missing),
            ("(OA;;CR;@USER;;@ME)(D;;CR;;;AU)", CLASS_OPEN, Via::Missing),
        ],
    );
    let other = descriptor("D:(OA;;CR;@USER;;@ME)");
    assert_eq!(decide(&other, &token(), Right::ResetPassword, Some(INET_ORG_PERSON)).verdict, NotGranted);
}

/// Without the class, a GUID that is nothing else may be the class.
#[test]
fn an_unknown_class_leaves_open_what_may_be_it() {
    for (aces, right, verdict) in [
        ("(OD;;WP;@USER;;AU)(A;;WP;;;@ME)", Right::WriteLockoutTime, CLASS_UNKNOWN),
        ("(OD;;WP;@MAIL;;AU)(A;;WP;;;@ME)", Right::WriteLockoutTime, CLASS_UNKNOWN),
        ("(OD;;WP;@PWDSET;;AU)(A;;WP;;;@ME)", Right::WriteLockoutTime, Granted),
        ("(OA;;CR;@USER;;@ME)", Right::ResetPassword, CLASS_UNKNOWN),
        ("(OA;;CR;@RESET;;@ME)", Right::ResetPassword, Granted),
    ] {
        assert_eq!(decide(&descriptor(&format!("D:{aces}")), &token(), right, None).verdict, verdict, "{aces}");
    }
}

/// Rule 4: conditional ACEs.
#[test]
fn a_condition_is_never_a_grant_and_never_passed_over() {
    check(
        Right::ResetPassword,
        &[
            ("(XA;;CR;;;@ME;(1==1))", CONDITIONAL, Via::Missing),
            ("(ZA;;CR;@RESET;;@ME;(1==1))", CONDITIONAL, Via::Missing),
            ("(XA;;CR;;;@ME;(1==1))(OA;;CR;@RESET;;@ME)", Granted, Via::Right),
            ("(OA;;CR;@RESET;;@ME)(XD;;CR;;;AU;(1==1))", Granted, Via::Right),
            ("(XD;;CR;;;AU;(1==1))(OA;;CR;@RESET;;@ME)", CONDITIONAL, Via::Missing),
            ("(XD;;CR;;;AU;(1==1))", NotGranted, Via::Missing),
            ("(XD;;CR;;;AU;(1==1))(D;;CR;;;AU)", Denied, Via::AllExtended),
            ("(XA;;CR;;;@ME;(1==1))(D;;CR;;;AU)", CONDITIONAL, Via::Missing),
            ("(XA;;CR;;;BA;(1==1))(XA;;WP;;;@ME;(1==1))", NotGranted, Via::Missing),
            ("(XA;CIIO;CR;;;@ME;(1==1))", NotGranted, Via::Missing),
        ],
    );
}

/// An unknown type may allow or deny anything, but only where nothing was decided before it.
#[test]
fn an_ace_of_unknown_type_leaves_open_what_comes_after_it() {
    let with = |kind, flags, before: &str, after: &str| {
        let (Dacl::Aces(mut aces), Dacl::Aces(rest)) =
            (descriptor(&format!("D:{before}")).dacl, descriptor(&format!("D:{after}")).dacl)
        else {
            panic!("no list")
        };
        aces.push(Ace { kind, flags, mask: 0, object_type: None, inherited_object_type: None, sid: NOBODY });
        aces.extend(rest);
        let descriptor = Descriptor { control: 0x8004, owner: None, dacl: Dacl::Aces(aces) };
        decide(&descriptor, &token(), Right::ResetPassword, Some(USER))
    };
    let (unknown, audit) = (AceKind::Unknown(0x42), AceKind::System(2));
    for (kind, flags, before, after, verdict) in [
        (unknown, 0, "", "", UNKNOWN_ACE),
        (unknown, 0, "", "(A;;GA;;;@ME)", UNKNOWN_ACE),
        (unknown, 0, "", "(D;;GA;;;@ME)", UNKNOWN_ACE),
        (unknown, 0, "(A;;GA;;;@ME)", "", Granted),
        (unknown, 0, "(D;;GA;;;@ME)", "(A;;GA;;;@ME)", Denied),
        (unknown, Ace::INHERIT_ONLY, "", "(A;;GA;;;@ME)", Granted),
        (audit, 0, "", "(A;;GA;;;@ME)", Granted),
        (audit, 0, "", "", NotGranted),
    ] {
        let found = with(kind, flags, before, after);
        assert_eq!(found.verdict, verdict, "{kind:?} between {before} and {after}");
        assert_eq!(found.why.trustee.is_some(), matches!(verdict, Granted | Denied));
    }
}

/// Its trustee may be Owner Rights, which would take the owner's implicit right away.
#[test]
fn an_ace_of_unknown_type_leaves_open_what_the_owner_has() {
    for (flags, verdict) in [(0, UNKNOWN_ACE), (Ace::INHERIT_ONLY, Granted)] {
        let kind = AceKind::Unknown(0x42);
        let ace = Ace { kind, flags, mask: 0, object_type: None, inherited_object_type: None, sid: NOBODY };
        let descriptor = Descriptor { control: 0x8004, owner: Some(AUTHENTICATED_USERS), dacl: Dacl::Aces(vec![ace]) };
        assert_eq!(decide(&descriptor, &token(), Right::ReadControl, Some(USER)).verdict, verdict);
    }
}

/// Rule 5: what an incomplete token proves.
#[test]
fn an_incomplete_token_proves_grants_and_denies_but_no_absence() {
    let token = Token::new([AUTHENTICATED_USERS], false);
    for (text, verdict) in [
        ("D:(A;;CR;;;AU)", Granted),
        ("D:(D;;CR;;;AU)", Denied),
        ("D:(A;;CR;;;BA)", INCOMPLETE),
        ("D:(XA;;CR;;;AU;(1))", CONDITIONAL),
        ("D:", Denied),
        ("", Granted),
    ] {
        assert_eq!(decide(&descriptor(text), &token, Right::ResetPassword, Some(USER)).verdict, verdict, "{text}");
    }
}
