use super::facts::{has_role, inventory, is_read_only};
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::{DcInventory, Os, RootDse};

crate::declare_check! {
    PW414, "Controllers in use are writable and in service",
    area: Directory, severity: High, proof: B, class: DcCap,
    target: Dc via targets::controllers,
    evidence: [RootDse, DcInventory, Os],
    runs_at: DomainNetwork,
    blocked_by: [PW403],
    role_rule: ControllerProperty,
    remediation: "Use writable controllers only; write referrals are not followed.",
    link: "L-PRE", since: "0.1.0",
    rule: "Pass: not read-only (supportedCapabilities lacks the partial-secrets OID, msDS-isRODC is not true) and isSynchronized TRUE; a read-only controller that is not used, with a note.
Warn: isSynchronized FALSE; the only controller in the server's AD site is read-only.
Fail: the PDC emulator, a preferred controller or the one last used is read-only.
Unknown: neither source says whether it is read-only, or isSynchronized was not returned.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let root = case.need::<RootDse>()?.data;
    let not_read = |what: &str| Judgement::unknown(Reason::NotReadable, format!("{name} does not say {what}."));
    let read_only = is_read_only(case.scene, &case.target.key).ok_or_else(|| not_read("whether it is read-only"))?;
    if read_only {
        let used = inventory(case.scene, &case.target.key)
            .is_some_and(|inventory| ["pdc", "preferred", "last"].iter().any(|role| has_role(inventory, role)));
        return Ok(if used {
            Judgement::fail(format!(
                "{name} is read-only and in use: a password cannot be written to it, and referrals are not followed."
            ))
        } else if is_alone_in_our_site(case) {
            Judgement::warn(format!("{name} is read-only and the only controller in this server's AD site."))
        } else {
            Judgement::pass(format!("{name} is read-only; the sync service does not use it."))
        });
    }
    match root.is_synchronized {
        Some(true) => Ok(Judgement::pass(format!("{name} is writable and has replicated."))),
        Some(false) => {
            Ok(Judgement::warn(format!("{name} has not finished its first replication (isSynchronized FALSE).")))
        }
        None => Err(not_read("whether it has replicated (isSynchronized)")),
    }
}

/// Where the server's site is not known, nothing is said about it (2.2).
fn is_alone_in_our_site(case: &Case) -> bool {
    let site = case.scene.evidence.facts::<Os>().into_iter().find_map(|fact| fact.data.ad_site.as_deref());
    let own = inventory(case.scene, &case.target.key).and_then(|inventory| inventory.site.as_deref());
    let in_site = |inventory: &DcInventory| inventory.site.as_deref() == site;
    site.is_some()
        && own == site
        && case.scene.evidence.facts::<DcInventory>().iter().filter(|fact| in_site(fact.data)).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::checks::directory::testing::*;

    fn stage(role: &str, root: RootDse, rodc: Option<bool>) -> Stage {
        let record = DcInventory { is_rodc: rodc, site: Some("Main".to_owned()), ..listed(&dc1(), role) };
        Stage::new().add(&dc1(), record).add(&dc1(), root)
    }

    fn read_only() -> RootDse {
        RootDse { supported_capabilities: Some(vec!["1.2.840.113556.1.4.1920".to_owned()]), ..root_dse() }
    }

    #[test]
    fn a_controller_in_use_must_be_writable() {
        let silent = RootDse { supported_capabilities: None, ..root_dse() };
        let behind = RootDse { is_synchronized: Some(false), ..root_dse() };
        let mute = RootDse { is_synchronized: None, ..root_dse() };
        for (stage, expected) in [
            (stage("pdc", root_dse(), None), PASS),
            (stage("pdc", read_only(), None), FAIL),
            (stage("last", read_only(), None), FAIL),
            (stage("preferred", silent.clone(), Some(true)), FAIL),
            (stage("other", read_only(), None), PASS),
            (stage("pdc", behind, None), WARN),
            (stage("pdc", silent, None), unknown(Reason::NotReadable)),
            (stage("pdc", mute, None), unknown(Reason::NotReadable)),
        ] {
            let judgement = stage.judge_at("PW414", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn a_read_only_controller_alone_in_our_site_is_a_warning() {
        let os = Os { ad_site: Some("Main".to_owned()), ..Os::default() };
        let judgement = stage("other", read_only(), None).add(&server(), os).judge_at("PW414", &dc1().key);
        assert_eq!(verdict(&judgement), WARN);
    }
}
