//! Commands that grant a right, for the ActiveDirectory module.

use crate::catalog::Step;
use crate::directory::{Guid, Needs, Right, Sid, Verdict, Why, guids, well_known_name};

/// Grants a right on the objects of one class below a container or the head of the domain.
pub fn grant_below(right: Right, dn: &str, sid: &str, class: Guid, verify: &str) -> Step {
    let name = guids::name(&class).unwrap_or("user");
    Step {
        text: format!("Grant {} to the connector account on {dn}, for descendant {name} objects.", right.name()),
        command: Some(add_rule(right, dn, sid, &format!("'Descendents', [guid]'{class}'"))),
        ..step(verify)
    }
}

/// Takes away what decided against a right on `dn`, where a deny did: an empty list denies too, and names
/// nobody.
pub fn without_deny(why: &Why, dn: &str, verify: &str) -> Option<Step> {
    let denied = (why.decision == Verdict::Denied).then_some(why.trustee)??;
    Some(remove_deny(why.right, dn, &denied, why.inherited, verify))
}

/// Takes away what denies a right. A grant beside it would not help: a deny of the same level comes first in
/// the canonical order, and one on the object itself before all that is inherited.
pub fn remove_deny(right: Right, dn: &str, trustee: &Sid, inherited: bool, verify: &str) -> Step {
    let who = well_known_name(trustee).map_or_else(|| trustee.to_string(), |name| format!("{name} ({trustee})"));
    let place = if inherited { "at the parent that it is inherited from (column \"Inherited from\")" } else { "there" };
    Step {
        text: format!(
            "Remove the entry that denies {} to {who} on {dn}, {place}: Active Directory Users and Computers, View > Advanced Features, Properties > Security > Advanced. The command lists the deny entries; look first why they are there.",
            right.name()
        ),
        command: Some(format!(
            "Import-Module ActiveDirectory; (Get-Acl 'AD:\\{}').Access | Where-Object AccessControlType -eq Deny",
            quoted(dn)
        )),
        ..step(verify)
    }
}

/// To whom a right is given.
#[derive(Clone, Copy, Debug)]
pub struct Grantee<'a> {
    pub name: &'a str,
    pub sid: &'a str,
}

/// What a grant on an object is for (`System.DirectoryServices.ActiveDirectorySecurityInheritance`).
#[derive(Clone, Copy, Debug)]
pub enum AppliesTo {
    ThisObject,
    ThisObjectAndDescendants,
}

/// Grants a right on one object.
pub fn grant_on_object(right: Right, dn: &str, to: Grantee, applies_to: AppliesTo, verify: &str) -> Step {
    let (objects, inheritance) = match applies_to {
        AppliesTo::ThisObject => ("this object only", "'None'"),
        AppliesTo::ThisObjectAndDescendants => ("this object and all descendants", "'All'"),
    };
    Step {
        text: format!("Grant {} to {} on {dn}, {objects}.", right.name(), to.name),
        command: Some(add_rule(right, dn, to.sid, inheritance)),
        ..step(verify)
    }
}

/// A DN between single quotes of PowerShell. One that was cut for display names another object, so it is
/// left for the reader to fill in.
fn quoted(dn: &str) -> String {
    if dn.ends_with('…') { "<distinguished name>".to_owned() } else { dn.replace('\'', "''") }
}

fn add_rule(right: Right, dn: &str, sid: &str, reach: &str) -> String {
    let (kind, guid) = match right.needs() {
        Needs::Control(guid) => ("ExtendedRight", guid),
        Needs::Property { attribute, .. } => ("WriteProperty", attribute),
        Needs::AllProperties => ("ReadProperty", Guid::nil()),
        Needs::Object if right == Right::ListContents => ("ListChildren", Guid::nil()),
        Needs::Object => ("ReadControl", Guid::nil()),
    };
    format!(
        "Import-Module ActiveDirectory; $path = 'AD:\\{}'; $acl = Get-Acl $path; $acl.AddAccessRule([System.DirectoryServices.ActiveDirectoryAccessRule]::new([System.Security.Principal.SecurityIdentifier]'{sid}', '{kind}', 'Allow', [guid]'{guid}', {reach})); Set-Acl $path $acl",
        quoted(dn)
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
            quoted(dn)
        )),
        ..step(verify)
    }
}

/// Turns inheritance on at the users of a container where it is off: a grant on the container would not reach
/// them.
pub fn inherit_again_below(dn: &str, verify: &str) -> Step {
    Step {
        text: format!(
            "Turn inheritance on at the users in {dn} where it is off (PW919 names them); look first why it was turned off. The command lists them."
        ),
        command: Some(format!(
            "Import-Module ActiveDirectory; Get-ADUser -SearchBase '{}' -SearchScope OneLevel -Filter * -Properties nTSecurityDescriptor | Where-Object {{ $_.nTSecurityDescriptor.AreAccessRulesProtected }}",
            quoted(dn)
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
        let command =
            grant_below(Right::ResetPassword, "OU=O'Neil,DC=x", "S-1-5-21-1", guids::USER, "v").command.unwrap();
        for part in [
            "'AD:\\OU=O''Neil,DC=x'",
            "'S-1-5-21-1'",
            "'ExtendedRight'",
            "00299570-246d-11d0-a768-00aa006e0529",
            "'Descendents', [guid]'bf967aba",
        ] {
            assert!(command.contains(part), "{part} in {command}");
        }
        let cut = inherit_again("OU=long…", "v").command.unwrap();
        assert!(cut.contains("'AD:\\<distinguished name>'"), "{cut}");
        let deny = remove_deny(Right::ResetPassword, "OU=a", &"S-1-5-11".parse().unwrap(), true, "v");
        for part in ["Reset Password", "Authenticated Users (S-1-5-11)", "OU=a", "Inherited from"] {
            assert!(deny.text.contains(part), "{part} in {}", deny.text);
        }
    }

    #[test]
    fn a_grant_on_an_object_says_to_whom_and_for_which_objects() {
        let to = Grantee { name: "Authenticated Users", sid: "S-1-5-11" };
        for (applies_to, objects, inheritance) in [
            (AppliesTo::ThisObject, "this object only", "'None'"),
            (AppliesTo::ThisObjectAndDescendants, "this object and all descendants", "'All'"),
        ] {
            let step = grant_on_object(Right::ReadControl, "DC=x", to, applies_to, "v");
            assert_eq!(step.text, format!("Grant Read permissions to Authenticated Users on DC=x, {objects}."));
            let rule = format!("'ReadControl', 'Allow', [guid]'00000000-0000-0000-0000-000000000000', {inheritance}");
            assert!(step.command.is_some_and(|command| command.contains(&rule) && command.contains("'S-1-5-11'")));
        }
    }
}
