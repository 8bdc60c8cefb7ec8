//! How probes talk: sockets, TLS that records and goes on, HTTP/1.1 in small pieces.
//!
//! A probe must see what is wrong, so nothing here refuses a bad certificate; and nothing here ever
//! carries a credential, but the one of the operator's own proxy.

pub mod chain;
pub mod connect;
pub mod http1;
pub mod names;
pub mod route;
pub mod tls;
pub mod trust;
