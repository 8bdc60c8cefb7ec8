use crate::catalog::text::list;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::directory::facts::host_name;
use crate::checks::targets;
use crate::evidence::{DomainPolicy, Record, Services};

/// Notification packages that Windows brings (Notification Packages of the Lsa key).
const BUILT_IN: [&str; 2] = ["scecli", "rassfm"];
/// Service of the agent that Entra Password Protection puts on controllers.
const PROTECTION_AGENT: &str = "AzureADPasswordProtectionDCAgent";

crate::declare_check! {
    PW605, "Password filters on the controllers are known",
    area: Policy, severity: Low, proof: D, class: Policy,
    target: Dc via targets::controllers,
    evidence: [DomainPolicy, Services],
    runs_at: DomainController,
    remediation: "Look into the filter's own log; add its rules to user guidance.",
    link: "L-NC", since: "0.1.0",
    rule: "Warn: a notification package that Windows does not bring, or the agent of Entra Password Protection: a reset can be refused for the content of the password (33008).
Pass: the packages are only scecli and rassfm, and the agent is not there.
Fail: never.
Unknown: one of the two could not be read.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let entry = packages(case);
    let packages: Option<Vec<&str>> = entry.map(|(_, _, all)| all.iter().map(String::as_str).collect());
    let foreign: Vec<&str> = packages.iter().flatten().filter(|package| !is_built_in(package)).copied().collect();
    let services = case.facts::<Services>();
    let agent = services
        .first()
        .map(|fact| fact.data.services.iter().any(|service| service.name.eq_ignore_ascii_case(PROTECTION_AGENT)));
    let judgement = if !foreign.is_empty() {
        Judgement::warn(format!(
            "{name} asks {} about every new password; it can refuse one that meets the password policy.",
            list(foreign.iter().copied())
        ))
        .step(look("Look into the log of the product that the package belongs to when a reset fails with 33008."))
    } else if agent == Some(true) {
        Judgement::warn(format!(
            "The agent of Entra Password Protection on {name} can refuse a password that meets the password policy."
        ))
        .step(look(
            "Look into the log Microsoft-AzureADPasswordProtection-DCAgent/Admin of the controller when a reset fails with 33008.",
        ))
    } else if let Some(record) = case.unreadable::<Services>().filter(|_| agent.is_none()) {
        Judgement::unreadable(record)
    } else if packages.is_none() || agent.is_none() {
        let missing = if packages.is_none() { "Notification packages" } else { "Services" };
        Judgement::unknown(Reason::NotCollected, format!("{missing} of {name} were not read."))
    } else {
        Judgement::pass(format!("{name} has no password filter but those of Windows."))
    };
    let judgement = match entry {
        Some((record, index, all)) => judgement
            .with("notification packages", list(all.iter().map(String::as_str)))
            .read(record, format!("dcNotificationPackages.{index}.packages"))
            .or(all.iter().filter(|package| is_built_in(package)).cloned().collect::<Vec<_>>())
            .or(all.iter().map(String::as_str).chain(["<another package>"]).collect::<Vec<_>>()),
        None => judgement.said("notification packages", "not read"),
    };
    Ok(match services.first() {
        Some(fact) => judgement.item(fact.record, "services", PROTECTION_AGENT),
        None => judgement.said(PROTECTION_AGENT, "not looked for"),
    })
}

fn is_built_in(package: &str) -> bool {
    BUILT_IN.iter().any(|own| package.eq_ignore_ascii_case(own))
}

/// The packages of this controller, which stand in the record of its domain, and their place there.
fn packages<'a>(case: &Case<'a>) -> Option<(&'a Record, usize, &'a [String])> {
    let policies = case.scene.evidence.facts_at::<DomainPolicy>(targets::domain_key(case.target)?);
    policies.into_iter().find_map(|fact| {
        let mut all = fact.data.dc_notification_packages.iter().enumerate();
        let (index, own) = all.find(|(_, entry)| host_name(&entry.dc) == host_name(&case.target.display))?;
        Some((fact.record, index, own.packages.as_slice()))
    })
}

fn look(text: &str) -> Step {
    Step { text: text.to_owned(), run_on: Some("the domain controller".to_owned()), ..Step::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};
    use crate::evidence::{DcInventory, DcPackages, Kind, Service, State};

    fn domain() -> Target {
        Target::domain("corp.example", None)
    }

    fn dc1() -> Target {
        Target::dc("dc1.corp.example", &domain())
    }

    fn stage(packages: Option<&[&str]>) -> Stage {
        let own = packages.map(|packages| DcPackages {
            dc: "DC1.corp.example".to_owned(),
            packages: packages.iter().map(|name| (*name).to_owned()).collect(),
        });
        let policy = DomainPolicy { dc_notification_packages: own.into_iter().collect(), ..DomainPolicy::default() };
        Stage::new().add(&dc1(), DcInventory::default()).add(&domain(), policy)
    }

    fn services(names: &[&str]) -> Services {
        let services = names.iter().map(|name| Service { name: (*name).to_owned(), ..Service::default() }).collect();
        Services { services, ..Services::default() }
    }

    #[test]
    fn foreign_filters_and_the_agent_warn() {
        for (packages, running, outcome) in [
            (Some(&["scecli", "RASSFM"][..]), Some(&["NTDS"][..]), Status::Pass),
            (Some(&["scecli", "pwfilter"]), Some(&["NTDS"]), Status::Warn),
            (Some(&["scecli", "pwfilter"]), None, Status::Warn),
            (Some(&["scecli"]), Some(&[PROTECTION_AGENT]), Status::Warn),
            (None, Some(&[PROTECTION_AGENT]), Status::Warn),
            (Some(&["scecli"]), None, Status::Unknown),
            (None, Some(&["NTDS"]), Status::Unknown),
            (None, None, Status::Unknown),
        ] {
            let stage = stage(packages);
            let stage = match running {
                Some(names) => stage.add(&dc1(), services(names)),
                None => stage,
            };
            let judgement = stage.judge_at("PW605", &dc1().key);
            assert_eq!(judgement.outcome, outcome, "{packages:?} {running:?}");
        }
    }

    #[test]
    fn refused_services_are_unknown() {
        let stage = stage(Some(&["scecli"])).add_failed(&dc1(), Kind::Services, State::AccessDenied, "rpc");
        assert_eq!(stage.judge_at("PW605", &dc1().key).reason, Some(Reason::AccessDenied));
    }
}
