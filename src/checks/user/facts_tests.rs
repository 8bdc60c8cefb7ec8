use super::*;

/// 2026-11-22 12:00:00 UTC as milliseconds and as a file time.
const NOW: i64 = 1_795_348_800_000;
const NOW_FILE_TIME: i64 = 134_398_224_000_000_000;

fn ago(seconds: i64) -> Option<String> {
    Some((NOW_FILE_TIME - seconds * 10_000_000).to_string())
}

fn user() -> User {
    User { dc_time_unix_ms: Some(NOW), ..User::default() }
}

#[test]
fn file_times_are_read_and_what_is_none_is_not_known() {
    for (text, expected) in [
        ("0", Some(FileTime::Zero)),
        ("9223372036854775807", Some(FileTime::Never)),
        ("116444736000000000", Some(FileTime::At(0))),
        ("134398224000000000", Some(FileTime::At(NOW))),
        ("-1", None),
        ("", None),
        ("20261122120000.0Z", None),
        ("9223372036854775808", None),
    ] {
        assert_eq!(file_time(text), expected, "{text}");
    }
}

#[test]
fn an_account_expires_only_before_the_controllers_time() {
    for (expires, now, expected) in [
        (Some("0".to_owned()), None, Some(false)),
        (Some("9223372036854775807".to_owned()), None, Some(false)),
        (ago(0), Some(NOW), Some(false)),
        (ago(1), Some(NOW), Some(true)),
        (ago(1), None, None),
        (None, Some(NOW), None),
    ] {
        let user = User { account_expires: expires.clone(), dc_time_unix_ms: now, ..User::default() };
        assert_eq!(expired(&user), expected, "{expires:?} {now:?}");
    }
}

#[test]
fn the_computed_bit_decides_a_lockout_and_the_duration_stands_in_for_it() {
    for (computed, lockout_time, duration, expected) in [
        (Some(LOCKED), Some("0".to_owned()), None, Some(true)),
        (Some(0), ago(1), Some(0), Some(false)),
        (None, Some("0".to_owned()), None, Some(false)),
        (None, ago(1799), Some(1800), Some(true)),
        (None, ago(1800), Some(1800), Some(false)),
        (None, ago(900_000), Some(0), Some(true)),
        (None, ago(1), None, None),
        (None, None, Some(1800), None),
    ] {
        let user = User { computed_uac: computed, lockout_time: lockout_time.clone(), ..user() };
        assert_eq!(locked(&user, duration), expected, "{computed:?} {lockout_time:?} {duration:?}");
    }
}

#[test]
fn a_password_may_be_changed_from_the_second_of_its_minimum_age() {
    for (set, minimum, expected) in [
        (ago(86_400), Some(86_400), Some(Age::Reached)),
        (ago(86_399), Some(86_400), Some(Age::TooYoung(NOW + 1000))),
        (ago(0), Some(0), Some(Age::Reached)),
        // Stamped by a controller whose clock is ahead, or after the time was read.
        (ago(-5), Some(0), Some(Age::Reached)),
        (ago(-5), Some(60), Some(Age::TooYoung(NOW + 65_000))),
        (Some("0".to_owned()), None, Some(Age::Reached)),
        (ago(1), None, None),
        (None, Some(0), None),
    ] {
        let user = User { pwd_last_set: set.clone(), ..user() };
        assert_eq!(age(&user, minimum), expected, "{set:?} {minimum:?}");
    }
}

#[test]
fn the_kind_of_an_object_follows_from_its_classes() {
    for (classes, expected) in [
        (&["top", "person", "organizationalPerson", "user"][..], Some(ObjectKind::User)),
        (&["top", "person", "organizationalPerson", "user", "inetOrgPerson"], Some(ObjectKind::InetOrgPerson)),
        (&["top", "person", "organizationalPerson", "user", "computer"], Some(ObjectKind::Computer)),
        (&["top", "person", "organizationalPerson", "contact"], Some(ObjectKind::Other)),
        (&[], None),
    ] {
        let object_class = classes.iter().map(|class| (*class).to_owned()).collect();
        assert_eq!(object_kind(&User { object_class, ..User::default() }), expected, "{classes:?}");
    }
}

#[test]
fn flags_that_were_not_returned_are_not_known() {
    let flags = |flags: u32| User { user_account_control: Some(flags), ..User::default() };
    assert_eq!(disabled(&flags(0x202)), Some(true));
    assert_eq!(disabled(&flags(0x200)), Some(false));
    assert_eq!(disabled(&User::default()), None);
    assert_eq!(password_expired(&User { computed_uac: Some(PASSWORD_EXPIRED), ..User::default() }), Some(true));
    assert_eq!(password_expired(&User::default()), None);
    assert_eq!(must_change(&User { pwd_last_set: Some("0".to_owned()), ..User::default() }), Some(true));
    assert_eq!(must_change(&User::default()), None);
}
