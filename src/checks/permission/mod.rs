//! PW5xx: rights of the connector account.

mod account_found;
mod account_kind;
mod account_state;
mod admin_sd_holder;
mod below;
pub mod census;
mod change_password;
mod container_inheritance;
pub mod deciding;
mod engine_sign_in;
pub mod evidence;
pub mod facts;
mod lockout_time;
mod misplaced_grants;
mod on_users;
mod pwd_last_set;
mod reset_password;
mod sam_objects;
pub mod sample;
pub mod steps;
#[cfg(test)]
pub mod testing;
mod unexpire;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    account_found::CHECK,         // PW501
    account_state::CHECK,         // PW502
    reset_password::CHECK,        // PW505
    lockout_time::CHECK,          // PW506
    pwd_last_set::CHECK,          // PW507
    unexpire::CHECK,              // PW508
    change_password::CHECK,       // PW509
    container_inheritance::CHECK, // PW510
    misplaced_grants::CHECK,      // PW512
    admin_sd_holder::CHECK,       // PW515
    sam_objects::CHECK,           // PW516
];
