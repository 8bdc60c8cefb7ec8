//! PW9xx: what stands in the way of one user.

pub mod alike;
mod anchor;
pub mod bucket;
pub mod can_reset;
pub mod coverage;
mod enabled;
pub mod facts;
pub mod fields;
mod found;
mod inheritance;
mod leftover;
mod lockout;
pub mod may_change;
pub mod operation;
mod ordinary;
pub mod password_age;
mod protected;
pub mod protection;
pub mod reserved;
pub mod share;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    found::CHECK,        // PW901
    anchor::CHECK,       // PW904
    reserved::CHECK,     // PW908
    enabled::CHECK,      // PW909
    lockout::CHECK,      // PW910
    ordinary::CHECK,     // PW911
    password_age::CHECK, // PW912
    may_change::CHECK,   // PW915
    protected::CHECK,    // PW917
    leftover::CHECK,     // PW918
    inheritance::CHECK,  // PW919
    share::CHECK,        // PW990
];
