//! Evidence: records of what was seen, and the collectors that see it.
//!
//! A record says what was looked at, when, from where, how reading went and what was found; it never
//! judges. `collect` holds the only code of the product that touches the world.

pub mod collect;
mod data;
mod kind;
mod record;
mod route;
mod store;

pub use data::*;
pub use kind::Kind;
pub use record::{Fact, Record, RecordError, State, Vantage};
pub use route::{Route, exempts, is_bypassed, route};
pub use store::Evidence;
