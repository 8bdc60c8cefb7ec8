use super::facts::{DISABLED, FileTime, disabled, expired, file_time};
use super::fields::flag;
use crate::calendar::instant;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::User;

crate::declare_check! {
    PW909, "The account is enabled and not expired",
    area: User, severity: Medium, proof: B, class: UserState,
    target: User via targets::found_users,
    evidence: [User],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Enable the account or extend it.",
    link: "L-UAC", since: "0.1.0",
    rule: "Pass: bit 0x2 of userAccountControl is clear, and the account never expires or not before the controller's time.
Fail: disabled (33005).
Warn: expired: the reset works, sign-in does not.
Unknown: one of the two is not readable.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let judgement = match (disabled(user), expired(user)) {
        (Some(true), _) => Judgement::fail(format!("{name} is disabled; a reset is refused.")).step(step(
            "Enable the account, if it is meant to be used.",
            format!("Enable-ADAccount -Identity '{}'", identity(user)),
        )),
        (_, Some(true)) => Judgement::warn(format!(
            "{name} has expired: a reset is written back, but the user cannot sign in with the new password."
        ))
        .step(step(
            "Extend the account, if it is meant to be used.",
            format!("Clear-ADAccountExpiration -Identity '{}'", identity(user)),
        )),
        (Some(false), Some(false)) => Judgement::pass(format!("{name} is enabled and not expired.")),
        (None, _) => Judgement::unknown(Reason::NotReadable, format!("Whether {name} is enabled could not be read.")),
        (_, None) => Judgement::unknown(Reason::NotReadable, format!("Whether {name} has expired could not be read.")),
    };
    let flags = user.user_account_control.map_or("not read".to_owned(), |flags| format!("0x{flags:x}"));
    let expires = match user.account_expires.as_deref().and_then(file_time) {
        Some(FileTime::Zero | FileTime::Never) => "never".to_owned(),
        Some(FileTime::At(end)) => instant(end),
        None => "not read".to_owned(),
    };
    let judgement = flag(judgement, fact, "userAccountControl", DISABLED).read(fact.record, "accountExpires");
    Ok(judgement.or("0").or("1").with("userAccountControl", flags).with("accountExpires", expires))
}

fn step(text: &str, command: String) -> Step {
    Step {
        text: text.to_owned(),
        command: Some(command),
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        needs_rights: Some("Account Operators, or write access to the account".to_owned()),
        verify_with: Some("Test-PasswordWritebackUser -Check PW909".to_owned()),
        ..Step::default()
    }
}

/// The SID names the account in a command whatever characters its name has.
pub fn identity(user: &User) -> String {
    clean(user.sid.as_deref().unwrap_or("<user>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::{Status, Target};

    #[test]
    fn disabled_comes_before_expired_and_the_exact_end_is_not_expired() {
        let at_now = "134398224000000000";
        let before = "134398223999990000";
        let target = Target::user("g", "anna", None);
        for (flags, expires, outcome) in [
            (Some(0x200), Some("0"), Status::Pass),
            (Some(0x200), Some(at_now), Status::Pass),
            (Some(0x200), Some(before), Status::Warn),
            (Some(0x202), Some(before), Status::Fail),
            (Some(0x202), None, Status::Fail),
            (None, Some(before), Status::Warn),
            (None, Some("0"), Status::Unknown),
            (Some(0x200), None, Status::Unknown),
        ] {
            let user = User {
                user_account_control: flags,
                account_expires: expires.map(str::to_owned),
                dc_time_unix_ms: Some(NOW),
                ..User::default()
            };
            let judgement = Stage::new().add(&target, user).judge_at("PW909", &target.key);
            assert_eq!(judgement.outcome, outcome, "{flags:?} {expires:?}");
        }
    }
}
