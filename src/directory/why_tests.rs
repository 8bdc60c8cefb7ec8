//! The rights that default descriptors give, and reasons in words and as data.

use super::access_tests::{descriptor, judged};
use super::guids::{DOMAIN_DNS, SAM_SERVER, USER};
use super::sddl_tests::{domain, vector};
use super::sid::{AUTHENTICATED_USERS, EVERYONE, PRE_WIN2000, SELF_SID};
use super::{Right, Token, Verdict, decide};
use Verdict::{Granted, NotGranted};

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
        let found = decide(&sam_server, &Token::new([PRE_WIN2000], true), right, Some(SAM_SERVER));
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
