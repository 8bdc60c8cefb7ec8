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
    if own.is_protected() {
        return Blame::Nearer;
    }
    let nearer = user.parent_containers.iter().take_while(|dn| !dn.eq_ignore_ascii_case(&case.target.display));
    for dn in nearer {
        match is_protected(case.scene, case.target, dn) {
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
