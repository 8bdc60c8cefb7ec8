//! The rights that checks ask for, and what in an ACE speaks about them.

use super::guids::{self, Guid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const LIST: u32 = 0x4;
pub const READ_PROPERTY: u32 = 0x10;
pub const WRITE_PROPERTY: u32 = 0x20;
pub const CONTROL_ACCESS: u32 = 0x100;
pub const READ_CONTROL: u32 = 0x2_0000;
/// Everything a directory object knows; what GENERIC_ALL maps to.
pub const FULL_CONTROL: u32 = 0x000F_01FF;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Right {
    ResetPassword,
    ChangePassword,
    UnexpirePassword,
    WriteLockoutTime,
    WritePwdLastSet,
    /// All properties: a grant of single ones is not enough.
    ReadProperties,
    ListContents,
    ReadControl,
}

/// What the ObjectType of an ACE has to be to speak about a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// An extended right: its own GUID ([MS-ADTS] 5.1.3.3.4).
    Control(Guid),
    /// A property: the attribute, its property set, or the object's class ([MS-ADTS] 5.1.3.3.3).
    Property { attribute: Guid, set: Option<Guid> },
    /// Every property at once: only the object's class.
    AllProperties,
    /// The object as a whole.
    Object,
}

impl Right {
    /// As the editor of permissions and documentation call it.
    pub fn name(self) -> &'static str {
        match self {
            Right::ResetPassword => "Reset Password",
            Right::ChangePassword => "Change Password",
            Right::UnexpirePassword => "Unexpire Password",
            Right::WriteLockoutTime => "Write lockoutTime",
            Right::WritePwdLastSet => "Write pwdLastSet",
            Right::ReadProperties => "Read all properties",
            Right::ListContents => "List contents",
            Right::ReadControl => "Read permissions",
        }
    }

    /// The bit of the mask ([MS-ADTS] 5.1.3.2).
    pub fn mask(self) -> u32 {
        match self {
            Right::ResetPassword | Right::ChangePassword | Right::UnexpirePassword => CONTROL_ACCESS,
            Right::WriteLockoutTime | Right::WritePwdLastSet => WRITE_PROPERTY,
            Right::ReadProperties => READ_PROPERTY,
            Right::ListContents => LIST,
            Right::ReadControl => READ_CONTROL,
        }
    }

    pub fn needs(self) -> Needs {
        match self {
            Right::ResetPassword => Needs::Control(guids::RESET_PASSWORD),
            Right::ChangePassword => Needs::Control(guids::CHANGE_PASSWORD),
            Right::UnexpirePassword => Needs::Control(guids::UNEXPIRE_PASSWORD),
            Right::WriteLockoutTime => Needs::Property { attribute: guids::LOCKOUT_TIME, set: None },
            Right::WritePwdLastSet => {
                Needs::Property { attribute: guids::PWD_LAST_SET, set: Some(guids::USER_ACCOUNT_RESTRICTIONS) }
            }
            Right::ReadProperties => Needs::AllProperties,
            Right::ListContents | Right::ReadControl => Needs::Object,
        }
    }
}

/// The mask with its generic bits replaced by what they mean for a directory object ([MS-ADTS] 5.1.3.2).
pub fn map_generic(mask: u32) -> u32 {
    const GENERIC: [(u32, u32); 4] =
        [(0x1000_0000, FULL_CONTROL), (0x2000_0000, 0x2_0004), (0x4000_0000, 0x2_0028), (0x8000_0000, 0x2_0094)];
    let meant = GENERIC.iter().filter(|(bit, _)| mask & bit != 0).fold(0, |all, (_, meaning)| all | meaning);
    (mask & 0x0FFF_FFFF) | meant
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_bits_mean_what_they_mean_for_directory_objects() {
        for (generic, granted, not_granted) in [
            (0x1000_0000, FULL_CONTROL, 0),
            (0x2000_0000, LIST | READ_CONTROL, READ_PROPERTY | CONTROL_ACCESS),
            (0x4000_0000, WRITE_PROPERTY | READ_CONTROL, CONTROL_ACCESS | READ_PROPERTY),
            (0x8000_0000, READ_PROPERTY | LIST | READ_CONTROL, WRITE_PROPERTY | CONTROL_ACCESS),
            (WRITE_PROPERTY, WRITE_PROPERTY, READ_CONTROL),
        ] {
            let mapped = map_generic(generic);
            assert_eq!((mapped & granted, mapped & not_granted, mapped >> 28), (granted, 0, 0), "{generic:#x}");
        }
    }
}
