//! What decided a right, for an explanation: the ACE, whom it names and where it was set, and the
//! descriptors with which the answer would be another.

use super::evidence::{Object, object};
use crate::catalog::text::clean;
use crate::catalog::{Case, Judgement, Scene, Target};
use crate::checks::targets::domain_key;
use crate::directory::{Ace, Decision, Edit, Sid, Verdict, Via, parent_containers, passes_on, well_known_name};

/// Whose right was asked about.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    pub name: &'a str,
    pub sid: Option<&'a str>,
}

impl Holder<'_> {
    fn sid(&self) -> Option<Sid> {
        self.sid?.parse().ok()
    }
}

/// Adds what decided to a judgement. The origin of an ACE is looked for on everything above the object, which
/// is too much for each of many users when nobody asks.
pub fn decided(judgement: Judgement, case: &Case, holder: Holder, object: &Object, decision: &Decision) -> Judgement {
    if !case.explains {
        return judgement;
    }
    let judgement = judgement
        .said("right", decision.why.right.name())
        .said("decision", word(decision.verdict))
        .said("holder", holder.name)
        .said("object", &object.dn);
    let judgement = match ace(object, decision) {
        Some((index, ace)) => judgement
            .said("ACE", index)
            .said("trustee", trustee(&ace.sid, holder))
            .said("trustee SID", ace.sid)
            .said("inherited", ace.is_inherited())
            .said("set on", origin(case.scene, case.target, object, ace)),
        None => judgement.said("ACE", without(decision)),
    };
    others(judgement, holder, object, decision)
}

/// The descriptors to try: without the deciding ACE, and with an explicit ACE that says the opposite.
pub fn others(judgement: Judgement, holder: Holder, object: &Object, decision: &Decision) -> Judgement {
    let (name, right) = (format!("DACL of {}", object.dn), decision.why.right);
    let judgement = match decision.why.ace_index {
        Some(index) => judgement.or_edited(object.record, &name, &format!("without ACE {index}"), Edit::Without(index)),
        None => judgement,
    };
    let Some(trustee) = holder.sid() else { return judgement };
    let allows = decision.verdict != Verdict::Granted;
    let what = if allows { "allow" } else { "deny" };
    let value = format!("with an explicit {what} of {} for {} in front", right.name(), holder.name);
    judgement.or_edited(object.record, &name, &value, Edit::First { allows, trustee, right })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Granted => "granted",
        Verdict::Denied => "denied",
        Verdict::NotGranted => "not granted",
        Verdict::Undecided(_) => "not settled",
    }
}

fn without(decision: &Decision) -> &'static str {
    match decision.why.via {
        Via::NullDacl => "none: there is no DACL, so everyone has every right",
        Via::EmptyDacl => "none: the DACL is empty, so nobody has any right",
        Via::Owner => "none: the owner may read the permissions",
        _ => "none of the list speaks about it",
    }
}

fn ace<'o>(object: &'o Object, decision: &Decision) -> Option<(usize, &'o Ace)> {
    let index = decision.why.ace_index?;
    Some((index, object.descriptor.aces().get(index)?))
}

fn trustee(sid: &Sid, holder: Holder) -> String {
    match well_known_name(sid) {
        Some(name) => name.to_owned(),
        None if holder.sid() == Some(*sid) => holder.name.to_owned(),
        None => format!("a group of {}", holder.name),
    }
}

/// Where an ACE was set: on the object, or on the nearest object above that passes it on.
fn origin(scene: &Scene, target: &Target, object: &Object, ace: &Ace) -> String {
    if !ace.is_inherited() {
        return object.dn.clone();
    }
    let Some(domain) = domain_key(target) else { return "not known: the domain is not known".to_owned() };
    let name = domain.trim_start_matches("domain:");
    let head = name.split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
    let above = parent_containers(object.raw_dn(), &head).unwrap_or_default();
    let domain = Target { key: domain.to_owned(), ..target.clone() };
    let mut unread = None;
    for (dn, key, purpose) in above.iter().map(|dn| (dn, Target::container(dn, &domain).key, "container")).chain([(
        &head,
        domain.key.clone(),
        "domainHead",
    )]) {
        match self::object(scene, &key, purpose, dn) {
            Ok(ancestor) if passes_on(&ancestor.descriptor, ace) => return clean(dn),
            Ok(_) => {}
            Err(_) => unread = unread.or(Some(dn)),
        }
    }
    match unread {
        Some(dn) => format!("not known: the permissions of {} were not read", clean(dn)),
        None => "not known: no object above has it any more".to_owned(),
    }
}
