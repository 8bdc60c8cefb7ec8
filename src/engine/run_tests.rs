use super::*;
use crate::catalog::testing::server;
use crate::contract::Selection;
use crate::engine::Diagnostic;
use crate::evidence::Vantage;
use crate::evidence::collect::{Settings, collectors};
use crate::knowledge::Tables;

/// What a run of these checks would touch; all checks of the diagnostic when none is named.
fn plan(diagnostic: Diagnostic, checks: &[&str]) -> Vec<(Touched, Vec<String>)> {
    let checks = checks.iter().map(|id| (*id).to_owned()).collect();
    let engine = Engine {
        plan: Plan::new(diagnostic, &Selection { checks, ..Selection::default() }).unwrap(),
        suppressions: Suppressions::default(),
        world: Arc::new(World {
            settings: Settings { domains: vec!["corp.example".to_owned()], ..Settings::default() },
            tables: Arc::new(Tables::shipped()),
            vantage: Vantage::Other,
            run_as: "tester".into(),
            server: server(),
            now_unix_ms: 0,
        }),
        collectors: collectors(),
        later: Vec::new(),
        expects: Vec::new(),
        deadline: Duration::ZERO,
        emit_evidence: false,
    };
    engine.would_touch()
}

#[test]
fn the_cloud_is_touched_for_checks_of_the_cloud_and_the_directory_for_those_of_the_directory() {
    let has = |plan: &[(Touched, Vec<String>)], text: &str| plan.iter().any(|(it, _)| it.target.contains(text));
    let (cloud, directory) = ("login.microsoftonline.com", "_msdcs.corp.example");
    for (diagnostic, checks, of_cloud, of_directory) in [
        (Diagnostic::TestAll, &[][..], true, true),
        (Diagnostic::TestDirectory, &[], false, true),
        (Diagnostic::TestPermission, &[], false, true),
        (Diagnostic::TestUser, &[], false, true),
        // With the clock of the domain.
        (Diagnostic::TestConnectivity, &[], true, true),
        (Diagnostic::TestConnectivity, &["PW303", "PW718"], true, false),
        (Diagnostic::TestAll, &["PW407", "PW717"], false, true),
    ] {
        let plan = plan(diagnostic, checks);
        assert_eq!((has(&plan, cloud), has(&plan, directory)), (of_cloud, of_directory), "{diagnostic:?} {checks:?}");
    }
}

#[test]
fn a_target_names_the_checks_that_read_it() {
    for (touched, checks) in plan(Diagnostic::TestAll, &["PW303", "PW407"]) {
        let of_cloud = touched.target.contains("microsoftonline");
        let of_directory = touched.target.contains("_msdcs.");
        assert!(!of_cloud || checks == ["PW303"], "{touched:?} {checks:?}");
        assert!(!of_directory || checks == ["PW407"], "{touched:?} {checks:?}");
    }
}
