use crate::catalog::text::list;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::directory::facts::host_name;
use crate::checks::targets;
use crate::evidence::{DcPackages, DomainPolicy, Record, Services};

/// Notification packages that Windows brings (Notification Packages of the Lsa key).
const BUILT_IN: [&str; 2] = ["scecli", "rassfm"];
const READ_THEM: &str = r"(Get-ItemProperty HKLM:\SYSTEM\CurrentControlSet\Control\Lsa).'Notification Packages'";
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
Pass: the packages are only scecli and rassfm, and the agent is not there: neither as a service nor registered in the directory.
Fail: never.
Unknown: one of the two could not be read.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let told = told(case);
    let entry = told.iter().find_map(|(record, index, own)| Some((*record, *index, own.packages.as_ref()?)));
    let packages: Option<Vec<&str>> = entry.map(|(_, _, all)| all.iter().map(String::as_str).collect());
    let foreign: Vec<&str> = packages.iter().flatten().filter(|package| !is_built_in(package)).copied().collect();
    let services = case.facts::<Services>();
    let service = services
        .first()
        .map(|fact| fact.data.services.iter().any(|service| service.name.eq_ignore_ascii_case(PROTECTION_AGENT)));
    let registered = told.iter().find_map(|(record, index, own)| Some((*record, *index, own.protection_agent?)));
    // A service that is there may not have registered yet.
    let agent = match (service, registered) {
        (Some(true), _) | (_, None) => service,
        (_, Some((.., registered))) => Some(registered),
    };
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
    } else if let Some(record) = case.unreadable::<DomainPolicy>().filter(|_| packages.is_none() || agent.is_none()) {
        let why = record.error.as_ref().map(|error| error.text.as_str()).unwrap_or_default();
        let message = format!("Which password filters {name} has could not be read: {why}.");
        Judgement { message, ..Judgement::unreadable(record) }.step(Step {
            command: Some(READ_THEM.to_owned()),
            ..look("Read them on the controller; scecli and rassfm belong to Windows.")
        })
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
    let judgement = match registered {
        Some((record, index, is_there)) => {
            judgement.read(record, format!("dcNotificationPackages.{index}.protectionAgent")).or(!is_there)
        }
        None => judgement,
    };
    Ok(match (services.first(), registered) {
        (Some(fact), _) => judgement.item(fact.record, "services", PROTECTION_AGENT),
        (None, Some(_)) => judgement,
        (None, None) => judgement.said(PROTECTION_AGENT, "not looked for"),
    })
}

fn is_built_in(package: &str) -> bool {
    BUILT_IN.iter().any(|own| package.eq_ignore_ascii_case(own))
}

/// What is told of this controller, in its own records and in that of its domain, with the place there.
fn told<'a>(case: &Case<'a>) -> Vec<(&'a Record, usize, &'a DcPackages)> {
    let of_domain = targets::domain_key(case.target).map(|key| case.scene.evidence.facts_at::<DomainPolicy>(key));
    let policies = case.facts::<DomainPolicy>().into_iter().chain(of_domain.into_iter().flatten());
    let entries = policies.flat_map(|fact| {
        let all = fact.data.dc_notification_packages.iter().enumerate();
        all.map(move |(index, entry)| (fact.record, index, entry))
    });
    entries.filter(|(.., entry)| host_name(&entry.dc) == host_name(&case.target.display)).collect()
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
            packages: Some(packages.iter().map(|name| (*name).to_owned()).collect()),
            protection_agent: None,
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
    fn a_registered_agent_counts_as_one_that_runs() {
        let told = |packages: Option<&str>, agent: Option<bool>| {
            let packages = packages.map(|name| vec![name.to_owned()]);
            let own = DcPackages { dc: "dc1.corp.example".to_owned(), packages, protection_agent: agent };
            DomainPolicy { dc_notification_packages: vec![own], ..DomainPolicy::default() }
        };
        for (agent, running, outcome) in [
            (Some(true), None, Status::Warn),
            (Some(false), None, Status::Pass),
            (Some(false), Some(&[PROTECTION_AGENT][..]), Status::Warn),
            (None, Some(&["NTDS"]), Status::Pass),
            (None, None, Status::Unknown),
        ] {
            let stage = stage(None).add(&dc1(), told(None, agent)).add(&dc1(), told(Some("scecli"), None));
            let stage = match running {
                Some(names) => stage.add(&dc1(), services(names)),
                None => stage,
            };
            assert_eq!(stage.judge_at("PW605", &dc1().key).outcome, outcome, "{agent:?} {running:?}");
        }
        let unread = stage(None).add(&dc1(), told(None, Some(false)));
        let unread = unread.add_failed(&dc1(), Kind::DomainPolicy, State::NotCollected, "toolLimit");
        let judgement = unread.judge_at("PW605", &dc1().key);
        assert_eq!(judgement.reason, Some(Reason::ToolLimit), "{}", judgement.message);
    }

    #[test]
    fn refused_services_are_unknown() {
        let stage = stage(Some(&["scecli"])).add_failed(&dc1(), Kind::Services, State::AccessDenied, "rpc");
        assert_eq!(stage.judge_at("PW605", &dc1().key).reason, Some(Reason::AccessDenied));
    }
}
