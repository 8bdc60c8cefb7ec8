//! The catalog: what a check is, and the list of all of them.

mod branch;
mod check;
mod grounds;
mod judgement;
pub mod links;
pub mod registry;
mod scene;
mod target;
mod terms;
#[cfg(test)]
pub mod testing;
pub mod text;

pub use branch::{branch, branches};
pub use check::{Check, RoleRule};
pub use grounds::{Alternative, Field, Flip, Grounds, Part, Read, Rule, common};
pub use judgement::{Answer, Judgement, NameValue, Step};
pub use scene::{Case, Scene};
pub use target::{Target, TargetKind};
pub use terms::{Area, Class, Proof, Reason, RunsAt, Severity, Status};
