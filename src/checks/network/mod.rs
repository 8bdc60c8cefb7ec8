//! PW3xx: the path from the sync server to the cloud.

pub mod facts;
pub mod hosts;

mod name_resolution;
mod proxy_tunnel;
mod tcp_port;
#[cfg(test)]
mod testing;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    name_resolution::CHECK, // PW301
    tcp_port::CHECK,        // PW303
    proxy_tunnel::CHECK,    // PW304
];
