//! The closed list of evidence kinds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal),+ $(,)?) => {
        /// What a record holds. The order is the order in which missing evidence is named.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $kind),+
        }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),+];

            /// The name in JSON and in file names of a bundle.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),+ }
            }

            pub fn from_name(name: &str) -> Option<Kind> {
                match name { $($name => Some(Kind::$kind),)+ _ => None }
            }
        }
    };
}

kinds! {
    Dns = "dns",
    Tcp = "tcp",
    Tls = "tls",
    Http = "http",
    IdleConnection = "idle-connection",
    ProxyConfig = "proxy-config",
    RootDse = "rootdse",
    Fsmo = "fsmo",
    DcInventory = "dc-inventory",
    SecurityDescriptor = "security-descriptor",
    TokenGroups = "token-groups",
    DomainPolicy = "domain-policy",
    Pso = "pso",
    User = "user",
    GraphToken = "graph-token",
    GraphOrganization = "graph-organization",
    GraphSkus = "graph-skus",
    GraphPolicy = "graph-policy",
    GraphSync = "graph-sync",
    GraphUser = "graph-user",
    GraphRoles = "graph-roles",
    GraphAudit = "graph-audit",
    GraphHealth = "graph-health",
    AdSyncConfig = "adsync-config",
    AdSyncRuns = "adsync-runs",
    AdSyncObject = "adsync-object",
    Registry = "registry",
    Services = "services",
    Os = "os",
    Clock = "clock",
    EventLog = "event-log",
    OperatorInput = "operator-input",
}
