//! Which users stand below a container, and which protected object keeps grants from them.

use crate::catalog::{Case, Scene, Target};
use crate::checks::permission::facts::descriptor;
use crate::checks::targets::domain_key;
use crate::directory::Descriptor;
use crate::evidence::{SecurityDescriptor, User};

/// DNs compare without regard to case here: both sides come from the directory in its own spelling.
pub fn stands_below(user: &User, container: &str) -> bool {
    user.parent_containers.iter().any(|dn| dn.eq_ignore_ascii_case(container))
}

/// What stands nearest between a user and the head of the domain with its inheritance off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The container of the case.
    This,
    /// The user itself, or a nearer container.
    Nearer,
    /// A nearer container was not read.
    Unknown,
}

/// Whether the container of the case is what keeps grants from a user below it.
pub fn blame(case: &Case, user: &User, own: &Descriptor) -> Blame {
    let nearer = user.parent_containers.iter().take_while(|dn| !dn.eq_ignore_ascii_case(&case.target.display));
    blame_among(own.is_protected(), nearer.map(|dn| is_protected(case.scene, case.target, dn)))
}

/// The same from what is known of the user and of each container that stands nearer.
pub fn blame_among(own: bool, nearer: impl IntoIterator<Item = Option<bool>>) -> Blame {
    if own {
        return Blame::Nearer;
    }
    for is_protected in nearer {
        match is_protected {
            Some(true) => return Blame::Nearer,
            Some(false) => {}
            None => return Blame::Unknown,
        }
    }
    Blame::This
}

/// Whether inheritance is off at a container of the same domain.
fn is_protected(scene: &Scene, near: &Target, dn: &str) -> Option<bool> {
    let domain = Target { key: domain_key(near)?.to_owned(), ..near.clone() };
    let key = Target::container(dn, &domain).key;
    let facts = scene.evidence.facts_at::<SecurityDescriptor>(&key);
    facts.first().and_then(|fact| descriptor(fact.data).ok()).map(|descriptor| descriptor.is_protected())
}
