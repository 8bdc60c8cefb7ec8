//! Certificate authorities that Microsoft's endpoints use (catalog table 3.3).

use super::Tables;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorityKind {
    Root,
    Issuing,
}

/// One root or issuing authority.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authority {
    /// SHA-1 of the certificate, upper-case hex: how Windows and Microsoft's list name it.
    pub sha1: String,
    pub name: String,
    pub kind: AuthorityKind,
    /// Stood in earlier lists; recognised with a note.
    #[serde(default)]
    pub expired: bool,
}

impl Tables {
    pub fn authority(&self, sha1: &str) -> Option<&Authority> {
        self.authorities.iter().find(|authority| authority.sha1.eq_ignore_ascii_case(sha1))
    }
}
