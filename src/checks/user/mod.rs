//! PW9xx: what stands in the way of one user.

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[];
