//! The GUIDs of rights, attributes, property sets and classes that descriptors are judged by.
//!
//! Sources: the pages of extended rights, attributes and classes of the Active Directory schema
//! ([MS-ADTS] 5.1.3.2.1, [MS-ADA1] to [MS-ADA3], [MS-ADSC]).

use uuid::uuid;

pub use uuid::Uuid as Guid;

// Extended rights.
pub const RESET_PASSWORD: Guid = uuid!("00299570-246d-11d0-a768-00aa006e0529");
pub const CHANGE_PASSWORD: Guid = uuid!("ab721a53-1e2f-11d0-9819-00aa0040529b");
pub const UNEXPIRE_PASSWORD: Guid = uuid!("ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501");
pub const GET_CHANGES: Guid = uuid!("1131f6aa-9c07-11d1-f79f-00c04fc2dcd2");
pub const GET_CHANGES_ALL: Guid = uuid!("1131f6ad-9c07-11d1-f79f-00c04fc2dcd2");

// Attributes.
pub const LOCKOUT_TIME: Guid = uuid!("28630ebf-41d5-11d1-a9c1-0000f80367c1");
pub const PWD_LAST_SET: Guid = uuid!("bf967a0a-0de6-11d0-a285-00aa003049e2");
pub const CONSISTENCY_GUID: Guid = uuid!("23773dc2-b63a-11d2-90e1-00c04fd91ab1");

// Property sets.
/// pwdLastSet is a member, lockoutTime is in no set.
pub const USER_ACCOUNT_RESTRICTIONS: Guid = uuid!("4c164200-20c0-11d0-a768-00aa006e0529");

// Classes.
pub const USER: Guid = uuid!("bf967aba-0de6-11d0-a285-00aa003049e2");
pub const INET_ORG_PERSON: Guid = uuid!("4828cc14-1437-45bc-9b07-ad6f015e5f28");
pub const COMPUTER: Guid = uuid!("bf967a86-0de6-11d0-a285-00aa003049e2");
pub const GROUP: Guid = uuid!("bf967a9c-0de6-11d0-a285-00aa003049e2");
pub const CONTACT: Guid = uuid!("5cb41ed0-0e4c-11d0-a286-00aa003049e2");
pub const DOMAIN_DNS: Guid = uuid!("19195a5b-6da0-11d0-afd3-00c04fd930c9");
pub const ORGANIZATIONAL_UNIT: Guid = uuid!("bf967aa5-0de6-11d0-a285-00aa003049e2");
pub const CONTAINER: Guid = uuid!("bf967a8b-0de6-11d0-a285-00aa003049e2");
pub const BUILTIN_DOMAIN: Guid = uuid!("bf967a81-0de6-11d0-a285-00aa003049e2");
pub const SAM_SERVER: Guid = uuid!("bf967aad-0de6-11d0-a285-00aa003049e2");

/// `is_class` tells what an ACE means when the class of its object was not read.
struct Known {
    guid: Guid,
    name: &'static str,
    is_class: bool,
}

const fn known(guid: Guid, name: &'static str) -> Known {
    Known { guid, name, is_class: false }
}

const fn class(guid: Guid, name: &'static str) -> Known {
    Known { guid, name, is_class: true }
}

const KNOWN: [Known; 19] = [
    known(RESET_PASSWORD, "Reset Password"),
    known(CHANGE_PASSWORD, "Change Password"),
    known(UNEXPIRE_PASSWORD, "Unexpire Password"),
    known(GET_CHANGES, "Replicating Directory Changes"),
    known(GET_CHANGES_ALL, "Replicating Directory Changes All"),
    known(LOCKOUT_TIME, "lockoutTime"),
    known(PWD_LAST_SET, "pwdLastSet"),
    known(CONSISTENCY_GUID, "mS-DS-ConsistencyGuid"),
    known(USER_ACCOUNT_RESTRICTIONS, "User-Account-Restrictions"),
    class(USER, "user"),
    class(INET_ORG_PERSON, "inetOrgPerson"),
    class(COMPUTER, "computer"),
    class(GROUP, "group"),
    class(CONTACT, "contact"),
    class(DOMAIN_DNS, "domainDNS"),
    class(ORGANIZATIONAL_UNIT, "organizationalUnit"),
    class(CONTAINER, "container"),
    class(BUILTIN_DOMAIN, "builtinDomain"),
    class(SAM_SERVER, "samServer"),
];

/// The name as documentation and the editor of permissions show it.
pub fn name(guid: &Guid) -> Option<&'static str> {
    KNOWN.iter().find(|entry| entry.guid == *guid).map(|entry| entry.name)
}

/// The class of that LDAP name, case ignored as the directory does.
pub fn class_named(name: &str) -> Option<Guid> {
    KNOWN.iter().find(|entry| entry.is_class && entry.name.eq_ignore_ascii_case(name)).map(|entry| entry.guid)
}

/// Known, and not the GUID of a class.
pub(super) fn is_no_class(guid: &Guid) -> bool {
    KNOWN.iter().any(|entry| !entry.is_class && entry.guid == *guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes as they stand in an ACE: three little-endian fields, then eight bytes as they are.
    #[test]
    fn guids_are_found_by_their_bytes_on_the_wire() {
        for (hex, expected) in [
            ("709529006d24d011a76800aa006e0529", "Reset Password"),
            ("531a72ab2f1ed011981900aa0040529b", "Change Password"),
            ("7ddcc2ccada67a4a8846c04e3cc53501", "Unexpire Password"),
            ("bf0e6328d541d111a9c10000f80367c1", "lockoutTime"),
            ("0a7a96bfe60dd011a28500aa003049e2", "pwdLastSet"),
            ("0042164cc020d011a76800aa006e0529", "User-Account-Restrictions"),
            ("ba7a96bfe60dd011a28500aa003049e2", "user"),
            ("14cc28483714bc459b07ad6f015e5f28", "inetOrgPerson"),
        ] {
            let bytes = u128::from_str_radix(hex, 16).unwrap().to_be_bytes();
            assert_eq!(name(&Guid::from_bytes_le(bytes)), Some(expected));
        }
        assert_eq!(name(&Guid::nil()), None);
    }

    #[test]
    fn classes_are_found_by_name_and_attributes_are_no_classes() {
        assert_eq!(class_named("InetOrgPerson"), Some(INET_ORG_PERSON));
        assert_eq!(class_named("pwdLastSet"), None);
        assert!(is_no_class(&PWD_LAST_SET) && !is_no_class(&USER) && !is_no_class(&Guid::nil()));
    }
}
