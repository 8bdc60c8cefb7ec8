use super::bucket::{Bucket, Known, bucket};
use super::coverage::Coverage;
use super::may_change::{added, own_change, own_token};
use super::operation::Operation;
use super::reserved::is_reserved;
use crate::catalog::{Answer, Case, Scene, Target};
use crate::checks::permission::evidence::{account_for, object};
use crate::checks::permission::facts::rights;
use crate::checks::policy::governing::Policies;
use crate::checks::targets;
use crate::evidence::{DomainPolicy, User};

crate::declare_check! {
    PW990, "Most users can be written back (coverage)",
    area: User, severity: Medium, proof: B, class: Rights,
    target: Domain via domains,
    evidence: [User, SecurityDescriptor, TokenGroups, DomainPolicy, Pso, AdSyncObject, AdSyncConfig, OperatorInput],
    runs_at: DomainNetwork,
    blocked_by: [PW501],
    remediation: "Work down the buckets by size.",
    link: "L-TUT", since: "0.1.0",
    rule: "Only with -All, or with more than 20 users that were asked for. Each user falls into the first bucket that matches: out of scope; disabled; protected by design; leftover protection; reserved character; inheritance off; right missing; too young and cannot change (operation Change only); unknown; writable.
The rate is that of the writable among all but out of scope, disabled, protected by design and too young.
Unknown: over 10 % of all are unknown, nobody is left to judge, or not all users could be read.
Pass: at least 99 %.
Warn: at least 90 %.
Fail: below.",
}

/// With fewer users each has a finding of its own, and a rate says nothing.
const MORE_THAN: usize = 20;

fn judge(case: &Case) -> Answer {
    // Who is in scope is known to the sync service; no check of this version asks it.
    Ok(of_domain(case.scene, case.target).judgement(&case.target.display, false, &[]))
}

/// Domains of which more than twenty users were asked for.
pub fn domains(scene: &Scene) -> Vec<Target> {
    let asked = |domain: &Target| users(scene, domain).len() > MORE_THAN;
    targets::domains(scene).into_iter().filter(asked).collect()
}

/// The users of a domain that the operator asked for, counted.
pub fn of_domain(scene: &Scene, domain: &Target) -> Coverage {
    let policies = Policies::around(scene, domain);
    let policy = scene.evidence.fact_at::<DomainPolicy>(&domain.key).map(|fact| fact.data);
    let (operation, added) = (Operation::stated(scene), added(scene, domain));
    let mut coverage = Coverage::default();
    for target in users(scene, domain) {
        let Some(fact) = scene.evidence.fact_at::<User>(&target.key) else {
            coverage.add("", Bucket::Unknown);
            continue;
        };
        let user = fact.data;
        let object = object(scene, &target.key, "user", &target.display).ok();
        let account = account_for(scene, &target).ok();
        let both = object.as_ref().zip(account.as_ref());
        let rights = both.map(|(object, account)| rights(&object.descriptor, &account.token, object.class));
        let bucket = bucket(&Known {
            user,
            in_scope: None,
            reserved: is_reserved(user),
            policy,
            governing: policies.of(user),
            rights: rights.as_ref(),
            own_change: object
                .as_ref()
                .map(|object| own_change(&object.descriptor, object.class, &own_token(user, &added)).verdict),
            operation,
        });
        coverage.add(user.parent_containers.first().map_or("", String::as_str), bucket);
    }
    coverage
}

/// Its users, and those of whom no domain is known because they were not read: each may be one of them.
fn users(scene: &Scene, domain: &Target) -> Vec<Target> {
    let is_here = |user: &Target| user.is_in(&domain.key) || targets::domain_key(user).is_none();
    targets::found_users(scene).into_iter().filter(is_here).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::Stage;
    use crate::checks::permission::testing::{domain, good_aces, member, sd, stage, user};
    use crate::evidence::{Kind, State};

    /// So many users with all rights, and so many without.
    fn people(sound: usize, bare: usize) -> Stage {
        let mut stage = stage();
        for number in 0..sound + bare {
            let target = user(&format!("u{number}"));
            let aces = if number < sound { good_aces() } else { Vec::new() };
            let dn = Some(format!("CN=u{number},OU=Sales,DC=corp,DC=example"));
            let data = User { dn, ..member(&["OU=Sales,DC=corp,DC=example"], false) };
            stage = stage.add(&target, data).add(&target, sd("user", false, &aces));
        }
        stage
    }

    #[test]
    fn more_than_twenty_users_give_a_rate() {
        assert!(people(20, 0).judge("PW990").is_empty());
        for (sound, bare, outcome) in
            [(21, 0, Status::Pass), (99, 1, Status::Pass), (19, 2, Status::Warn), (18, 3, Status::Fail)]
        {
            let judgement = people(sound, bare).judge_at("PW990", &domain().key);
            assert_eq!(judgement.outcome, outcome, "{sound} and {bare}: {}", judgement.message);
        }
        let judgement = people(18, 3).judge_at("PW990", &domain().key);
        let lines: Vec<(&str, &str)> =
            judgement.evidence.iter().map(|line| (line.name.as_str(), line.value.as_str())).collect();
        assert!(lines.contains(&("without Reset Password", "3")), "{lines:?}");
        assert!(lines.contains(&("container", "OU=Sales,DC=corp,DC=example: 3 of 21 cannot be written back")));
    }

    #[test]
    fn users_who_were_not_read_count_as_unknown() {
        let silent = |stage: Stage, count: usize, domain: Option<&Target>| {
            (0..count).fold(stage, |stage, number| {
                let target = Target::user(&format!("silent{number}"), "silent", domain);
                stage.add_failed(&target, Kind::User, State::Timeout, "ldap")
            })
        };
        for place in [None, Some(domain())] {
            for (count, outcome) in [(2, Status::Warn), (3, Status::Unknown)] {
                let judgement = silent(people(21, 0), count, place.as_ref()).judge_at("PW990", &domain().key);
                assert_eq!(judgement.outcome, outcome, "{place:?} {count}: {}", judgement.message);
            }
        }
        let gone = people(21, 0).add_failed(&user("gone"), Kind::User, State::NotFound, "ldap");
        assert_eq!(gone.judge_at("PW990", &domain().key).outcome, Status::Pass);
    }

    #[test]
    fn users_whose_permissions_were_not_read_are_unknown() {
        let mut stage = stage();
        for number in 0..21 {
            stage = stage.add(&user(&format!("u{number}")), member(&[], false));
        }
        assert_eq!(stage.judge_at("PW990", &domain().key).outcome, Status::Unknown);
    }
}
