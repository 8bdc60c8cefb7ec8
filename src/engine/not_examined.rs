//! One line each on what was not examined, why, and what adds it (catalog 0.2 (4)).

use super::plan::{Diagnostic, Plan};
use crate::catalog::{Area, Check, RunsAt, Scene};
use crate::checks::targets;
use crate::contract::NotExamined;
use crate::evidence::Kind;
use std::collections::BTreeSet;

/// Areas that no check of this version judges, for the report that otherwise covers everything.
const NOT_IN_THIS_VERSION: [(&str, &[Area]); 5] = [
    ("Licences and tenant settings in Entra ID", &[Area::License, Area::Tenant]),
    ("Rights of the connector account in Active Directory", &[Area::Permission]),
    ("State of the sync service on the Entra Connect server", &[Area::Server]),
    ("Event log of the Entra Connect server", &[Area::Event]),
    ("Single users", &[Area::User]),
];

/// The lines of a report. `folded` are the selected checks that had nothing to judge.
pub fn not_examined(scene: &Scene, plan: &Plan, folded: &BTreeSet<&'static str>) -> Vec<NotExamined> {
    let evidence = scene.evidence;
    let mut lines = Vec::new();
    let group = |belongs: &dyn Fn(&Check) -> bool| -> Vec<String> {
        let checks = plan.selected.iter().filter(|check| folded.contains(check.id) && belongs(check));
        checks.map(|check| check.id.to_owned()).collect()
    };
    let mut add = |checks: Vec<String>, what: &str, why: &str, how: &str| {
        if !checks.is_empty() {
            lines.push(NotExamined { what: what.to_owned(), why: why.to_owned(), how: how.to_owned(), checks });
        }
    };
    let domain_known = evidence.was_asked(Kind::Fsmo);
    // Where the directory answered, what is missing is what a connector is set to.
    let lacks_sync_configuration = |check: &Check| {
        check.evidence[0] == Kind::AdSyncConfig
            || domain_known && check.evidence.contains(&Kind::AdSyncConfig) && !evidence.was_asked(Kind::AdSyncConfig)
    };
    let needs_sync_configuration = |check: &Check| check.area != Area::Permission && lacks_sync_configuration(check);
    let on_controller = |check: &Check| check.runs_at == RunsAt::DomainController;
    let in_directory = |check: &Check| {
        matches!(check.area, Area::Directory | Area::Policy) && !on_controller(check)
            || check.id == "PW717" && !needs_sync_configuration(check)
    };
    add(
        group(&|check| in_directory(check) && !needs_sync_configuration(check)),
        "Active Directory",
        if domain_known { "the directory gave no answer to read it from" } else { "no domain is known here" },
        if domain_known {
            "-Credential, or -Server with a controller that answers"
        } else {
            "-Domain or -Server, with -Credential"
        },
    );
    add(
        group(&needs_sync_configuration),
        "What the configuration of Entra Connect decides (preferred controllers, LDAPS)",
        "the ADSync module is not here",
        "run on the Entra Connect server",
    );
    add(
        group(&on_controller),
        "Settings that only a domain controller itself shows",
        "this version does not read the registry of a controller",
        "on each controller: (Get-ItemProperty HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Lsa).'Notification Packages'",
    );
    add(
        group(&|check| check.area == Area::Permission && !on_controller(check)),
        "Rights of the connector account in Active Directory",
        "no connector account, or no object that it needs rights on, was looked at",
        "-ConnectorAccount, with -Domain and -Credential",
    );
    let is_coverage = |check: &Check| check.id == "PW990";
    let users_asked = !targets::users(scene).is_empty();
    add(
        group(&|check| check.area == Area::User && !is_coverage(check)),
        "Single users",
        if users_asked { "not enough of the named users was read" } else { "no user was named" },
        if users_asked {
            "-Credential of an account that may read them; -PassThruEvidence shows what was read"
        } else {
            "-Identity, with -Domain and -Credential"
        },
    );
    add(
        group(&is_coverage),
        "Share of the users that can be written back",
        "no more than 20 users were asked for",
        "Test-PasswordWritebackUser -All, with -Domain and -Credential",
    );
    add(
        group(&|check| check.area == Area::Network || check.id == "PW718"),
        "Parts of the cloud path",
        "nothing was there to look at",
        "-AllowList for the allow list; -Namespace for the tenant's own relay names",
    );
    if plan.diagnostic == Diagnostic::TestAll && plan.selected.len() > 20 {
        for (what, areas) in NOT_IN_THIS_VERSION {
            let judged = plan
                .selected
                .iter()
                .any(|check| areas.contains(&check.area) && !["PW717", "PW718"].contains(&check.id));
            if !judged {
                lines.push(NotExamined {
                    what: what.to_owned(),
                    why: "this version has no check for it".to_owned(),
                    how: String::new(),
                    checks: Vec::new(),
                });
            }
        }
    }
    lines
}
