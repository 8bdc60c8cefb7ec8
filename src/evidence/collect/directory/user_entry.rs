//! `user`: what the directory says of one account (onprem 6.1).

use super::binary::{guid, sid};
use super::entry::Entry;
use super::ldap::Failure;
use super::query::{Query, ask};
use super::room::Session;
use crate::directory::parent_containers;
use crate::evidence::User;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::sync::Arc;

const ATTRIBUTES: [&str; 18] = [
    "objectGUID",
    "objectSid",
    "userPrincipalName",
    "sAMAccountName",
    "objectClass",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "adminCount",
    "pwdLastSet",
    "msDS-UserPasswordExpiryTimeComputed",
    "lockoutTime",
    "accountExpires",
    "mS-DS-ConsistencyGuid",
    "msDS-ResultantPSO",
    "memberOf",
    "msExchMasterAccountSid",
    "description",
    // Last: it is the one that a controller may refuse.
    "tokenGroups",
];

/// The same for a scan: without lists that no check of all users reads, and without `tokenGroups`, which a
/// search of more than one object refuses ([MS-ADTS] 3.1.1.4.5.19).
pub const SCANNED: [&str; 15] = [
    "objectGUID",
    "objectSid",
    "userPrincipalName",
    "sAMAccountName",
    "objectClass",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "adminCount",
    "pwdLastSet",
    "lockoutTime",
    "accountExpires",
    "msDS-ResultantPSO",
    "msExchMasterAccountSid",
    "primaryGroupID",
    "nTSecurityDescriptor",
];

/// SAM_USER_OBJECT ([MS-SAMR] 2.2.1.9): users and inetOrgPersons, no computers and no managed accounts.
pub const USERS: &str = "(sAMAccountType=805306368)";

/// Beginning of the name that the wizard gives (onprem 3.9).
const WIZARD_NAME: &str = "msol_";

/// What the wizard writes into the description (onprem 3.9).
const WIZARD_TEXTS: [&str; 2] =
    ["account created by microsoft azure active directory connect", "microsoft entra connect"];

/// The account at a DN, or `None` when it is gone. Constructed attributes come in a base search only
/// ([MS-ADTS] 3.1.1.4.5). Where the controller cannot make up `tokenGroups` (it asks a global catalog), the
/// rest is read without it.
pub async fn read(session: &mut Session, dn: &str) -> Result<Option<User>, Failure> {
    let mut answer = ask(&mut session.ldap, session.limit, Query::base(dn, &ATTRIBUTES), Vec::new()).await;
    let is_refused = |failure: &Failure| {
        matches!(failure, Failure::Refused { .. }) && !failure.is_no_such_object() && !failure.is_referral()
    };
    if answer.as_ref().err().is_some_and(is_refused) {
        let without = &ATTRIBUTES[..ATTRIBUTES.len() - 1];
        answer = ask(&mut session.ldap, session.limit, Query::base(dn, without), Vec::new()).await;
    }
    match answer {
        Err(failure) if failure.is_no_such_object() => Ok(None),
        Err(failure) => Err(failure),
        Ok(found) => Ok(found.into_iter().next().map(|entry| assemble(entry, session))),
    }
}

/// What came back; an attribute that was not asked for, or not returned, is null.
pub fn assemble(mut entry: Entry, session: &Session) -> User {
    let object_class: Arc<[String]> = entry.take_values("objectClass").unwrap_or_default().into();
    let is_a = |class: &str| object_class.iter().any(|own| own.eq_ignore_ascii_case(class));
    let connector_hint = is_of_the_wizard(entry.value("sAMAccountName"), entry.value("description"));
    let groups: Vec<String> = entry.all_bytes("tokenGroups").filter_map(sid).collect();
    let resultant_pso = entry.take_value("msDS-ResultantPSO");
    let state = match (&resultant_pso, session.sees_policies) {
        (Some(_), _) => "ok",
        // The attribute is missing where no policy applies and where it may not be read: who sees the
        // policies themselves most likely may read it, too.
        (None, true) => "none",
        (None, false) => "notReadable",
    };
    User {
        object_guid: entry.bytes("objectGUID").and_then(guid).map(|guid| guid.to_string()),
        upn: entry.take_value("userPrincipalName"),
        sam: entry.take_value("sAMAccountName"),
        is_gmsa: is_a("msDS-GroupManagedServiceAccount"),
        user_account_control: entry.number::<i32>("userAccountControl").map(|flags| flags as u32),
        computed_uac: entry.number::<i32>("msDS-User-Account-Control-Computed").map(|flags| flags as u32),
        admin_count: entry.number("adminCount"),
        pwd_last_set: entry.take_value("pwdLastSet"),
        password_expires: entry.take_value("msDS-UserPasswordExpiryTimeComputed"),
        lockout_time: entry.take_value("lockoutTime"),
        account_expires: entry.take_value("accountExpires"),
        consistency_guid: entry.bytes("mS-DS-ConsistencyGuid").map(|bytes| BASE64_STANDARD.encode(bytes)),
        resultant_pso,
        resultant_pso_state: Some(state.to_owned()),
        // Every account has a primary group: an empty list was not readable.
        member_of_transitive: (!groups.is_empty()).then_some(groups),
        member_of: entry.take_values("memberOf").unwrap_or_default(),
        ms_exch_master_account_sid: entry.bytes("msExchMasterAccountSid").and_then(sid),
        parent_containers: parent_containers(&entry.dn, &session.head).unwrap_or_default(),
        connector_hint,
        dc_time_unix_ms: session.time_unix_ms,
        sid: entry.bytes("objectSid").and_then(sid),
        dn: Some(entry.dn),
        object_class,
        ..User::default()
    }
}

/// A hint, never a proof (catalog 2.3 (8)).
fn is_of_the_wizard(sam: Option<&str>, description: Option<&str>) -> bool {
    let description = description.unwrap_or_default().to_lowercase();
    let is_start = |start: &str| start.eq_ignore_ascii_case(WIZARD_NAME);
    sam.and_then(|name| name.get(..WIZARD_NAME.len())).is_some_and(is_start)
        || WIZARD_TEXTS.iter().any(|text| description.contains(text))
}

/// Accounts that look like the wizard's.
pub const WIZARD_FILTER: &str = "(&(sAMAccountType=805306368)(|(sAMAccountName=MSOL_*)\
    (description=Account created by Microsoft Azure Active Directory Connect*)\
    (description=*Microsoft Entra Connect*)))";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wizard_is_known_by_its_name_or_its_words() {
        for (sam, description, expected) in [
            (Some("MSOL_1a2b"), None, true),
            (Some("msol_"), None, true),
            (Some("MSOL"), None, false),
            (Some("msol\u{e9}"), None, false),
            (Some("anna"), Some("Account created by Microsoft Azure Active Directory Connect with id 1"), true),
            (None, Some("For Microsoft ENTRA Connect"), true),
            (Some("anna"), Some("Sales"), false),
            (None, None, false),
        ] {
            assert_eq!(is_of_the_wizard(sam, description), expected, "{sam:?} {description:?}");
        }
    }
}
