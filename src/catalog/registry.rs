//! All checks in the order of their ids. Two checks with one id do not compile.

use super::check::Check;
use crate::checks;
use foldhash::HashMap;
use once_cell::sync::Lazy;

const PARTS: &[&[Check]] = &[
    checks::network::CHECKS,
    checks::directory::CHECKS,
    checks::permission::CHECKS,
    checks::policy::CHECKS,
    checks::server::CHECKS,
    checks::user::CHECKS,
];

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn ids_are_unique() -> bool {
    let mut p = 0;
    while p < PARTS.len() {
        let mut i = 0;
        while i < PARTS[p].len() {
            let mut q = p;
            while q < PARTS.len() {
                let mut j = if q == p { i + 1 } else { 0 };
                while j < PARTS[q].len() {
                    if same(PARTS[p][i].id, PARTS[q][j].id) {
                        return false;
                    }
                    j += 1;
                }
                q += 1;
            }
            i += 1;
        }
        p += 1;
    }
    true
}

const _: () = assert!(ids_are_unique(), "two checks have the same id");

/// Every check of this build.
pub fn checks() -> impl Iterator<Item = &'static Check> + Clone {
    PARTS.iter().copied().flatten()
}

static BY_ID: Lazy<HashMap<&str, &Check>> = Lazy::new(|| checks().map(|check| (check.id, check)).collect());

/// The check with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    BY_ID.get(id).copied()
}
