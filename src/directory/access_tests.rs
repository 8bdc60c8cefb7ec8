//! The rules of catalog 2.3, one table each.

use super::guids::{BUILTIN_DOMAIN, DOMAIN_DNS, INET_ORG_PERSON, USER};
use super::sddl_tests::{domain, vector};
use super::sid::{AUTHENTICATED_USERS, EVERYONE, NOBODY, PRE_WIN2000, SELF_SID};
use super::{Ace, AceKind, Dacl, Decision, Descriptor, Right, Sid, Token, Undecided, Verdict, Via, decide};
use Verdict::{Denied, Granted, NotGranted};

const ACCOUNT: &str = "S-1-5-21-1-2-3-1105";
const CONDITIONAL: Verdict = Verdict::Undecided(Undecided::Conditional);
const CLASS_OPEN: Verdict = Verdict::Undecided(Undecided::ClassControlAccess);
const CLASS_UNKNOWN: Verdict = Verdict::Undecided(Undecided::ClassUnknown);
const PARTLY: Verdict = Verdict::Undecided(Undecided::PartlyDenied);
const UNKNOWN_ACE: Verdict = Verdict::Undecided(Undecided::UnknownAce);
const INCOMPLETE: Verdict = Verdict::Undecided(Undecided::TokenIncomplete);

fn token() -> Token {
    let account: Sid = ACCOUNT.parse().unwrap();
    Token::new([account, AUTHENTICATED_USERS, EVERYONE], true)
}

fn descriptor(text: &str) -> Descriptor {
    let mut text = text.to_owned();
    for (word, meaning) in [
        ("@RESET", "00299570-246d-11d0-a768-00aa006e0529"),
        ("@CHANGE", "ab721a53-1e2f-11d0-9819-00aa0040529b"),
        ("@LOCKOUT", "28630ebf-41d5-11d1-a9c1-0000f80367c1"),
        ("@PWDSET", "bf967a0a-0de6-11d0-a285-00aa003049e2"),
        ("@RESTRICTIONS", "4c164200-20c0-11d0-a768-00aa006e0529"),
        ("@USER", "bf967aba-0de6-11d0-a285-00aa003049e2"),
        ("@MAIL", "bf967961-0de6-11d0-a285-00aa003049e2"),
        ("@ME", ACCOUNT),
    ] {
        text = text.replace(word, meaning);
    }
    Descriptor::from_sddl(&text, Some(&domain())).unwrap()
}

fn judged(text: &str, right: Right) -> Decision {
    decide(&descriptor(text), &token(), right, Some(USER))
}

fn check(right: Right, table: &[(&str, Verdict, Via)]) {
    for (aces, verdict, via) in table {
        let found = judged(&format!("D:{aces}"), right);
        assert_eq!((found.verdict, found.why.via), (*verdict, *via), "{}: {aces}", right.name());
        assert_eq!((found.why.decision, found.why.right), (found.verdict, right));
    }
}

/// Rule 2: what of an ACE speaks about an extended right.
#[test]
fn an_extended_right_needs_its_own_guid_or_none() {
    check(
        Right::ResetPassword,
        &[
            ("(OA;;CR;@RESET;;@ME)", Granted, Via::Right),
            ("(OA;;CR;@RESET;@USER;@ME)", Granted, Via::Right),
            ("(OA;;CR;;;@ME)", Granted, Via::AllExtended),
            ("(A;;CR;;;AU)", Granted, Via::AllExtended),
            ("(A;;0xF01FF;;;@ME)", Granted, Via::FullControl),
            ("(OD;;CR;@RESET;;AU)", Denied, Via::Right),
            ("(D;;CR;;;WD)", Denied, Via::AllExtended),
            ("(OA;;CR;@CHANGE;;@ME)", NotGranted, Via::Missing),
            ("(OD;;CR;@CHANGE;;AU)(OA;;CR;@RESET;;@ME)", Granted, Via::Right),
            ("(OA;;CR;@RESTRICTIONS;;@ME)", NotGranted, Via::Missing),
            ("(OA;;WP;@RESET;;@ME)", NotGranted, Via::Missing),
            ("(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;@ME)", NotGranted, Via::Missing),
            ("(D;;RPWPRC;;;@ME)(A;;CR;;;@ME)", Granted, Via::AllExtended),
        ],
    );
}

/// Rule 2: what of an ACE speaks about a property.
#[test]
fn a_property_is_matched_by_attribute_set_class_or_none() {
    check(
        Right::WritePwdLastSet,
        &[
            ("(OA;;WP;@PWDSET;;@ME)", Granted, Via::Property),
            ("(OA;;WP;@RESTRICTIONS;;@ME)", Granted, Via::PropertySet),
            ("(OA;;WP;@USER;;@ME)", Granted, Via::Class),
            ("(OA;;RPWP;;;@ME)", Granted, Via::AllProperties),
            ("(A;;WP;;;@ME)", Granted, Via::AllProperties),
            ("(A;;GA;;;@ME)", Granted, Via::FullControl),
            ("(OD;;WP;@RESTRICTIONS;;AU)(OA;;WP;@PWDSET;;@ME)", Denied, Via::PropertySet),
            ("(OD;;WP;@USER;;AU)(A;;WP;;;@ME)", Denied, Via::Class),
            ("(OD;;WP;@PWDSET;;AU)(A;;WP;;;@ME)", Denied, Via::Property),
            ("(OD;;WP;@LOCKOUT;;AU)(A;;WP;;;@ME)", Granted, Via::AllProperties),
            ("(OD;;RP;@PWDSET;;AU)(A;;WP;;;@ME)", Granted, Via::AllProperties),
            ("(OA;;CR;@PWDSET;;@ME)", NotGranted, Via::Missing),
        ],
    );
    check(
        Right::WriteLockoutTime,
        &[
            ("(OA;;WP;@LOCKOUT;;@ME)", Granted, Via::Property),
            ("(OA;;WP;@RESTRICTIONS;;@ME)", NotGranted, Via::Missing),
            ("(OD;;WP;@RESTRICTIONS;;AU)(A;;WP;;;@ME)", Granted, Via::AllProperties),
            ("(OA;;WP;@USER;;@ME)", Granted, Via::Class),
        ],
    );
}

/// Rule 2: generic bits are mapped before anything is tested.
#[test]
fn generic_bits_count_as_what_they_mean() {
    check(
        Right::ResetPassword,
        &[("(A;;GA;;;@ME)", Granted, Via::FullControl), ("(A;;GRGWGX;;;@ME)", NotGranted, Via::Missing)],
    );
    check(
        Right::WriteLockoutTime,
        &[("(A;;GW;;;@ME)", Granted, Via::AllProperties), ("(A;;GR;;;@ME)", NotGranted, Via::Missing)],
    );
    check(
        Right::ReadControl,
        &[
            ("(A;;GR;;;@ME)", Granted, Via::Right),
            ("(A;;GX;;;@ME)", Granted, Via::Right),
            ("(D;;GA;;;AU)", Denied, Via::FullControl),
        ],
    );
    check(Right::ListContents, &[("(A;;GX;;;@ME)", Granted, Via::Right), ("(A;;GW;;;@ME)", NotGranted, Via::Missing)]);
}

/// Rule 2: the stored order decides; ACEs that only inherit do not; SIDs must match.
#[test]
fn the_first_deciding_ace_in_stored_order_wins() {
    check(
        Right::ResetPassword,
        &[
            ("(OA;;CR;@RESET;;@ME)(D;;GA;;;WD)", Granted, Via::Right),
            ("(D;ID;CR;;;AU)(OA;;CR;@RESET;;@ME)", Denied, Via::AllExtended),
            ("(OA;;CR;@RESET;;@ME)(OD;ID;CR;@RESET;;AU)", Granted, Via::Right),
            ("(OD;CIIO;CR;@RESET;;AU)(OA;;CR;@RESET;;@ME)", Granted, Via::Right),
            ("(OA;CIIO;CR;@RESET;@USER;@ME)", NotGranted, Via::Missing),
            ("(A;;GA;;;BA)(A;;GA;;;CO)(A;;GA;;;PS)", NotGranted, Via::Missing),
        ],
    );
    let found = judged("D:(A;;RC;;;AU)(OD;ID;CR;@RESET;;AU)(A;;GA;;;@ME)", Right::ResetPassword);
    assert_eq!(
        (found.why.ace_index, found.why.inherited, found.why.trustee),
        (Some(1), true, Some(AUTHENTICATED_USERS))
    );
}

/// Rule 3: on the object's own descriptor the inherited class plays no part.
#[test]
fn the_inherited_object_type_is_ignored_on_the_object_itself() {
    let own = descriptor("D:(OA;CIID;CR;@RESET;@USER;@ME)");
    assert_eq!(decide(&own, &token(), Right::ResetPassword, Some(INET_ORG_PERSON)).verdict, Granted);
}

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

/// Rule 6: no list and an empty list.
#[test]
fn no_list_grants_and_an_empty_list_denies() {
    for (text, verdict, via) in [("O:BA", Granted, Via::NullDacl), ("O:BAD:", Denied, Via::EmptyDacl)] {
        for right in [Right::ResetPassword, Right::WriteLockoutTime, Right::ReadControl] {
            let found = judged(text, right);
            assert_eq!((found.verdict, found.why.via, found.why.ace_index), (verdict, via, None), "{text}");
        }
    }
}

/// Rule 2: the owner reads permissions, unless an ACE for Owner Rights stands in the list.
#[test]
fn the_owner_reads_permissions_unless_owner_rights_decide() {
    for (text, right, verdict, via) in [
        ("O:@MED:", Right::ReadControl, Granted, Via::Owner),
        ("O:@MED:(D;;RC;;;AU)", Right::ReadControl, Granted, Via::Owner),
        ("O:AUD:(A;;CR;;;BA)", Right::ReadControl, Granted, Via::Owner),
        ("O:BAD:(A;;CR;;;BA)", Right::ReadControl, NotGranted, Via::Missing),
        ("O:@MED:(A;;RC;;;OW)", Right::ReadControl, Granted, Via::Right),
        ("O:@MED:(D;;RC;;;OW)(A;;RC;;;AU)", Right::ReadControl, Denied, Via::Right),
        ("O:@MED:(A;;RP;;;OW)", Right::ReadControl, NotGranted, Via::Missing),
        ("O:@MED:(A;CIIO;RP;;;OW)", Right::ReadControl, Granted, Via::Owner),
        ("O:BAD:(A;;RC;;;OW)", Right::ReadControl, NotGranted, Via::Missing),
        ("O:@MED:", Right::ResetPassword, Denied, Via::EmptyDacl),
        ("O:@MED:(A;;CR;;;OW)", Right::ResetPassword, Granted, Via::AllExtended),
        ("O:@MED:(A;;RC;;;BA)", Right::ResetPassword, NotGranted, Via::Missing),
    ] {
        let found = judged(text, right);
        assert_eq!((found.verdict, found.why.via), (verdict, via), "{text} {}", right.name());
    }
}

/// A grant of a part is too little for a right to the whole; a deny of a part leaves the whole open.
#[test]
fn a_right_to_the_whole_object_is_not_decided_by_a_part() {
    check(
        Right::ReadProperties,
        &[
            ("(A;;RP;;;AU)", Granted, Via::AllProperties),
            ("(OA;;RP;@USER;;AU)", Granted, Via::Class),
            ("(OA;;RP;@RESTRICTIONS;;AU)", NotGranted, Via::Missing),
            ("(OD;;RP;@RESTRICTIONS;;AU)(A;;RP;;;AU)", PARTLY, Via::Missing),
            ("(OD;;RP;@RESTRICTIONS;;BA)(A;;RP;;;AU)", Granted, Via::AllProperties),
            ("(D;;RP;;;AU)(A;;RP;;;AU)", Denied, Via::AllProperties),
        ],
    );
    check(
        Right::ListContents,
        &[
            ("(OA;;LC;;;AU)", Granted, Via::Right),
            ("(OA;;LC;@USER;;AU)", CLASS_OPEN, Via::Missing),
            ("(OA;;LC;@MAIL;;AU)", NotGranted, Via::Missing),
            ("(OD;;LC;@MAIL;;AU)(A;;LC;;;AU)", PARTLY, Via::Missing),
        ],
    );
}

/// The defaults of a directory, as Samba packs them.
#[test]
fn default_descriptors_give_the_documented_rights() {
    let user = vector("default of class user");
    for (sid, right, verdict) in [
        (AUTHENTICATED_USERS, Right::ResetPassword, NotGranted),
        (AUTHENTICATED_USERS, Right::ReadControl, Granted),
        (EVERYONE, Right::ChangePassword, Granted),
        (SELF_SID, Right::ChangePassword, Granted),
        (SELF_SID, Right::WritePwdLastSet, NotGranted),
        (domain().with_rid(512).unwrap(), Right::WriteLockoutTime, Granted),
    ] {
        let found = decide(&user, &Token::new([sid], true), right, Some(USER));
        assert_eq!(found.verdict, verdict, "{sid} {}", right.name());
    }
    // Unexpire Password is granted to Authenticated Users on the head of every new domain.
    let head = vector("domain head");
    for (sid, right, verdict) in [
        (AUTHENTICATED_USERS, Right::UnexpirePassword, Granted),
        (AUTHENTICATED_USERS, Right::ResetPassword, NotGranted),
        (AUTHENTICATED_USERS, Right::ReadProperties, Granted),
        (EVERYONE, Right::UnexpirePassword, NotGranted),
    ] {
        let found = decide(&head, &Token::new([sid], true), right, Some(DOMAIN_DNS));
        assert_eq!(found.verdict, verdict, "{sid} {}", right.name());
    }
    let sam_server = vector("samServer");
    for right in [Right::ReadProperties, Right::ListContents, Right::ReadControl] {
        let found = decide(&sam_server, &Token::new([PRE_WIN2000], true), right, Some(BUILTIN_DOMAIN));
        assert_eq!(found.verdict, Granted, "{}", right.name());
    }
}

#[test]
fn the_reason_is_said_in_words() {
    for (text, right, words) in [
        (
            "D:(A;;RC;;;BA)(OD;ID;CR;@RESET;;AU)",
            Right::ResetPassword,
            "inherited deny for Authenticated Users (S-1-5-11), ACE 1, of Reset Password",
        ),
        ("D:(A;;RC;;;AU)", Right::ResetPassword, "no ACE grants Reset Password"),
        (
            "D:(OA;;WP;@RESTRICTIONS;;@ME)",
            Right::WritePwdLastSet,
            "explicit allow for S-1-5-21-1-2-3-1105, ACE 0, of Write pwdLastSet through its property set",
        ),
        (
            "D:(A;ID;GA;;;AU)",
            Right::WriteLockoutTime,
            "inherited allow for Authenticated Users (S-1-5-11), ACE 0, of Write lockoutTime through full control",
        ),
        (
            "D:(A;;RP;;;AU)",
            Right::ReadProperties,
            "explicit allow for Authenticated Users (S-1-5-11), ACE 0, of Read all properties",
        ),
        ("O:BA", Right::ResetPassword, "the object has no DACL, so everyone has Reset Password"),
        ("D:", Right::ResetPassword, "the DACL is empty, so nobody has Reset Password"),
        ("O:AUD:", Right::ReadControl, "Authenticated Users (S-1-5-11) owns the object and so has Read permissions"),
        (
            "D:(XA;;CR;;;AU;(1))",
            Right::ResetPassword,
            "explicit conditional ACE for Authenticated Users (S-1-5-11), ACE 0, may decide Reset Password; not evaluated",
        ),
    ] {
        assert_eq!(judged(text, right).why.to_string(), words);
    }
    let part = decide(&descriptor("D:(A;;RC;;;AU)"), &Token::new([], false), Right::ResetPassword, Some(USER));
    assert_eq!(
        part.why.to_string(),
        "no ACE grants Reset Password to the groups that are known, but not all groups could be read"
    );
}

#[test]
fn the_reason_travels_as_data() {
    let found = judged("D:(OD;ID;CR;@RESET;;AU)", Right::ResetPassword);
    let json = serde_json::to_value(found.why).unwrap();
    let expected = serde_json::json!({
        "right": "resetPassword", "decision": "denied", "aceIndex": 0, "inherited": true,
        "trustee": "S-1-5-11", "via": "right",
    });
    assert_eq!(json, expected);
    assert_eq!(serde_json::from_value::<super::Why>(json).unwrap(), found.why);
}
