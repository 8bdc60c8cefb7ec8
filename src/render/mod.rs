//! Reports for people who have no PowerShell at hand, and for tickets.

mod text;

pub use text::text;
