//! Data of the network kinds: `dns`, `tcp`, `tls`, `http`, `proxy-config`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `dns`: one name and record type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Dns {
    pub name: String,
    /// `A`, `AAAA`, `SRV` or `CNAME`; `A+AAAA` for what the system resolver answers at once.
    #[serde(rename = "type")]
    pub record_type: String,
    /// `NOERROR`, `NXDOMAIN`, `NODATA`, `SERVFAIL`, `TIMEOUT`, or as it came.
    pub rcode: String,
    pub answers: Vec<DnsAnswer>,
    pub cname_chain: Vec<String>,
    pub resolver: Option<String>,
    /// Class of each address of `answers`: public, rfc1918, cgnat, ula, loopback, linklocal, unspecified.
    pub address_class: Vec<String>,
    /// True when DNS itself answers otherwise: a hosts file or a policy decides.
    pub overridden: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DnsAnswer {
    /// Address, or host name for SRV and CNAME (no trailing dot).
    pub value: String,
    pub port: Option<u16>,
    pub priority: Option<u16>,
    pub weight: Option<u16>,
    pub ttl: Option<u32>,
}

/// `tcp`: one connection attempt to an address and port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Tcp {
    pub host: String,
    pub address: String,
    pub port: u16,
    /// `direct` or `proxy`.
    pub via: String,
    /// `Connected`, `Refused`, `Reset`, `Timeout`, `Unreachable` or `Cancelled`.
    pub result: String,
    pub ms: u32,
    /// On port 135 only: what the endpoint mapper answered.
    pub epm: Option<EndpointMap>,
}

/// TCP ports of the RPC interfaces that the endpoint mapper lists ([MS-RPCE] 2.2.1.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointMap {
    pub samr_ports: Vec<u16>,
    pub lsar_ports: Vec<u16>,
    pub error: Option<String>,
}

/// `tls`: one handshake.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Tls {
    pub host: String,
    pub port: u16,
    pub sni: String,
    pub via: String,
    /// `own` (rustls) or `schannel`.
    pub stack: String,
    /// Versions that were offered: `["1.2"]` or `["1.2", "1.3"]`.
    pub offered: Vec<String>,
    /// `1.2`, `1.3`, an older one, or null when the handshake did not end.
    pub version_negotiated: Option<String>,
    pub cipher: Option<String>,
    pub alert: Option<TlsAlert>,
    /// As presented: leaf first.
    pub chain: Vec<Certificate>,
    pub name_matches: Option<bool>,
    pub os_trust: Option<OsTrust>,
    /// SHA-1 of the root that the chain leads to; null = not found in any store.
    pub root_sha1: Option<String>,
    /// `PublicProgram`, `GroupPolicy`, `Enterprise`, `LocalMachineOnly`, `NotInStore` or `Unknown`.
    pub root_origin: String,
    pub http_date_header: Option<String>,
}

/// How a handshake ended when it did not succeed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsAlert {
    pub level: Option<String>,
    /// Name of the alert, or `reset`, `closed`, `timeout`.
    pub code: String,
    /// `peer` or `own`.
    pub side: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// Organisation (O) of the issuer, where it has one.
    pub issuer_org: Option<String>,
    /// Upper-case hex.
    pub sha1: String,
    pub not_before_unix_ms: i64,
    pub not_after_unix_ms: i64,
    pub san: Vec<String>,
}

/// What the trust store of the machine says about the presented chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OsTrust {
    /// `Trusted` or `NotTrusted`.
    pub result: String,
    /// Any of `UntrustedRoot`, `PartialChain`, `NameMismatch`, `Expired`, `NotYetValid`, `Revoked`,
    /// `Disallowed`, or the stack's own word.
    pub errors: Vec<String>,
    /// `good`, `revoked`, `failed` or `notAttempted`.
    pub revocation: String,
}

/// `http`: one request, or one CONNECT.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Http {
    pub url: String,
    pub via: String,
    pub method: String,
    /// Null when no answer came; then the record's error says why.
    pub status: Option<u16>,
    /// `ProxyConnect` or `Origin`.
    pub stage: String,
    pub server: Option<String>,
    #[serde(rename = "via_header")]
    pub via_header: Option<String>,
    pub x_cache: Option<String>,
    pub location: Option<String>,
    pub content_type: Option<String>,
    /// `MissingToken`, `HtmlBlockPage` or `None`.
    pub body_marker: String,
    pub date_header: Option<String>,
    /// For ProxyConnect without a status: `Refused`, `Timeout`, `Reset`, `Unreachable`, `NameUnknown`.
    pub failure: Option<String>,
}

/// `proxy-config`: every place that can name a proxy, and which one steers the sync service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyConfig {
    /// Null where the file does not exist (not Windows) or could not be read.
    pub machine_config: Option<MachineConfig>,
    pub win_http: Option<WinHttp>,
    pub win_inet: Vec<WinInet>,
    pub environment: Option<Environment>,
    pub effective_for_service: EffectiveProxy,
    /// `Virtual`, `Gmsa`, `Smsa`, `DomainUser`, `LocalUser`, `LocalSystem` or `Unknown`.
    pub service_account_kind: Option<String>,
}

/// `<system.net><defaultProxy>` of the 64-bit framework's machine.config.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MachineConfig {
    pub present: bool,
    pub enabled: Option<bool>,
    pub use_default_credentials: Option<bool>,
    #[serde(rename = "usesystemdefault")]
    pub use_system_default: Option<bool>,
    #[serde(rename = "proxyaddress")]
    pub proxy_address: Option<String>,
    #[serde(rename = "bypassonlocal")]
    pub bypass_on_local: Option<bool>,
    pub bypass: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WinHttp {
    pub mode: String,
    pub proxy: Option<String>,
    pub bypass: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WinInet {
    pub account_sid: String,
    pub proxy_enable: Option<bool>,
    pub proxy_server: Option<String>,
    pub auto_config_url: Option<String>,
    pub auto_detect: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Environment {
    pub http: Option<String>,
    pub https: Option<String>,
    pub no: Option<String>,
}

/// The path that the sync service takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EffectiveProxy {
    /// `none`, `explicit`, `system`, `pac` or `unknown`.
    pub kind: String,
    /// `http://proxy:8080`, without credentials.
    pub address: Option<String>,
    /// Where it was read: `parameter`, `environment`, `machine.config`, ...
    pub source: Option<String>,
}
