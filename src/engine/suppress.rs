//! Findings that somebody decided not to count, with a reason and an end.

use crate::contract::{ContractError, Suppressed, Suppression};

const MS_PER_DAY: i64 = 86_400_000;

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
                Some(text) => Some(day(text).ok_or_else(|| {
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
        let today = now_unix_ms.div_euclid(MS_PER_DAY);
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
        let today = now_unix_ms.div_euclid(MS_PER_DAY);
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

/// Days since 1970 of `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (year, month, day): (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = usize::try_from(month - 1).ok().and_then(|index| lengths.get(index))?;
    if !(1..=*length).contains(&day) {
        return None;
    }
    // Years are counted from March, so that the leap day is the last of its year.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970_and_bad_dates_are_refused() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2026-11-22", Some(20_779)),
            ("2024-02-29", Some(19_782)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("26-1-1", None),
            ("tomorrow", None),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
    }

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
        let noon = |day: i64| day * MS_PER_DAY + MS_PER_DAY / 2;
        assert!(suppressions.find("PW601@domain:a", "PW601", noon(20_779)).is_some());
        assert!(suppressions.find("PW601@domain:a", "PW601", noon(20_780)).is_none());
        assert_eq!(suppressions.expired(noon(20_780)).len(), 1);
    }
}
