//! What a diagnostic says beside its findings: an answer per user, the coverage of a domain, the ports of
//! every controller.

use crate::catalog::Scene;
use crate::contract::{CoverageResult, Item};
use crate::engine::{Diagnostic, Plan, Suppressions, matrix, users};
use crate::jobs::{Closed, Outbox};

/// Sends what belongs to the diagnostic; `coverage` is that of the report.
pub async fn answer(
    outbox: &Outbox,
    scene: &Scene<'_>,
    plan: &Plan,
    with: &Suppressions,
    coverage: &[CoverageResult],
) -> Result<(), Closed> {
    if plan.matrix {
        for controller in matrix(scene) {
            outbox.send(&Item::Matrix(Box::new(controller))).await?;
        }
    }
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
