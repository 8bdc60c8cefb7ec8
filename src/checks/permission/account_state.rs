use super::account_kind;
use super::engine_sign_in::{events_are_quiet, last_good_import};
use crate::calendar::instant;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Severity, Step};
use crate::checks::targets;
use crate::checks::user::facts::{
    COMPUTED, DISABLED, NEVER_EXPIRES, PASSWORD_EXPIRED, disabled, expired, has_flag, locked, must_change,
    password_end, password_expired,
};
use crate::checks::user::fields::{flag, lockout};
use crate::directory::{Sid, sid, well_known_name};
use crate::evidence::{Fact, Record, TokenGroups, User};

/// Domain Admins, Schema Admins, Enterprise Admins.
const ADMIN_GROUPS: [u32; 3] = [512, 518, 519];

crate::declare_check! {
    PW502, "The connector account can sign in and is of an allowed kind",
    area: Permission, severity: Critical, proof: B, class: Rights,
    target: Account via targets::accounts,
    evidence: [User, TokenGroups, EventLog, AdSyncRuns],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Enable/unlock the account, set a non-expiring password and enter it in the connector; remove admin groups.",
    link: "L-ACC", since: "0.1.0",
    rule: "Fail: disabled; locked out; account expired; password expired or to be changed; a managed service account as the account of a Connect connector.
Warn: the password expired, and the sync service still signs in: an import of the connector that is newer than the expiry ended well, and its events of the last 24 hours tell of no trouble that it did not come after (PW811).
Warn (low, security): it is a member of Domain, Enterprise or Schema Admins or Administrators: not allowed since 1.4 and not needed.
Pass: enabled, not locked, not expired, password not expired and set.
Unknown: one of these is not readable, or a managed service account whose engine is not known.",
}

/// Something that keeps the account from signing in, and what to do.
struct Obstacle {
    is_there: Option<bool>,
    what: &'static str,
    /// Words of the rule's branch.
    rule: &'static str,
    command: &'static str,
    /// Names the field that says so.
    field: fn(Judgement, Fact<User>) -> Judgement,
}

const EXPIRED: &str = "has a password that expired";

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let all = obstacles(user, account_kind::is_managed(user) == Some(true));
    let own = user.sid.as_deref().map_or_else(|| name.clone(), clean);
    let there = |obstacle: &&Obstacle| obstacle.is_there == Some(true);
    let expiry = all.iter().filter(there).find(|obstacle| obstacle.what == EXPIRED);
    let still = expiry.and_then(|obstacle| Some((obstacle, still_signs_in(case, user)?)));
    let stops = |obstacle: &&Obstacle| there(obstacle) && (still.is_none() || obstacle.what != EXPIRED);
    let judgement = if let Some(obstacle) = all.iter().find(stops) {
        let failed = Judgement::fail(format!("The connector account {name} ({own}) {}.", obstacle.what));
        (obstacle.field)(failed.rule(obstacle.rule), fact).step(put_in_order(obstacle, &own))
    } else if let Some(wrong) = account_kind::wrong(case, &name, fact) {
        wrong
    } else if let Some((obstacle, (end, import))) = still {
        let warned = Judgement::warn(format!(
            "The password of the connector account {name} ({own}) expired at {}; the sync service still signs in with it, its import at {} ended well.",
            instant(end),
            instant(import)
        ));
        (obstacle.field)(warned.rule("the sync service still signs in"), fact)
            .read(fact.record, "passwordExpires")
            .said("last good import", instant(import))
            .step(put_in_order(obstacle, &own))
    } else if let Some((record, groups, rest)) = admin_groups(case) {
        Judgement::warn(format!(
            "The connector account {name} is a member of {}: not allowed since Connect 1.4, and not needed.",
            list(groups.iter().map(String::as_str))
        ))
        .severity(Severity::Low)
        .rule("it is a member of")
        .read(record, "sids")
        .or(rest)
        .step(Step {
            text: "Give the account its own rights (PW505 to PW508), then take it out of these groups.".to_owned(),
            command: Some(format!(
                "Get-ADPrincipalGroupMembership '{own}'; Remove-ADGroupMember <group> -Members '{own}'"
            )),
            run_on: Some("a machine with the ActiveDirectory module".to_owned()),
            verify_with: Some("Test-PasswordWritebackPermission -Check PW502".to_owned()),
            ..Step::default()
        })
    } else if let Some(open) = account_kind::open(case, &name, fact) {
        open
    } else if let Some(unread) = all.iter().find(|obstacle| obstacle.is_there.is_none()) {
        let message = format!("Whether the connector account {name} {} could not be read.", unread.what);
        (unread.field)(Judgement::unknown(Reason::NotReadable, message), fact)
    } else {
        let passed = Judgement::pass(format!("The connector account {name} ({own}) can sign in."));
        all.iter().fold(passed, |judgement, obstacle| (obstacle.field)(judgement, fact))
    };
    let groups = if case.facts::<TokenGroups>().is_empty() { "not read" } else { "read" };
    Ok(judgement.with("groups of the account", groups))
}

/// When the password expired, and a later import that ended well, where the sync service has no trouble.
fn still_signs_in(case: &Case, user: &User) -> Option<(i64, i64)> {
    let (end, import) = (password_end(user)?, last_good_import(case.scene, user)?);
    (import > end && events_are_quiet(case.scene, import)).then_some((end, import))
}

fn put_in_order(obstacle: &Obstacle, account: &str) -> Step {
    Step {
        text: "Put the account in order; after a new password, enter it in the connector as well (Synchronization Service Manager > Connectors > Properties).".to_owned(),
        command: Some(obstacle.command.replace("{}", account)),
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        needs_rights: Some("write access to the account".to_owned()),
        verify_with: Some("Test-PasswordWritebackPermission -Check PW502".to_owned()),
        ..Step::default()
    }
}

/// A managed service account has no password that expires. Where "password never expires" is set, a pwdLastSet
/// of 0 asks for no change ([MS-SAMR] 3.1.5.14.4: the flag comes first), so such an account signs in, though
/// the catalog names pwdLastSet alone.
fn obstacles(user: &User, managed: bool) -> [Obstacle; 5] {
    let never = if managed { Some(true) } else { has_flag(user, NEVER_EXPIRES) };
    let must_change = match (must_change(user), never) {
        (_, Some(true)) | (Some(false), _) => Some(false),
        (state, Some(false)) => state,
        (_, None) => None,
    };
    let password_expired = if never == Some(true) { Some(false) } else { password_expired(user) };
    [
        Obstacle {
            is_there: disabled(user),
            what: "is disabled",
            rule: "disabled",
            command: "Enable-ADAccount -Identity '{}'",
            field: |judgement, fact| flag(judgement, fact, "userAccountControl", DISABLED),
        },
        // The duration of a lockout is not asked: the computed bit says it, or nothing does.
        Obstacle {
            is_there: locked(user, None),
            what: "is locked out",
            rule: "locked out",
            command: "Unlock-ADAccount -Identity '{}'",
            field: lockout,
        },
        Obstacle {
            is_there: expired(user),
            what: "has expired",
            rule: "account expired",
            command: "Clear-ADAccountExpiration -Identity '{}'",
            field: |judgement, fact| judgement.read(fact.record, "accountExpires").or("0").or("1"),
        },
        Obstacle {
            is_there: must_change,
            what: "must change its password at the next logon",
            rule: "to be changed",
            field: |judgement, fact| judgement.read(fact.record, "pwdLastSet").or("0").or("1"),
            command: "Set-ADAccountPassword -Identity '{}' -Reset; Set-ADUser -Identity '{}' -ChangePasswordAtLogon $false -PasswordNeverExpires $true",
        },
        Obstacle {
            is_there: password_expired,
            what: EXPIRED,
            rule: "password expired",
            field: |judgement, fact| flag(judgement, fact, COMPUTED, PASSWORD_EXPIRED),
            command: "Set-ADAccountPassword -Identity '{}' -Reset; Set-ADUser -Identity '{}' -PasswordNeverExpires $true",
        },
    ]
}

/// The groups of administrators in the account's token, if any; the first record that names them, and what
/// else stands there.
fn admin_groups<'a>(case: &Case<'a>) -> Option<(&'a Record, Vec<String>, Vec<&'a str>)> {
    let is_admin = |group: &Sid| {
        *group == sid::ADMINISTRATORS
            || group.domain().is_some() && group.rid().is_some_and(|rid| ADMIN_GROUPS.contains(&rid))
    };
    let mut groups: Vec<String> = Vec::new();
    let mut first = None;
    for fact in case.facts::<TokenGroups>() {
        let is_named = |text: &str| text.parse::<Sid>().is_ok_and(|group| is_admin(&group));
        if fact.data.sids.iter().any(|text| is_named(text)) {
            let rest = fact.data.sids.iter().map(String::as_str).filter(|text| !is_named(text));
            first.get_or_insert((fact.record, rest.collect()));
        }
        for group in fact.data.sids.iter().filter_map(|text| text.parse::<Sid>().ok()).filter(is_admin) {
            let name = well_known_name(&group).map_or_else(|| group.to_string(), |name| format!("{name} ({group})"));
            if !groups.contains(&name) {
                groups.push(name);
            }
        }
    }
    first.map(|(record, rest)| (record, groups, rest))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{account, groups, member};
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::{NOW, Stage, server};
    use crate::checks::user::facts::as_file_time;
    use crate::evidence::{AdSyncConfig, AdSyncRun, AdSyncRuns, Connector, Event, EventLog};

    const SET: &str = "134000000000000000";

    fn sound() -> User {
        User {
            computed_uac: Some(0),
            pwd_last_set: Some(SET.to_owned()),
            account_expires: Some("0".to_owned()),
            ..member(&[], false)
        }
    }

    fn judge_user(user: User) -> Judgement {
        Stage::new().add(&account(), user).add(&account(), groups()).judge_at("PW502", &account().key)
    }

    #[test]
    fn what_keeps_it_from_signing_in_fails() {
        let just_before = "134398223999990000";
        for (label, user, outcome) in [
            ("sound", sound(), Status::Pass),
            ("disabled", User { user_account_control: Some(0x202), ..sound() }, Status::Fail),
            ("locked", User { computed_uac: Some(0x10), ..sound() }, Status::Fail),
            ("expired", User { account_expires: Some(just_before.to_owned()), ..sound() }, Status::Fail),
            ("must change", User { pwd_last_set: Some("0".to_owned()), ..sound() }, Status::Fail),
            (
                "need not change",
                User { pwd_last_set: Some("0".to_owned()), user_account_control: Some(0x1_0200), ..sound() },
                Status::Pass,
            ),
            (
                "change, flags unread",
                User { pwd_last_set: Some("0".to_owned()), user_account_control: None, ..sound() },
                Status::Unknown,
            ),
            ("password expired", User { computed_uac: Some(0x80_0000), ..sound() }, Status::Fail),
            ("flags unread", User { user_account_control: None, ..sound() }, Status::Unknown),
            ("expiry unread", User { account_expires: None, ..sound() }, Status::Unknown),
            ("computed unread", User { computed_uac: None, ..sound() }, Status::Unknown),
            (
                "never expires",
                User {
                    computed_uac: None,
                    lockout_time: Some("0".to_owned()),
                    user_account_control: Some(0x1_0200),
                    ..sound()
                },
                Status::Pass,
            ),
        ] {
            let judgement = judge_user(User { dc_time_unix_ms: Some(NOW), ..user });
            assert_eq!(judgement.outcome, outcome, "{label}: {}", judgement.message);
        }
    }

    #[test]
    fn an_expired_password_warns_while_the_sync_service_still_signs_in() {
        const HOUR: i64 = 3_600_000;
        /// A file time so many hours before now.
        fn before(hours: i64) -> String {
            as_file_time(NOW - hours * HOUR)
        }
        let user = || User {
            computed_uac: Some(0x80_0000),
            password_expires: Some(before(50)),
            sam: Some("MSOL_1".to_owned()),
            ..sound()
        };
        let run = |connector: &str, step: &str, result: &str, hours: i64| AdSyncRun {
            connector: connector.to_owned(),
            steps: vec![step.to_owned()],
            result: Some(result.to_owned()),
            end_unix_ms: Some(NOW - hours * HOUR),
            ..AdSyncRun::default()
        };
        let good = || run("corp", "DeltaImport", "success", 10);
        let log = |reaches: i64, events: &[(&str, u32, i64)]| EventLog {
            oldest_unix_ms: Some(NOW - reaches * HOUR),
            events: events
                .iter()
                .map(|(provider, id, hours)| Event {
                    time_unix_ms: NOW - hours * HOUR,
                    provider: (*provider).to_owned(),
                    id: *id,
                    ..Event::default()
                })
                .collect(),
            ..EventLog::default()
        };
        let locked = User { computed_uac: Some(0x80_0010), ..user() };
        let no_end = User { password_expires: None, ..user() };
        for (label, user, runs, log, outcome) in [
            ("still in", user(), vec![good()], log(30, &[]), Status::Warn),
            ("old trouble", user(), vec![good()], log(30, &[("ADSync", 6000, 11)]), Status::Warn),
            ("other events", user(), vec![good()], log(30, &[("ADSync", 6329, 1), ("Other", 6000, 1)]), Status::Warn),
            ("no longer", user(), vec![good()], log(30, &[("ADSync", 6000, 9)]), Status::Fail),
            ("trouble of a step", user(), vec![good()], log(30, &[("ADSync", 6105, 9)]), Status::Fail),
            ("hash sync", user(), vec![good()], log(30, &[("Directory Synchronization", 611, 9)]), Status::Fail),
            ("log too short", user(), vec![good()], log(23, &[]), Status::Fail),
            ("before the expiry", user(), vec![run("corp", "FullImport", "success", 51)], log(30, &[]), Status::Fail),
            ("no import", user(), vec![run("corp", "Export", "success", 1)], log(30, &[]), Status::Fail),
            ("bad", user(), vec![run("corp", "FullImport", "stopped-connectivity", 1)], log(30, &[]), Status::Fail),
            ("another's", user(), vec![run("tenant", "DeltaImport", "success", 1)], log(30, &[]), Status::Fail),
            ("locked too", locked, vec![good()], log(30, &[]), Status::Fail),
            ("end not read", no_end, vec![good()], log(30, &[]), Status::Fail),
        ] {
            let connector = Connector {
                name: "corp".to_owned(),
                kind: "AD".to_owned(),
                login_user: Some("msol_1".to_owned()),
                ..Connector::default()
            };
            let stage = Stage::new()
                .add(&account(), user)
                .add(&server(), AdSyncConfig { connectors: vec![connector], ..AdSyncConfig::default() })
                .add(&server(), AdSyncRuns { runs, ..AdSyncRuns::default() });
            assert_eq!(stage.judge_at("PW502", &account().key).outcome, Status::Fail, "{label}: without the log");
            let judgement = stage.add(&server(), log).judge_at("PW502", &account().key);
            assert_eq!(judgement.outcome, outcome, "{label}: {}", judgement.message);
        }
    }

    #[test]
    fn groups_of_administrators_warn_low() {
        for (group, outcome) in [
            ("S-1-5-21-1-2-3-512", Status::Warn),
            ("S-1-5-21-9-9-9-519", Status::Warn),
            ("S-1-5-32-544", Status::Warn),
            ("S-1-5-32-551", Status::Pass),
            ("S-1-5-21-1-2-3-513", Status::Pass),
        ] {
            let groups = TokenGroups { sids: vec![group.to_owned()], ..groups() };
            let judgement =
                Stage::new().add(&account(), sound()).add(&account(), groups).judge_at("PW502", &account().key);
            assert_eq!(judgement.outcome, outcome, "{group}");
            assert_eq!(judgement.severity, (outcome == Status::Warn).then_some(Severity::Low));
        }
    }
}
