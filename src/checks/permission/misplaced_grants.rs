use super::below::stands_below;
use super::evidence::{Object, account, object, users_of_domain};
use super::facts::{All, NEEDED, Rights, rights};
use super::on_users::verify;
use super::steps::{grant_below, remove_deny};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, TargetKind};
use crate::checks::targets;
use crate::checks::user::protection::is_ordinary_at;
use crate::directory::{
    Ace, Descriptor, Edit, Grant, Guid, Reach, Right, Sid, Token, Verdict, grants, guids, well_known_name,
};
use crate::evidence::User;
use std::collections::BTreeMap;

crate::declare_check! {
    PW512, "Existing grants really reach the users",
    area: Permission, severity: Medium, proof: B, class: Rights,
    target: Container via targets::containers_and_domains_with_rights,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Re-create the grant as \"descendant user objects\" (and for inetOrgPerson as well).",
    link: "L-CONF", since: "0.1.0",
    rule: "Asked for users below who lack Reset Password, Write lockoutTime or Write pwdLastSet, or for whom that is not settled. Looked for: an allow for the account's token that is set on this container or domain head and speaks about the right; one that is set above it, where a deny that is set here comes first.
NotApplicable: every user below that was looked at has all three rights.
Fail: such a grant cannot arrive: it is for this object only; it does not propagate; it is for objects of another class (a grant for user does not reach inetOrgPerson); a deny comes first.
What only a protected container or user in between stops belongs to PW510 and PW919.
Pass: there is no such grant.
Unknown: a descriptor is not readable, no user below was looked at, or a grant is for objects of one class and the class of a user below is not known.",
}

/// A grant that does not arrive: where it stands, what it is about, what stops it, and at objects of which
/// class, where that is known.
type Key = (usize, Right, String, Option<Guid>);

fn judge(case: &Case) -> Answer {
    let (purpose, dn) = place(case);
    let account = account(case)?;
    let mut below = Below::default();
    let ancestor = object(case.scene, &case.target.key, purpose, &dn);
    for fact in users_of_domain(case) {
        let (target, user) = (&fact.record.target, fact.data);
        let is_below = case.target.kind == TargetKind::Domain || stands_below(user, &case.target.display);
        if !is_below || !is_ordinary_at(case.scene, target, user) {
            continue;
        }
        match object(case.scene, &target.key, "user", &clean(&target.display)) {
            Ok(own) => {
                let rights = rights(&own.descriptor, &account.token, own.class);
                let direct = is_direct(case, user);
                below.add(&target.display, &rights, own.class, |right, class| {
                    obstacle(&ancestor.as_ref().ok()?.descriptor, &account.token, right, class, direct)
                });
            }
            Err(judgement) => below.add_unread(Some(judgement)),
        }
    }
    of_ancestor(case, ancestor.as_ref(), &below)
}

/// The first of the grants of a right on an ancestor, when none of them arrives; one of which that is not known
/// comes before the others. A grant from further above is one of them where a deny that is set here comes first.
pub fn obstacle(
    ancestor: &Descriptor,
    token: &Token,
    right: Right,
    class: Option<Guid>,
    direct: bool,
) -> Option<Grant> {
    let is_denied_here = |reach: &Reach| first_deny(ancestor, reach).is_some_and(|deny| !deny.is_inherited());
    let all = grants(ancestor, token, right, class, direct).into_iter();
    let own: Vec<Grant> = all.filter(|grant| !grant.inherited || is_denied_here(&grant.reach)).collect();
    let is = |reach: Reach| own.iter().find(|grant| grant.reach == reach);
    match is(Reach::Arrives) {
        Some(_) => None,
        None => is(Reach::ClassUnknown).or(own.first()).copied(),
    }
}

/// Users that are named for one grant.
const MOST_NAMES: usize = 5;

/// The users below a container or the head of a domain, counted.
#[derive(Debug, Default)]
pub struct Below {
    users: usize,
    lacking: usize,
    /// Users whose class is not known, for whom a grant may or may not be.
    of_unknown_class: usize,
    /// Why the first that could not be read was not.
    unread: Option<Judgement>,
    misplaced: BTreeMap<Key, Missed>,
}

/// Users whom a grant does not reach.
#[derive(Debug)]
struct Missed {
    reach: Reach,
    count: usize,
    /// The first of them.
    names: Vec<String>,
}

impl Below {
    /// A user; `obstacle` says which grant of a right does not reach objects of a class.
    pub fn add(
        &mut self,
        name: &str,
        rights: &Rights,
        class: Option<Guid>,
        mut obstacle: impl FnMut(Right, Option<Guid>) -> Option<Grant>,
    ) {
        self.users += 1;
        if rights.all() == All::Granted {
            return;
        }
        self.lacking += 1;
        let mut is_open = false;
        for (right, _) in NEEDED.iter().zip(&rights.decisions).filter(|(_, own)| own.verdict != Verdict::Granted) {
            let Some(grant) = obstacle(*right, class) else { continue };
            if grant.reach == Reach::ClassUnknown {
                is_open = true;
                continue;
            }
            let why = format!("{} ({})", in_words(&grant.reach), trustee(&grant.trustee));
            let missed = Missed { reach: grant.reach, count: 0, names: Vec::new() };
            let missed = self.misplaced.entry((grant.ace, *right, why, class)).or_insert(missed);
            missed.count += 1;
            if missed.names.len() < MOST_NAMES {
                missed.names.push(name.to_owned());
            }
        }
        self.of_unknown_class += usize::from(is_open);
    }

    /// A user whose permissions were not read, and why.
    pub fn add_unread(&mut self, why: Option<Judgement>) {
        self.users += 1;
        self.unread = self.unread.take().or(why);
    }
}

/// What the grants on a container, or on the head of a domain, do for the users below.
pub fn of_ancestor(case: &Case, ancestor: Result<&Object, &Judgement>, below: &Below) -> Answer {
    let dn = place(case).1;
    let account = account(case)?;
    let Below { users, lacking, of_unknown_class, ref unread, ref misplaced } = *below;
    if users > 0 && lacking == 0 && unread.is_none() {
        let message = format!("{} has its rights on every user below {dn} that was looked at.", account.name);
        return Err(Judgement::not_applicable(Reason::NotConfigured, message)
            .said("users below looked at", users)
            .said("without a right", lacking));
    }
    let ancestor = ancestor.map_err(Judgement::clone)?;
    let worst = misplaced.iter().max_by_key(|(_, missed)| missed.count);
    let Some(((ace, right, obstacle, class), Missed { reach, .. })) = worst else {
        return match unread {
            Some(unread) => Err(unread.clone()),
            None if users == 0 => {
                let message = format!("No user below {dn} was looked at.");
                Err(Judgement::unknown(Reason::NotCollected, message).said("users below looked at", users))
            }
            None if of_unknown_class > 0 => {
                let message = format!(
                    "{dn} has grants for objects of one class; whether they reach {of_unknown_class} user(s) below is not known, because the class of these is not."
                );
                let unknown =
                    Judgement::unknown(Reason::Partial, message).rule("the class of a user below is not known");
                Err(unknown.said("users of unknown class", of_unknown_class))
            }
            None => Ok(Judgement::pass(format!("{dn} has no grant that fails to reach the users below."))
                .said("users below looked at", users)
                .said("without a right", lacking)
                .said("grants that do not arrive", 0)),
        };
    };
    let judgement = Judgement::fail(format!(
        "ACE {ace} of {dn} grants {} but does not reach the users below: {obstacle}.",
        right.name()
    ))
    .rule(branch(reach))
    .said("ACE", ace)
    .said("object", &ancestor.dn)
    .said("right", right.name())
    .said("obstacle", obstacle)
    .said("without a right", lacking)
    .or_edited(ancestor.record, &format!("DACL of {}", ancestor.dn), &format!("without ACE {ace}"), Edit::Without(*ace))
    .step(match first_deny(&ancestor.descriptor, reach) {
        Some(deny) => remove_deny(*right, &ancestor.dn, &deny.sid, deny.is_inherited(), &verify(case)),
        None => grant_below(*right, &ancestor.dn, &account.sid(), class.unwrap_or(guids::USER), &verify(case)),
    });
    Ok(misplaced.iter().fold(judgement, |judgement, ((ace, right, obstacle, _), Missed { count, names, .. })| {
        let shown = list(names.iter().map(String::as_str));
        let line = format!("ACE {ace}, {}: {obstacle}; {count} user(s): {shown}", right.name());
        judgement.with("grant that does not arrive", line)
    }))
}

/// The deny that comes before a grant: another grant would come after it too.
fn first_deny<'a>(ancestor: &'a Descriptor, reach: &Reach) -> Option<&'a Ace> {
    let Reach::DeniedFirst { ace } = reach else { return None };
    ancestor.aces().get(*ace)
}

/// Purpose of the descriptor, and name of the object.
fn place(case: &Case) -> (&'static str, String) {
    match case.target.kind {
        TargetKind::Domain => ("domainHead", format!("the head of {}", clean(&case.target.display))),
        _ => ("container", clean(&case.target.display)),
    }
}

/// A user right below the object of the case.
fn is_direct(case: &Case, user: &User) -> bool {
    match user.parent_containers.first() {
        Some(parent) => parent.eq_ignore_ascii_case(&case.target.display),
        None => case.target.kind == TargetKind::Domain,
    }
}

/// The branch of the rule.
fn branch(reach: &Reach) -> &'static str {
    match reach {
        Reach::Arrives | Reach::ClassUnknown | Reach::ThisObjectOnly => "for this object only",
        Reach::NoPropagate => "does not propagate",
        Reach::OtherClass(_) => "objects of another class",
        Reach::DeniedFirst { .. } => "a deny comes first",
    }
}

fn in_words(reach: &Reach) -> String {
    match reach {
        Reach::Arrives => "it arrives".to_owned(),
        Reach::ClassUnknown => "it is for objects of one class".to_owned(),
        Reach::ThisObjectOnly => "it is for this object only".to_owned(),
        Reach::NoPropagate => "it goes to the direct children only".to_owned(),
        Reach::OtherClass(class) => match guids::name(class) {
            Some(name) => format!("it is for objects of class {name}"),
            None => format!("it is for objects of class {class}"),
        },
        Reach::DeniedFirst { ace } => format!("a deny, ACE {ace}, comes first"),
    }
}

fn trustee(sid: &Sid) -> String {
    match well_known_name(sid) {
        Some(name) => format!("granted to {name}, {sid}"),
        None => format!("granted to {sid}"),
    }
}

#[cfg(test)]
#[path = "misplaced_grants_tests.rs"]
mod tests;
