use super::facts::{PARTIAL_SECRETS, inventory, is_read_only, our_site, site_in_words};
use crate::catalog::text::list;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::{DcInventory, RootDse};

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
Unknown: neither source says whether it is read-only, isSynchronized was not returned, or the role of a read-only one is not known.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let site = our_site(case.scene);
    let (root_dse, own) = (case.facts::<RootDse>(), case.facts::<DcInventory>());
    let read_only = is_read_only(case.scene, &case.target.key);
    let roles = inventory(case.scene, &case.target.key).map(|inventory| inventory.roles.as_slice());
    let is_used = roles.map(|roles| roles.iter().any(|role| ["pdc", "preferred", "last"].contains(&role.as_str())));
    let because = |judgement: Judgement| {
        let judgement = match root_dse.first() {
            Some(fact) => {
                let judgement = match fact.data.supported_capabilities {
                    Some(_) => judgement.item(fact.record, "supportedCapabilities", PARTIAL_SECRETS),
                    None => judgement.read(fact.record, "supportedCapabilities").or(Vec::<String>::new()),
                };
                judgement.read(fact.record, "isSynchronized").or(true).or(false)
            }
            None => judgement,
        };
        match own.first() {
            Some(fact) => judgement.read(fact.record, "isRodc").or(false).or(true).read(fact.record, "roles"),
            None => judgement.said("roles", "not read"),
        }
    };
    let describe = |judgement: Judgement| {
        because(judgement)
            .with("roles", roles.map_or_else(|| "not read".to_owned(), |roles| list(roles.iter().map(String::as_str))))
            .with("AD site of this server", site_in_words(site))
    };
    if read_only == Some(true) && is_used == Some(true) {
        return Ok(describe(Judgement::fail(format!(
            "{name} is read-only and in use: a password cannot be written to it, and referrals are not followed."
        ))));
    }
    let not_read = |what: &str| Judgement::unknown(Reason::NotReadable, format!("{name} does not say {what}."));
    let root = case.need::<RootDse>().map(|fact| fact.data.is_synchronized);
    let judgement = match (read_only, root) {
        (_, Ok(Some(false))) => {
            Judgement::warn(format!("{name} has not finished its first replication (isSynchronized FALSE)."))
                .rule("isSynchronized FALSE")
        }
        (Some(true), _) if is_used.is_none() => not_read("whether the sync service uses it"),
        (Some(true), _) if is_alone_in(case, site) => {
            Judgement::warn(format!("{name} is read-only and the only controller in this server's AD site."))
                .rule("the only controller")
        }
        (Some(true), _) => {
            Judgement::pass(format!("{name} is read-only; the sync service does not use it.")).rule("that is not used")
        }
        (_, Err(unreadable)) => return Err(unreadable),
        (None, _) => not_read("whether it is read-only"),
        (Some(false), Ok(None)) => not_read("whether it has replicated (isSynchronized)"),
        (Some(false), Ok(Some(true))) => {
            Judgement::pass(format!("{name} is writable and has replicated.")).rule("not read-only")
        }
    };
    Ok(describe(judgement))
}

/// True when no other controller of the domain is in our site. Where a site is not known, nothing is
/// said about it (2.2).
fn is_alone_in(case: &Case, site: Option<&str>) -> bool {
    let Some(domain) = case.target.within.iter().find(|key| key.starts_with("domain:")) else {
        return false;
    };
    let own = inventory(case.scene, &case.target.key).and_then(|inventory| inventory.site.as_deref());
    let elsewhere = |data: &DcInventory| data.site.is_some() && data.site.as_deref() != site;
    site.is_some()
        && own == site
        && case.scene.evidence.facts::<DcInventory>().iter().all(|fact| {
            let target = &fact.record.target;
            target.key == case.target.key || !target.is_in(domain) || elsewhere(fact.data)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Target;
    use crate::catalog::testing::{Stage, server};
    use crate::checks::directory::testing::*;
    use crate::evidence::{Kind, Os, State};

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
            (stage("preferred", read_only(), None), FAIL),
            (stage("last", read_only(), None), FAIL),
            (stage("preferred", silent.clone(), Some(true)), FAIL),
            (stage("other", read_only(), None), PASS),
            (stage("site", read_only(), None), PASS),
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
        let os = || Os { ad_site: Some("Main".to_owned()), ..Os::default() };
        let beside = |site: Option<&str>| DcInventory { site: site.map(str::to_owned), ..listed(&dc2(), "other") };
        let alone = || stage("other", read_only(), None);
        let elsewhere = Target::dc("dc9.child.corp.example", &Target::domain("child.corp.example", None));
        for (stage, expected) in [
            (alone().add(&server(), os()), WARN),
            (alone().add(&server(), os()).add(&dc2(), beside(Some("Branch"))), WARN),
            (alone().add(&server(), os()).add(&elsewhere, beside(Some("Main"))), WARN),
            (alone().add(&server(), os()).add(&dc2(), beside(Some("Main"))), PASS),
            (alone().add(&server(), os()).add(&dc2(), beside(None)), PASS),
            (alone(), PASS),
        ] {
            let judgement = stage.judge_at("PW414", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn the_inventory_alone_can_prove_that_a_controller_in_use_is_read_only() {
        let record = DcInventory { is_rodc: Some(true), ..listed(&dc1(), "preferred") };
        let cut = |record: DcInventory| {
            Stage::new().add(&dc1(), record).add_failed(&dc1(), Kind::RootDse, State::Timeout, "deadline")
        };
        assert_eq!(verdict(&cut(record).judge_at("PW414", &dc1().key)), FAIL);
        let writable = DcInventory { is_rodc: Some(false), ..listed(&dc1(), "preferred") };
        assert_eq!(verdict(&cut(writable).judge_at("PW414", &dc1().key)), unknown(Reason::Timeout));
    }

    #[test]
    fn a_read_only_controller_whose_role_is_not_known_is_unknown() {
        let stage =
            Stage::new().add_failed(&dc1(), Kind::DcInventory, State::Timeout, "deadline").add(&dc1(), read_only());
        assert_eq!(verdict(&stage.judge_at("PW414", &dc1().key)), unknown(Reason::NotReadable));
    }
}
