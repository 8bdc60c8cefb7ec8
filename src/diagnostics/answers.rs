//! What `pwb_test_user` says beside its findings: an answer per user, the coverage of a domain.

use crate::catalog::Scene;
use crate::contract::Item;
use crate::engine::{Diagnostic, Plan, Suppressions, coverages, users};
use crate::jobs::{Closed, Outbox};

/// Sends them when the diagnostic is the one of users.
pub async fn answer(outbox: &Outbox, scene: &Scene<'_>, plan: &Plan, with: &Suppressions) -> Result<(), Closed> {
    if plan.diagnostic != Diagnostic::TestUser {
        return Ok(());
    }
    for user in users(scene, plan, with) {
        outbox.send(&Item::User(Box::new(user))).await?;
    }
    for coverage in coverages(scene, plan) {
        outbox.send(&Item::Coverage(Box::new(coverage))).await?;
    }
    Ok(())
}
