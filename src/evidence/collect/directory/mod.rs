//! Collectors of the Active Directory side.
//!
//! Chain per controller: name -> address -> ports -> rootDSE -> inventory; per domain: locator records ->
//! (any controller that answers) -> role owner, policies. A dead controller ends its own chain; what
//! stands about it in other records is still collected.

mod clock;
mod controller_ports;
mod controllers;
mod dc_inventory;
mod domain_policy;
mod fsmo;
mod locator;
mod names;
mod pso;
mod root_dse;
mod rpc;
mod session;
mod values;

use super::Collector;

/// The collectors of this folder, in the order of their kinds.
pub fn collectors() -> Vec<Box<dyn Collector>> {
    vec![
        Box::new(locator::LocatorCollector),
        Box::new(controller_ports::ControllerPortsCollector),
        Box::new(root_dse::RootDseCollector),
        Box::new(fsmo::FsmoCollector),
        Box::new(dc_inventory::DcInventoryCollector),
        Box::new(domain_policy::DomainPolicyCollector),
        Box::new(pso::PsoCollector),
        Box::new(clock::ClockCollector),
    ]
}
