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
    let person = || SecurityDescriptor { object_class: ["inetOrgPerson".to_owned()].into(), ..sd("user", false, &[]) };
    let custom = || SecurityDescriptor { object_class: ["acmeUser".to_owned()].into(), ..sd("user", false, &[]) };
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
        ("custom", member(&[NORTH, SALES], true), custom()),
        ("unread", member(&[NORTH, SALES], true), unread()),
        ("at the head", member(&[], true), sd("user", false, &[])),
        ("admin", admin(), sd("user", true, &[])),
        ("former", former(), sd("user", true, &[])),
        ("marked", User { member_of_transitive: None, ..former() }, sd("user", true, &[])),
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
        let read = evidence.fact_at::<SecurityDescriptor>(&target.key).map(|fact| fact.data.clone());
        census.add(fact.data, &read.unwrap_or_default(), &target.display);
    }
    let answers = census.answers(&scene, extent, false).into_iter();
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
        assert_eq!(found.message, sampled.message.replace("sample of", "all").replace(" in the sample", ""), "{place}");
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
    assert!(no_account.iter().all(|(.., judgement)| judgement.reason == Some(Reason::NotCollected)), "{no_account:?}");
    let incomplete = crate::evidence::TokenGroups { complete: false, ..groups() };
    let partial = Stage::new().add(&super::super::testing::account(), incomplete);
    let partial = partial
        .add(&user("anna"), member(&[], false))
        .add(&user("anna"), sd("user", false, &[allow(Right::ChangePassword)]));
    let judgement = &counted(&partial, Extent::All)[0].2;
    assert_eq!(judgement.reason, Some(Reason::Partial), "{}", judgement.message);
}
