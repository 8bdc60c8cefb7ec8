//! Findings that somebody decided not to count, with a reason and an end.

use crate::calendar::{DAY_MS, days_since_1970};
use crate::contract::{ContractError, Suppressed, Suppression};

/// The suppressions of a request, checked.
#[derive(Clone, Debug, Default)]
pub struct Suppressions(Vec<(Suppression, Option<i64>)>);

impl Suppressions {
    pub fn new(list: &[Suppression]) -> Result<Suppressions, ContractError> {
        let mut checked = Vec::new();
        for (index, suppression) in list.iter().enumerate() {
            let field = |name: &str| format!("selection.suppressions[{index}].{name}");
            if suppression.key.is_some() == suppression.id.is_some() {
                return Err(ContractError::out_of_range(
                    &field("key"),
                    "A suppression names exactly one of key and id.",
                ));
            }
            if suppression.reason.trim().is_empty() {
                return Err(ContractError::out_of_range(&field("reason"), "A suppression needs a reason."));
            }
            let expires = match &suppression.expires {
                None => None,
                Some(text) => Some(days_since_1970(text).ok_or_else(|| {
                    ContractError::out_of_range(
                        &field("expires"),
                        format!("'{text}' is not a date of the form YYYY-MM-DD."),
                    )
                })?),
            };
            checked.push((suppression.clone(), expires));
        }
        Ok(Suppressions(checked))
    }

    /// The suppression of a finding that holds now. One that expired is ignored.
    pub fn find(&self, key: &str, id: &str, now_unix_ms: i64) -> Option<Suppressed> {
        let today = now_unix_ms.div_euclid(DAY_MS);
        self.0
            .iter()
            .filter(|(_, expires)| expires.is_none_or(|last| today <= last))
            .find(|(entry, _)| entry.key.as_deref() == Some(key) || entry.id.as_deref() == Some(id))
            .map(|(entry, _)| Suppressed {
                reason: entry.reason.clone(),
                expires: entry.expires.clone(),
                by: entry.by.clone(),
            })
    }

    /// One sentence per suppression that has expired.
    pub fn expired(&self, now_unix_ms: i64) -> Vec<String> {
        let today = now_unix_ms.div_euclid(DAY_MS);
        self.0
            .iter()
            .filter(|(_, expires)| expires.is_some_and(|last| today > last))
            .map(|(entry, _)| {
                let what = entry.key.as_deref().or(entry.id.as_deref()).unwrap_or_default();
                format!(
                    "The suppression of {what} expired on {} and is ignored.",
                    entry.expires.as_deref().unwrap_or_default()
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suppression_holds_on_its_last_day_and_not_after() {
        let list = [Suppression {
            key: None,
            id: Some("PW601".to_owned()),
            reason: "accepted".to_owned(),
            expires: Some("2026-11-22".to_owned()),
            by: None,
        }];
        let suppressions = Suppressions::new(&list).unwrap();
        let noon = |day: i64| day * DAY_MS + DAY_MS / 2;
        assert!(suppressions.find("PW601@domain:a", "PW601", noon(20_779)).is_some());
        assert!(suppressions.find("PW601@domain:a", "PW601", noon(20_780)).is_none());
        assert_eq!(suppressions.expired(noon(20_780)).len(), 1);
    }
}
