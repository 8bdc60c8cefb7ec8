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
    rule: "Asked for users below who lack Reset Password, Write lockoutTime or Write pwdLastSet, or for whom that is not settled. Looked for: an explicit allow for the account's token on this container or domain head that speaks about the right.
NotApplicable: every user below that was looked at has all three rights.
Fail: such a grant cannot arrive: it is for this object only; it does not propagate; it is for objects of another class (a grant for user does not reach inetOrgPerson); a deny comes first.
What only a protected container or user in between stops belongs to PW510 and PW919.
Pass: there is no such grant.
Unknown: a descriptor is not readable, or no user below was looked at.",
}

/// A grant that does not arrive: where it stands, what it is about, what stops it, and at objects of which
/// class.
type Key = (usize, Right, String, Guid);

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
                    obstacle(&ancestor.as_ref().ok()?.descriptor, &account.token, right, &class, direct)
                });
            }
            Err(judgement) => below.add_unread(Some(judgement)),
        }
    }
    of_ancestor(case, ancestor.as_ref(), &below)
}

/// The first of the grants of a right on an ancestor, when none of them arrives.
pub fn obstacle(ancestor: &Descriptor, token: &Token, right: Right, class: &Guid, direct: bool) -> Option<Grant> {
    let all = grants(ancestor, token, right, class, direct).into_iter();
    let explicit: Vec<Grant> = all.filter(|grant| !grant.inherited).collect();
    match explicit.iter().any(|grant| grant.reach == Reach::Arrives) {
        true => None,
        false => explicit.into_iter().next(),
    }
}

/// Users that are named for one grant.
const MOST_NAMES: usize = 5;

/// The users below a container or the head of a domain, counted.
#[derive(Debug, Default)]
pub struct Below {
    users: usize,
    lacking: usize,
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
        mut obstacle: impl FnMut(Right, Guid) -> Option<Grant>,
    ) {
        self.users += 1;
        if rights.all() == All::Granted {
            return;
        }
        self.lacking += 1;
        let Some(class) = class else { return };
        for (right, _) in NEEDED.iter().zip(&rights.decisions).filter(|(_, own)| own.verdict != Verdict::Granted) {
            let Some(grant) = obstacle(*right, class) else { continue };
            let why = format!("{} ({})", in_words(&grant.reach), trustee(&grant.trustee));
            let missed = Missed { reach: grant.reach, count: 0, names: Vec::new() };
            let missed = self.misplaced.entry((grant.ace, *right, why, class)).or_insert(missed);
            missed.count += 1;
            if missed.names.len() < MOST_NAMES {
                missed.names.push(name.to_owned());
            }
        }
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
    let Below { users, lacking, ref unread, ref misplaced } = *below;
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
        None => grant_below(*right, &ancestor.dn, &account.sid(), *class, &verify(case)),
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
        Reach::Arrives | Reach::ThisObjectOnly => "for this object only",
        Reach::NoPropagate => "does not propagate",
        Reach::OtherClass(_) => "objects of another class",
        Reach::DeniedFirst { .. } => "a deny comes first",
    }
}

fn in_words(reach: &Reach) -> String {
    match reach {
        Reach::Arrives => "it arrives".to_owned(),
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
mod tests {
    use super::super::testing::{SALES, TestAce, allow, container, deny, domain, good_aces, member, sd, stage, user};
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::Stage;
    use crate::evidence::{Kind, SecurityDescriptor, State};

    const DEEP: &str = "OU=North,OU=Sales,DC=corp,DC=example";
    const RESET: Right = Right::ResetPassword;

    /// An explicit ACE of a container that is inherited by what is below.
    fn explicit(flags: u8, class: Option<guids::Guid>) -> TestAce {
        TestAce { flags, class, ..allow(RESET) }
    }

    fn below(class: &str, parents: &[&str], aces: &[TestAce]) -> Stage {
        let own = SecurityDescriptor { object_class: [class.to_owned()].into(), ..sd("user", false, aces) };
        stage().add(&user("anna"), member(parents, true)).add(&user("anna"), own)
    }

    #[test]
    fn a_grant_that_cannot_arrive_fails_with_its_reason() {
        let inherited_deny = TestAce { flags: 0x0A, ..deny(RESET) };
        for (aces, class, outcome, says) in [
            (vec![explicit(0x00, None)], "user", Status::Fail, "this object only"),
            (vec![explicit(0x0E, None)], "user", Status::Fail, "direct children only"),
            (vec![explicit(0x0A, Some(guids::USER))], "inetOrgPerson", Status::Fail, "class user"),
            (vec![inherited_deny, explicit(0x0A, None)], "user", Status::Fail, "a deny, ACE 0"),
            (vec![explicit(0x0A, Some(guids::USER))], "user", Status::Pass, ""),
            (vec![explicit(0x0A, None)], "inetOrgPerson", Status::Pass, ""),
            (vec![explicit(0x00, None), explicit(0x0A, None)], "user", Status::Pass, ""),
            (vec![explicit(0x10, None)], "user", Status::Pass, ""),
            (vec![TestAce { sid: "S-1-5-32-544", ..explicit(0x00, None) }], "user", Status::Pass, ""),
            (vec![], "user", Status::Pass, ""),
        ] {
            let stage = below(class, &[DEEP, SALES], &[]).add(&container(SALES), sd("container", false, &aces));
            let judgement = stage.judge_at("PW512", &container(SALES).key);
            assert_eq!(judgement.outcome, outcome, "{aces:?} {class}: {}", judgement.message);
            assert!(judgement.message.contains(says), "{says}: {}", judgement.message);
            let step = if says.contains("a deny") { "Remove the entry that denies" } else { "Grant" };
            assert!(judgement.steps.iter().all(|own| own.text.starts_with(step)), "{:?}", judgement.steps);
        }
    }

    #[test]
    fn a_grant_to_direct_children_reaches_them() {
        let aces = [explicit(0x0E, None)];
        let stage = below("user", &[SALES], &[]).add(&container(SALES), sd("container", false, &aces));
        assert_eq!(stage.judge_at("PW512", &container(SALES).key).outcome, Status::Pass);
    }

    #[test]
    fn nothing_is_asked_where_every_right_is_there() {
        let stage = below("user", &[SALES], &good_aces()).add(&domain(), sd("domainHead", false, &[]));
        let judgement = stage.judge_at("PW512", &domain().key);
        assert_eq!((judgement.outcome, judgement.reason), (Status::NotApplicable, Some(Reason::NotConfigured)));
    }

    #[test]
    fn an_unread_container_or_nobody_below_is_unknown() {
        let target = container(SALES);
        let unread =
            below("user", &[SALES], &[]).add_failed(&target, Kind::SecurityDescriptor, State::AccessDenied, "l");
        assert_eq!(unread.judge_at("PW512", &target.key).reason, Some(Reason::AccessDenied));
        let empty = stage().add(&target, sd("container", false, &[]));
        assert_eq!(empty.judge_at("PW512", &target.key).reason, Some(Reason::NotCollected));
    }
}
