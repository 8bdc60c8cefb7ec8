//! Do grants on a container reach the objects below it? ([MS-DTYP] 2.5.3.4; catalog PW512)
//!
//! Every object of a directory can hold others, so only CONTAINER_INHERIT passes an ACE on. A protected
//! container in between stops everything; that is another question (PW510) and not asked here.

use super::descriptor::{Ace, AceKind, Descriptor};
use super::guids::Guid;
use super::matching::{Asked, Fit, fit};
use super::right::{Right, map_generic};
use super::sid::Sid;
use super::token::Token;

/// How far an allow ACE of an ancestor gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Arrives,
    /// It has no container-inherit flag.
    ThisObjectOnly,
    /// It stops after the direct children.
    NoPropagate,
    /// It is for objects of this class.
    OtherClass(Guid),
    /// It is for objects of one class, and the class of the child is not known.
    ClassUnknown,
    /// It arrives, after a deny of the same right that arrives as well.
    DeniedFirst {
        ace: usize,
    },
}

/// An unconditional allow ACE for a SID of the token that speaks about the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub ace: usize,
    pub trustee: Sid,
    pub inherited: bool,
    pub reach: Reach,
}

/// All grants in the ancestor's list, in its order, for a child of that class.
///
/// The order of inherited ACEs is the order of the parent's list, so a deny before the grant here is one
/// before it there. ACEs that are conditional or of open meaning are neither grants nor denies.
pub fn grants(
    ancestor: &Descriptor,
    token: &Token,
    right: Right,
    child_class: Option<Guid>,
    direct_child: bool,
) -> Vec<Grant> {
    let aces = ancestor.aces();
    let asked = Asked::new(right, child_class);
    let speaks = |ace: &Ace| matches!(fit(ace, &asked), Fit::Yes(_)) && token.contains(&ace.sid);
    let mut grants = Vec::new();
    let mut denied = None;
    for (index, ace) in aces.iter().enumerate() {
        match ace.kind {
            AceKind::Deny | AceKind::DenyObject if denied.is_none() && speaks(ace) => {
                denied = (travel(ace, child_class, direct_child) == Reach::Arrives).then_some(index);
            }
            AceKind::Allow | AceKind::AllowObject if speaks(ace) => {
                let reach = match (travel(ace, child_class, direct_child), denied) {
                    (Reach::Arrives, Some(ace)) => Reach::DeniedFirst { ace },
                    (reach, _) => reach,
                };
                grants.push(Grant { ace: index, trustee: ace.sid, inherited: ace.is_inherited(), reach });
            }
            _ => {}
        }
    }
    grants
}

/// Whether an inherited ACE may come from this ancestor: the same one is set there, to be passed on. One that
/// names no class of objects may come from any: on the object itself the class says nothing more.
pub fn passes_on(ancestor: &Descriptor, inherited: &Ace) -> bool {
    let aces = ancestor.aces();
    aces.iter().any(|ace| {
        !ace.is_inherited()
            && ace.flags & Ace::CONTAINER_INHERIT != 0
            && (ace.kind, ace.sid, ace.object_type) == (inherited.kind, inherited.sid, inherited.object_type)
            && inherited.inherited_object_type.is_none_or(|class| ace.inherited_object_type == Some(class))
            && map_generic(ace.mask) == map_generic(inherited.mask)
    })
}

fn travel(ace: &Ace, child_class: Option<Guid>, direct_child: bool) -> Reach {
    if ace.flags & Ace::CONTAINER_INHERIT == 0 {
        return Reach::ThisObjectOnly;
    }
    if ace.flags & Ace::NO_PROPAGATE != 0 && !direct_child {
        return Reach::NoPropagate;
    }
    match (ace.inherited_object_type, child_class) {
        (Some(_), None) => Reach::ClassUnknown,
        (Some(class), Some(child)) if class != child => Reach::OtherClass(class),
        _ => Reach::Arrives,
    }
}
