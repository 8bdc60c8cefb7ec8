//! Data of `graph-token`: how signing in to Microsoft Graph went.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `graph-token`: one token, or the refusal of one. Never the token itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GraphToken {
    /// How the token was obtained: `certificate`, `managedIdentity`, ...
    pub source: Option<String>,
    pub cloud: Option<String>,
    pub tenant_id: Option<String>,
    pub app_id: Option<String>,
    pub audience: Option<String>,
    pub expires_unix_ms: Option<i64>,
    pub scopes: Vec<String>,
    pub roles: Vec<String>,
    pub wids: Vec<String>,
    pub error: Option<TokenError>,
    pub date_header: Option<String>,
}

/// Why no token was given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenError {
    /// Numbers behind `AADSTS`.
    pub aadsts: Vec<u32>,
    pub text: Option<String>,
    pub correlation_id: Option<String>,
}
