//! Each way in which a grant on a container can miss the users below it.

use super::guids::{COMPUTER, INET_ORG_PERSON, USER};
use super::sddl_tests::domain;
use super::sid::{AUTHENTICATED_USERS, EVERYONE};
use super::{Descriptor, Guid, Reach, Right, Sid, Token, grants, passes_on};

const RESET: &str = "00299570-246d-11d0-a768-00aa006e0529";
const LOCKOUT: &str = "28630ebf-41d5-11d1-a9c1-0000f80367c1";
const OF_USER: &str = "bf967aba-0de6-11d0-a285-00aa003049e2";
const OF_COMPUTER: &str = "bf967a86-0de6-11d0-a285-00aa003049e2";
const ACCOUNT: &str = "S-1-5-21-1-2-3-1105";

fn ancestor(aces: &str) -> Descriptor {
    let aces = aces
        .replace("@RESET", RESET)
        .replace("@LOCKOUT", LOCKOUT)
        .replace("@USER", OF_USER)
        .replace("@COMPUTER", OF_COMPUTER)
        .replace("@ME", ACCOUNT);
    Descriptor::from_sddl(&format!("D:{aces}"), Some(&domain())).unwrap()
}

fn token() -> Token {
    let account: Sid = ACCOUNT.parse().unwrap();
    Token::new([account, AUTHENTICATED_USERS, EVERYONE], true)
}

/// `Arrives` when one grant does, else what keeps the first from it; `None` without any grant.
fn reach(ancestor: &Descriptor, token: &Token, right: Right, child_class: &Guid, direct_child: bool) -> Option<Reach> {
    let grants = grants(ancestor, token, right, Some(*child_class), direct_child);
    let arrives = grants.iter().any(|grant| grant.reach == Reach::Arrives);
    if arrives { Some(Reach::Arrives) } else { grants.first().map(|grant| grant.reach) }
}

fn reaches(aces: &str, class: &Guid, direct_child: bool) -> Option<Reach> {
    reach(&ancestor(aces), &token(), Right::ResetPassword, class, direct_child)
}

#[test]
fn a_grant_arrives_or_the_reason_is_named() {
    for (aces, expected) in [
        ("(OA;CIIO;CR;@RESET;@USER;@ME)", Some(Reach::Arrives)),
        ("(OA;CI;CR;@RESET;;@ME)", Some(Reach::Arrives)),
        ("(A;CI;GA;;;@ME)", Some(Reach::Arrives)),
        ("(OA;CIIOID;CR;@RESET;@USER;@ME)", Some(Reach::Arrives)),
        ("(OA;;CR;@RESET;;@ME)", Some(Reach::ThisObjectOnly)),
        ("(OA;OI;CR;@RESET;;@ME)", Some(Reach::ThisObjectOnly)),
        ("(OA;CINP;CR;@RESET;@USER;@ME)", Some(Reach::NoPropagate)),
        ("(OA;CIIO;CR;@RESET;@COMPUTER;@ME)", Some(Reach::OtherClass(COMPUTER))),
        ("(OD;CI;CR;@RESET;;AU)(OA;CIIO;CR;@RESET;@USER;@ME)", Some(Reach::DeniedFirst { ace: 0 })),
        // The grant comes first, or the deny does not arrive or is about something else.
        ("(OA;CIIO;CR;@RESET;@USER;@ME)(OD;CI;CR;@RESET;;AU)", Some(Reach::Arrives)),
        ("(OD;;CR;@RESET;;AU)(OA;CIIO;CR;@RESET;@USER;@ME)", Some(Reach::Arrives)),
        ("(OD;CI;CR;@RESET;@COMPUTER;AU)(OA;CIIO;CR;@RESET;@USER;@ME)", Some(Reach::Arrives)),
        ("(OD;CI;WP;@LOCKOUT;;AU)(OA;CIIO;CR;@RESET;@USER;@ME)", Some(Reach::Arrives)),
        // One of two arrives.
        ("(OA;;CR;@RESET;;@ME)(OA;CIIO;CR;@RESET;@USER;AU)", Some(Reach::Arrives)),
        // No grant of this right to this token.
        ("(OA;CIIO;CR;@RESET;@USER;BA)", None),
        ("(OA;CIIO;WP;@LOCKOUT;@USER;@ME)", None),
        ("(OA;CIIO;CR;@RESET;@USER;CO)", None),
        ("(XA;CI;CR;;;@ME;(1==1))", None),
        ("", None),
    ] {
        assert_eq!(reaches(aces, &USER, false), expected, "{aces}");
    }
}

#[test]
fn a_grant_for_users_does_not_reach_an_inet_org_person() {
    let aces = "(OA;CIIO;CR;@RESET;@USER;@ME)";
    assert_eq!(reaches(aces, &INET_ORG_PERSON, false), Some(Reach::OtherClass(USER)));
}

#[test]
fn no_propagate_still_reaches_the_direct_child() {
    assert_eq!(reaches("(OA;CINP;CR;@RESET;@USER;@ME)", &USER, true), Some(Reach::Arrives));
}

#[test]
fn every_grant_is_listed_with_its_place() {
    let ancestor = ancestor("(A;;RC;;;AU)(OA;;CR;@RESET;;@ME)(OA;CIID;CR;;;AU)");
    let found = grants(&ancestor, &token(), Right::ResetPassword, Some(USER), false);
    let places: Vec<_> = found.iter().map(|grant| (grant.ace, grant.inherited, grant.reach)).collect();
    assert_eq!(places, [(1, false, Reach::ThisObjectOnly), (2, true, Reach::Arrives)]);
    assert_eq!(found[1].trustee, AUTHENTICATED_USERS);
}

#[test]
fn without_the_class_of_the_child_the_flags_still_speak() {
    for (aces, expected) in [
        ("(OA;;CR;@RESET;@USER;@ME)", Reach::ThisObjectOnly),
        ("(OA;CINP;CR;@RESET;@USER;@ME)", Reach::NoPropagate),
        ("(OA;CI;CR;@RESET;@USER;@ME)", Reach::ClassUnknown),
        ("(OA;CI;CR;@RESET;;@ME)", Reach::Arrives),
        ("(OD;CI;CR;@RESET;@USER;@ME)(OA;CI;CR;@RESET;;@ME)", Reach::Arrives),
        ("(OD;CI;CR;@RESET;;@ME)(OA;CI;CR;@RESET;;@ME)", Reach::DeniedFirst { ace: 0 }),
    ] {
        let found = grants(&ancestor(aces), &token(), Right::ResetPassword, None, false);
        assert_eq!(found[0].reach, expected, "{aces}");
    }
}

#[test]
fn no_list_holds_no_grant() {
    let open = Descriptor::from_sddl("O:BA", None).unwrap();
    assert_eq!(reach(&open, &token(), Right::ResetPassword, &USER, true), None);
}

#[test]
fn an_inherited_ace_comes_from_where_the_same_one_is_passed_on() {
    let inherited = |text: &str| ancestor(text).aces()[0].clone();
    for (set, copy, expected) in [
        ("(OA;CIIO;CR;@RESET;@USER;@ME)", "(OA;CIID;CR;@RESET;@USER;@ME)", true),
        ("(OA;CIIO;CR;@RESET;@COMPUTER;@ME)", "(OA;CIID;CR;@RESET;@USER;@ME)", false),
        ("(OA;CI;CR;@RESET;;@ME)", "(OA;CIID;CR;@RESET;@USER;@ME)", false),
        ("(OA;CIIO;CR;@RESET;@USER;@ME)", "(OA;ID;CR;@RESET;;@ME)", true),
        ("(OA;;CR;@RESET;@USER;@ME)", "(OA;CIID;CR;@RESET;@USER;@ME)", false),
        ("(OA;CIID;CR;@RESET;@USER;@ME)", "(OA;CIID;CR;@RESET;@USER;@ME)", false),
        ("(OA;CIIO;CR;@LOCKOUT;@USER;@ME)", "(OA;CIID;CR;@RESET;@USER;@ME)", false),
        ("(A;CI;GA;;;@ME)", "(A;CIID;0xF01FF;;;@ME)", true),
    ] {
        assert_eq!(passes_on(&ancestor(set), &inherited(copy)), expected, "{set} {copy}");
    }
}
