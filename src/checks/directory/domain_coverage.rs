use super::facts::{self, answers_ldap, is_read_only};
use crate::catalog::text::list;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::{DcInventory, Os};

crate::declare_check! {
    PW420, "Every synchronised domain and the forest root have a reachable writable controller",
    area: Directory, severity: High, proof: B, class: DcReach,
    target: Domain via targets::domains,
    evidence: [Fsmo, DcInventory, RootDse, AdSyncConfig, Os],
    runs_at: DomainNetwork,
    blocked_by: [PW401],
    remediation: "Open the path to the missing domain; Connect needs all configured domains and each forest root.",
    link: "L-PRE", since: "0.1.0",
    rule: "Judged: each selected domain and the forest root.
Fail: no writable controller answers LDAP.
Warn: only one of several answers, or none of those in the server's own site.
Pass: otherwise.
Unknown: no controller is known, or none answers and not all were looked at.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let scene = case.scene;
    let inventory = scene.evidence.facts::<DcInventory>();
    let controllers: Vec<_> = inventory.iter().filter(|fact| fact.record.target.is_in(&case.target.key)).collect();
    if controllers.is_empty() {
        return Err(Judgement::unknown(Reason::NotCollected, format!("No controller of {domain} is known.")));
    }
    let mut answering = Vec::new();
    let mut silent = Vec::new();
    let mut unread = 0;
    for fact in &controllers {
        let key = &fact.record.target.key;
        if is_read_only(scene, key) == Some(true) {
            continue;
        }
        match answers_ldap(scene, key) {
            facts::Answer::Yes => answering.push(fact),
            facts::Answer::No(_) => silent.push(fact.data.fqdn.as_str()),
            facts::Answer::Unread => unread += 1,
        }
    }
    let site = scene.evidence.facts::<Os>().into_iter().find_map(|fact| fact.data.ad_site.as_deref());
    let in_site = |data: &DcInventory| data.site.as_deref() == site;
    let site_is_dead = site.is_some()
        && controllers.iter().any(|fact| in_site(fact.data))
        && !answering.iter().any(|fact| in_site(fact.data));
    let judgement = if answering.is_empty() && unread == 0 {
        Judgement::fail(format!("No writable controller of {domain} answers LDAP."))
    } else if answering.is_empty() {
        return Err(Judgement::unknown(
            Reason::Partial,
            format!("Not every controller of {domain} was looked at, and none answered."),
        ));
    } else if answering.len() == 1 && !silent.is_empty() {
        Judgement::warn(format!(
            "Only {} of {domain} answers LDAP; {} does not.",
            answering[0].data.fqdn,
            list(silent.iter().copied())
        ))
    } else if site_is_dead {
        Judgement::warn(format!("No controller of {domain} in this server's AD site answers LDAP."))
    } else {
        Judgement::pass(format!("{} writable controller(s) of {domain} answer LDAP.", answering.len()))
    };
    let judgement = if silent.is_empty() { judgement } else { judgement.with("silent", list(silent)) };
    Ok(judgement.with("answering", list(answering.iter().map(|fact| fact.data.fqdn.as_str()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::checks::directory::testing::*;
    use crate::evidence::Fsmo;

    /// The state of LDAP of each controller: `Connected` answers, others do not, empty = not tried.
    fn stage(dc1_port: &str, dc2_port: &str) -> Stage {
        let mut stage = Stage::new()
            .add(&domain(), Fsmo::default())
            .add(&dc1(), listed(&dc1(), "pdc"))
            .add(&dc2(), listed(&dc2(), "other"));
        for (target, result) in [(dc1(), dc1_port), (dc2(), dc2_port)] {
            if !result.is_empty() {
                stage = stage.add(&target, tcp(389, result));
            }
            if result == "Connected" {
                stage = stage.add(&target, root_dse());
            }
        }
        stage
    }

    #[test]
    fn a_domain_needs_a_writable_controller_that_answers() {
        for (stage, expected) in [
            (stage("Connected", "Connected"), PASS),
            (stage("Connected", "Timeout"), WARN),
            (stage("Timeout", "Timeout"), FAIL),
            (stage("Timeout", ""), unknown(Reason::Partial)),
            (Stage::new().add(&domain(), Fsmo::default()), unknown(Reason::NotCollected)),
        ] {
            let judgement = stage.judge_at("PW420", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn a_dead_site_is_a_warning() {
        let here =
            |target: &crate::catalog::Target| DcInventory { site: Some("Main".to_owned()), ..listed(target, "other") };
        let dc3 = crate::catalog::Target::dc("dc3.corp.example", &domain());
        let stage = stage("Connected", "Connected").add(&dc3, here(&dc3)).add(&dc3, tcp(389, "Timeout"));
        let stage = stage.add(&server(), Os { ad_site: Some("Main".to_owned()), ..Os::default() });
        assert_eq!(verdict(&stage.judge_at("PW420", &domain().key)), WARN);
    }
}
