//! Commands that grant a right, for the ActiveDirectory module.

use crate::catalog::Step;
use crate::directory::{Needs, Right, guids};

/// Grants a right on the users below a container or the head of the domain.
pub fn grant_on_users(right: Right, dn: &str, sid: &str, verify: &str) -> Step {
    let user = guids::USER;
    Step {
        text: format!(
            "Grant {} to the connector account on {dn}, for descendant user objects (for inetOrgPerson objects as well, where there are any).",
            right.name()
        ),
        command: Some(add_rule(right, dn, sid, &format!("'Descendents', [guid]'{user}'"))),
        ..step(verify)
    }
}

/// Grants a right on one object and on what is below.
pub fn grant_on_object(right: Right, dn: &str, sid: &str, verify: &str) -> Step {
    Step {
        text: format!("Grant {} to the connector account on {dn}, this object and all descendants.", right.name()),
        command: Some(add_rule(right, dn, sid, "'All'")),
        ..step(verify)
    }
}

fn add_rule(right: Right, dn: &str, sid: &str, reach: &str) -> String {
    let (kind, guid) = match right.needs() {
        Needs::Control(guid) => ("ExtendedRight", guid),
        Needs::Property { attribute, .. } => ("WriteProperty", attribute),
        Needs::AllProperties => ("ReadProperty", guids::Guid::nil()),
        Needs::Object if right == Right::ListContents => ("ListChildren", guids::Guid::nil()),
        Needs::Object => ("ReadControl", guids::Guid::nil()),
    };
    format!(
        "Import-Module ActiveDirectory; $path = 'AD:\\{}'; $acl = Get-Acl $path; $acl.AddAccessRule([System.DirectoryServices.ActiveDirectoryAccessRule]::new([System.Security.Principal.SecurityIdentifier]'{sid}', '{kind}', 'Allow', [guid]'{guid}', {reach})); Set-Acl $path $acl",
        dn.replace('\'', "''")
    )
}

/// Turns inheritance on again at one object.
pub fn inherit_again(dn: &str, verify: &str) -> Step {
    Step {
        text: format!(
            "Turn inheritance on at {dn} (Active Directory Users and Computers, View > Advanced Features, Properties > Security > Advanced > Enable inheritance); look first why it was turned off."
        ),
        command: Some(format!(
            "Import-Module ActiveDirectory; $path = 'AD:\\{}'; $acl = Get-Acl $path; $acl.SetAccessRuleProtection($false, $true); Set-Acl $path $acl",
            dn.replace('\'', "''")
        )),
        ..step(verify)
    }
}

pub fn step(verify: &str) -> Step {
    Step {
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        needs_rights: Some("Domain Admins, or the right to change permissions there".to_owned()),
        verify_with: Some(verify.to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_names_the_right_by_its_guid_and_the_account_by_its_sid() {
        let command = grant_on_users(Right::ResetPassword, "OU=O'Neil,DC=x", "S-1-5-21-1", "v").command.unwrap();
        for part in [
            "'AD:\\OU=O''Neil,DC=x'",
            "'S-1-5-21-1'",
            "'ExtendedRight'",
            "00299570-246d-11d0-a768-00aa006e0529",
            "'Descendents', [guid]'bf967aba",
        ] {
            assert!(command.contains(part), "{part} in {command}");
        }
        let command = grant_on_object(Right::ReadControl, "DC=x", "S-1-5-11", "v").command.unwrap();
        assert!(
            command.contains("'ReadControl', 'Allow', [guid]'00000000-0000-0000-0000-000000000000', 'All'"),
            "{command}"
        );
    }
}
