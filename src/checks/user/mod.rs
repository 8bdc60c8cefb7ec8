//! PW9xx: what stands in the way of one user.

mod anchor;
mod enabled;
pub mod facts;
mod found;
mod lockout;
pub mod operation;
mod ordinary;
pub mod password_age;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    found::CHECK,        // PW901
    anchor::CHECK,       // PW904
    enabled::CHECK,      // PW909
    lockout::CHECK,      // PW910
    ordinary::CHECK,     // PW911
    password_age::CHECK, // PW912
];
