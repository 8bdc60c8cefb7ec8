//! The coverage of a domain as it is handed out: of users that were asked for, or of a scan.

use super::Plan;
use crate::catalog::{Judgement, NameValue, Scene, Target};
use crate::checks::user::coverage::Coverage;
use crate::checks::user::share;
use crate::contract::{Count, CoverageResult};

/// The domains of which enough users were asked for.
pub fn coverages(scene: &Scene, plan: &Plan) -> Vec<CoverageResult> {
    if !plan.selected.iter().any(|check| check.id == share::CHECK.id) {
        return Vec::new();
    }
    let result = |domain: Target| {
        let counted = share::of_domain(scene, &domain);
        coverage(&domain, &counted, &counted.judgement(&domain.display, false, &[]), Vec::new())
    };
    share::domains(scene).into_iter().map(result).collect()
}

/// `judgement` is that of the count; `gaps` names what could not be read, whose users are not counted.
pub fn coverage(domain: &Target, counted: &Coverage, judgement: &Judgement, gaps: Vec<NameValue>) -> CoverageResult {
    let (writable, of) = counted.rate();
    let count = |name: &str, count: usize| Count { name: name.to_owned(), count: number(count) };
    CoverageResult {
        target: domain.clone(),
        status: judgement.outcome,
        reason: judgement.reason,
        message: judgement.message.clone(),
        users: number(counted.all()),
        writable: number(writable),
        counted: number(of),
        buckets: counted.buckets().map(|(name, users)| count(name, users)).collect(),
        containers: counted.worst_containers().into_iter().map(|(dn, failed, _)| count(dn, failed)).collect(),
        too_young_until_unix_ms: counted.too_young_until(),
        gaps,
    }
}

/// The contract's numbers stay below 2^31.
fn number(count: usize) -> u32 {
    count.min(i32::MAX as usize) as u32
}
