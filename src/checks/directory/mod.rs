//! PW4xx: the domain controllers and the directory.

pub mod facts;
mod fields;
#[cfg(test)]
pub mod testing;

mod clock_controllers;
mod domain_coverage;
mod forest_level;
mod kerberos_port;
mod ldap_answer;
mod locator_records;
mod operating_system;
mod optional_ports;
mod pdc_emulator;
mod policy_hints;
mod preferred_list;
mod rpc_sam;
mod sealed_bind;
mod smb_port;
mod writable;

use crate::catalog::Check;

pub const CHECKS: &[Check] = &[
    locator_records::CHECK,   // PW401
    pdc_emulator::CHECK,      // PW402
    ldap_answer::CHECK,       // PW403
    rpc_sam::CHECK,           // PW405
    smb_port::CHECK,          // PW406
    kerberos_port::CHECK,     // PW407
    optional_ports::CHECK,    // PW408
    preferred_list::CHECK,    // PW411
    writable::CHECK,          // PW414
    policy_hints::CHECK,      // PW415
    operating_system::CHECK,  // PW416
    sealed_bind::CHECK,       // PW417
    forest_level::CHECK,      // PW418
    domain_coverage::CHECK,   // PW420
    clock_controllers::CHECK, // PW422
];
