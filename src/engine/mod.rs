//! The engine: plan what to look at, look at everything at once, judge as soon as possible, find the
//! probable cause.
//!
//! `plan` selects checks and closes them over their blockers; `run` collects and streams; `judge` turns
//! evidence into findings; `rank` and `verdict` turn findings into causes and one answer; `report`
//! writes it down. Everything after `run` is a pure function of the evidence, so a recorded run gives
//! the same report as the live one.

mod blocked;
pub mod causes;
mod coverage;
mod explain;
#[cfg(test)]
mod explain_tests;
mod forecast;
mod history;
mod judge;
#[cfg(test)]
mod judge_tests;
mod matrix;
mod next;
mod not_examined;
mod plan;
mod progress;
mod rank;
mod reach;
mod report;
mod roles;
mod run;
mod suppress;
mod users;
mod verdict;

pub use coverage::coverage;
pub use history::{History, Success};
pub use judge::Judge;
pub use matrix::matrix;
pub use plan::{Diagnostic, Plan};
pub use rank::{Ranked, rank};
pub use report::{RunHeader, report, report_with, tool};
pub use roles::rules as role_rules;
pub use run::{Engine, Finished};
pub use suppress::Suppressions;
pub use users::{Answers, Shown, Statuses, users};
pub use verdict::{Kin, verdict_state};
