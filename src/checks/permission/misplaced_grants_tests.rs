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
    let passed_on_deny = TestAce { flags: 0x0A, ..deny(RESET) };
    for (aces, class, outcome, says) in [
        (vec![explicit(0x00, None)], "user", Status::Fail, "this object only"),
        (vec![explicit(0x0E, None)], "user", Status::Fail, "direct children only"),
        (vec![explicit(0x0A, Some(guids::USER))], "inetOrgPerson", Status::Fail, "class user"),
        (vec![passed_on_deny.clone(), explicit(0x0A, None)], "user", Status::Fail, "a deny, ACE 0"),
        (vec![passed_on_deny.clone(), explicit(0x1A, None)], "user", Status::Fail, "a deny, ACE 0"),
        (vec![TestAce { flags: 0x1A, ..passed_on_deny.clone() }, explicit(0x1A, None)], "user", Status::Pass, ""),
        (vec![explicit(0x0A, None), passed_on_deny.clone(), explicit(0x1A, None)], "user", Status::Pass, ""),
        (vec![deny(RESET), explicit(0x1A, None)], "user", Status::Pass, ""),
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
fn a_user_of_unknown_class_keeps_open_what_depends_on_it() {
    for (aces, outcome, reason) in [
        (vec![explicit(0x00, Some(guids::USER))], Status::Fail, None),
        (vec![explicit(0x0E, None)], Status::Fail, None),
        (vec![explicit(0x0A, Some(guids::USER))], Status::Unknown, Some(Reason::Partial)),
        (vec![explicit(0x00, None), explicit(0x0A, Some(guids::USER))], Status::Unknown, Some(Reason::Partial)),
        (vec![explicit(0x0A, None)], Status::Pass, None),
        (vec![], Status::Pass, None),
    ] {
        let stage = below("acmeUser", &[DEEP, SALES], &[]).add(&container(SALES), sd("container", false, &aces));
        let judgement = stage.judge_at("PW512", &container(SALES).key);
        assert_eq!((judgement.outcome, judgement.reason), (outcome, reason), "{aces:?}: {}", judgement.message);
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
    let unread = below("user", &[SALES], &[]).add_failed(&target, Kind::SecurityDescriptor, State::AccessDenied, "l");
    assert_eq!(unread.judge_at("PW512", &target.key).reason, Some(Reason::AccessDenied));
    let empty = stage().add(&target, sd("container", false, &[]));
    assert_eq!(empty.judge_at("PW512", &target.key).reason, Some(Reason::NotCollected));
}
