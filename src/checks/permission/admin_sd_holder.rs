use super::deciding::decided;
use super::evidence::{account, object};
use super::on_users::verify;
use super::steps::step;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Step};
use crate::checks::targets;
use crate::directory::{Right, Sid, Verdict, decide, guids, sid, well_known_name};

crate::declare_check! {
    PW515, "AdminSDHolder is not opened to the connector account",
    area: Permission, severity: Low, proof: C, class: Protected,
    target: Domain via targets::domains_with_rights,
    evidence: [SecurityDescriptor, TokenGroups],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Remove the ACE; do not use the AdminSDHolder switch of the vendor's setter.",
    link: "L-APXC", since: "0.1.0",
    rule: "Pass: Reset Password is not effectively granted on AdminSDHolder.
Warn: it is: administrators become resettable by the sync account, against Microsoft's advice, and the engine still refuses admin resets of privileged accounts.
Fail: never.
Unknown: the object is not readable, or the ACEs or the groups do not settle it.",
}

fn judge(case: &Case) -> Answer {
    let what = format!("AdminSDHolder of {}", clean(&case.target.display));
    let object = object(case.scene, &case.target.key, "adminSdHolder", &what)?;
    let account = account(case)?;
    let decision = decide(&object.descriptor, &account.token, Right::ResetPassword, object.class);
    let judgement = match decision.verdict {
        Verdict::Granted => Judgement::warn(format!(
            "{} has Reset Password on {what} ({}): the passwords of administrators can be reset with the sync account.",
            account.name, decision.why
        ))
        .step(remove(&object.dn, &account.sid(), decision.why.trustee, &verify(case))),
        Verdict::Denied | Verdict::NotGranted => {
            Judgement::pass(format!("{} does not have Reset Password on {what}.", account.name))
        }
        Verdict::Undecided(open) => Judgement::unknown(
            open.reason(),
            format!("Whether {} has Reset Password on {what} is not settled: {}.", account.name, decision.why),
        ),
    };
    Ok(decided(judgement.with("why", decision.why), case, account.holder(), &object, &decision))
}

/// Trustees that every account has in its token, or gets through Authenticated Users.
const EVERYBODY: [Sid; 6] =
    [sid::EVERYONE, sid::AUTHENTICATED_USERS, sid::THIS_ORGANIZATION, sid::NETWORK, sid::PRE_WIN2000, sid::USERS];

/// Takes away the account's own entries, or those of everybody, with the extended right; a grant to a group has
/// to be taken from the group.
fn remove(dn: &str, account: &str, trustee: Option<Sid>, verify: &str) -> Step {
    let (whose, text) = match trustee.filter(|trustee| EVERYBODY.contains(trustee)) {
        Some(all) => (
            all.to_string(),
            format!(
                "Remove the entry for {} ({all}), where the account cannot be taken out; it leaves the protected accounts within the hour.",
                well_known_name(&all).unwrap_or("everybody")
            ),
        ),
        None => (
            account.to_owned(),
            "Remove the entry; it leaves the protected accounts within the hour. Where it names a group, take the account out of that group.".to_owned(),
        ),
    };
    Step {
        text,
        command: Some(format!(
            "Import-Module ActiveDirectory; $path = 'AD:\\{}'; $acl = Get-Acl $path; $acl.GetAccessRules($true, $false, [System.Security.Principal.SecurityIdentifier]) | Where-Object {{ $_.IdentityReference.Value -eq '{whose}' -and $_.AccessControlType -eq 'Allow' -and $_.ActiveDirectoryRights.HasFlag([System.DirectoryServices.ActiveDirectoryRights]::ExtendedRight) -and $_.ObjectType -in [guid]'{}', [guid]::Empty }} | ForEach-Object {{ [void]$acl.RemoveAccessRuleSpecific($_) }}; Set-Acl $path $acl",
            dn.replace('\'', "''"),
            guids::RESET_PASSWORD
        )),
        ..step(verify)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        ACCOUNT, AUTHENTICATED_USERS, TestAce, account, allow, deny, domain, groups, sd, stage,
    };
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Reason, Status};
    use crate::evidence::{Kind, State, TokenGroups};

    #[test]
    fn a_grant_warns_and_nothing_fails() {
        let right = Right::ResetPassword;
        let conditional = TestAce { conditional: true, ..allow(right) };
        for (aces, outcome) in [
            (vec![], Status::Pass),
            (vec![deny(right)], Status::Pass),
            (vec![allow(Right::ChangePassword)], Status::Pass),
            (vec![allow(right)], Status::Warn),
            (vec![conditional], Status::Unknown),
        ] {
            let stage = stage().add(&domain(), sd("adminSdHolder", true, &aces));
            assert_eq!(stage.judge_at("PW515", &domain().key).outcome, outcome, "{aces:?}");
        }
    }

    #[test]
    fn what_grants_it_is_removed_and_no_entry_beside_it() {
        let own = allow(Right::ResetPassword);
        let group = "S-1-5-21-1-2-3-1200";
        for (trustee, whose, text) in [
            (ACCOUNT, ACCOUNT, "Remove the entry; "),
            (group, ACCOUNT, "Remove the entry; "),
            (AUTHENTICATED_USERS, AUTHENTICATED_USERS, "Remove the entry for Authenticated Users (S-1-5-11)"),
        ] {
            let groups = TokenGroups { sids: vec![group.to_owned()], ..groups() };
            let holder = sd("adminSdHolder", true, &[TestAce { sid: trustee, ..own.clone() }]);
            let stage = Stage::new().add(&account(), groups).add(&domain(), holder);
            let step = stage.judge_at("PW515", &domain().key).steps.remove(0);
            assert!(step.text.starts_with(text), "{}", step.text);
            let command = step.command.unwrap();
            for part in [&format!("-eq '{whose}'"), "::ExtendedRight) -and $_.ObjectType -in [guid]'00299570"] {
                assert!(command.contains(part), "{part} in {command}");
            }
        }
    }

    #[test]
    fn an_unread_object_is_unknown() {
        let unread = stage().add_failed(&domain(), Kind::SecurityDescriptor, State::Timeout, "ldap");
        assert_eq!(unread.judge_at("PW515", &domain().key).reason, Some(Reason::Timeout));
    }
}
