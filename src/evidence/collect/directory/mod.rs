//! Collectors of the Active Directory side.
//!
//! Chain per controller: name -> address -> ports -> rootDSE -> inventory; per domain: locator records ->
//! (any controller that answers) -> role owner, policies, connector account -> its groups, users ->
//! descriptors. A dead controller ends its own chain; what stands about it in other records is still
//! collected. A scan of all users (`scan`) is no collector: its users are judged and forgotten page by page.

mod accounts;
mod anchors;
mod answer;
mod asked;
mod attempts;
mod binary;
mod clock;
mod connection;
mod controller_ports;
mod controllers;
#[cfg(test)]
mod controllers_tests;
mod count;
mod cross_reference;
mod dc_inventory;
mod descriptors;
mod distribution;
mod domain_policy;
mod entry;
mod everywhere;
mod fsmo;
mod gate;
mod guarded;
mod identities;
mod ldap;
mod locator;
mod lookup;
mod pages;
mod pair;
mod password_filters;
mod pso;
mod pump;
mod query;
mod room;
mod root_dse;
mod rpc;
mod sample;
mod sampled_users;
mod scan;
mod scan_plan;
#[cfg(test)]
mod scan_tests;
mod scanned_users;
#[cfg(feature = "kerberos")]
mod sealed;
mod session;
mod slots;
mod start_tls;
#[cfg(test)]
mod testing;
mod token_groups;
mod unseen;
mod user_entry;
mod values;
mod walk;

pub use everywhere::{display, user_target};
pub use scan::{Batch, Scan, scans};
pub use scan_plan::{Wanted, planned_scans};
pub use scanned_users::Found;

use super::Collector;
use std::sync::Arc;

/// The collectors of this folder, in the order of their kinds. Made anew for each run: what they share is
/// what one run knows of its credential.
pub fn collectors() -> Vec<Box<dyn Collector>> {
    let access = Arc::new(session::Access::default());
    vec![
        Box::new(locator::LocatorCollector),
        Box::new(controller_ports::ControllerPortsCollector),
        Box::new(root_dse::RootDseCollector { access: access.clone() }),
        Box::new(fsmo::FsmoCollector { access: access.clone() }),
        Box::new(dc_inventory::DcInventoryCollector { access: access.clone() }),
        Box::new(domain_policy::DomainPolicyCollector { access: access.clone() }),
        Box::new(password_filters::PasswordFiltersCollector { access: access.clone() }),
        Box::new(pso::PsoCollector { access: access.clone() }),
        Box::new(descriptors::DescriptorsCollector::new(access.clone())),
        Box::new(token_groups::TokenGroupsCollector { access: access.clone() }),
        Box::new(accounts::AccountsCollector { access: access.clone() }),
        Box::new(identities::IdentitiesCollector::new(access.clone())),
        Box::new(sampled_users::SampledUsersCollector { access }),
        Box::new(clock::ClockCollector),
    ]
}
