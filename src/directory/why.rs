//! The result of an access check and its reason, as data and in words.

use super::right::Right;
use super::sid::Sid;
use super::sid_names::well_known_name;
use crate::catalog::Reason;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    pub verdict: Verdict,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    Granted,
    /// A deny ACE comes first, or the list is empty.
    Denied,
    /// No ACE speaks about it.
    NotGranted,
    Undecided(Undecided),
}

/// What stands between the evidence and a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Undecided {
    /// The condition of a callback ACE is not evaluated.
    Conditional,
    /// The ACE names the object's class, and the sources do not settle whether that covers the right.
    ClassControlAccess,
    /// The ACE may name the object's class, which was not read.
    ClassUnknown,
    /// A deny of one part stands before the grant of the whole.
    PartlyDenied,
    /// An ACE of a type that this program does not know.
    UnknownAce,
    /// Nothing grants it to the SIDs that are known, but not all are.
    TokenIncomplete,
}

impl Undecided {
    /// The reason of the Unknown finding (catalog 2.3).
    pub fn reason(self) -> Reason {
        match self {
            Undecided::Conditional | Undecided::UnknownAce => Reason::ToolLimit,
            Undecided::ClassControlAccess | Undecided::PartlyDenied => Reason::Ambiguous,
            Undecided::ClassUnknown | Undecided::TokenIncomplete => Reason::Partial,
        }
    }
}

/// Catalog 2.3 (7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    pub right: Right,
    pub decision: Verdict,
    /// Place in the stored list, from 0: of the ACE that decides, or that leaves it undecided.
    pub ace_index: Option<usize>,
    pub inherited: bool,
    pub trustee: Option<Sid>,
    pub via: Via,
}

/// What the deciding ACE speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Via {
    /// The right itself.
    Right,
    AllExtended,
    FullControl,
    Property,
    PropertySet,
    AllProperties,
    Class,
    /// There is no list: everyone may do everything.
    NullDacl,
    /// The list has no entry: nobody may do anything.
    EmptyDacl,
    Owner,
    /// No ACE decides.
    Missing,
}

impl Via {
    /// How a wider grant covers the right; empty where the ACE names it.
    fn words(self) -> &'static str {
        match self {
            Via::AllExtended => " through all extended rights",
            Via::FullControl => " through full control",
            Via::PropertySet => " through its property set",
            Via::AllProperties => " through all properties",
            Via::Class => " through the class of the object",
            Via::Right | Via::Property | Via::NullDacl | Via::EmptyDacl | Via::Owner | Via::Missing => "",
        }
    }
}

impl Why {
    /// The reason in words, of which several sentences are made.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(128);
        write!(text, "{self}").expect("a String takes all");
        text
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let right = self.right.name();
        match self.via {
            Via::NullDacl => return write!(f, "the object has no DACL, so everyone has {right}"),
            Via::EmptyDacl => return write!(f, "the DACL is empty, so nobody has {right}"),
            Via::Owner => return write!(f, "{} owns the object and so has {right}", Trustee(self.trustee)),
            _ => {}
        }
        let origin = if self.inherited { "inherited" } else { "explicit" };
        let via = if self.right == Right::ReadProperties { "" } else { self.via.words() };
        let Some(index) = self.ace_index else {
            return match self.decision {
                Verdict::Undecided(_) => {
                    write!(f, "no ACE grants {right} to the groups that are known, but not all groups could be read")
                }
                _ => write!(f, "no ACE grants {right}"),
            };
        };
        let trustee = Trustee(self.trustee);
        let open = match self.decision {
            Verdict::Granted => return write!(f, "{origin} allow for {trustee}, ACE {index}, of {right}{via}"),
            Verdict::Denied => return write!(f, "{origin} deny for {trustee}, ACE {index}, of {right}{via}"),
            Verdict::NotGranted => return write!(f, "no ACE grants {right}"),
            Verdict::Undecided(open) => open,
        };
        match open {
            Undecided::Conditional => {
                write!(f, "{origin} conditional ACE for {trustee}, ACE {index}, may decide {right}; not evaluated")
            }
            Undecided::UnknownAce => {
                write!(f, "{origin} ACE {index} of an unknown type may decide {right}; not evaluated")
            }
            Undecided::ClassControlAccess => {
                write!(f, "{origin} ACE for {trustee}, ACE {index}, names the class; whether it covers {right} is open")
            }
            Undecided::ClassUnknown => write!(
                f,
                "{origin} ACE for {trustee}, ACE {index}, may name the object's class, which is not known; {right} is open"
            ),
            Undecided::PartlyDenied => {
                write!(f, "{origin} deny for {trustee}, ACE {index}, takes a part out of {right}")
            }
            Undecided::TokenIncomplete => write!(f, "not all groups could be read, so {right} is open"),
        }
    }
}

/// "Authenticated Users (S-1-5-11)", or the SID alone.
struct Trustee(Option<Sid>);

impl fmt::Display for Trustee {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            None => f.write_str("an unknown trustee"),
            Some(sid) => match well_known_name(sid) {
                Some(name) => write!(f, "{name} ({sid})"),
                None => write!(f, "{sid}"),
            },
        }
    }
}
