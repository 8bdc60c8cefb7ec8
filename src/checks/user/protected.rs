use super::fields;
use super::protection::{Membership, membership, policy_of};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::directory::well_known_name;
use crate::evidence::User;

crate::declare_check! {
    PW917, "The user is not a protected account",
    area: User, severity: Info, proof: B, class: Protected,
    target: User via targets::found_users,
    evidence: [User, DomainPolicy],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "None; administrators reset through another administrator or use cloud-only admin accounts.",
    link: "L-APXC", since: "0.1.0",
    rule: "Protected: RID 500 or 502, or a transitive member of a protected group, less the operator groups that dSHeuristics excludes.
Pass: not protected.
Fail (by design): protected (a forgotten-password reset or an admin reset is refused; a change may work), also when not stamped yet: that comes within the hour.
Unknown: the membership is not readable, whatever adminCount says.
A Fail blocks the rights checks for this user, so that the set-up is not blamed.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let own_policy = policy_of(case.scene, case.target);
    let policy = own_policy.map(|fact| fact.data);
    let membership = membership(user, policy);
    let by = match membership {
        Membership::Protected(by) => Some(by),
        Membership::Ordinary | Membership::Unknown => None,
    };
    let judgement = match membership {
        Membership::Ordinary => Judgement::pass(format!("{name} is in no protected group.")),
        Membership::Protected(by) => {
            let group = well_known_name(&by).map_or_else(|| by.to_string(), |name| format!("{name} ({by})"));
            let stamped = match user.admin_count {
                Some(1) => "",
                _ => " The directory has not stamped the account yet; it does so within the hour.",
            };
            let own = user.sid.as_deref() == Some(by.to_string().as_str());
            let protected = if own { "a protected account itself".to_owned() } else { format!("protected by {group}") };
            let message = format!(
                "{name} is {protected}: by design a forgotten-password reset or an administrator's reset is refused; a change may work.{stamped}"
            );
            Judgement::fail(message).by_design().with("protected by", group)
        }
        Membership::Unknown => {
            let message = format!("The groups of {name} could not be read, or not whether they are protected here.");
            Judgement::unknown(Reason::NotReadable, message)
        }
    };
    let count = user.admin_count.map_or("not returned".to_owned(), |count| count.to_string());
    let heuristics = policy.map(|policy| policy.ds_heuristics.as_deref().map_or("not returned".to_owned(), clean));
    let judgement = fields::groups(judgement, fact, by);
    let judgement = match own_policy {
        Some(policy) => judgement.read(policy.record, "dSHeuristics"),
        None => judgement.said("dSHeuristics", "not read"),
    };
    Ok(judgement.with("adminCount", count).with("dSHeuristics", heuristics.unwrap_or_else(|| "not read".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::{Scene, Status, registry};
    use crate::checks::permission::testing::{member, sd, stage, user};
    use crate::engine::{Judge, Suppressions};

    fn with(groups: Option<&[&str]>, admin_count: Option<i32>) -> Stage {
        let member_of_transitive = groups.map(|all| all.iter().map(|sid| (*sid).to_owned()).collect());
        let data = User { member_of_transitive, admin_count, ..member(&[], false) };
        stage().add(&user("anna"), data)
    }

    #[test]
    fn members_of_protected_groups_fail_by_design() {
        for (groups, admin_count, outcome, reason) in [
            (Some(&["S-1-5-21-1-2-3-513"][..]), None, Status::Pass, None),
            (Some(&["S-1-5-21-1-2-3-513"]), Some(1), Status::Pass, None),
            (Some(&["S-1-5-21-1-2-3-512"]), Some(1), Status::Fail, Some(Reason::ByDesign)),
            (Some(&["S-1-5-21-1-2-3-512"]), None, Status::Fail, Some(Reason::ByDesign)),
            (None, Some(1), Status::Unknown, Some(Reason::NotReadable)),
        ] {
            let judgement = with(groups, admin_count).judge_at("PW917", &user("anna").key);
            assert_eq!((judgement.outcome, judgement.reason), (outcome, reason), "{groups:?} {admin_count:?}");
            let soon = judgement.message.contains("within the hour");
            assert_eq!(soon, outcome == Status::Fail && admin_count.is_none(), "{}", judgement.message);
        }
    }

    #[test]
    fn a_built_in_account_is_not_said_to_be_in_itself() {
        let sid = Some("S-1-5-21-1-2-3-500".to_owned());
        let data = User { sid, admin_count: Some(1), ..member(&[], false) };
        let judgement = stage().add(&user("anna"), data).judge_at("PW917", &user("anna").key);
        assert_eq!(judgement.outcome, Status::Fail);
        assert!(judgement.message.contains("is a protected account itself"), "{}", judgement.message);
    }

    #[test]
    fn a_protected_user_blocks_the_checks_of_rights() {
        let stage = with(Some(&["S-1-5-21-1-2-3-512"]), Some(1)).add(&user("anna"), sd("user", true, &[]));
        let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
        let judge = Judge::new(&scene);
        for id in ["PW505", "PW506", "PW507", "PW918", "PW919"] {
            let finding = judge.finding(registry::find(id).unwrap(), &user("anna"), &Suppressions::default());
            assert_eq!((finding.status, finding.reason), (Status::NotApplicable, Some(Reason::Blocked)), "{id}");
            assert_eq!(finding.blocked_by, ["PW917"]);
        }
    }
}
