//! Explanations on planted evidence: what would flip a status, and which ACE decided.

use super::judge::Judge;
use super::suppress::Suppressions;
use crate::catalog::testing::{NOW, Stage, server};
use crate::catalog::{Scene, Status, Target, common, registry};
use crate::checks::directory::testing as directory;
use crate::checks::permission::testing as permission;
use crate::checks::permission::testing::{SALES, TestAce, allow, deny, good_aces, member, sd, user};
use crate::contract::{Explain, Finding};
use crate::directory::Right;
use crate::evidence::{
    Clock, DomainPolicy, EffectiveProxy, Fsmo, Kind, OperatorInput, ProxyConfig, Pso, PsoContainer, RootDse,
    SecurityDescriptor, State, User,
};

const RESET: Right = Right::ResetPassword;

fn domain() -> Target {
    permission::domain()
}

fn finding(stage: &Stage, id: &str, key: &str) -> Finding {
    let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
    let judge = Judge::new(&scene).explaining(true);
    let check = registry::find(id).unwrap();
    let target = judge.targets(check).iter().find(|target| target.key == key).cloned();
    judge.finding(check, &target.unwrap_or_else(|| panic!("{id} has no target {key}")), &Suppressions::default())
}

fn explain(stage: &Stage, id: &str, key: &str) -> Explain {
    finding(stage, id, key).explain.unwrap()
}

fn value<'e>(explain: &'e Explain, name: &str) -> Option<&'e str> {
    explain.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
}

fn policy(policy: DomainPolicy) -> Stage {
    Stage::new().add(&domain(), Fsmo::default()).add(&domain(), policy)
}

fn age(seconds: Option<i32>) -> Stage {
    policy(DomainPolicy { min_pwd_age: seconds, ..DomainPolicy::default() })
}

/// Anna, as she is and with what her descriptor grants.
fn anna(data: User, aces: &[TestAce]) -> Stage {
    permission::stage().add(&user("anna"), data).add(&user("anna"), sd("user", false, aces))
}

fn plain() -> User {
    let dn = Some("CN=Anna,OU=Sales,DC=corp,DC=example".to_owned());
    User { dn, account_expires: Some("0".to_owned()), computed_uac: Some(0), ..member(&[SALES], false) }
}

fn controller(root_dse: RootDse) -> Stage {
    let dc = directory::dc1();
    Stage::new().add(&dc, directory::listed(&dc, "pdc")).add(&dc, root_dse)
}

fn clocks(skew: i32) -> Stage {
    let clock = |skew: i32| Clock { skew_seconds: Some(skew), round_trip_ms: Some(2), ..Clock::default() };
    directory::healthy().add(&directory::dc1(), clock(5)).add(&directory::dc2(), clock(skew))
}

#[test]
fn the_threshold_is_the_flip() {
    let (anna_key, dc1, dc2) = (user("anna").key, directory::dc1().key, directory::dc2().key);
    let fine_grained = |minimum: i32| {
        let pso = Pso {
            dn: Some("CN=All".to_owned()),
            min_age: Some(minimum),
            applies_to: vec!["CN=G".to_owned()],
            ..Pso::default()
        };
        let container = Pso { container: Some(PsoContainer { readable: true, count: Some(1) }), ..Pso::default() };
        age(Some(0)).add(&domain(), container).add(&domain(), pso)
    };
    let endless = DomainPolicy { lockout_duration: Some(0), lockout_threshold: Some(5), ..DomainPolicy::default() };
    let whole = DomainPolicy {
        min_pwd_length: Some(8),
        pwd_history_length: Some(24),
        pwd_properties: Some(1),
        max_pwd_age_never: true,
        ..endless
    };
    let disabled = User { user_account_control: Some(0x202), ..plain() };
    let card = User { user_account_control: Some(0x4_0200), ..plain() };
    let expired = User { account_expires: Some("1".to_owned()), ..plain() };
    let locked = User { computed_uac: Some(0x10), ..plain() };
    let former = User { admin_count: Some(1), ..plain() };
    let admin = User { member_of_transitive: Some(vec!["S-1-5-32-544".to_owned()]), ..plain() };
    let twice = User { search_count: Some(2), input: Some("anna@corp.example".to_owned()), ..plain() };
    let slash = User { dn: Some("CN=Anna,OU=a/b,DC=corp,DC=example".to_owned()), ..plain() };
    let one_hint =
        RootDse { supported_control: Some(vec!["1.2.840.113556.1.4.2239".to_owned()]), ..directory::root_dse() };
    let read_only =
        RootDse { supported_capabilities: Some(vec!["1.2.840.113556.1.4.1920".to_owned()]), ..directory::root_dse() };
    let all = || good_aces();
    for (id, key, stage, name, flipped, status) in [
        ("PW601", &domain().key, age(Some(86_400)), "domain-policy.minPwdAge", "0", Status::Pass),
        ("PW601", &domain().key, age(Some(0)), "domain-policy.minPwdAge", "1", Status::Warn),
        ("PW601", &domain().key, age(None), "domain-policy.minPwdAge", "0", Status::Pass),
        ("PW602", &domain().key, fine_grained(60), "pso[1].minAge", "0", Status::Pass),
        ("PW602", &domain().key, fine_grained(0), "pso[1].minAge", "1", Status::Warn),
        ("PW603", &domain().key, policy(whole), "domain-policy.lockoutDuration", "1", Status::Pass),
        (
            "PW415",
            &dc1,
            controller(one_hint),
            "rootdse.supportedControl has 1.2.840.113556.1.4.2066",
            "true",
            Status::Pass,
        ),
        (
            "PW414",
            &dc1,
            controller(read_only),
            "rootdse.supportedCapabilities has 1.2.840.113556.1.4.1920",
            "false",
            Status::Pass,
        ),
        ("PW422", &dc2, clocks(400), "clock.skewSeconds", "5", Status::Pass),
        ("PW422", &dc2, clocks(5), "clock.skewSeconds", "66", Status::Warn),
        ("PW901", &anna_key, anna(twice, &all()), "user.searchCount", "1", Status::Pass),
        ("PW908", &anna_key, anna(slash, &all()), "user.dn", "CN=Anna,OU=renamed,DC=corp,DC=example", Status::Pass),
        ("PW909", &anna_key, anna(disabled, &all()), "user.userAccountControl bit 0x2", "false", Status::Pass),
        ("PW909", &anna_key, anna(expired, &all()), "user.userAccountControl bit 0x2", "true", Status::Fail),
        ("PW910", &anna_key, anna(locked, &all()), "user.computedUac bit 0x10", "false", Status::Pass),
        ("PW911", &anna_key, anna(card, &all()), "user.userAccountControl bit 0x40000", "false", Status::Pass),
        ("PW917", &anna_key, anna(plain(), &all()), "user.memberOfTransitive has S-1-5-32-544", "true", Status::Fail),
        ("PW917", &anna_key, anna(admin, &all()), "user.memberOfTransitive has S-1-5-32-544", "false", Status::Pass),
        ("PW918", &anna_key, anna(former, &all()), "user.adminCount", "0", Status::Pass),
    ] {
        let before = finding(&stage, id, key).status;
        assert_ne!(before, status, "{id}");
        let found = stage.flip_at(id, key);
        assert_eq!(found, Some((name.to_owned(), flipped.to_owned(), status)), "{id} {before:?}");
    }
}

#[test]
fn two_obstacles_have_no_single_flip() {
    let both = User { computed_uac: Some(0x10), user_account_control: Some(0x202), ..plain() };
    let stage = Stage::new().add(&permission::account(), both).add(&permission::account(), permission::groups());
    assert_eq!(stage.flip_at("PW502", &permission::account().key), None);
    let said = explain(&stage, "PW502", &permission::account().key);
    assert_eq!((said.rule.as_str(), value(&said, "user.userAccountControl bit 0x2")), ("Fail: disabled", Some("true")));
}

/// Descriptors on the way from the head of the domain to Anna; the grant is set on the container.
fn inherited(aces: &[TestAce], set_on_sales: bool) -> Stage {
    let at = |dn: &str, data: SecurityDescriptor| SecurityDescriptor { dn: dn.to_owned(), ..data };
    let set =
        |aces: &[TestAce]| -> Vec<TestAce> { aces.iter().map(|ace| TestAce { flags: 0x0a, ..ace.clone() }).collect() };
    let (sales, head) = if set_on_sales { (set(aces), Vec::new()) } else { (Vec::new(), set(aces)) };
    permission::stage()
        .add(&domain(), at(permission::HEAD, sd("domainHead", false, &head)))
        .add(&permission::container(SALES), at(SALES, sd("container", false, &sales)))
        .add(&user("anna"), plain())
        .add(&user("anna"), at("CN=Anna,OU=Sales,DC=corp,DC=example", sd("user", false, aces)))
}

#[test]
fn the_deciding_ace_is_named_with_its_trustee_and_origin() {
    let everyone = TestAce { sid: "S-1-1-0", ..deny(RESET) };
    let group = TestAce { sid: "S-1-5-15", ..allow(RESET) };
    let account = "CORP\\MSOL_0123456789ab (S-1-5-21-1-2-3-1105)";
    for (aces, on_sales, rule, decision, trustee, sid, origin) in [
        (vec![everyone], true, "User: Fail (high) when denied or not granted", "denied", "Everyone", "S-1-1-0", SALES),
        (vec![allow(RESET)], true, "User: Pass when granted", "granted", account, permission::ACCOUNT, SALES),
        (vec![group], false, "User: Pass when granted", "granted", "This Organization", "S-1-5-15", permission::HEAD),
    ] {
        let said = explain(&inherited(&aces, on_sales), "PW505", &user("anna").key);
        assert_eq!(said.rule, rule);
        for (name, expected) in [
            ("right", "Reset Password"),
            ("decision", decision),
            ("object", "CN=Anna,OU=Sales,DC=corp,DC=example"),
            ("ACE", "0"),
            ("trustee", trustee),
            ("trustee SID", sid),
            ("inherited", "true"),
            ("set on", origin),
        ] {
            assert_eq!(value(&said, name), Some(expected), "{name}: {said:?}");
        }
    }
    let own = TestAce { flags: 0, ..allow(RESET) };
    let said = explain(&inherited(&[own], true), "PW505", &user("anna").key);
    assert_eq!(value(&said, "inherited"), Some("false"));
    assert_eq!(value(&said, "set on"), Some("CN=Anna,OU=Sales,DC=corp,DC=example"));
    let orphan = anna(plain(), &[allow(RESET)]);
    assert!(value(&explain(&orphan, "PW505", &user("anna").key), "set on").unwrap().starts_with("not known"));
}

#[test]
fn another_descriptor_flips_a_right() {
    let first = |what: &str| {
        format!("with an explicit {what} of Reset Password for CORP\\MSOL_0123456789ab (S-1-5-21-1-2-3-1105) in front")
    };
    let without = || "without ACE 0".to_owned();
    for (aces, value, status) in [
        (vec![], first("allow"), Status::Pass),
        (vec![allow(RESET)], without(), Status::Fail),
        (vec![allow(RESET), allow(RESET)], first("deny"), Status::Fail),
        (vec![deny(RESET), allow(RESET)], without(), Status::Pass),
        (vec![deny(RESET)], first("allow"), Status::Pass),
        (vec![TestAce { conditional: true, ..allow(RESET) }], without(), Status::Fail),
    ] {
        let name = "DACL of CN=Anna,OU=Sales,DC=corp,DC=example".to_owned();
        let found = inherited(&aces, true).flip_at("PW505", &user("anna").key);
        assert_eq!(found, Some((name, value, status)), "{aces:?}");
    }
}

#[test]
fn inheritance_switched_off_is_switched_on() {
    let lacking = |protected: bool| {
        permission::stage()
            .add(&permission::container(SALES), sd("container", protected, &[]))
            .add(&user("anna"), plain())
            .add(&user("anna"), sd("user", false, &[]))
    };
    let name = format!("inheritance at {SALES}");
    let key = permission::container(SALES).key;
    assert_eq!(lacking(true).flip_at("PW510", &key), Some((name.clone(), "on".to_owned(), Status::Pass)));
    assert_eq!(lacking(false).flip_at("PW510", &key), Some((name, "off".to_owned(), Status::Fail)));
    let own = permission::stage().add(&user("anna"), plain()).add(&user("anna"), sd("user", true, &good_aces()));
    let flip = own.flip_at("PW919", &user("anna").key);
    assert_eq!(flip, Some(("inheritance at anna".to_owned(), "on".to_owned(), Status::Pass)));
}

#[test]
fn a_count_turns_where_its_grade_does() {
    let people = |granted: usize, refused: usize| {
        (0..granted + refused).fold(permission::stage(), |stage, number| {
            let target = user(&format!("u{number}"));
            let container = format!("OU=c{},DC=corp,DC=example", number % 50);
            let aces = if number < granted { good_aces() } else { Vec::new() };
            stage.add(&target, member(&[&container], true)).add(&target, sd("user", false, &aces))
        })
    };
    for (granted, refused, count, status) in
        [(100, 0, "1", Status::Warn), (97, 3, "0", Status::Pass), (40, 60, "0", Status::Pass)]
    {
        let found = people(granted, refused).flip_at("PW505", &domain().key);
        assert_eq!(found, Some(("not granted".to_owned(), count.to_owned(), status)), "{granted} and {refused}");
    }
}

#[test]
fn what_the_engine_says_has_a_rule_and_fields_too() {
    let host = Target::host("login.microsoftonline.com", 443, &server());
    let effective_for_service = EffectiveProxy { kind: "none".to_owned(), ..EffectiveProxy::default() };
    let stage = Stage::with_input(OperatorInput::default())
        .add(&server(), ProxyConfig { effective_for_service, ..ProxyConfig::default() })
        .add(
            &host,
            crate::evidence::Dns {
                record_type: "A+AAAA".to_owned(),
                rcode: "NXDOMAIN".to_owned(),
                ..Default::default()
            },
        );
    let blocked = explain(&stage, "PW303", &host.key);
    assert_eq!(blocked.rule, common::BLOCKED);
    assert_eq!(value(&blocked, "PW301@host:login.microsoftonline.com:443"), Some("fail"));
    assert_eq!(blocked.flip, None);
    let refused = age(Some(0)).add_failed(&user("anna"), Kind::User, State::AccessDenied, "ldap");
    let unread = explain(&refused, "PW909", &user("anna").key);
    assert_eq!((unread.rule.as_str(), value(&unread, "user (state)")), (common::UNREAD, Some("accessDenied")));
    let other = clocks(400);
    let lowered = explain(&other, "PW422", &directory::dc2().key);
    assert_eq!(
        lowered.rule,
        "Fail: more than 300 s, for a preferred controller. Lowered to Warn: the controller is neither the PDC emulator nor preferred nor the one last used"
    );
}

#[test]
fn without_the_switch_nothing_is_explained() {
    let stage = age(Some(0));
    let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
    let found = Judge::new(&scene).finding(registry::find("PW601").unwrap(), &domain(), &Suppressions::default());
    assert_eq!(found.explain, None);
}
