//! PW3xx: the path from the sync server to the cloud.

pub mod hosts;

mod tcp_port;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    tcp_port::CHECK, // PW303
];
