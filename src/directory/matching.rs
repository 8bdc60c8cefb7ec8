//! Does an ACE speak about a right? Mask and ObjectType alone; whose ACE it is, is asked elsewhere.

use super::descriptor::Ace;
use super::guids::{Guid, is_no_class};
use super::right::{FULL_CONTROL, Needs, Right, map_generic};
use super::why::{Undecided, Via};

/// How an ACE relates to a right on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    No,
    /// It speaks about the right.
    Yes(Via),
    /// It may do so: the sources do not settle it, or the class of the object is not known.
    Maybe(Undecided),
    /// It speaks about one part (a property, a child class) of a right that means the whole object: as an
    /// allow too little, as a deny a hole.
    Part,
}

/// A right, with what an ACE is compared with worked out once for a whole list.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub right: Right,
    mask: u32,
    needs: Needs,
    /// `schemaIDGUID` of the object's structural class, where it is known.
    class: Option<Guid>,
}

impl Asked {
    pub fn new(right: Right, class: Option<Guid>) -> Asked {
        Asked { right, mask: right.mask(), needs: right.needs(), class }
    }
}

/// CONTROL_ACCESS with the GUID of the class is not settled by the sources (catalog 2.3 (2)): it is
/// remembered and decides nothing. The same goes for the object's own bits (list, read permissions).
#[inline]
pub fn fit(ace: &Ace, asked: &Asked) -> Fit {
    let mask = map_generic(ace.mask);
    if mask & asked.mask == 0 {
        return Fit::No;
    }
    let (needs, class) = (&asked.needs, asked.class.as_ref());
    let Some(object_type) = &ace.object_type else {
        return Fit::Yes(match needs {
            _ if mask & FULL_CONTROL == FULL_CONTROL => Via::FullControl,
            Needs::Control(_) => Via::AllExtended,
            Needs::Property { .. } | Needs::AllProperties => Via::AllProperties,
            Needs::Object => Via::Right,
        });
    };
    match needs {
        Needs::Control(own) if object_type == own => return Fit::Yes(Via::Right),
        Needs::Property { attribute, .. } if object_type == attribute => return Fit::Yes(Via::Property),
        Needs::Property { set: Some(set), .. } if object_type == set => return Fit::Yes(Via::PropertySet),
        _ => {}
    }
    match (needs, class) {
        (Needs::Property { .. } | Needs::AllProperties, Some(class)) if object_type == class => Fit::Yes(Via::Class),
        (Needs::Control(_) | Needs::Object, Some(class)) if object_type == class => {
            Fit::Maybe(Undecided::ClassControlAccess)
        }
        (_, None) if !is_no_class(object_type) => Fit::Maybe(Undecided::ClassUnknown),
        (Needs::AllProperties | Needs::Object, _) => Fit::Part,
        _ => Fit::No,
    }
}
