//! What two clocks make of each other; shared by the checks of the clock.

use crate::catalog::Status;

/// Skew above this is a warning, in seconds (catalog 0.6).
pub const CLOCK_WARN: i64 = 60;
/// Skew above this is a failure: the default tolerance of Kerberos and the life of relay tokens.
pub const CLOCK_FAIL: i64 = 300;

/// Grades a skew; a bound belongs to the better side. `allowance_ms` is the uncertainty of the
/// measurement, taken off before a good clock is called a wrong one.
pub fn grade(skew_seconds: i64, allowance_ms: i64) -> Status {
    let skew = skew_seconds.abs();
    if skew > CLOCK_FAIL {
        Status::Fail
    } else if skew * 1000 > CLOCK_WARN * 1000 + allowance_ms {
        Status::Warn
    } else {
        Status::Pass
    }
}

/// `12 s behind`; the skew is reference minus local.
pub fn words(skew_seconds: i64) -> String {
    match skew_seconds {
        0 => "exactly right".to_owned(),
        1.. => format!("{skew_seconds} s behind"),
        _ => format!("{} s ahead", skew_seconds.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_better_side() {
        let rows = [
            (0, 0, Status::Pass),
            (60, 0, Status::Pass),
            (-60, 0, Status::Pass),
            (61, 0, Status::Warn),
            (-61, 0, Status::Warn),
            (61, 999, Status::Warn),
            (61, 1000, Status::Pass),
            (300, 0, Status::Warn),
            (-300, 0, Status::Warn),
            (301, 0, Status::Fail),
            (-301, 0, Status::Fail),
            (301, 60_000, Status::Fail),
        ];
        for (skew, allowance, expected) in rows {
            assert_eq!(grade(skew, allowance), expected, "{skew} s, {allowance} ms");
        }
    }

    #[test]
    fn the_direction_is_that_of_the_local_clock() {
        assert_eq!([words(12), words(-12), words(0)], ["12 s behind", "12 s ahead", "exactly right"]);
    }
}
