//! PW7xx: the sync server itself.

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[];
