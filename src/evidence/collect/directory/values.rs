//! Attribute values as the directory writes them.

use crate::calendar::days;

/// One second in units of 100 ns.
const SECOND: i64 = 10_000_000;

/// A duration of the password policy: a negative number of 100 ns intervals (onprem 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    Seconds(i32),
    /// Int64.Min: never ends. For `maxPwdAge` 0 means the same (onprem 4.6).
    Never,
}

/// Reads an interval; `None` when the text is none. Durations beyond 68 years are cut there.
pub fn interval(text: &str) -> Option<Interval> {
    let intervals: i64 = text.trim().parse().ok()?;
    if intervals == i64::MIN {
        return Some(Interval::Never);
    }
    let seconds = (intervals / SECOND).unsigned_abs();
    Some(Interval::Seconds(i32::try_from(seconds).unwrap_or(i32::MAX)))
}

/// Seconds of an age or window; endless is as long as the type allows.
pub fn seconds(text: &str) -> Option<i32> {
    Some(match interval(text)? {
        Interval::Seconds(seconds) => seconds,
        Interval::Never => i32::MAX,
    })
}

/// Maximum password age: seconds, or `(None, true)` for never.
pub fn maximum_age(text: &str) -> Option<(Option<i32>, bool)> {
    Some(match interval(text)? {
        Interval::Never | Interval::Seconds(0) => (None, true),
        Interval::Seconds(seconds) => (Some(seconds), false),
    })
}

/// Lockout duration: 0 = until an administrator unlocks. The directory writes that as Int64.Min or as 0
/// (onprem 4.6).
pub fn lockout_duration(text: &str) -> Option<i32> {
    Some(match interval(text)? {
        Interval::Never => 0,
        Interval::Seconds(seconds) => seconds,
    })
}

/// `TRUE` or `FALSE` ([RFC 4517] 3.3.3).
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    }
}

/// A GeneralizedTime in UTC, as controllers write `currentTime`: `20261122120000.0Z` ([RFC 4517] 3.3.13).
/// Milliseconds since 1970; other zones and forms are `None`.
pub fn generalized_time(text: &str) -> Option<i64> {
    let (digits, rest) = text.split_at_checked(14)?;
    let zone = rest.strip_suffix('Z')?;
    let fraction = if zone.is_empty() { "0" } else { zone.strip_prefix('.')? };
    if !digits.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) || fraction.is_empty() {
        return None;
    }
    let part = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let thousandths: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    let days = days(year, month, day).filter(|_| year >= 1601)?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + thousandths)
}

/// The build in `operatingSystemVersion`: `10.0 (17763)` is 17763.
pub fn build(version: &str) -> Option<u32> {
    let (_, rest) = version.split_once('(')?;
    rest.split_once(')')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_become_seconds() {
        assert_eq!(interval("-864000000000"), Some(Interval::Seconds(86_400)));
        assert_eq!(interval("0"), Some(Interval::Seconds(0)));
        assert_eq!(interval("-9223372036854775808"), Some(Interval::Never));
        assert_eq!(interval("-9223372036854775807"), Some(Interval::Seconds(i32::MAX)));
        assert_eq!(interval("9223372036854775808"), None);
        assert_eq!(interval("soon"), None);
    }

    #[test]
    fn zero_and_endless_mean_what_the_attribute_says() {
        assert_eq!(seconds("-864000000000"), Some(86_400));
        assert_eq!(maximum_age("-36288000000000"), Some((Some(3_628_800), false)));
        assert_eq!(maximum_age("0"), Some((None, true)));
        assert_eq!(maximum_age("-9223372036854775808"), Some((None, true)));
        assert_eq!(lockout_duration("-18000000000"), Some(1800));
        assert_eq!(lockout_duration("-9223372036854775808"), Some(0));
        assert_eq!(lockout_duration("0"), Some(0));
        assert_eq!(maximum_age(""), None);
    }

    #[test]
    fn the_time_of_a_controller_is_read() {
        assert_eq!(generalized_time("20261122120000.0Z"), Some(1_795_348_800_000));
        assert_eq!(generalized_time("20261122120000Z"), Some(1_795_348_800_000));
        assert_eq!(generalized_time("20261122120000.25Z"), Some(1_795_348_800_250));
        assert_eq!(generalized_time("19700101000000.0Z"), Some(0));
        assert_eq!(generalized_time("20240229000000.0Z"), Some(1_709_164_800_000));
        assert_eq!(generalized_time("16010101000000.0Z"), Some(-11_644_473_600_000));
        let bad = [
            "",
            "Z",
            "20261122120000",
            "20261322120000.0Z",
            "20230229000000.0Z",
            "20261122250000.0Z",
            "2026112212000\u{e9}Z",
        ];
        for bad in bad.into_iter().chain(["20261122120000.Z", "20261122120000.0+0100", "+0261122120000.0Z"]) {
            assert_eq!(generalized_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_build_stands_in_parentheses() {
        assert_eq!(build("10.0 (17763)"), Some(17763));
        assert_eq!(build("10.0"), None);
        assert_eq!(build("10.0 (x)"), None);
        assert_eq!(build(")("), None);
    }

    #[test]
    fn booleans_are_two_words() {
        assert_eq!(boolean("TRUE"), Some(true));
        assert_eq!(boolean("FALSE"), Some(false));
        assert_eq!(boolean("true"), None);
    }
}
