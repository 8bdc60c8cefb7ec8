//! What the attributes of one user say: predicates that several checks and the scan share. They take
//! typed data, never the evidence, because a scan asks them a hundred thousand times.
//!
//! `None` means "not known": an attribute that they need was not returned, or is not what it should be.

use crate::directory::sid::SELF_SID;
use crate::evidence::User;

/// userAccountControl ([MS-ADTS] 2.2.16).
pub const DISABLED: u32 = 0x2;
pub const NORMAL_ACCOUNT: u32 = 0x200;
pub const NEVER_EXPIRES: u32 = 0x1_0000;
pub const SMART_CARD_REQUIRED: u32 = 0x4_0000;
/// The field of msDS-User-Account-Control-Computed, and its bits ([MS-ADTS] 3.1.1.4.5.17).
pub const COMPUTED: &str = "computedUac";
pub const LOCKED: u32 = 0x10;
pub const PASSWORD_EXPIRED: u32 = 0x80_0000;

/// Milliseconds between 1601 and 1970, the starts of a file time and of our instants.
const FROM_1601_MS: i64 = 11_644_473_600_000;
/// "Never" in accountExpires ([MS-ADA1] 2.2), beside 0.
const NEVER: i64 = i64::MAX;

/// An instant as the directory writes it.
pub fn as_file_time(unix_ms: i64) -> String {
    (unix_ms + FROM_1601_MS).saturating_mul(10_000).to_string()
}

/// What a file time of the directory says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTime {
    Zero,
    Never,
    At(i64),
}

/// Reads a file time (100 ns since 1601, UTC) as milliseconds since 1970.
pub fn file_time(text: &str) -> Option<FileTime> {
    Some(match text.trim().parse::<i64>().ok()? {
        0 => FileTime::Zero,
        NEVER => FileTime::Never,
        ticks if ticks > 0 => FileTime::At(ticks / 10_000 - FROM_1601_MS),
        _ => return None,
    })
}

fn time_of(text: &Option<String>) -> Option<FileTime> {
    text.as_deref().and_then(file_time)
}

pub fn has_flag(user: &User, flag: u32) -> Option<bool> {
    user.user_account_control.map(|flags| flags & flag != 0)
}

pub fn disabled(user: &User) -> Option<bool> {
    has_flag(user, DISABLED)
}

/// True when accountExpires lies before the controller's time.
pub fn expired(user: &User) -> Option<bool> {
    match time_of(&user.account_expires)? {
        FileTime::Zero | FileTime::Never => Some(false),
        FileTime::At(end) => user.dc_time_unix_ms.map(|now| end < now),
    }
}

/// True when the password has expired, as the controller computes it.
pub fn password_expired(user: &User) -> Option<bool> {
    user.computed_uac.map(|flags| flags & PASSWORD_EXPIRED != 0)
}

/// When the password expires or expired, in milliseconds since 1970.
pub fn password_end(user: &User) -> Option<i64> {
    match time_of(&user.password_expires)? {
        FileTime::At(end) => Some(end),
        FileTime::Zero | FileTime::Never => None,
    }
}

/// True when the password must be changed at the next logon.
pub fn must_change(user: &User) -> Option<bool> {
    time_of(&user.pwd_last_set).map(|time| time == FileTime::Zero)
}

/// True when the account is locked out: the computed bit where the controller returned it, else the time
/// of the lockout and the duration that governs this user (seconds, 0 = until somebody unlocks).
pub fn locked(user: &User, duration: Option<i32>) -> Option<bool> {
    if let Some(flags) = user.computed_uac {
        return Some(flags & LOCKED != 0);
    }
    let since = match time_of(&user.lockout_time)? {
        FileTime::Zero => return Some(false),
        FileTime::Never => return None,
        FileTime::At(since) => since,
    };
    match duration? {
        0 => Some(true),
        seconds => Some(after(since, seconds) > user.dc_time_unix_ms?),
    }
}

/// How old the password is, against a minimum age in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Old enough, or it may be changed at once.
    Reached,
    /// Not before this instant, in milliseconds since 1970.
    TooYoung(i64),
}

pub fn age(user: &User, minimum: Option<i32>) -> Option<Age> {
    let set = match time_of(&user.pwd_last_set)? {
        FileTime::Zero => return Some(Age::Reached),
        FileTime::Never => return None,
        FileTime::At(set) => set,
    };
    let minimum = minimum?;
    if minimum == 0 {
        // The controller's time was read before: another clock, or a change since then, may be ahead of it.
        return Some(Age::Reached);
    }
    let earliest = after(set, minimum);
    Some(if user.dc_time_unix_ms? >= earliest { Age::Reached } else { Age::TooYoung(earliest) })
}

fn after(start_unix_ms: i64, seconds: i32) -> i64 {
    start_unix_ms.saturating_add(i64::from(seconds) * 1000)
}

/// Whether the account is that of a mailbox whose owner signs in with an account of another forest. A shared or
/// resource mailbox names SELF in place of an owner.
pub fn is_linked(user: &User) -> bool {
    user.ms_exch_master_account_sid.as_ref().is_some_and(|owner| owner.parse() != Ok(SELF_SID))
}

/// What kind of object it is, by its classes; `None` when the classes are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    User,
    InetOrgPerson,
    /// A computer, or a managed service account, which is one ([MS-ADSC]).
    Computer,
    Other,
}

pub fn object_kind(user: &User) -> Option<ObjectKind> {
    let is = |class: &str| user.object_class.iter().any(|own| own.eq_ignore_ascii_case(class));
    if user.object_class.is_empty() {
        return None;
    }
    Some(if user.is_gmsa || is("computer") || is("msDS-ManagedServiceAccount") {
        ObjectKind::Computer
    } else if is("inetOrgPerson") {
        ObjectKind::InetOrgPerson
    } else if is("user") {
        ObjectKind::User
    } else {
        ObjectKind::Other
    })
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
