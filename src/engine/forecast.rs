//! What will break next within a year (catalog 6.5). Never part of status, score or verdict.

use crate::calendar::{DAY_MS, days_since_1970};
use crate::catalog::Scene;
use crate::contract::Forecast;
use crate::evidence::{DcInventory, Tls};

const HORIZON_MS: i64 = 365 * DAY_MS;

/// Ends of operating system support and of certificates, sorted by time, then check.
pub fn forecast(scene: &Scene) -> Vec<Forecast> {
    let mut all: Vec<Forecast> = Vec::new();
    let mut add = |at: i64, what: String, check: &str, target: &str| {
        let is_ahead = at > scene.now_unix_ms && at - scene.now_unix_ms <= HORIZON_MS;
        if is_ahead && !all.iter().any(|known| known.what == what) {
            all.push(Forecast { at_unix_ms: Some(at), what, check: check.to_owned(), target: target.to_owned() });
        }
    };
    for fact in scene.evidence.facts::<DcInventory>() {
        let system = fact.data.build.and_then(|build| scene.tables.operating_system(build));
        if let Some((system, last_day)) =
            system.and_then(|system| Some((system, days_since_1970(&system.extended_end)?)))
        {
            let what = format!("Extended support of {} on {} ends.", system.name, fact.data.fqdn);
            add((last_day + 1) * DAY_MS, what, "PW416", &fact.record.target.key);
        }
    }
    for fact in scene.evidence.facts::<Tls>() {
        // Leaf certificates of Microsoft's endpoints are renewed by themselves; what signs them is not.
        for certificate in fact.data.chain.iter().skip(1) {
            let what = format!("The certificate '{}' in the chain of {} expires.", certificate.subject, fact.data.host);
            add(certificate.not_after_unix_ms, what, "PW309", &fact.record.target.key);
        }
    }
    all.sort_by(|a, b| (a.at_unix_ms, &a.check, &a.what).cmp(&(b.at_unix_ms, &b.check, &b.what)));
    all
}
