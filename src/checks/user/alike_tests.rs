use super::*;
use crate::catalog::testing::{NOW, Stage};
use crate::catalog::{Scene, Target};
use crate::checks::permission::facts::{NEEDED, class_of, token};
use crate::checks::permission::testing::{
    SALES, TestAce, allow, deny, domain, good_aces, groups, member, sd, stage, user,
};
use crate::checks::policy::governing::Policies;
use crate::checks::user::facts::as_file_time;
use crate::checks::user::reserved::is_reserved;
use crate::contract::Selection;
use crate::directory::{Judged, Right};
use crate::engine::{Answers, Diagnostic, Plan, Statuses, Suppressions};
use crate::evidence::{DomainPolicy, OperatorInput, Pso, PsoContainer, SecurityDescriptor};
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

const ANNA: &str = "S-1-5-21-1-2-3-2001";
const BERT: &str = "S-1-5-21-1-2-3-2002";
const DAY_MS: i64 = 86_400_000;

fn sound() -> User {
    User {
        dn: Some(format!("CN=Anna,{SALES}")),
        object_guid: Some("anna".to_owned()),
        upn: Some("anna@corp.example".to_owned()),
        sam: Some("anna".to_owned()),
        computed_uac: Some(0),
        admin_count: Some(0),
        pwd_last_set: Some(as_file_time(NOW - 9 * DAY_MS)),
        account_expires: Some("0".to_owned()),
        lockout_time: Some("0".to_owned()),
        resultant_pso_state: Some("none".to_owned()),
        ..member(&[SALES], false)
    }
}

/// What each field of a user may be instead, the names of another user first.
fn variants() -> Vec<User> {
    let at = |days: i64| as_file_time(NOW + days * DAY_MS);
    let fields = json!({
        "dn": [format!("CN=Bert,{SALES}"), "CN=Bert,OU=a/b,DC=corp,DC=example", "no name", null],
        "objectGuid": ["bert", null],
        "sid": [BERT, "S-1-5-21-1-2-3-500", "S-1-5-21-9-9-9-2001", "none", null],
        "upn": ["bert@corp.example", null],
        "sam": ["bert", null],
        "objectClass": [["top", "user", "inetOrgPerson"], ["top", "computer"], ["top", "contact"], []],
        "userAccountControl": [0x202, 0x4_0200, 0x1_0200, 0, null],
        "computedUac": [0x10, 0x80_0000, null],
        "adminCount": [1, null],
        "pwdLastSet": [at(-8), at(-1), "0", i64::MAX.to_string(), "odd", null],
        "passwordExpires": [at(-1), null],
        "lockoutTime": [at(-1), at(0), null],
        "accountExpires": [at(-1), at(2), i64::MAX.to_string(), null],
        "consistencyGuid": ["AAAA"],
        "resultantPso": ["CN=Short", "CN=Hidden"],
        "resultantPsoState": ["ok", "notReadable", null],
        "memberOfTransitive": [["S-1-5-32-544"], ["S-1-5-32-548"], ["S-1-5-21-1-2-3-77"], [], null],
        "protectedGroups": [[], ["S-1-5-32-544"]],
        "memberOf": [["CN=Staff"]],
        "msExchMasterAccountSid": ["S-1-5-21-9-9-9-1"],
        "isGmsa": [true],
        "parentContainers": [[]],
        "connectorHint": [true],
        "dcTimeUnixMs": [NOW - 20 * DAY_MS, null],
        "searchCount": [0, 2, null],
        "anchorSearches": [[{"forest": "corp.example", "found": 2}]],
        "input": ["bert@corp.example"],
        "inputIndex": [3],
        "sampled": [true],
    });
    let own = serde_json::to_value(sound()).unwrap();
    let names: Vec<&String> = own.as_object().unwrap().keys().collect();
    assert_eq!(names, fields.as_object().unwrap().keys().collect::<Vec<_>>(), "every field has other values");
    let mut all = vec![sound()];
    for (name, values) in fields.as_object().unwrap() {
        for value in values.as_array().unwrap() {
            let mut changed = own.clone();
            changed[name] = value.clone();
            all.push(serde_json::from_value(changed).unwrap());
        }
    }
    // Of a locked account whose controller computes nothing; of one whose tokenGroups nobody asked for.
    let locked = |time: &str| User { computed_uac: None, lockout_time: Some(time.to_owned()), ..sound() };
    let scanned = |groups: &[&str]| User {
        member_of_transitive: None,
        protected_groups: Some(groups.iter().map(|sid| (*sid).to_owned()).collect()),
        ..sound()
    };
    all.extend([locked(&at(-1)), locked(&at(0)), scanned(&[]), scanned(&["S-1-5-32-548"])]);
    all
}

fn descriptors() -> Vec<Option<SecurityDescriptor>> {
    let change = |sid: &'static str| TestAce { sid, ..allow(Right::ChangePassword) };
    let with = |ace: TestAce| [&[ace][..], &good_aces()].concat();
    let all = [
        sd("user", false, &with(change("S-1-5-10"))),
        sd("user", false, &good_aces()),
        sd("user", true, &good_aces()),
        sd("user", true, &[]),
        sd("user", false, &[deny(Right::ResetPassword)]),
        sd("user", false, &with(TestAce { conditional: true, ..deny(Right::WriteLockoutTime) })),
        // Speaks of one of the two.
        sd("user", false, &with(change(ANNA))),
        sd("user", false, &with(TestAce { deny: true, ..change(ANNA) })),
        sd("user", false, &with(change("S-1-5-21-1-2-3-77"))),
    ];
    all.into_iter().map(Some).chain([None]).collect()
}

/// The policies of the domain, and what the operator stated.
fn scenes() -> Vec<(Vec<Pso>, Option<&'static str>)> {
    let short = Pso { dn: Some("CN=Short".to_owned()), min_age: Some(1), lockout_duration: Some(60), ..Pso::default() };
    let container =
        |readable| Pso { container: Some(PsoContainer { readable, ..Default::default() }), ..Pso::default() };
    vec![
        (vec![short.clone(), container(true)], None),
        (vec![short, container(true)], Some("Change")),
        (vec![container(false)], Some("Reset")),
    ]
}

fn said(
    policy: &DomainPolicy,
    psos: &[Pso],
    operation: Option<&str>,
    user_data: &User,
    descriptor: &Option<SecurityDescriptor>,
) -> Statuses {
    let target = user("someone");
    let input = OperatorInput { operation: operation.map(str::to_owned), ..OperatorInput::default() };
    let stage: Stage = psos.iter().fold(
        stage().add(&domain(), policy.clone()).add(&Target::server("sync1"), input).add(&target, user_data.clone()),
        |stage, pso| stage.add(&domain(), pso.clone()),
    );
    let unread = SecurityDescriptor { sd_bytes: None, ..sd("user", false, &[]) };
    let object_class = user_data.object_class.clone();
    let descriptor = SecurityDescriptor { object_class, ..descriptor.clone().unwrap_or(unread) };
    let stage = stage.add(&target, descriptor);
    let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
    let plan = Plan::new(Diagnostic::TestUser, &Selection::default()).unwrap();
    Answers::new(&scene, &plan, &Suppressions::default(), |_, _| true).judged(&target)
}

#[test]
fn who_is_alike_gets_the_same_from_every_check() {
    let policy =
        DomainPolicy { min_pwd_age: Some(7 * 86_400), lockout_duration: Some(1_800), ..DomainPolicy::default() };
    let (mut alike, mut kinds) = (0, 0);
    for (psos, operation) in scenes() {
        let policies = Policies::new(Some(&policy), &psos);
        let mut judged = Judged::new(token(&groups()), NEEDED);
        let mut known: HashMap<Alike, (Statuses, User)> = HashMap::new();
        for (descriptor, user) in descriptors().iter().flat_map(|sd| variants().into_iter().map(move |user| (sd, user)))
        {
            let summary = descriptor.as_ref().map(|descriptor| {
                let own = SecurityDescriptor { object_class: user.object_class.clone(), ..descriptor.clone() };
                judged.judge(class_of(&own), &descriptor.sd_bytes.as_ref().unwrap().0).unwrap()
            });
            let kind = Alike::of(&user, is_reserved(&user), summary.as_deref(), policies.of(&user));
            let Some(kind) = kind.map(Alike::into_owned) else { continue };
            let said = said(&policy, &psos, operation, &user, descriptor);
            match known.entry(kind) {
                Entry::Occupied(first) => {
                    let (others, like) = first.get();
                    assert_eq!(&said, others, "{user:?}\n{like:?}\n{descriptor:?}");
                    alike += 1;
                }
                Entry::Vacant(place) => {
                    place.insert((said, user));
                    kinds += 1;
                }
            }
        }
    }
    // Names, and instants on the same side of what they are compared with, make nobody another.
    assert!(alike > 300 && kinds > 300, "{alike} users are like another, of {kinds} kinds");
}

#[test]
fn nobody_is_like_who_is_spoken_of_by_the_own_sid() {
    let own = |rid: &str| User { sid: Some(format!("S-1-5-21-1-2-3-{rid}")), ..sound() };
    let ace = TestAce { sid: ANNA, ..deny(Right::ChangePassword) };
    let names_anna = sd("user", false, &[ace]).sd_bytes.unwrap();
    let mut judged = Judged::new(token(&groups()), NEEDED);
    let summary = judged.judge(None, &names_anna.0).unwrap();
    let is_known = |user: &User| Alike::of(user, None, Some(&summary), Governing::Unknown).is_some();
    assert!(!is_known(&own("2001")) && is_known(&own("2002")) && !is_known(&own("500")));
    assert!(is_known(&User { sid: None, ..sound() }) && !is_known(&User { sid: Some("odd".to_owned()), ..sound() }));
    assert!(!is_known(&User { input: Some("bert".to_owned()), ..own("2002") }));
}
