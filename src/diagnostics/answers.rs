//! What `pwb_test_user` says beside its findings: an answer per user, the coverage of a domain.

use crate::catalog::Scene;
use crate::contract::{CoverageResult, Item};
use crate::engine::{Diagnostic, Plan, Suppressions, users};
use crate::jobs::{Closed, Outbox};

/// Sends them when the diagnostic is the one of users; `coverage` is that of the report.
pub async fn answer(
    outbox: &Outbox,
    scene: &Scene<'_>,
    plan: &Plan,
    with: &Suppressions,
    coverage: &[CoverageResult],
) -> Result<(), Closed> {
    if plan.diagnostic != Diagnostic::TestUser {
        return Ok(());
    }
    for user in users(scene, plan, with, |_, _| true) {
        outbox.send(&Item::User(Box::new(user))).await?;
    }
    for domain in coverage {
        outbox.send(&Item::Coverage(Box::new(domain.clone()))).await?;
    }
    Ok(())
}
