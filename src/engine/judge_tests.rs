//! Blocking, roles and defects, shown with the checks of the catalog on planted evidence.

use super::judge::Judge;
use super::suppress::Suppressions;
use crate::catalog::testing::{NOW, Stage, server};
use crate::catalog::{
    Answer, Area, Case, Check, Class, Proof, Reason, RoleRule, RunsAt, Scene, Severity, Status, Target, TargetKind,
    registry,
};
use crate::contract::Finding;
use crate::evidence::{DcInventory, Dns, DnsAnswer, EffectiveProxy, Kind, OperatorInput, ProxyConfig, Tcp, Vantage};
use crate::panics;

const DOC: &str = "ssprdedicatedsbprodscu.servicebus.windows.net";
const DOC2: &str = "ssprdedicatedsbprodncu.servicebus.windows.net";

fn findings(stage: &Stage, id: &str) -> Vec<Finding> {
    let check = registry::find(id).unwrap();
    let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
    let judge = Judge::new(&scene);
    judge.targets(check).iter().map(|target| judge.finding(check, target, &Suppressions::default())).collect()
}

fn at(stage: &Stage, id: &str, host: &str) -> Finding {
    findings(stage, id).into_iter().find(|finding| finding.target.display.starts_with(host)).unwrap()
}

/// The direct path, with what each host answers: an address class for its name, a result for its port.
fn cloud(namespaces: &[&str], hosts: &[(&str, &str)]) -> Stage {
    let input = OperatorInput {
        namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        ..OperatorInput::default()
    };
    let effective_for_service = EffectiveProxy { kind: "none".to_owned(), ..EffectiveProxy::default() };
    let mut stage =
        Stage::with_input(input).add(&server(), ProxyConfig { effective_for_service, ..ProxyConfig::default() });
    for (host, result) in hosts {
        let target = Target::host(host, 443, &server());
        let known = *result != "NXDOMAIN";
        let answer = DnsAnswer { value: "192.0.2.1".to_owned(), ..DnsAnswer::default() };
        stage = stage.add(
            &target,
            Dns {
                name: (*host).to_owned(),
                record_type: "A+AAAA".to_owned(),
                rcode: if known { "NOERROR" } else { "NXDOMAIN" }.to_owned(),
                answers: if known { vec![answer] } else { Vec::new() },
                address_class: if known { vec!["public".to_owned()] } else { Vec::new() },
                ..Dns::default()
            },
        );
        if known {
            let data = Tcp {
                host: (*host).to_owned(),
                address: "192.0.2.1".to_owned(),
                port: 443,
                via: "direct".to_owned(),
                result: (*result).to_owned(),
                ..Tcp::default()
            };
            stage = stage.add(&target, data);
        }
    }
    stage
}

#[test]
fn a_failed_prerequisite_blocks_at_its_own_target_only_and_names_the_root() {
    let stage = cloud(&[], &[(DOC, "NXDOMAIN"), (DOC2, "Connected")]);
    let blocked = at(&stage, "PW303", DOC);
    assert_eq!((blocked.status, blocked.reason), (Status::NotApplicable, Some(Reason::Blocked)));
    assert_eq!(blocked.blocked_by, ["PW301"]);
    assert_eq!(at(&stage, "PW303", DOC2).status, Status::Pass);
    // PW309 rests on PW307, which rests on PW303, which rests on PW301: the root is named, not the next.
    assert_eq!(at(&stage, "PW309", DOC).blocked_by, ["PW301"]);
}

#[test]
fn a_failure_that_its_role_lowers_still_blocks() {
    let stage = cloud(&[], &[(DOC, "Timeout"), (DOC2, "Connected")]);
    let lowered = at(&stage, "PW303", DOC);
    assert_eq!((lowered.outcome, lowered.status), (Status::Fail, Status::Warn));
    assert_eq!(at(&stage, "PW307", DOC).blocked_by, ["PW303"]);
}

#[test]
fn the_role_of_a_host_sets_status_and_severity() {
    let event = "tenant.servicebus.windows.net";
    let event2 = "tenant2.servicebus.windows.net";
    let reset = "passwordreset.microsoftonline.com";
    let login = "login.microsoftonline.com";
    let sync = "adminwebservice.microsoftonline.com";
    let dead = "Timeout";
    for (stage, host, status, severity) in [
        (cloud(&[event], &[(event, dead), (DOC, "Connected")]), event, Status::Fail, Severity::Critical),
        (cloud(&[event, event2], &[(event, dead), (event2, "Connected")]), event, Status::Warn, Severity::Critical),
        (cloud(&[event], &[(event, "Connected"), (DOC, dead)]), DOC, Status::Warn, Severity::Low),
        (cloud(&[], &[(DOC, dead), (DOC2, dead)]), DOC, Status::Fail, Severity::Critical),
        (cloud(&[], &[(DOC, dead), (DOC2, "Connected")]), DOC, Status::Warn, Severity::Critical),
        (cloud(&[], &[(reset, dead)]), reset, Status::Fail, Severity::Critical),
        (cloud(&[], &[(login, dead)]), login, Status::Fail, Severity::High),
        (cloud(&[], &[(sync, dead)]), sync, Status::Warn, Severity::Medium),
    ] {
        let finding = at(&stage, "PW303", host);
        assert_eq!((finding.status, finding.severity), (status, severity), "{host}");
    }
}

#[test]
fn the_role_of_a_controller_sets_status_and_severity() {
    let domain = Target::domain("corp.example", None);
    let dc = Target::dc("dc1.corp.example", &domain);
    for (role, id, status, severity) in [
        ("pdc", "PW406", Status::Fail, Severity::High),
        ("preferred", "PW406", Status::Fail, Severity::High),
        ("last", "PW406", Status::Warn, Severity::High),
        ("other", "PW406", Status::Warn, Severity::Low),
    ] {
        let inventory = DcInventory {
            fqdn: dc.display.clone(),
            domain: "corp.example".to_owned(),
            roles: vec![role.to_owned()],
            ..DcInventory::default()
        };
        let closed = Tcp { address: "192.0.2.1".to_owned(), port: 445, result: "Timeout".to_owned(), ..Tcp::default() };
        let stage = Stage::new().add(&dc, inventory).add(&dc, closed);
        let finding = at(&stage, id, "dc1");
        assert_eq!((finding.status, finding.severity), (status, severity), "{role}");
        assert_eq!(finding.outcome, Status::Fail, "{role}");
    }
}

#[test]
fn a_network_path_that_is_not_the_services_is_not_representative() {
    let mut stage = cloud(&[], &[(DOC, "Connected")]);
    assert!(at(&stage, "PW303", DOC).representative);
    stage.vantage = Vantage::Other;
    let target = Target::host(DOC2, 443, &server());
    let stage = stage.add(&target, Tcp { port: 443, result: "Connected".to_owned(), ..Tcp::default() });
    assert!(!at(&stage, "PW303", DOC2).representative);
}

#[test]
fn a_panic_in_a_check_is_unknown_with_an_incident_and_without_its_words() {
    fn panics(_: &Case) -> Answer {
        panic!("the password is hunter2")
    }
    static DEFECTIVE: Check = Check {
        id: "PW999",
        title: "This check has a defect",
        area: Area::Server,
        severity: Severity::Critical,
        proof: Proof::A,
        class: Class::Tool,
        target: TargetKind::Server,
        evidence: &[Kind::OperatorInput],
        runs_at: RunsAt::Anywhere,
        blocked_by: &[],
        blocked_by_all: &[],
        role_rule: RoleRule::None,
        remediation: "",
        link: "L-PRE",
        since: "0.0.0",
        rule: "",
        targets: |_| vec![server()],
        judge: panics,
    };
    panics::keep_off_the_console();
    let stage = Stage::new();
    let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
    let finding = Judge::new(&scene).finding(&DEFECTIVE, &server(), &Suppressions::default());
    assert_eq!((finding.status, finding.reason), (Status::Unknown, Some(Reason::ToolLimit)));
    assert!(finding.message.contains("incident") && !finding.message.contains("hunter2"), "{}", finding.message);
}
