//! Data of accounts and their rights: `user`, `token-groups`, `security-descriptor`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// `user`: an account as the directory shows it. A target of kind `account` is the connector account.
///
/// 64-bit values are texts, as the directory writes them: `"133456789012345678"` for a file time (100 ns
/// since 1601, UTC). Null = the attribute was not returned, which may mean unset or not readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    pub dn: Option<String>,
    pub object_guid: Option<String>,
    pub sid: Option<String>,
    pub upn: Option<String>,
    pub sam: Option<String>,
    /// From the top of the hierarchy to the most special class, as the directory orders them.
    // Shared with the descriptor of the account.
    pub object_class: Arc<[String]>,
    pub user_account_control: Option<u32>,
    /// `msDS-User-Account-Control-Computed`.
    pub computed_uac: Option<u32>,
    pub admin_count: Option<i32>,
    /// File time; `"0"` = must change at next logon.
    pub pwd_last_set: Option<String>,
    /// File time of `msDS-UserPasswordExpiryTimeComputed`; `"9223372036854775807"` = never.
    pub password_expires: Option<String>,
    /// File time; `"0"` = not locked.
    pub lockout_time: Option<String>,
    /// File time; `"0"` and `"9223372036854775807"` = never.
    pub account_expires: Option<String>,
    /// `mS-DS-ConsistencyGuid` in base64, because its length is free.
    pub consistency_guid: Option<String>,
    /// DN of the policy of `msDS-ResultantPSO`.
    pub resultant_pso: Option<String>,
    /// `ok` (the DN stands above), `none` (asked, and no policy applies) or `notReadable`.
    pub resultant_pso_state: Option<String>,
    /// SIDs of `tokenGroups`; null = not readable.
    pub member_of_transitive: Option<Vec<String>>,
    /// SIDs of the protected groups that the user is in, through groups of any kind: of a scan, where `tokenGroups`
    /// was not asked, and of a user whose adminCount is 1. Null = not asked.
    pub protected_groups: Option<Vec<String>>,
    /// DNs of `memberOf`.
    pub member_of: Vec<String>,
    pub ms_exch_master_account_sid: Option<String>,
    pub is_gmsa: bool,
    /// DNs from the user's parent up to, not including, the domain head.
    pub parent_containers: Vec<String>,
    /// The name or description is that of the account that the wizard makes.
    pub connector_hint: bool,
    /// `currentTime` of the controller that answered.
    pub dc_time_unix_ms: Option<i64>,
    /// How many objects the search for this identity found.
    pub search_count: Option<u32>,
    /// One entry per connected forest: how many objects there carry this user's anchor.
    pub anchor_searches: Vec<AnchorSearch>,
    /// The text the operator gave, where one was given.
    pub input: Option<String>,
    /// Its place among the texts that were given, from 0.
    pub input_index: Option<u32>,
    /// Part of the sample of a domain; the operator did not ask for this user.
    pub sampled: bool,
}

/// The search of one forest for objects with one anchor (`mS-DS-ConsistencyGuid`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AnchorSearch {
    pub forest: String,
    /// Null = the forest was not searched, or not to the end.
    pub found: Option<u32>,
}

/// `token-groups`: the SIDs an account has in the eyes of a controller of one domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenGroups {
    pub account_sid: Option<String>,
    pub account_dn: Option<String>,
    /// DNS name of the domain whose controller answered.
    pub domain: String,
    pub object_class: Arc<[String]>,
    /// `tokenGroups`, the account's own SID not among them.
    pub sids: Vec<String>,
    /// SIDs that every remote logon has, or that follow from the membership of Authenticated Users or
    /// Everyone in a group of Builtin (catalog 2.3 (1)).
    pub well_known_added: Vec<String>,
    pub sid_history: Vec<String>,
    /// Authenticated Users is a member of Pre-Windows 2000 Compatible Access; null = not readable.
    pub pre_win2000_has_auth_users: Option<bool>,
    /// False when a part of the token could not be read.
    pub complete: bool,
    pub local_groups_of_server: Vec<String>,
}

/// `security-descriptor`: one object's descriptor as a controller returned it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityDescriptor {
    pub dn: String,
    pub object_class: Arc<[String]>,
    /// `schemaIDGUID` of the structural class, where it is known.
    pub structural_class_guid: Option<String>,
    /// Self-relative, [MS-DTYP] 2.4.6. Null = the attribute was not returned.
    pub sd_bytes: Option<Bytes>,
    /// Parts that were asked for: 1 owner, 2 group, 4 DACL ([MS-ADTS] 3.1.1.3.4.1.11).
    pub sd_flags: u32,
    /// `user`, `container`, `domainHead`, `builtin`, `samServer` or `adminSdHolder`.
    pub purpose: String,
}

/// Bytes, in JSON as base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(transparent)]
pub struct Bytes(#[schemars(with = "String")] pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Bytes).map_err(serde::de::Error::custom)
    }
}
