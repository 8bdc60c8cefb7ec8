use super::enabled::identity;
use super::fields;
use super::protection::{Protection, is_marked, protection_at};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{SecurityDescriptor, User};

crate::declare_check! {
    PW918, "No leftover protection marks the user",
    area: User, severity: Medium, proof: B, class: Protected,
    target: User via targets::found_users,
    evidence: [User, SecurityDescriptor],
    runs_at: DomainNetwork,
    blocked_by: [PW901, PW917],
    remediation: "Clear adminCount, re-enable inheritance on the user, then test PW505.",
    link: "L-APXC", since: "0.1.0",
    rule: "Pass: adminCount is not 1 (not returned counts as not set where userAccountControl was returned).
Fail: adminCount is 1 although the user is in no protected group: inheritance is usually off, and admin resets are refused (80231367).
Unknown: adminCount is 1 and the membership is not readable, or nothing of the account is readable.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let judgement = match (is_marked(user), protection_at(case.scene, case.target, user)) {
        (Some(false), _) => Judgement::pass(format!("adminCount of {name} is not 1.")),
        (Some(true), Protection::Leftover) => {
            let dn = clean(user.dn.as_deref().unwrap_or_default());
            Judgement::fail(format!(
                "{name} was a protected account and is none any more, but adminCount is still 1: an administrator's reset is refused (80231367)."
            ))
            .step(Step {
                text: "Clear adminCount, then turn inheritance on again at the user (Security > Advanced > Enable inheritance).".to_owned(),
                command: Some(format!(
                    "Set-ADUser '{}' -Clear adminCount; $path = 'AD:\\{}'; $acl = Get-Acl $path; $acl.SetAccessRuleProtection($false, $true); Set-Acl $path $acl",
                    identity(user),
                    dn.replace('\'', "''")
                )),
                run_on: Some("a machine with the ActiveDirectory module".to_owned()),
                needs_rights: Some("Domain Admins".to_owned()),
                verify_with: Some("Test-PasswordWritebackUser -Check PW918,PW505".to_owned()),
                ..Step::default()
            })
        }
        (Some(true), _) => Judgement::unknown(
            Reason::NotReadable,
            format!("adminCount of {name} is 1, but whether a protected group is the reason could not be read."),
        ),
        (None, _) => Judgement::unknown(Reason::NotReadable, format!("adminCount of {name} could not be read.")),
    };
    let count = user.admin_count.map_or("not returned".to_owned(), |count| count.to_string());
    let descriptors = case.facts::<SecurityDescriptor>();
    let descriptor = descriptors.first().and_then(|fact| crate::checks::permission::facts::descriptor(fact.data).ok());
    let inheritance = match descriptor.map(|descriptor| descriptor.is_protected()) {
        Some(true) => "off",
        Some(false) => "on",
        None => "not read",
    };
    let judgement = judgement.read(fact.record, "adminCount").or(0).or(1);
    let judgement = match is_marked(user) {
        Some(true) => fields::groups(judgement, fact, None),
        Some(false) => judgement,
        None => judgement.read(fact.record, "userAccountControl").or(0),
    };
    Ok(judgement.with("adminCount", count).with("inheritance", inheritance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::checks::permission::testing::{member, sd, stage, user};

    #[test]
    fn only_a_mark_without_a_protected_group_fails() {
        for (admin_count, flags, groups, outcome) in [
            (None, Some(0x200), Some(&[][..]), Status::Pass),
            (Some(0), Some(0x200), Some(&[]), Status::Pass),
            (Some(1), Some(0x200), Some(&[]), Status::Fail),
            (Some(1), Some(0x200), None, Status::Unknown),
            (None, None, Some(&[]), Status::Unknown),
            (None, Some(0x200), None, Status::Pass),
        ] {
            let member_of_transitive = groups.map(|all: &[&str]| all.iter().map(|sid| (*sid).to_owned()).collect());
            let data = User { member_of_transitive, admin_count, user_account_control: flags, ..member(&[], false) };
            let judgement = stage()
                .add(&user("anna"), data)
                .add(&user("anna"), sd("user", true, &[]))
                .judge_at("PW918", &user("anna").key);
            assert_eq!(judgement.outcome, outcome, "{admin_count:?} {flags:?} {groups:?}");
            assert!(judgement.evidence.iter().any(|line| line.name == "inheritance" && line.value == "off"));
        }
    }
}
