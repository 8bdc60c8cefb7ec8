//! The protocol logic of Active Directory, without any input or output: SIDs, security descriptors in
//! both spellings, effective rights, names.
//!
//! Everything in here comes from outside and is untrusted: parsers check bounds and say where a value is
//! malformed. What cannot be evaluated is said to be undecided; it never becomes a grant.

mod access;
#[cfg(test)]
mod access_tests;
mod descriptor;
#[cfg(test)]
mod descriptor_tests;
pub mod dn;
mod edit;
pub mod guids;
mod inherit;
#[cfg(test)]
mod inherit_tests;
mod intern;
mod matching;
pub mod names;
pub mod ports;
mod protected;
mod right;
mod sddl;
mod sddl_terms;
#[cfg(test)]
mod sddl_tests;
pub mod sid;
mod sid_names;
mod token;
#[cfg(test)]
mod undecided_tests;
mod why;
#[cfg(test)]
mod why_tests;

pub use access::decide;
pub use descriptor::{Ace, AceKind, Dacl, Descriptor, Malformed};
pub use dn::{BadDn, Rdn, Reserved, parent, parent_containers, rdns, reserved_characters};
pub use edit::Edit;
pub use guids::Guid;
pub use inherit::{Grant, Reach, grants, passes_on};
pub use intern::{Judged, Summary};
pub use protected::{is_protected_rid, protected_groups};
pub use right::{Needs, Right};
pub use sddl::BadSddl;
pub use sid::{BadSid, Sid};
pub use sid_names::well_known_name;
pub use token::Token;
pub use why::{Decision, Undecided, Verdict, Via, Why};
