//! PW6xx: password policy.

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[];
