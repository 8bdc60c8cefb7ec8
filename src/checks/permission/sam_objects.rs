use super::deciding::others;
use super::evidence::{Object, account, object};
use super::on_users::verify;
use super::steps::{AppliesTo, Grantee, grant_on_object, without_deny};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Status};
use crate::checks::targets;
use crate::directory::{Decision, Right, Verdict, decide};

crate::declare_check! {
    PW516, "The objects read by the SAM path are readable for the connector account",
    area: Permission, severity: High, proof: B, class: Sam,
    target: Domain via targets::domains_with_rights,
    evidence: [SecurityDescriptor, TokenGroups],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Give Authenticated Users (or Pre-Windows 2000 Compatible Access with Authenticated Users as member) list contents, read all properties and read permissions on that object.",
    link: "L-ACCESS", since: "0.1.0",
    rule: "Read: the domain head, CN=Builtin, and CN=Server,CN=System. Needed on each: read all properties and list contents; on the last, read permissions as well.
Pass: all are effective.
Fail: one is missing; the message names object and right, and whether Authenticated Users is absent from Pre-Windows 2000 Compatible Access.
Unknown: one is not readable or not settled, while none fails.",
}

const READ: [Right; 2] = [Right::ReadProperties, Right::ListContents];
const READ_ALL: [Right; 3] = [Right::ReadProperties, Right::ListContents, Right::ReadControl];
/// Purpose, name, and what is needed there.
const OBJECTS: [(&str, &str, &[Right]); 3] = [
    ("domainHead", "the domain head", &READ),
    ("builtin", "CN=Builtin", &READ),
    ("samServer", "CN=Server,CN=System", &READ_ALL),
];
const AUTHENTICATED_USERS: Grantee = Grantee { name: "Authenticated Users", sid: "S-1-5-11" };

fn judge(case: &Case) -> Answer {
    let domain = clean(&case.target.display);
    let account = account(case)?;
    let mut missing: Vec<(&str, String, Decision)> = Vec::new();
    let mut open: Option<Judgement> = None;
    let mut asked: Vec<(&str, Object, Decision)> = Vec::new();
    for (purpose, name, rights) in OBJECTS {
        let object = match object(case.scene, &case.target.key, purpose, &format!("{name} of {domain}")) {
            Ok(object) => object,
            Err(unread) => {
                open.get_or_insert(unread);
                continue;
            }
        };
        for right in rights {
            let decision = decide(&object.descriptor, &account.token, *right, object.class);
            asked.push((name, object.clone(), decision));
            match decision.verdict {
                Verdict::Granted => {}
                Verdict::Denied | Verdict::NotGranted => missing.push((name, object.dn.clone(), decision)),
                Verdict::Undecided(undecided) => {
                    open.get_or_insert(Judgement::unknown(
                        undecided.reason(),
                        format!(
                            "Whether {} can read {name} of {domain} is not settled: {}.",
                            account.name, decision.why
                        ),
                    ));
                }
            }
        }
    }
    let judgement = match (missing.first(), open) {
        (Some((name, _, decision)), _) => {
            let right = decision.why.right;
            let absent = match account.groups.pre_win2000_has_auth_users {
                Some(false) => " Authenticated Users is not a member of Pre-Windows 2000 Compatible Access.",
                _ => "",
            };
            let message = format!(
                "{} does not have {} (0x{:x}) on {name} of {domain}: {}.{absent}",
                account.name,
                right.name(),
                right.mask(),
                decision.why
            );
            missing.iter().fold(Judgement::fail(message).rule("one is missing"), |judgement, (_, dn, decision)| {
                let (why, verify) = (&decision.why, verify(case));
                let grant = || grant_on_object(why.right, dn, AUTHENTICATED_USERS, AppliesTo::ThisObject, &verify);
                judgement.step(without_deny(why, dn, &verify).unwrap_or_else(grant))
            })
        }
        (None, Some(open)) => open,
        (None, None) => Judgement::pass(format!(
            "{} can read the domain head, CN=Builtin and CN=Server,CN=System of {domain}.",
            account.name
        )),
    };
    let member = match account.groups.pre_win2000_has_auth_users {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not read",
    };
    // Where one is missing it decides alone; where all are there or none is missing, all of them do.
    let judgement = asked.iter().fold(judgement, |judgement, (name, object, decision)| {
        let judgement = judgement.with("why", format!("{name}: {}", decision.why));
        match judgement.outcome {
            Status::Fail if decision.verdict == Verdict::Granted => judgement,
            _ => others(
                judgement.said(&format!("{} on {name}", decision.why.right.name()), decision.why),
                account.holder(),
                object,
                decision,
            ),
        }
    });
    Ok(judgement.with("Authenticated Users in Pre-Windows 2000 Compatible Access", member))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{AUTHENTICATED_USERS, TestAce, account, allow, deny, domain, groups, stage};
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Reason, Status};
    use crate::evidence::{SecurityDescriptor, TokenGroups};

    fn default(rights: &[Right]) -> Vec<TestAce> {
        rights.iter().map(|right| TestAce { sid: AUTHENTICATED_USERS, ..allow(*right) }).collect()
    }

    /// An object that is named like its purpose.
    fn sd(purpose: &str, aces: &[TestAce]) -> SecurityDescriptor {
        SecurityDescriptor { dn: purpose.to_owned(), ..super::super::testing::sd(purpose, false, aces) }
    }

    fn with(head: &[TestAce], builtin: &[TestAce], server: Option<&[TestAce]>) -> Stage {
        let stage = stage().add(&domain(), sd("domainHead", head)).add(&domain(), sd("builtin", builtin));
        match server {
            Some(aces) => stage.add(&domain(), sd("samServer", aces)),
            None => stage,
        }
    }

    #[test]
    fn one_right_on_one_object_is_enough_to_fail() {
        let (read, all) = (default(&READ), default(&READ_ALL));
        let denied = [vec![deny(Right::ListContents)], read.clone()].concat();
        for (head, builtin, server, outcome, says) in [
            (&read, &read, Some(&all), Status::Pass, ""),
            (&read, &read, Some(&read), Status::Fail, "Read permissions (0x20000) on CN=Server,CN=System"),
            (&read, &denied, Some(&all), Status::Fail, "List contents (0x4) on CN=Builtin"),
            (&vec![], &read, Some(&all), Status::Fail, "the domain head"),
            (&read, &vec![], None, Status::Fail, "CN=Builtin"),
            (&read, &read, None, Status::Unknown, "CN=Server,CN=System"),
        ] {
            let judgement = with(head, builtin, server.map(Vec::as_slice)).judge_at("PW516", &domain().key);
            assert_eq!(judgement.outcome, outcome, "{}", judgement.message);
            assert!(judgement.message.contains(says), "{says}: {}", judgement.message);
        }
    }

    #[test]
    fn each_right_is_granted_on_its_object_alone_unless_a_deny_stands_there() {
        let read = default(&READ);
        let denied = [vec![deny(Right::ReadProperties)], read.clone()].concat();
        let judgement = with(&read[..1], &denied, Some(&read)).judge_at("PW516", &domain().key);
        let texts: Vec<&str> = judgement.steps.iter().map(|step| step.text.as_str()).collect();
        let expected = [
            "Grant List contents to Authenticated Users on domainHead, this object only.",
            "Remove the entry that denies Read all properties to S-1-5-21-1-2-3-1105 on builtin",
            "Grant Read permissions to Authenticated Users on samServer, this object only.",
        ];
        assert_eq!(texts.len(), expected.len());
        assert!(texts.iter().zip(expected).all(|(text, start)| text.starts_with(start)), "{texts:?}");
    }

    #[test]
    fn the_message_says_when_authenticated_users_is_no_member() {
        let groups = TokenGroups { pre_win2000_has_auth_users: Some(false), ..groups() };
        let stage = Stage::new().add(&account(), groups).add(&domain(), sd("samServer", &[]));
        let judgement = stage.judge_at("PW516", &domain().key);
        assert_eq!((judgement.outcome, judgement.reason), (Status::Fail, None::<Reason>));
        assert!(judgement.message.contains("not a member of Pre-Windows 2000"), "{}", judgement.message);
    }
}
