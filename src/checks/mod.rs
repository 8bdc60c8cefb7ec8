//! The checks: one file each, declaration beside judgement, pure functions of the evidence.
//!
//! No check touches the world and none reads another check's finding. Predicates on evidence that
//! several checks share stand in `facts.rs` of their area; `targets.rs` lists what is judged.

pub mod directory;
pub mod network;
pub mod permission;
pub mod policy;
pub mod server;
pub mod targets;
pub mod user;
