//! All users of a domain, counted for the checks of rights as they go by: what a sample gives from the evidence,
//! a scan gives from here. Memory grows with the containers, not with the users.

use super::below::blame_among;
use super::evidence::{Object, account_for, object, object_in, object_of};
use super::facts::{NEEDED, Rights, class_of};
use super::on_users::{Scale, container_of, of_tally};
use super::sample::{Extent, Tally};
use super::{CHECKS, change_password, container_inheritance, misplaced_grants};
use super::{lockout_time, pwd_last_set, reset_password};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Check, Judgement, Scene, Target};
use crate::checks::user::protection::{Protection, policy_of, protection};
use crate::directory::{Guid, Judged, Right, Token};
use crate::evidence::{DomainPolicy, Record, SecurityDescriptor, User};
use std::collections::HashMap;

/// The rights that are counted: those of PW505 to PW507, and PW509.
const COUNTED: [Right; 4] = [NEEDED[0], NEEDED[1], NEEDED[2], Right::ChangePassword];

/// An object above users: the head of the domain, or a container.
struct Place {
    target: Target,
    object: Result<Object, Judgement>,
    inheritance: container_inheritance::Below,
    grants: misplaced_grants::Below,
    /// What keeps its grants of a right from objects of a class, right below or further down.
    obstacles: HashMap<(Right, Guid, bool), Option<(usize, String)>>,
}

pub struct Census<'a> {
    domain: Target,
    policy: Option<&'a DomainPolicy>,
    token: Option<Token>,
    /// Descriptors that repeat are judged once, for each class of users.
    judged: HashMap<Option<Guid>, Judged>,
    /// In the order of [`COUNTED`].
    tallies: [Tally; 4],
    /// The head of the domain first.
    places: Vec<Place>,
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
        let head = object(scene, &domain.key, "domainHead", &format!("the head of {}", clean(&domain.display)));
        Census {
            domain: domain.clone(),
            policy: policy_of(scene, domain),
            token: account_for(scene, domain).ok().map(|account| account.token),
            judged: HashMap::new(),
            tallies: Default::default(),
            places: vec![Place::new(domain.clone(), head)],
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
        let (target, name) = (record.target.clone(), clean(&record.target.display));
        self.by_dn.insert(target.display.to_lowercase(), self.places.len());
        self.places.push(Place::new(target, object_in(record, &name)));
    }

    pub fn add(&mut self, user: &User, descriptor: &SecurityDescriptor, name: &str) {
        self.users += 1;
        let class = class_of(descriptor);
        let bytes = descriptor.sd_bytes.as_ref().map(|bytes| bytes.0.as_slice());
        let summary = self.token.as_ref().zip(bytes).and_then(|(token, bytes)| {
            let judged = self.judged.entry(class).or_insert_with(|| Judged::new(token.clone(), class, COUNTED));
            judged.judge(bytes).ok()
        });
        let counts = matches!(protection(user, self.policy), Protection::None | Protection::Unknown);
        let container = container_of(user);
        for (index, tally) in self.tallies.iter_mut().enumerate() {
            match counts || index >= NEEDED.len() {
                true => tally.add(&container, summary.as_ref().map(|summary| summary.decisions[index])),
                false => tally.set_aside(),
            }
        }
        if counts {
            let rights = summary.and_then(|summary| {
                Some(Rights { decisions: *summary.decisions.first_chunk()?, protected: summary.is_protected })
            });
            let own = rights.ok_or_else(|| object_of(descriptor, &clean(name)).err());
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
        let protected: Vec<Option<bool>> = chain.iter().map(|&index| places[index].is_protected()).collect();
        for (depth, &index) in chain.iter().enumerate() {
            let closed = own.is_ok_and(|rights| rights.protected);
            let blame = || blame_among(closed, protected[..depth].iter().copied());
            places[index].inheritance.add(name, own.ok().map(Rights::all), blame);
            places[index].add_grants(name, own, class, depth == 0, token.as_ref());
        }
        places[0].add_grants(name, own, class, chain.is_empty(), token.as_ref());
    }

    /// What the counts say, check by check, containers in the order of their keys.
    pub fn answers(&mut self, scene: &Scene, extent: Extent) -> Vec<(&'static Check, Target, Answer)> {
        self.tallies.iter_mut().for_each(|tally| tally.extent = extent);
        let mut places: Vec<&Place> = self.places.iter().collect();
        places[1..].sort_by(|a, b| a.target.key.cmp(&b.target.key));
        let mut answers = Vec::new();
        for check in CHECKS.iter().filter(|check| is_counted(check)) {
            let case = |target| Case { scene, check, target };
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

impl Place {
    fn new(target: Target, object: Result<Object, Judgement>) -> Place {
        Place { target, object, inheritance: Default::default(), grants: Default::default(), obstacles: HashMap::new() }
    }

    fn is_protected(&self) -> Option<bool> {
        self.object.as_ref().ok().map(|object| object.descriptor.is_protected())
    }

    fn add_grants(
        &mut self,
        name: &str,
        own: Result<&Rights, &Option<Judgement>>,
        class: Option<Guid>,
        direct: bool,
        token: Option<&Token>,
    ) {
        let Place { object, grants, obstacles, .. } = self;
        let rights = match own {
            Ok(rights) => rights,
            Err(why) => return grants.add_unread(why.clone()),
        };
        grants.add(name, rights, class, |right, class| {
            let (object, token) = (object.as_ref().ok()?, token?);
            let obstacle = || misplaced_grants::obstacle(&object.descriptor, token, right, &class, direct);
            obstacles.entry((right, class, direct)).or_insert_with(obstacle).clone()
        });
    }

    fn inheritance(&self, case: &Case) -> Answer {
        let object = self.object.as_ref().map_err(Judgement::clone)?;
        container_inheritance::of_container(case, object, &self.inheritance)
    }

    fn grants(&self, case: &Case) -> Answer {
        misplaced_grants::of_ancestor(case, self.object.as_ref(), &self.grants)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        SALES, TestAce, allow, container, deny, domain, good_aces, groups, member, sd, stage, user,
    };
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::{Reason, Status};
    use crate::directory::guids;
    use crate::evidence::Kind;

    const NORTH: &str = "OU=North,OU=Sales,DC=corp,DC=example";
    const DEEP: &str = "OU=Deep,OU=North,OU=Sales,DC=corp,DC=example";

    /// A domain in which each kind of user occurs: some with all rights, some denied, some behind a closed
    /// container, some closed themselves, some protected, one of another class, some unread.
    fn town() -> Stage {
        let not_arriving = TestAce { flags: 0, ..allow(NEEDED[0]) };
        let for_users = TestAce { flags: 0x0A, class: Some(guids::USER), ..allow(NEEDED[1]) };
        let mut stage = stage()
            .add(&domain(), sd("domainHead", false, &[not_arriving, for_users]))
            .add(&container(SALES), sd("container", true, &[]))
            .add(&container(NORTH), sd("container", false, &[deny(NEEDED[2])]))
            .add(&container(DEEP), sd("container", true, &[allow(NEEDED[0])]));
        let admin = || User {
            admin_count: Some(1),
            member_of_transitive: Some(vec!["S-1-5-21-1-2-3-512".to_owned()]),
            ..member(&[SALES], true)
        };
        let former = || User { admin_count: Some(1), ..member(&[NORTH, SALES], true) };
        let person = || SecurityDescriptor { object_class: vec!["inetOrgPerson".to_owned()], ..sd("user", false, &[]) };
        let denied = || [deny(NEEDED[0]), allow(NEEDED[0]), allow(NEEDED[1]), allow(NEEDED[2])];
        let open = || [TestAce { conditional: true, ..allow(NEEDED[0]) }];
        let unread = || SecurityDescriptor { sd_bytes: None, ..sd("user", false, &[]) };
        let users = [
            ("sound", member(&[SALES], true), sd("user", false, &good_aces())),
            ("deep", member(&[DEEP, NORTH, SALES], true), sd("user", false, &good_aces())),
            ("bare", member(&[NORTH, SALES], true), sd("user", false, &[])),
            ("behind", member(&[DEEP, NORTH, SALES], true), sd("user", false, &good_aces()[..1])),
            ("closed", member(&[NORTH, SALES], true), sd("user", true, &[])),
            ("denied", member(&[SALES], true), sd("user", false, &denied())),
            ("open", member(&[SALES], true), sd("user", false, &open())),
            ("person", member(&[NORTH, SALES], true), person()),
            ("unread", member(&[NORTH, SALES], true), unread()),
            ("at the head", member(&[], true), sd("user", false, &[])),
            ("admin", admin(), sd("user", true, &[])),
            ("former", former(), sd("user", true, &[])),
        ];
        for (name, data, descriptor) in users {
            // The DN says where a user stands that is in no container.
            let dn = Some(format!("CN={name},DC=corp,DC=example")).filter(|_| data.parent_containers.is_empty());
            stage = stage.add(&user(name), User { dn, ..data }).add(&user(name), descriptor);
        }
        stage
    }

    /// The census of the users on a stage, as a scan would make it.
    fn counted(stage: &Stage, extent: Extent) -> Vec<(&'static Check, Target, Judgement)> {
        let evidence = &stage.evidence;
        let scene = Scene { evidence, tables: &stage.tables, now_unix_ms: NOW };
        let mut census = Census::new(&scene, &domain());
        let containers = evidence.records_of(Kind::SecurityDescriptor);
        containers
            .filter(|record| record.target.key.starts_with("container:"))
            .for_each(|record| census.add_container(record));
        for fact in evidence.facts::<User>().into_iter().filter(|fact| fact.record.target.key.starts_with("user:")) {
            let target = &fact.record.target;
            let read = evidence.facts_at::<SecurityDescriptor>(&target.key).first().map(|fact| fact.data.clone());
            census.add(fact.data, &read.unwrap_or_default(), &target.display);
        }
        let answers = census.answers(&scene, extent).into_iter();
        answers.map(|(check, target, answer)| (check, target, answer.unwrap_or_else(|early| early))).collect()
    }

    #[test]
    fn a_census_says_what_a_sample_of_everybody_says() {
        let stage = town();
        let answers = counted(&stage, Extent::All);
        let expected: usize =
            CHECKS.iter().filter(|check| is_counted(check)).map(|check| stage.judge(check.id).len()).sum();
        assert_eq!(answers.len(), expected);
        for (check, target, found) in answers {
            let sampled = stage.judge_at(check.id, &target.key);
            let place = format!("{} at {}", check.id, target.key);
            assert_eq!(
                (found.outcome, found.severity, found.reason),
                (sampled.outcome, sampled.severity, sampled.reason),
                "{place}"
            );
            assert_eq!(
                found.message,
                sampled.message.replace("sample of", "all").replace(" in the sample", ""),
                "{place}"
            );
            let values = |judgement: &Judgement| -> Vec<String> {
                judgement.evidence.iter().map(|line| line.value.replace("sample of", "all")).collect()
            };
            assert_eq!(values(&found), values(&sampled), "{place}");
            assert_eq!(found.steps, sampled.steps, "{place}");
        }
    }

    #[test]
    fn every_kind_of_answer_occurs_in_the_town() {
        let answers = counted(&town(), Extent::All);
        for (id, key, status) in [
            ("PW505", domain().key, Status::Fail),
            ("PW509", domain().key, Status::Warn),
            ("PW510", container(SALES).key, Status::Fail),
            ("PW510", container(NORTH).key, Status::Pass),
            ("PW510", container(DEEP).key, Status::Fail),
            ("PW512", domain().key, Status::Fail),
            ("PW512", container(SALES).key, Status::Unknown),
        ] {
            let found = answers.iter().find(|(check, target, _)| check.id == id && target.key == key);
            let (_, _, judgement) = found.unwrap_or_else(|| panic!("{id} at {key}"));
            assert_eq!(judgement.outcome, status, "{id} at {key}: {}", judgement.message);
        }
    }

    #[test]
    fn nobody_and_an_unknown_account_are_no_answer() {
        let empty = counted(&stage(), Extent::Part);
        assert!(empty.iter().all(|(.., judgement)| judgement.outcome == Status::Unknown), "{empty:?}");
        let no_account = counted(&Stage::new().add(&user("anna"), member(&[], false)), Extent::All);
        assert!(
            no_account.iter().all(|(.., judgement)| judgement.reason == Some(Reason::NotCollected)),
            "{no_account:?}"
        );
        let incomplete = crate::evidence::TokenGroups { complete: false, ..groups() };
        let partial = Stage::new().add(&super::super::testing::account(), incomplete);
        let partial = partial
            .add(&user("anna"), member(&[], false))
            .add(&user("anna"), sd("user", false, &[allow(Right::ChangePassword)]));
        let judgement = &counted(&partial, Extent::All)[0].2;
        assert_eq!(judgement.reason, Some(Reason::Partial), "{}", judgement.message);
    }
}
