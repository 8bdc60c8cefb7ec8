//! All users of a domain, counted for the checks of rights as they go by: what a sample gives from the evidence,
//! a scan gives from here. Memory grows with the containers, not with the users.

use super::below::blame_among;
use super::evidence::{Object, account_for, object, object_in, unfit};
use super::facts::{NEEDED, Rights, class_of, descriptor as read, rights_of};
use super::on_users::{Scale, container_of, of_tally};
use super::sample::{Extent, Tally};
use super::{CHECKS, change_password, container_inheritance, misplaced_grants};
use super::{lockout_time, pwd_last_set, reset_password};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Check, Judgement, Scene, Target};
use crate::checks::user::protection::{is_ordinary, policy_of};
use crate::directory::{Grant, Guid, Judged, Right, Token};
use crate::evidence::{DomainPolicy, Record, SecurityDescriptor, User};
use std::collections::HashMap;
use std::sync::Arc;

/// The rights that are counted: those of PW505 to PW507, and PW509.
const COUNTED: [Right; 4] = [NEEDED[0], NEEDED[1], NEEDED[2], Right::ChangePassword];

/// The permissions of a place: as the evidence has them, or of a record that a scan read.
enum Own<'a> {
    Head(Box<Result<Object<'a>, Judgement>>),
    Container(Box<Record>),
}

/// An object above users: the head of the domain, or a container.
struct Place<'a> {
    target: Target,
    own: Own<'a>,
    is_protected: Option<bool>,
    inheritance: container_inheritance::Below,
    grants: misplaced_grants::Below,
    /// What keeps its grants of a right from objects of a class, right below or further down.
    obstacles: HashMap<(Right, Option<Guid>, bool), Option<Grant>>,
}

pub struct Census<'a> {
    domain: Target,
    policy: Option<&'a DomainPolicy>,
    token: Option<Arc<Token>>,
    /// Descriptors that repeat are judged once.
    judged: Option<Judged>,
    /// In the order of [`COUNTED`].
    tallies: [Tally; 4],
    /// The head of the domain first.
    places: Vec<Place<'a>>,
    /// By DN in lower case.
    by_dn: HashMap<String, usize>,
    /// Places above the users of a container, nearest first, without the head.
    above: HashMap<String, Vec<usize>>,
    users: usize,
}

/// True when the census answers this check for domains and containers.
pub fn is_counted(check: &Check) -> bool {
    matches!(check.id, "PW505" | "PW506" | "PW507" | "PW509" | "PW510" | "PW512")
}

impl<'a> Census<'a> {
    pub fn new(scene: &Scene<'a>, domain: &Target) -> Census<'a> {
        let token = account_for(scene, domain).ok().map(|account| account.token);
        let head = object(scene, &domain.key, "domainHead", &format!("the head of {}", clean(&domain.display)));
        Census {
            domain: domain.clone(),
            policy: policy_of(scene, domain).map(|fact| fact.data),
            judged: token.clone().map(|token| Judged::new(token, COUNTED)),
            token,
            tallies: Default::default(),
            places: vec![Place::new(domain.clone(), Own::Head(Box::new(head)))],
            by_dn: HashMap::new(),
            above: HashMap::new(),
            users: 0,
        }
    }

    pub fn users(&self) -> usize {
        self.users
    }

    /// A container comes before the users below it.
    pub fn add_container(&mut self, record: &Record) {
        self.by_dn.insert(record.target.display.to_lowercase(), self.places.len());
        self.places.push(Place::new(record.target.clone(), Own::Container(Box::new(record.clone()))));
    }

    pub fn add(&mut self, user: &User, descriptor: &SecurityDescriptor, name: &str) {
        self.users += 1;
        let class = class_of(descriptor);
        let bytes = descriptor.sd_bytes.as_ref().map(|bytes| bytes.0.as_slice());
        let summary = self.judged.as_mut().zip(bytes).and_then(|(judged, bytes)| judged.judge(class, bytes).ok());
        let counts = is_ordinary(user, self.policy);
        let container = container_of(user);
        for (index, tally) in self.tallies.iter_mut().enumerate() {
            match counts || index >= NEEDED.len() {
                true => {
                    let decision = summary.as_ref().map(|summary| summary.decisions[index]);
                    let is_closed = summary.as_ref().is_some_and(|summary| summary.descriptor.is_protected());
                    tally.add(&container, decision, is_closed);
                }
                false => tally.set_aside(),
            }
        }
        if counts {
            let own = summary
                .as_deref()
                .and_then(rights_of)
                .ok_or_else(|| read(descriptor).err().map(|gap| unfit(&gap, &clean(name))));
            self.add_below(user, name, own.as_ref(), class);
        }
    }

    /// Counts the user at everything above; without rights there may be a reason why.
    fn add_below(&mut self, user: &User, name: &str, own: Result<&Rights, &Option<Judgement>>, class: Option<Guid>) {
        let Census { places, by_dn, above, token, .. } = self;
        let parent = user.parent_containers.first().map_or("", String::as_str);
        if !above.contains_key(parent) {
            let chain = user.parent_containers.iter().filter_map(|dn| by_dn.get(&dn.to_lowercase()).copied());
            above.insert(parent.to_owned(), chain.collect());
        }
        let chain = &above[parent];
        let protected: Vec<Option<bool>> = chain.iter().map(|&index| places[index].is_protected).collect();
        for (depth, &index) in chain.iter().enumerate() {
            let closed = own.is_ok_and(|rights| rights.protected);
            let blame = || blame_among(closed, protected[..depth].iter().copied());
            places[index].inheritance.add(name, own.ok().map(Rights::all), blame);
            places[index].add_grants(name, own, class, depth == 0, token.as_deref());
        }
        places[0].add_grants(name, own, class, chain.is_empty(), token.as_deref());
    }

    /// What the counts say, check by check, containers in the order of their keys.
    pub fn answers(&mut self, scene: &Scene, extent: Extent, explains: bool) -> Vec<(&'static Check, Target, Answer)> {
        self.tallies.iter_mut().for_each(|tally| tally.extent = extent);
        let mut places: Vec<&Place> = self.places.iter().collect();
        places[1..].sort_by(|a, b| a.target.key.cmp(&b.target.key));
        let mut answers = Vec::new();
        for check in CHECKS.iter().filter(|check| is_counted(check)) {
            let case = |target| Case { scene, check, target, explains };
            let of_right = |index: usize, scale: &Scale| {
                of_tally(&case(&self.domain), COUNTED[index], scale, &self.tallies[index])
            };
            let of_domain = match check.id {
                "PW505" => of_right(0, &reset_password::SCALE),
                "PW506" => of_right(1, &lockout_time::SCALE),
                "PW507" => of_right(2, &pwd_last_set::SCALE),
                "PW509" => change_password::of_tally(&case(&self.domain), &self.tallies[3]),
                id => {
                    let is_of_containers = id == "PW510";
                    for place in places.iter().skip(usize::from(is_of_containers)) {
                        let case = case(&place.target);
                        let answer = if is_of_containers { place.inheritance(&case) } else { place.grants(&case) };
                        answers.push((check, place.target.clone(), answer));
                    }
                    continue;
                }
            };
            answers.push((check, self.domain.clone(), of_domain));
        }
        answers
    }
}

impl<'a> Own<'a> {
    fn with<R>(&self, ask: impl FnOnce(Result<&Object, &Judgement>) -> R) -> R {
        match self {
            Own::Head(object) => ask(object.as_ref().as_ref()),
            Own::Container(record) => ask(object_in(record, &clean(&record.target.display)).as_ref()),
        }
    }
}

impl<'a> Place<'a> {
    fn new(target: Target, own: Own<'a>) -> Place<'a> {
        Place {
            target,
            is_protected: own.with(|object| object.ok().map(|object| object.descriptor.is_protected())),
            own,
            inheritance: Default::default(),
            grants: Default::default(),
            obstacles: HashMap::new(),
        }
    }

    fn add_grants(
        &mut self,
        name: &str,
        rights: Result<&Rights, &Option<Judgement>>,
        class: Option<Guid>,
        direct: bool,
        token: Option<&Token>,
    ) {
        let Place { own, grants, obstacles, .. } = self;
        let rights = match rights {
            Ok(rights) => rights,
            Err(why) => return grants.add_unread(why.clone()),
        };
        grants.add(name, rights, class, |right, class| {
            let obstacle = || {
                own.with(|object| misplaced_grants::obstacle(&object.ok()?.descriptor, token?, right, class, direct))
            };
            *obstacles.entry((right, class, direct)).or_insert_with(obstacle)
        });
    }

    fn inheritance(&self, case: &Case) -> Answer {
        self.own.with(|object| {
            container_inheritance::of_container(case, object.map_err(Judgement::clone)?, &self.inheritance)
        })
    }

    fn grants(&self, case: &Case) -> Answer {
        self.own.with(|object| misplaced_grants::of_ancestor(case, object, &self.grants))
    }
}

#[cfg(test)]
#[path = "census_tests.rs"]
mod tests;
