//! Requests: strict, with the path of the bad field in every refusal.

use super::error::{ContractError, ErrorKind};
use crate::checks::user::operation::Operation;
use crate::ffi::PwbStatus;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Which checks to run, and which findings not to count.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selection {
    /// Ids or wildcards (`PW3*`); empty = the diagnostic's own list.
    pub checks: Vec<String>,
    pub skip: Vec<String>,
    /// Emit findings whose whole source was not asked for, instead of one line on it.
    pub include_not_collected: bool,
    pub suppressions: Vec<Suppression>,
}

/// Takes a finding out of exit code and ranking. Exactly one of `key` and `id` is given.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Suppression {
    /// `PW303@host:...`
    #[serde(default)]
    pub key: Option<String>,
    /// Every finding of a check.
    #[serde(default)]
    pub id: Option<String>,
    pub reason: String,
    /// `YYYY-MM-DD`, last day on which it holds (UTC).
    #[serde(default)]
    pub expires: Option<String>,
    #[serde(default)]
    pub by: Option<String>,
}

/// Time-outs in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// One probe: 100 to 300 000.
    pub probe_timeout_ms: Option<u32>,
    /// The whole run: 1 000 to 3 600 000; default 30 000.
    pub global_timeout_ms: Option<u32>,
}

/// The cloud side.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NetworkPart {
    /// The proxy that the service uses, `http://host:port`, without credentials.
    pub proxy: Option<String>,
    pub proxy_user: Option<String>,
    /// Handle of `pwb_secret_put`.
    pub proxy_secret: Option<u64>,
    /// `Public`, `UsGov` or `China`.
    pub cloud: Option<String>,
    pub namespaces: Vec<String>,
    pub allow_list: Vec<String>,
    pub include_legacy_port: bool,
}

/// The Active Directory side.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DirectoryPart {
    pub domains: Vec<String>,
    /// Controllers to ask.
    pub servers: Vec<String>,
    pub user: Option<String>,
    /// Handle of `pwb_secret_put`.
    pub secret: Option<u64>,
    pub all_controller: bool,
    /// Connector accounts, in any form of `identities`; empty = those of the sync service, else a guess.
    pub connector_accounts: Vec<String>,
    /// Users: DN, GUID, SID, UPN, `DOMAIN\\name` or `sAMAccountName`.
    pub identities: Vec<String>,
    /// Containers (DN) to take the sample from; empty = each whole domain.
    pub search_base: Vec<String>,
    /// Users of the sample per container, 0 to 500; default 5, and none in `pwb_test_user` without
    /// `searchBase`.
    pub sample_size: Option<u32>,
    /// Every user of the domains, or below `searchBase`; for `pwb_test_user` only.
    pub all: bool,
    /// With `all`: users have to match this filter too.
    pub ldap_filter: Option<String>,
    /// With `all`: the coverage of each domain alone, without an answer per user.
    pub summary_only: bool,
}

/// The attempt of a user that failed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UserPart {
    pub operation: Option<Operation>,
}

/// What to emit beside findings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Output {
    /// Every record, and the manifest, as items.
    pub evidence: bool,
    /// Say what would be touched, touch nothing.
    pub plan_only: bool,
    /// The rule, the deciding fields and a value that would flip the status, with every finding.
    pub explain: bool,
    /// Every controller with every port too; for `pwb_test_directory` only.
    pub matrix: bool,
}

macro_rules! test_request {
    ($(#[$doc:meta])* $name:ident { $($part:ident: $type:ty),* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct $name {
            pub selection: Selection,
            pub limits: Limits,
            /// Folder with tables to add.
            pub knowledge_path: Option<String>,
            /// This machine is the sync server.
            pub sync_server: bool,
            $(pub $part: $type,)*
            /// Evidence kinds that the caller will offer.
            pub expects: Vec<String>,
            pub output: Output,
        }
    };
}

test_request! {
    /// `pwb_test_all`
    TestAllRequest { network: NetworkPart, directory: DirectoryPart, user: UserPart }
}
test_request! {
    /// `pwb_test_connectivity`
    TestConnectivityRequest { network: NetworkPart }
}
test_request! {
    /// `pwb_test_directory`
    TestDirectoryRequest { directory: DirectoryPart }
}
test_request! {
    /// `pwb_test_permission`
    TestPermissionRequest { directory: DirectoryPart }
}
test_request! {
    /// `pwb_test_user`
    TestUserRequest { directory: DirectoryPart, user: UserPart }
}

/// A request with fewer parts is one for everything in which the other parts are empty.
macro_rules! into_test_all {
    ($name:ident { $($part:ident),* }) => {
        impl From<$name> for TestAllRequest {
            fn from(request: $name) -> TestAllRequest {
                let $name { selection, limits, knowledge_path, sync_server, $($part,)* expects, output } = request;
                TestAllRequest {
                    selection,
                    limits,
                    knowledge_path,
                    sync_server,
                    $($part,)*
                    expects,
                    output,
                    ..Default::default()
                }
            }
        }
    };
}

into_test_all!(TestConnectivityRequest { network });
into_test_all!(TestDirectoryRequest { directory });
into_test_all!(TestPermissionRequest { directory });
into_test_all!(TestUserRequest { directory, user });

/// `pwb_analyze`: judges recorded evidence.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnalyzeRequest {
    /// Export whose checks are judged: `pwb_test_all`, ...
    pub diagnostic: String,
    #[serde(default)]
    pub selection: Selection,
    /// Bundles or NDJSON files of records; several merge.
    #[serde(default)]
    pub evidence_paths: Vec<String>,
    /// The time that ages are counted from; default: the manifest's.
    #[serde(default)]
    pub as_of_unix_ms: Option<i64>,
    #[serde(default)]
    pub knowledge_path: Option<String>,
    /// `["records"]` when the caller will offer records.
    #[serde(default)]
    pub expects: Vec<String>,
    #[serde(default)]
    pub output: Output,
}

/// `pwb_export_evidence`: writes a bundle of files or offered records, else of what `live` collects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportRequest {
    pub path: String,
    /// Must be true: this version cannot redact.
    #[serde(default)]
    pub no_redact: bool,
    /// Only these kinds; empty = all.
    #[serde(default)]
    pub kinds: Vec<String>,
    #[serde(default)]
    pub evidence_paths: Vec<String>,
    #[serde(default)]
    pub expects: Vec<String>,
    #[serde(default)]
    pub live: Option<TestAllRequest>,
}

/// `pwb_import_evidence`: validates a bundle, judges nothing.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportRequest {
    pub path: String,
}

/// `pwb_render`: a report as text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenderRequest {
    /// `text`
    pub format: String,
    /// Columns, 40 to 400.
    #[serde(default = "eighty")]
    pub width: u32,
    pub report: super::Report,
}

fn eighty() -> u32 {
    80
}

/// More input for a running job.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Offer {
    pub records: Vec<crate::evidence::Record>,
    /// Expected kinds that are complete now (`records` for an analysis).
    pub end: Vec<String>,
}

/// Reads a request. Refusals name the path of the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ContractError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ContractError::new(
            PwbStatus::InvalidUtf8,
            ErrorKind::InvalidRequest,
            format!("The request is not UTF-8 at byte {}.", error.valid_up_to()),
        )
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refusal(&error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ContractError {
    ContractError::new(
        PwbStatus::MalformedJson,
        ErrorKind::InvalidRequest,
        format!("The request is not well-formed JSON: line {}, column {}.", error.line(), error.column()),
    )
    .detail(error.to_string())
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ContractError {
    let inner = error.inner();
    if inner.is_syntax() || inner.is_eof() {
        return malformed(inner);
    }
    let text = inner.to_string();
    let path = error.path().to_string();
    // serde names an unknown or missing field in backticks; the path leads to the object around it.
    let named = text.strip_prefix("unknown field `").or_else(|| text.strip_prefix("missing field `"));
    let Some(field) = named.and_then(|rest| rest.split('`').next()) else {
        return ContractError::new(
            PwbStatus::InvalidField,
            ErrorKind::InvalidRequest,
            format!("Field '{path}' of the request is not usable: {text}."),
        )
        .field(path);
    };
    let full = if path == "." || path == field {
        field.to_owned()
    } else if path.ends_with(&format!(".{field}")) {
        path
    } else {
        format!("{path}.{field}")
    };
    let (status, what) = if text.starts_with("unknown") {
        (PwbStatus::UnknownField, "is not known")
    } else {
        (PwbStatus::MissingField, "is missing")
    };
    ContractError::new(status, ErrorKind::InvalidRequest, format!("Field '{full}' of the request {what}."))
        .field(full)
        .detail(text)
}
