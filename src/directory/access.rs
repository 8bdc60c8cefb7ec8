//! Effective rights on one object ([MS-ADTS] 5.1.3.3, [MS-DTYP] 2.5.3.2; catalog 2.3).
//!
//! The list is walked as stored, never sorted, and the first ACE that settles the right decides. An ACE
//! that cannot be settled (a condition, a GUID whose meaning is open, an unknown type) is remembered. A
//! remembered deny before a grant, and a remembered allow before a refusal, make the result undecided:
//! never a wrong Yes, and no wrong No either. An unknown type may do both, whoever it names, because the
//! layout of its body is not known; after the deciding ACE it changes nothing.

use super::descriptor::{Ace, AceKind, Dacl, Descriptor};
use super::guids::Guid;
use super::matching::{Asked, Fit, fit};
use super::right::Right;
use super::sid::OWNER_RIGHTS;
use super::token::Token;
use super::why::{Decision, Undecided, Verdict, Via, Why};

/// May the token use the right on the object of this descriptor?
///
/// `class` is the `schemaIDGUID` of the object's structural class; without it, an ACE for a GUID that may
/// be that class leaves the right undecided.
pub fn decide(descriptor: &Descriptor, token: &Token, right: Right, class: Option<Guid>) -> Decision {
    let Dacl::Aces(aces) = &descriptor.dacl else {
        return without_ace(right, Verdict::Granted, Via::NullDacl);
    };
    let is_owner = || descriptor.owner.is_some_and(|owner| token.contains(&owner));
    // The owner may read the permissions without any ACE, unless one for Owner Rights takes that over.
    let speaks_of_owner = |ace: &Ace| !ace.is_inherit_only() && ace.sid == OWNER_RIGHTS;
    if right == Right::ReadControl && is_owner() && !aces.iter().any(speaks_of_owner) {
        return by_owner(descriptor, aces);
    }
    if aces.is_empty() {
        return without_ace(right, Verdict::Denied, Via::EmptyDacl);
    }
    let names_token = |ace: &Ace| token.contains(&ace.sid) || (ace.sid == OWNER_RIGHTS && is_owner());
    walk(aces, names_token, token.is_complete(), &Asked::new(right, class))
}

/// No ACE is known to be for Owner Rights; one of unknown type may be.
fn by_owner(descriptor: &Descriptor, aces: &[Ace]) -> Decision {
    let is_open = |ace: &Ace| !ace.is_inherit_only() && matches!(ace.kind, AceKind::Unknown(_));
    if let Some(index) = aces.iter().position(is_open) {
        return undecided(aces, index, Right::ReadControl, Undecided::UnknownAce);
    }
    let mut decision = without_ace(Right::ReadControl, Verdict::Granted, Via::Owner);
    decision.why.trustee = descriptor.owner;
    decision
}

fn walk(aces: &[Ace], names_token: impl Fn(&Ace) -> bool, token_complete: bool, asked: &Asked) -> Decision {
    let right = asked.right;
    let (mut open_allow, mut open_deny) = (None, None);
    for (index, ace) in aces.iter().enumerate() {
        if ace.is_inherit_only() {
            continue;
        }
        if let AceKind::Unknown(_) = ace.kind {
            let open = (index, Undecided::UnknownAce);
            open_allow.get_or_insert(open);
            open_deny.get_or_insert(open);
            continue;
        }
        let Some(allows) = ace.kind.allows() else { continue };
        let fit = fit(ace, asked);
        if fit == Fit::No || !names_token(ace) {
            continue;
        }
        let open = match fit {
            Fit::Yes(_) if ace.kind.is_conditional() => Undecided::Conditional,
            Fit::Yes(via) => {
                return match if allows { open_deny } else { open_allow } {
                    Some((index, open)) => undecided(aces, index, right, open),
                    None => by_ace(aces, index, right, if allows { Verdict::Granted } else { Verdict::Denied }, via),
                };
            }
            Fit::Maybe(open) => open,
            Fit::Part if allows => continue,
            Fit::Part => Undecided::PartlyDenied,
            Fit::No => continue,
        };
        if allows { &mut open_allow } else { &mut open_deny }.get_or_insert((index, open));
    }
    match open_allow {
        Some((index, open)) => undecided(aces, index, right, open),
        None if token_complete => without_ace(right, Verdict::NotGranted, Via::Missing),
        None => without_ace(right, Verdict::Undecided(Undecided::TokenIncomplete), Via::Missing),
    }
}

fn by_ace(aces: &[Ace], index: usize, right: Right, verdict: Verdict, via: Via) -> Decision {
    let ace = &aces[index];
    let trustee = (!matches!(ace.kind, AceKind::Unknown(_))).then_some(ace.sid);
    Decision {
        verdict,
        why: Why { right, decision: verdict, ace_index: Some(index), inherited: ace.is_inherited(), trustee, via },
    }
}

fn undecided(aces: &[Ace], index: usize, right: Right, open: Undecided) -> Decision {
    by_ace(aces, index, right, Verdict::Undecided(open), Via::Missing)
}

fn without_ace(right: Right, verdict: Verdict, via: Via) -> Decision {
    Decision { verdict, why: Why { right, decision: verdict, ace_index: None, inherited: false, trustee: None, via } }
}
