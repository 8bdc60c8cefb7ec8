//! The collectors of the cloud side against real peers on the loopback interface.
//!
//! Real host names reach them through proxies of the tests, or through planted `dns` records; no query
//! and no packet leaves the machine.

mod direct;
mod proxies;
mod runner;
mod servers;
mod tls;
mod trust;
