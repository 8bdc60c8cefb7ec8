use super::facts::{NEVER_EXPIRES, NORMAL_ACCOUNT, ObjectKind, SMART_CARD_REQUIRED, has_flag, is_linked, object_kind};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::User;
use serde_json::Value;

crate::declare_check! {
    PW911, "The account is an ordinary password account",
    area: User, severity: Medium, proof: C, class: UserState,
    target: User via targets::found_users,
    evidence: [User],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Use the account that holds the password; clear the smart-card requirement where passwords are wanted.",
    link: "L-UAC", since: "0.1.0",
    rule: "Pass: class user, normal account (0x200), no smart card required, no msExchMasterAccountSid.
Warn: smart card required (a reset may succeed and be useless); inetOrgPerson (see PW512); linked mailbox account (the password lives in another forest); 0x200 missing.
Fail: computer or managed service account, or an object that is no user.
Unknown: classes or userAccountControl are not readable.
That the password never expires is shown only.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let normal = has_flag(user, NORMAL_ACCOUNT);
    let judgement = match object_kind(user) {
        Some(ObjectKind::Computer) => Judgement::fail(format!(
            "{name} is a computer or a managed service account; its password is not one that a person resets."
        ))
        .step(other_account()),
        Some(ObjectKind::Other) => {
            Judgement::fail(format!("{name} is no user and has no password.")).step(other_account())
        }
        _ if has_flag(user, SMART_CARD_REQUIRED) == Some(true) => Judgement::warn(format!(
            "{name} must sign in with a smart card: a reset may be written back and still be of no use."
        ))
        .rule("smart card required")
        .step(Step {
            text: "If the user is to sign in with a password, clear \"Smart card is required for interactive logon\"."
                .to_owned(),
            command: Some(format!("Set-ADUser '{}' -SmartcardLogonRequired $false", super::enabled::identity(user))),
            run_on: Some("a machine with the ActiveDirectory module".to_owned()),
            verify_with: Some("Test-PasswordWritebackUser -Check PW911".to_owned()),
            ..Step::default()
        }),
        _ if is_linked(user) => Judgement::warn(format!(
            "{name} belongs to a linked mailbox: the password that the user signs in with lives in another forest."
        ))
        .rule("linked mailbox account")
        .step(other_account()),
        Some(ObjectKind::InetOrgPerson) => Judgement::warn(format!(
            "{name} is of class inetOrgPerson: rights that were granted for the class user do not reach it (PW512)."
        ))
        .rule("inetOrgPerson"),
        _ if normal == Some(false) => {
            Judgement::warn(format!("{name} is not marked as a normal account (0x200 of userAccountControl)."))
                .rule("0x200 missing")
        }
        Some(ObjectKind::User) if normal == Some(true) => {
            Judgement::pass(format!("{name} is an ordinary account with a password."))
        }
        Some(ObjectKind::User) => {
            Judgement::unknown(Reason::NotReadable, format!("userAccountControl of {name} could not be read."))
        }
        None => Judgement::unknown(Reason::NotReadable, format!("The classes of {name} could not be read.")),
    };
    let never_expires = match has_flag(user, NEVER_EXPIRES) {
        Some(true) => "yes; the user is then not made to change it after an administrator's reset",
        Some(false) => "no",
        None => "not read",
    };
    let classes = list(user.object_class.iter().map(String::as_str));
    let ordinary = ["top", "person", "organizationalPerson", "user"];
    let judgement = match user.user_account_control {
        Some(_) => judgement.bit(fact.record, "userAccountControl", SMART_CARD_REQUIRED).bit(
            fact.record,
            "userAccountControl",
            NORMAL_ACCOUNT,
        ),
        None => judgement.read(fact.record, "userAccountControl").or(NORMAL_ACCOUNT),
    };
    let judgement = judgement
        .read(fact.record, "msExchMasterAccountSid")
        .or(Value::Null)
        .read(fact.record, "objectClass")
        .or(ordinary.to_vec())
        .or([&ordinary[..], &["inetOrgPerson"]].concat())
        .read(fact.record, "isGmsa");
    Ok(judgement.with("objectClass", classes).with("password never expires", never_expires))
}

fn other_account() -> Step {
    Step { text: "Name the account that holds the user's password.".to_owned(), ..Step::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};

    #[test]
    fn only_a_plain_user_passes() {
        let target = Target::user("g", "anna", None);
        let plain = ["top", "person", "organizationalPerson", "user"];
        let (other, own) = (Some("S-1-5-21-9-9-9-1105"), Some("S-1-5-10"));
        for (extra, flags, owner, outcome) in [
            (None, Some(0x200), None, Status::Pass),
            (None, Some(0x1_0200), None, Status::Pass),
            (None, Some(0x4_0200), None, Status::Warn),
            (None, Some(0x200), other, Status::Warn),
            (None, Some(0x200), own, Status::Pass),
            (None, Some(0x0), None, Status::Warn),
            (Some("inetOrgPerson"), Some(0x200), None, Status::Warn),
            (Some("computer"), Some(0x1000), None, Status::Fail),
            (Some("computer"), None, None, Status::Fail),
            (None, None, None, Status::Unknown),
        ] {
            let user = User {
                object_class: plain.iter().copied().chain(extra).map(str::to_owned).collect(),
                user_account_control: flags,
                ms_exch_master_account_sid: owner.map(str::to_owned),
                ..User::default()
            };
            let judgement = Stage::new().add(&target, user).judge_at("PW911", &target.key);
            assert_eq!(judgement.outcome, outcome, "{extra:?} {flags:?} {owner:?}");
        }
    }

    #[test]
    fn contacts_are_no_users_and_unread_classes_are_unknown() {
        let target = Target::user("g", "anna", None);
        for (classes, outcome) in [(&["top", "person", "contact"][..], Status::Fail), (&[], Status::Unknown)] {
            let object_class = classes.iter().map(|class| (*class).to_owned()).collect();
            let user = User { object_class, user_account_control: Some(0x200), ..User::default() };
            let judgement = Stage::new().add(&target, user).judge_at("PW911", &target.key);
            assert_eq!(judgement.outcome, outcome, "{classes:?}");
        }
    }
}
