//! A canned domain controller: it speaks LDAP, and what it says comes from a domain that is made up. A scan
//! of it shows what the client costs, and how the client takes a controller that misbehaves.

mod ber;
pub mod controller;
pub mod descriptors;
pub mod domain;
pub mod identity;
mod search;
