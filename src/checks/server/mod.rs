//! PW7xx: the sync server itself.

mod clock_cloud;
mod clock_domain;
pub mod clocks;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    clock_domain::CHECK, // PW717
    clock_cloud::CHECK,  // PW718
];
