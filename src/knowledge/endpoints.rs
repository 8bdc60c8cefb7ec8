//! Clouds and the hosts that writeback needs in each (catalog table 3.2).

use super::Tables;
use serde::{Deserialize, Serialize};

/// What a host is for, and so how its failure counts (catalog 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// A relay namespace that an event or the operator named.
    RelayEvent,
    /// A relay name that Microsoft documents for testing.
    RelayDoc,
    Reset,
    Login,
    Sync,
}

/// A documented host name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownHost {
    pub name: String,
    pub role: HostRole,
}

/// One national cloud.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cloud {
    /// `Public`, `UsGov` or `China`.
    pub name: String,
    /// `.servicebus.windows.net`
    pub relay_suffix: String,
    /// `.passwordreset.microsoftonline.com`; null where none is documented.
    pub reset_suffix: Option<String>,
    pub login_host: String,
    pub graph_root: String,
    pub hosts: Vec<KnownHost>,
}

impl Tables {
    /// The cloud by its name; the public one when the name is not known.
    pub fn cloud(&self, name: &str) -> &Cloud {
        self.clouds.iter().find(|cloud| cloud.name.eq_ignore_ascii_case(name)).unwrap_or(&self.clouds[0])
    }
}
