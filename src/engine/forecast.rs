//! What will break next within a year (catalog 6.5). Never part of status, score or verdict.

use crate::calendar::{DAY_MS, days_since_1970};
use crate::catalog::{Scene, TargetKind};
use crate::checks::user::facts::password_end;
use crate::contract::Forecast;
use crate::evidence::{DcInventory, Tls, User};

const HORIZON_MS: i64 = 365 * DAY_MS;

/// Ends of operating system support, of certificates and of the connector account's password, sorted by time,
/// then check.
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
    for fact in scene.evidence.facts::<User>() {
        let target = &fact.record.target;
        if let Some(end) = password_end(fact.data).filter(|_| target.kind == TargetKind::Account) {
            add(
                end,
                format!("The password of the connector account {} expires.", target.display),
                "PW502",
                &target.key,
            );
        }
    }
    all.sort_by(|a, b| (a.at_unix_ms, &a.check, &a.what).cmp(&(b.at_unix_ms, &b.check, &b.what)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::checks::permission::testing::{account, user};
    use crate::checks::user::facts::as_file_time;

    #[test]
    fn the_password_of_the_connector_account_expires_within_the_year() {
        let file_time = |days: i64| Some(as_file_time(NOW + days * DAY_MS));
        for (target, expires, expected) in [
            (account(), file_time(30), Some(NOW + 30 * DAY_MS)),
            (account(), file_time(366), None),
            (account(), file_time(-1), None),
            (account(), Some(i64::MAX.to_string()), None),
            (account(), None, None),
            (user("anna"), file_time(30), None),
        ] {
            let stage = Stage::new().add(&target, User { password_expires: expires.clone(), ..User::default() });
            let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
            let found = forecast(&scene).first().and_then(|line| line.at_unix_ms);
            assert_eq!(found, expected, "{expires:?} {}", target.key);
        }
    }
}
