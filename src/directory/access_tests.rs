//! The rules of catalog 2.3, one table each.

use super::guids::{INET_ORG_PERSON, USER};
use super::sddl_tests::domain;
use super::sid::{AUTHENTICATED_USERS, EVERYONE};
use super::{Decision, Descriptor, Right, Sid, Token, Undecided, Verdict, Via, decide};
use Verdict::{Denied, Granted, NotGranted};

const ACCOUNT: &str = "S-1-5-21-1-2-3-1105";
const CLASS_OPEN: Verdict = Verdict::Undecided(Undecided::ClassControlAccess);
const PARTLY: Verdict = Verdict::Undecided(Undecided::PartlyDenied);

pub fn token() -> Token {
    let account: Sid = ACCOUNT.parse().unwrap();
    Token::new([account, AUTHENTICATED_USERS, EVERYONE], true)
}

pub fn descriptor(text: &str) -> Descriptor {
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

pub fn judged(text: &str, right: Right) -> Decision {
    decide(&descriptor(text), &token(), right, Some(USER))
}

pub fn check(right: Right, table: &[(&str, Verdict, Via)]) {
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
