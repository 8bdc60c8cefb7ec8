//! Why does password writeback from Microsoft Entra ID to Active Directory not work here, and what has
//! to change?
//!
//! How a call travels: PowerShell sends a request as JSON to an export of [`ffi`]; [`diagnostics`]
//! validates it and starts a job ([`jobs`]); the [`engine`] plans which checks to judge, runs the
//! collectors of [`evidence`] all at once, and judges each check of [`checks`] as soon as its evidence
//! is complete; findings go into the job's outbox, where PowerShell polls them as snapshots
//! ([`contract`]). The report at the end is a pure function of the evidence, so evidence that was saved
//! ([`bundle`]) gives the same report again.

#![deny(unsafe_code)]

pub mod bundle;
mod calendar;
pub mod catalog;
pub mod checks;
pub mod contract;
mod describe;
mod diagnostics;
pub mod directory;
pub mod engine;
pub mod evidence;
pub mod ffi;
pub mod jobs;
pub mod knowledge;
mod panics;
mod platform;
pub mod render;
mod runtime;
mod secret;
