//! Windows Server releases and the end of their support (catalog table 3.5).

use super::Tables;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatingSystem {
    /// Build number: `20348`.
    pub build: u32,
    /// `Windows Server 2022`
    pub name: String,
    /// Last day of extended support, `YYYY-MM-DD`; support is over from 00:00 UTC of the next day.
    pub extended_end: String,
    /// Supports the password policy hints control (2016 and later).
    pub policy_hints: bool,
}

impl Tables {
    pub fn operating_system(&self, build: u32) -> Option<&OperatingSystem> {
        self.systems.iter().find(|system| system.build == build)
    }
}
