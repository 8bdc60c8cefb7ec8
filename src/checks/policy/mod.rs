//! PW6xx: password policy.

mod fine_grained_age;
pub mod governing;
mod minimum_age;
mod password_filters;
mod password_rules;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    minimum_age::CHECK,      // PW601
    fine_grained_age::CHECK, // PW602
    password_rules::CHECK,   // PW603
    password_filters::CHECK, // PW605
];
