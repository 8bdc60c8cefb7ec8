//! The coverage of a domain as it is handed out: of users that were asked for, or of a scan.

use super::report::served_domains;
use super::users::stopped;
use super::{Judge, Plan};
use crate::catalog::{Judgement, NameValue, Scene, Status, Target};
use crate::checks::user::coverage::Coverage;
use crate::checks::user::share;
use crate::contract::{Count, CoverageResult};

/// The domains of which enough users were asked for.
pub fn coverages(scene: &Scene, plan: &Plan) -> Vec<CoverageResult> {
    if !plan.selected.iter().any(|check| check.id == share::CHECK.id) {
        return Vec::new();
    }
    let judge = Judge::new(scene);
    let result = |domain: Target| {
        let counted = share::of_domain(scene, &domain);
        coverage(&judge, &domain, &counted, &counted.judgement(&domain.display, false, &[]), Vec::new())
    };
    let asked = share::domains(scene);
    let is_asked = |domain: &Target| asked.iter().any(|asked| asked.key == domain.key);
    served_domains(scene).into_iter().filter(is_asked).map(result).collect()
}

/// `judgement` is that of the count, which speaks of each user for itself; `gaps` names what could not be read, whose
/// users are not counted.
pub fn coverage(
    judge: &Judge,
    domain: &Target,
    counted: &Coverage,
    judgement: &Judgement,
    gaps: Vec<NameValue>,
) -> CoverageResult {
    let (writable, of) = counted.rate();
    let (message, status) = (&judgement.message, judgement.outcome);
    let (message, status, reason) = match stopped(judge, domain) {
        Some(why) => {
            (format!("Nobody can be written back before this is repaired: {why} Then: {message}"), Status::Fail, None)
        }
        None => (message.clone(), status, judgement.reason),
    };
    let count = |name: &str, count: usize| Count { name: name.to_owned(), count: number(count) };
    CoverageResult {
        target: domain.clone(),
        status,
        reason,
        message,
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
