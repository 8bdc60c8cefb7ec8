//! Dates in UTC, as days since 1970. The tables and suppressions write `YYYY-MM-DD`.

pub const DAY_MS: i64 = 86_400_000;

/// Days since 1970-01-01 of a date; `None` when the text is none.
pub fn days_since_1970(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    days(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Days since 1970-01-01; `None` when there is no such day.
pub fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let before = year - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    // 719162 days lie between 0001-01-01 and 1970-01-01.
    let years = before * 365 + leap_days - 719_162;
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    Some(years + months + day - 1)
}

/// The date of a day, `YYYY-MM-DD`.
pub fn date(day: i64) -> String {
    let mut year = 1970 + day.div_euclid(366);
    while days(year + 1, 1, 1).is_some_and(|first| first <= day) {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days(year, month + 1, 1).is_some_and(|first| first <= day) {
        month += 1;
    }
    let first = days(year, month, 1).unwrap_or_default();
    format!("{year:04}-{month:02}-{:02}", day - first + 1)
}

/// An instant as `YYYY-MM-DD hh:mm:ss UTC`.
pub fn instant(unix_ms: i64) -> String {
    let seconds = unix_ms.rem_euclid(DAY_MS) / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", date(unix_ms.div_euclid(DAY_MS)))
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
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
            assert_eq!(days_since_1970(text), expected, "{text}");
        }
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "2027-05-21"] {
            assert_eq!(date(days_since_1970(text).unwrap()), text);
        }
    }

    #[test]
    fn an_instant_is_written_in_utc() {
        for (unix_ms, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (1_795_348_800_000, "2026-11-22 12:00:00 UTC"),
            (1_795_348_799_999, "2026-11-22 11:59:59 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(instant(unix_ms), expected);
        }
    }
}
