//! Data of the directory kinds: `rootdse`, `fsmo`, `dc-inventory`, `domain-policy`, `pso`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `rootdse`: what a controller says of itself, and the binds that were tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RootDse {
    pub dns_host_name: Option<String>,
    pub server_name: Option<String>,
    pub ds_service_name: Option<String>,
    pub default_naming_context: Option<String>,
    pub root_domain_naming_context: Option<String>,
    pub configuration_naming_context: Option<String>,
    pub schema_naming_context: Option<String>,
    pub naming_contexts: Vec<String>,
    /// `currentTime` of the controller.
    pub current_time_unix_ms: Option<i64>,
    pub local_utc_at_receipt_unix_ms: Option<i64>,
    pub round_trip_ms: Option<u32>,
    pub domain_functionality: Option<i32>,
    pub forest_functionality: Option<i32>,
    pub domain_controller_functionality: Option<i32>,
    /// Null when the attribute was not returned.
    pub supported_control: Option<Vec<String>>,
    pub supported_capabilities: Option<Vec<String>>,
    pub is_synchronized: Option<bool>,
    pub is_global_catalog_ready: Option<bool>,
    pub binds: Vec<LdapBind>,
}

/// One bind attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LdapBind {
    /// `kerberos`, `simple` or `anonymous`.
    pub mechanism: String,
    pub signing: bool,
    pub sealing: bool,
    /// `none`, `ldaps` or `startTls`.
    pub tls: String,
    /// LDAP result code; null when no answer came (the text says why).
    pub result_code: Option<u32>,
    /// `data 52e` and the like, or the client's own reason; never a credential.
    pub text: Option<String>,
    /// True when the reason is the credential, not the strength or the protocol.
    pub credential_refused: bool,
}

/// `fsmo`: who is the PDC emulator of a domain, by the directory and by DNS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Fsmo {
    #[serde(rename = "fSMORoleOwner")]
    pub fsmo_role_owner: Option<String>,
    /// Host name that the role owner leads to.
    pub pdc_host: Option<String>,
    pub srv_pdc_hosts: Vec<String>,
    pub domain_dns: String,
    pub netbios_name: Option<String>,
    pub cross_ref_dn: Option<String>,
    pub is_forest_root: Option<bool>,
    pub is_domain_selected_in_connector: Option<bool>,
}

/// `dc-inventory`: one controller and the roles it has for us.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DcInventory {
    pub fqdn: String,
    pub domain: String,
    /// Any of `pdc`, `preferred`, `last`, `site`, `other`.
    pub roles: Vec<String>,
    pub site: Option<String>,
    pub is_rodc: Option<bool>,
    pub is_gc: Option<bool>,
    pub operating_system: Option<String>,
    pub operating_system_version: Option<String>,
    pub build: Option<u32>,
    pub connector_last_dc: Option<String>,
}

/// `domain-policy`: the password policy on the domain head. Seconds; null = not readable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainPolicy {
    pub min_pwd_age: Option<i32>,
    /// Null also when passwords never expire; then `maxPwdAgeNever` is true.
    pub max_pwd_age: Option<i32>,
    pub max_pwd_age_never: bool,
    pub pwd_history_length: Option<i32>,
    pub min_pwd_length: Option<i32>,
    /// Bit 0x1: complexity ([MS-SAMR] 2.2.4.1).
    pub pwd_properties: Option<u32>,
    pub lockout_threshold: Option<i32>,
    /// 0 = until an administrator unlocks.
    pub lockout_duration: Option<i32>,
    #[serde(rename = "lockOutObservationWindow")]
    pub lockout_observation_window: Option<i32>,
    /// In a record of a controller: that controller's alone, and nothing else is said.
    pub dc_notification_packages: Vec<DcPackages>,
    #[serde(rename = "dSHeuristics")]
    pub ds_heuristics: Option<String>,
    /// `ok`, `none` or `notReadable`; null = nobody said so, and an absent value is taken for none.
    #[serde(rename = "dSHeuristicsState")]
    pub ds_heuristics_state: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DcPackages {
    pub dc: String,
    /// `Notification Packages` of the Lsa key.
    pub packages: Option<Vec<String>>,
    /// The agent of Entra Password Protection is registered in the directory for this controller.
    pub protection_agent: Option<bool>,
}

/// `pso`: a fine-grained password policy, or (with `container`) the container that holds them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Pso {
    pub dn: Option<String>,
    pub precedence: Option<i32>,
    pub min_age: Option<i32>,
    pub max_age: Option<i32>,
    pub history: Option<i32>,
    pub min_length: Option<i32>,
    pub complexity: Option<bool>,
    pub lockout_duration: Option<i32>,
    pub applies_to: Vec<String>,
    pub container: Option<PsoContainer>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PsoContainer {
    pub readable: bool,
    pub count: Option<u32>,
}
