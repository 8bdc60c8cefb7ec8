//! PW6xx: password policy.

mod minimum_age;
mod password_rules;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    minimum_age::CHECK,    // PW601
    password_rules::CHECK, // PW603
];
