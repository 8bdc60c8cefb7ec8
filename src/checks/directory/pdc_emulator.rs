use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Step};
use crate::checks::targets;
use crate::evidence::{Dns, Fsmo, Kind};

crate::declare_check! {
    PW402, "The PDC emulator of every domain is known",
    area: Directory, severity: Critical, proof: B, class: DcReach,
    target: Domain via targets::domains,
    evidence: [Fsmo, Dns],
    runs_at: DomainNetwork,
    blocked_by: [PW401],
    remediation: "Repair or seize the role; fix DNS.",
    link: "L-GEN", since: "0.1.0",
    rule: "Pass: fSMORoleOwner leads to a host name equal to the pdc SRV target, and it has an address.
Warn: the two differ (replication or stale DNS; the role owner counts), or only one of them leads to an address.
Fail: neither does, or the owner is a deleted server object (its DN contains 0ADEL).
Unknown: the role owner could not be read.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let fsmo = case.need::<Fsmo>()?.data;
    let owner_dn = fsmo.fsmo_role_owner.as_deref().unwrap_or_default();
    let srv = &fsmo.srv_pdc_hosts;
    let describe = |judgement: Judgement| {
        judgement
            .with("fSMORoleOwner", clean(owner_dn))
            .with("role owner", fsmo.pdc_host.as_deref().map_or_else(|| "no host name".to_owned(), clean))
            .with("pdc record in DNS", list(srv.iter().map(String::as_str)))
    };
    if owner_dn.contains("0ADEL") {
        return Ok(describe(Judgement::fail(format!(
            "The PDC emulator of {domain} is a deleted server: nobody holds the role."
        )))
        .step(query()));
    }
    let owner = fsmo.pdc_host.as_deref();
    let owner_resolves = owner.is_some_and(|host| has_address(case, host));
    let by_dns = srv.iter().find(|host| has_address(case, host));
    let judgement = match (owner, by_dns) {
        (Some(owner), _) if owner_resolves && srv.iter().any(|host| host == owner) && srv.len() == 1 => {
            Judgement::pass(format!("The PDC emulator of {domain} is {}.", clean(owner)))
        }
        (Some(owner), _) if owner_resolves && srv.iter().any(|host| host == owner) => Judgement::warn(format!(
            "The PDC emulator of {domain} is {}, but DNS names others beside it: {}.",
            clean(owner),
            list(srv.iter().map(String::as_str))
        )),
        (Some(owner), _) if owner_resolves => Judgement::warn(format!(
            "The PDC emulator of {domain} is {}, but DNS names {}: the record is stale, or replication is.",
            clean(owner),
            if srv.is_empty() { "none".to_owned() } else { list(srv.iter().map(String::as_str)) }
        )),
        (_, Some(host)) => Judgement::warn(format!(
            "The role owner of {domain} leads to no address; DNS names {} as PDC emulator.",
            clean(host)
        )),
        (_, None) => Judgement::fail(format!("Neither the directory nor DNS leads to a PDC emulator of {domain}.")),
    };
    let judgement = describe(judgement);
    Ok(if judgement.outcome == crate::catalog::Status::Pass { judgement } else { judgement.step(query()) })
}

/// A name without a record of its own was not looked up; that is no proof against it.
fn has_address(case: &Case, host: &str) -> bool {
    let key = format!("dc:{}", host.to_lowercase());
    let evidence = case.scene.evidence;
    match evidence.facts_at::<Dns>(&key).first() {
        Some(fact) => !fact.data.answers.is_empty(),
        None => evidence.records_at(Kind::Dns, &key).next().is_none(),
    }
}

fn query() -> Step {
    Step {
        text:
            "Ask who holds the role; then repair DNS, transfer the role, or seize it when its holder is gone for good."
                .to_owned(),
        command: Some("netdom query fsmo".to_owned()),
        run_on: Some("a domain controller".to_owned()),
        needs_rights: Some("Domain Admins to transfer or seize".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW402".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Reason;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;
    use crate::evidence::State;

    fn fsmo(owner: &str, host: Option<&str>, srv: &[&str]) -> Fsmo {
        Fsmo {
            fsmo_role_owner: Some(owner.to_owned()),
            pdc_host: host.map(str::to_owned),
            srv_pdc_hosts: srv.iter().map(|host| (*host).to_owned()).collect(),
            domain_dns: "corp.example".to_owned(),
            ..Fsmo::default()
        }
    }

    const NTDS: &str = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=example";
    const DC1: &str = "dc1.corp.example";
    const DC2: &str = "dc2.corp.example";

    #[test]
    fn the_directory_and_dns_must_agree() {
        let deleted =
            "CN=NTDS Settings\\0ADEL:1,CN=DC1,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=example";
        let known =
            |address: &[&str]| Stage::new().add(&dc1(), addresses(address)).add(&dc2(), addresses(&["192.0.2.2"]));
        for (stage, data, expected) in [
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[DC1]), PASS),
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[DC2]), WARN),
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[DC1, DC2]), WARN),
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[]), WARN),
            (known(&[]), fsmo(NTDS, Some(DC1), &[DC2]), WARN),
            (known(&[]), fsmo(NTDS, Some(DC1), &[DC1]), FAIL),
            (known(&["192.0.2.1"]), fsmo(NTDS, None, &[]), FAIL),
            (known(&["192.0.2.1"]), fsmo(deleted, Some(DC1), &[DC1]), FAIL),
        ] {
            let judgement = stage.add(&domain(), data.clone()).judge_at("PW402", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{data:?}: {}", judgement.message);
        }
    }

    #[test]
    fn a_role_owner_that_may_not_be_read_is_unknown() {
        let stage = Stage::new().add_failed(&domain(), Kind::Fsmo, State::AccessDenied, "ldap");
        assert_eq!(verdict(&stage.judge_at("PW402", &domain().key)), unknown(Reason::AccessDenied));
    }
}
