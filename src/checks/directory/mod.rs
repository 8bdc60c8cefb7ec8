//! PW4xx: the domain controllers and the directory.

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[];
