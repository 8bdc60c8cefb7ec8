//! A domain with a connector account for tests of checks; descriptors as bytes ([MS-DTYP] 2.4.4 to 2.4.6).

use crate::catalog::Target;
use crate::catalog::testing::{NOW, Stage};
use crate::directory::{Needs, Right, guids};
use crate::evidence::{Bytes, Fsmo, SecurityDescriptor, TokenGroups, User};

pub const ACCOUNT: &str = "S-1-5-21-1-2-3-1105";
pub const AUTHENTICATED_USERS: &str = "S-1-5-11";
pub const HEAD: &str = "DC=corp,DC=example";
pub const SALES: &str = "OU=Sales,DC=corp,DC=example";

/// An ACE to be written; `class` is its InheritedObjectType.
#[derive(Clone, Debug)]
pub struct TestAce {
    pub deny: bool,
    pub conditional: bool,
    pub flags: u8,
    pub right: Right,
    pub class: Option<guids::Guid>,
    pub sid: &'static str,
}

pub fn allow(right: Right) -> TestAce {
    TestAce { deny: false, conditional: false, flags: 0x12, right, class: None, sid: ACCOUNT }
}

pub fn deny(right: Right) -> TestAce {
    TestAce { deny: true, ..allow(right) }
}

/// A descriptor without owner, read with its DACL.
pub fn sd(purpose: &str, protected: bool, aces: &[TestAce]) -> SecurityDescriptor {
    SecurityDescriptor {
        sd_bytes: Some(Bytes(bytes(protected, aces))),
        sd_flags: 7,
        purpose: purpose.to_owned(),
        object_class: ["top", if purpose == "user" { "user" } else { "organizationalUnit" }].map(str::to_owned).into(),
        ..SecurityDescriptor::default()
    }
}

/// All that a user's descriptor has to grant.
pub fn good_aces() -> Vec<TestAce> {
    super::facts::NEEDED.map(allow).to_vec()
}

fn bytes(protected: bool, aces: &[TestAce]) -> Vec<u8> {
    let list: Vec<u8> = aces.iter().flat_map(ace).collect();
    let control: u16 = if protected { 0x9404 } else { 0x8404 };
    let mut all = vec![1, 0];
    all.extend(control.to_le_bytes());
    all.extend([0; 12]);
    all.extend(20u32.to_le_bytes());
    all.extend([4, 0]);
    all.extend(u16::try_from(8 + list.len()).unwrap().to_le_bytes());
    all.extend(u16::try_from(aces.len()).unwrap().to_le_bytes());
    all.extend([0, 0]);
    all.extend(list);
    all
}

fn ace(ace: &TestAce) -> Vec<u8> {
    let object_type = match ace.right.needs() {
        Needs::Control(guid) | Needs::Property { attribute: guid, .. } => Some(guid),
        Needs::AllProperties | Needs::Object => None,
    };
    let present = u32::from(object_type.is_some()) | (u32::from(ace.class.is_some()) << 1);
    let mut body = ace.right.mask().to_le_bytes().to_vec();
    body.extend(present.to_le_bytes());
    for guid in object_type.iter().chain(&ace.class) {
        body.extend(guid.to_bytes_le());
    }
    body.extend(sid(ace.sid));
    let kind = if ace.deny { 6 } else { 5 } + if ace.conditional { 6 } else { 0 };
    let mut all = vec![kind, ace.flags];
    all.extend(u16::try_from(4 + body.len()).unwrap().to_le_bytes());
    all.extend(body);
    all
}

fn sid(text: &str) -> Vec<u8> {
    let parts: Vec<u32> = text.split('-').skip(2).map(|part| part.parse().unwrap()).collect();
    let mut all = vec![1, u8::try_from(parts.len() - 1).unwrap(), 0, 0, 0, 0, 0, u8::try_from(parts[0]).unwrap()];
    parts[1..].iter().for_each(|part| all.extend(part.to_le_bytes()));
    all
}

pub fn account() -> Target {
    Target::account(ACCOUNT, "CORP\\MSOL_0123456789ab")
}

pub fn domain() -> Target {
    Target::domain("corp.example", None).inside(&account())
}

pub fn container(dn: &str) -> Target {
    Target::container(dn, &domain())
}

pub fn user(name: &str) -> Target {
    Target::user(name, name, Some(&domain()))
}

/// An ordinary member of the domain, standing in the containers given.
pub fn member(containers: &[&str], sampled: bool) -> User {
    User {
        sid: Some("S-1-5-21-1-2-3-2001".to_owned()),
        object_class: ["top".to_owned(), "user".to_owned()].into(),
        user_account_control: Some(0x200),
        member_of_transitive: Some(vec!["S-1-5-21-1-2-3-513".to_owned()]),
        parent_containers: containers.iter().map(|dn| (*dn).to_owned()).collect(),
        search_count: Some(1),
        dc_time_unix_ms: Some(NOW),
        sampled,
        ..User::default()
    }
}

pub fn groups() -> TokenGroups {
    TokenGroups {
        account_sid: Some(ACCOUNT.to_owned()),
        domain: "corp.example".to_owned(),
        well_known_added: ["S-1-1-0", AUTHENTICATED_USERS, "S-1-5-15", "S-1-5-2"].map(str::to_owned).to_vec(),
        pre_win2000_has_auth_users: Some(true),
        complete: true,
        ..TokenGroups::default()
    }
}

/// The account found once, in order, with its token for the domain.
pub fn stage() -> Stage {
    let own = User {
        sid: Some(ACCOUNT.to_owned()),
        computed_uac: Some(0),
        pwd_last_set: Some("134000000000000000".to_owned()),
        account_expires: Some("0".to_owned()),
        input: Some("CORP\\MSOL_0123456789ab".to_owned()),
        ..member(&[], false)
    };
    Stage::new().add(&domain(), Fsmo::default()).add(&account(), own).add(&account(), groups())
}
