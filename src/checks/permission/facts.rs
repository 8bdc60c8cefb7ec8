//! What a token may do on an object: predicates that several checks and the scan share. They take typed
//! data, never the evidence, because a scan asks them a hundred thousand times.

use crate::catalog::Reason;
use crate::directory::{Decision, Descriptor, Guid, Right, Sid, Summary, Token, Verdict, decide, guids};
use crate::evidence::{SecurityDescriptor, TokenGroups};

/// The rights without which a password cannot be written back (PW505, PW506, PW507), in this order.
pub const NEEDED: [Right; 3] = [Right::ResetPassword, Right::WriteLockoutTime, Right::WritePwdLastSet];

/// LDAP_SERVER_SD_FLAGS_OID: the DACL was asked for ([MS-ADTS] 3.1.1.3.4.1.11).
const DACL_FLAG: u32 = 4;

/// Why a descriptor gives no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub reason: Reason,
    pub text: String,
}

/// The descriptor of a record. An attribute that was not returned, or was returned without its DACL, is
/// not "no rights" (catalog 2.3 (6)).
pub fn descriptor(data: &SecurityDescriptor) -> Result<Descriptor, Gap> {
    let unread = |text: &str| Gap { reason: Reason::NotReadable, text: text.to_owned() };
    let bytes = data.sd_bytes.as_ref().ok_or_else(|| unread("the permissions were not returned"))?;
    if data.sd_flags & DACL_FLAG == 0 {
        return Err(unread("the permissions were read without their DACL"));
    }
    Descriptor::from_bytes(&bytes.0)
        .map_err(|malformed| Gap { reason: Reason::Ambiguous, text: format!("the permissions are {malformed}") })
}

/// `schemaIDGUID` of the object's structural class: as it was read, else by the name of its class.
pub fn class_of(data: &SecurityDescriptor) -> Option<Guid> {
    let read = data.structural_class_guid.as_deref().and_then(|text| text.parse().ok());
    read.or_else(|| data.object_class.last().and_then(|name| guids::class_named(name)))
}

/// The token of an account. A SID that cannot be read makes it incomplete.
pub fn token(groups: &TokenGroups) -> Token {
    let all = groups.account_sid.iter().chain(&groups.sids).chain(&groups.well_known_added).chain(&groups.sid_history);
    let parsed: Vec<Option<Sid>> = all.map(|text| text.parse().ok()).collect();
    let complete = groups.complete && groups.account_sid.is_some() && parsed.iter().all(Option::is_some);
    Token::new(parsed.into_iter().flatten(), complete)
}

/// What a token may do on one user.
#[derive(Clone, Debug, PartialEq)]
pub struct Rights {
    /// In the order of [`NEEDED`].
    pub decisions: [Decision; 3],
    /// Inheritance is switched off at the user.
    pub protected: bool,
}

pub fn rights(descriptor: &Descriptor, token: &Token, class: Option<Guid>) -> Rights {
    let decisions = NEEDED.map(|right| decide(descriptor, token, right, class));
    Rights { decisions, protected: descriptor.is_protected() }
}

/// The same from a descriptor that was judged for these rights first.
pub fn rights_of(summary: &Summary) -> Option<Rights> {
    Some(Rights { decisions: *summary.decisions.first_chunk()?, protected: summary.descriptor.is_protected() })
}

/// Whether all the needed rights are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum All {
    Granted,
    /// One of them is not, so much is proven.
    Missing,
    Unknown,
}

impl Rights {
    pub fn all(&self) -> All {
        if self.missing().next().is_some() {
            All::Missing
        } else if self.decisions.iter().all(|decision| decision.verdict == Verdict::Granted) {
            All::Granted
        } else {
            All::Unknown
        }
    }

    /// The rights that are proven not to be there.
    pub fn missing(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| matches!(decision.verdict, Verdict::Denied | Verdict::NotGranted))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACCOUNT, allow, deny, sd};
    use super::*;
    use crate::evidence::Bytes;

    #[test]
    fn a_descriptor_that_was_not_returned_whole_is_no_answer() {
        let whole = sd("user", false, &[]);
        assert!(descriptor(&whole).is_ok());
        for (data, reason) in [
            (SecurityDescriptor { sd_bytes: None, ..whole.clone() }, Reason::NotReadable),
            (SecurityDescriptor { sd_flags: 3, ..whole.clone() }, Reason::NotReadable),
            (SecurityDescriptor { sd_bytes: Some(Bytes(vec![1, 0, 4])), ..whole }, Reason::Ambiguous),
        ] {
            assert_eq!(descriptor(&data).unwrap_err().reason, reason);
        }
    }

    #[test]
    fn the_class_is_the_one_read_else_the_most_special_name() {
        let named = |name: &str| SecurityDescriptor {
            object_class: ["top".to_owned(), name.to_owned()].into(),
            ..Default::default()
        };
        assert_eq!(class_of(&named("inetOrgPerson")), Some(guids::INET_ORG_PERSON));
        assert_eq!(class_of(&named("custom")), None);
        let read = SecurityDescriptor { structural_class_guid: Some(guids::USER.to_string()), ..named("custom") };
        assert_eq!(class_of(&read), Some(guids::USER));
    }

    #[test]
    fn a_token_with_an_unread_part_is_incomplete() {
        let whole = TokenGroups { account_sid: Some(ACCOUNT.to_owned()), complete: true, ..TokenGroups::default() };
        for (groups, complete) in [
            (whole.clone(), true),
            (TokenGroups { complete: false, ..whole.clone() }, false),
            (TokenGroups { account_sid: None, ..whole.clone() }, false),
            (TokenGroups { sids: vec!["S-1-5-x".to_owned()], ..whole }, false),
        ] {
            assert_eq!(token(&groups).is_complete(), complete, "{groups:?}");
        }
    }

    #[test]
    fn one_missing_right_is_enough() {
        let groups = TokenGroups { account_sid: Some(ACCOUNT.to_owned()), complete: true, ..TokenGroups::default() };
        let [reset, lockout, set] = NEEDED;
        for (aces, complete, expected) in [
            (vec![allow(reset), allow(lockout), allow(set)], true, All::Granted),
            (vec![allow(reset), allow(lockout)], true, All::Missing),
            (vec![deny(reset), allow(reset), allow(lockout), allow(set)], true, All::Missing),
            (vec![allow(reset), allow(lockout)], false, All::Unknown),
            (vec![deny(reset)], false, All::Missing),
        ] {
            let groups = TokenGroups { complete, ..groups.clone() };
            let data = sd("user", false, &aces);
            let rights = rights(&descriptor(&data).unwrap(), &token(&groups), class_of(&data));
            assert_eq!(rights.all(), expected, "{aces:?} {complete}");
        }
    }
}
