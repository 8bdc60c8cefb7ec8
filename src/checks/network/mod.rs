//! PW3xx: the path from the sync server to the cloud.

pub mod facts;
mod fields;
pub mod hosts;

mod allow_entries;
mod allow_list;
mod certificate_trust;
mod listener_events;
mod name_resolution;
mod proxy_authentication;
mod proxy_tunnel;
mod relay_answer;
mod tcp_port;
#[cfg(test)]
mod testing;
mod tls_inspection;
mod tls_version;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    name_resolution::CHECK,      // PW301
    tcp_port::CHECK,             // PW303
    proxy_tunnel::CHECK,         // PW304
    proxy_authentication::CHECK, // PW305
    tls_version::CHECK,          // PW307
    tls_inspection::CHECK,       // PW308
    certificate_trust::CHECK,    // PW309
    relay_answer::CHECK,         // PW312
    allow_list::CHECK,           // PW317
];
