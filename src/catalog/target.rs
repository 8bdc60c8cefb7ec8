//! What a finding is about, and what contains it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The kinds of thing a check can judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TargetKind {
    Tenant,
    Server,
    Forest,
    Domain,
    Dc,
    Host,
    Account,
    Connector,
    Container,
    User,
}

/// One thing that is judged. Equal keys are the same thing; `within` makes containment data, so that
/// blocking never parses a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub kind: TargetKind,
    /// `dc:dc1.corp.example`, `host:login.microsoftonline.com:443`, `domain:corp.example`, ...; lower case.
    pub key: String,
    /// For people.
    pub display: String,
    /// Keys of the targets that contain this one, as far as they are known.
    // Shared, because the records and findings of a scan name the same target again and again.
    pub within: Arc<[String]>,
}

fn key(prefix: &str, name: &str) -> String {
    [prefix, ":", &name.to_lowercase()].concat()
}

impl Target {
    fn new(kind: TargetKind, prefix: &str, name: &str, within: &[&Target]) -> Target {
        let mut keys: Vec<String> = Vec::new();
        for parent in within {
            for key in parent.within.iter().chain([&parent.key]) {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
        }
        Target { kind, key: key(prefix, name), display: name.to_owned(), within: keys.into() }
    }

    /// The machine that the evidence speaks of; `name` is its host name.
    pub fn server(name: &str) -> Target {
        Target::new(TargetKind::Server, "server", name, &[])
    }

    /// A cloud host and port, reached from `server`.
    pub fn host(name: &str, port: u16, server: &Target) -> Target {
        let mut target = Target::new(TargetKind::Host, "host", &format!("{name}:{port}"), &[server]);
        target.display = format!("{name}:{port}");
        target
    }

    /// An Active Directory forest, by the DNS name of its root domain.
    pub fn forest(dns: &str) -> Target {
        Target::new(TargetKind::Forest, "forest", dns, &[])
    }

    /// An Active Directory domain; the forest is named where it is known.
    pub fn domain(dns: &str, forest: Option<&Target>) -> Target {
        Target::new(TargetKind::Domain, "domain", dns, forest.as_slice())
    }

    /// A domain controller, by its full DNS name.
    pub fn dc(fqdn: &str, domain: &Target) -> Target {
        Target::new(TargetKind::Dc, "dc", fqdn, &[domain])
    }

    /// A connector of the sync server, by its name.
    pub fn connector(name: &str, server: &Target) -> Target {
        Target::new(TargetKind::Connector, "connector", name, &[server])
    }

    /// A connector account, by its SID (or by the text given, when it was not found). It contains the
    /// forests that it serves, so it stands in the `within` of their domains.
    pub fn account(sid: &str, display: &str) -> Target {
        let mut target = Target::new(TargetKind::Account, "account", sid, &[]);
        target.display = display.to_owned();
        target
    }

    /// A container or organisational unit, by its DN.
    pub fn container(dn: &str, domain: &Target) -> Target {
        Target::new(TargetKind::Container, "container", dn, &[domain])
    }

    /// A user, by the objectGUID (or by the text given, when it was not found); `domain` where it is known.
    pub fn user(guid: &str, display: &str, domain: Option<&Target>) -> Target {
        let mut target = Target::new(TargetKind::User, "user", guid, domain.as_slice());
        target.display = display.to_owned();
        target
    }

    /// Another user in the same domain.
    pub fn another_user(&self, guid: &str, display: String) -> Target {
        Target { kind: TargetKind::User, key: key("user", guid), display, within: Arc::clone(&self.within) }
    }

    /// The same target, contained in `other` and in what contains it.
    pub fn inside(mut self, other: &Target) -> Target {
        let further = other.within.iter().chain([&other.key]).filter(|key| !self.within.contains(key));
        self.within = self.within.iter().chain(further).cloned().collect();
        self
    }

    /// True when `other` is this target or one that contains it.
    pub fn is_in(&self, other: &str) -> bool {
        self.key == other || self.within.iter().any(|key| key == other)
    }
}
