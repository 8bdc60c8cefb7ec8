//! PW5xx: rights of the connector account.

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[];
