//! One answer for the service (catalog 6.4).

use super::history::History;
use super::rank::{Ranked, is_disproved};
use crate::catalog::{Severity, Status, Target, TargetKind};
use crate::contract::{Finding, VerdictState};

/// What "every host or domain of its kind" means in this run.
#[derive(Clone, Debug, Default)]
pub struct Kin {
    /// Relay hosts that count: those of events, else the documented ones.
    pub relay_hosts: Vec<Target>,
    /// Each within its forest and the accounts that serve it, as far as they are known.
    pub domains: Vec<Target>,
}

/// Checks whose Unknown (or absence) forbids `working` by heartbeat and relay alone.
const NEEDED_FOR_WORKING: [&str; 5] = ["PW701", "PW704", "PW706", "PW403", "PW505"];

/// The state and whether its positive proof is at hand.
pub fn verdict_state(
    findings: &[Finding],
    ranked: &[Ranked],
    history: &History,
    kin: &Kin,
    now_unix_ms: i64,
) -> (VerdictState, bool) {
    let proven = is_proven(findings);
    let service: Vec<&Finding> =
        findings.iter().filter(|finding| finding.is_open() && finding.target.kind != TargetKind::User).collect();
    let fails = |least: Severity| {
        service.iter().filter(move |finding| finding.status == Status::Fail && finding.severity >= least)
    };
    let critical: Vec<&Finding> =
        fails(Severity::Critical).filter(|finding| !is_disproved(finding, history, now_unix_ms)).copied().collect();
    let state = if stops_everybody(&critical, kin) {
        VerdictState::NotWorking
    } else if fails(Severity::High).next().is_some() {
        VerdictState::Degraded
    } else if fails(Severity::Medium).next().is_some() || has_weighty_warning(findings, ranked) {
        VerdictState::AtRisk
    } else if proven {
        VerdictState::Working
    } else {
        VerdictState::NotProven
    };
    (state, proven)
}

pub fn exit_code(state: VerdictState) -> u8 {
    match state {
        VerdictState::Working => 0,
        VerdictState::AtRisk => 1,
        VerdictState::Degraded | VerdictState::NotWorking => 2,
        VerdictState::NotProven => 3,
    }
}

/// A password was seen to be written back, or the channel lives and nothing of the path is unknown.
fn is_proven(findings: &[Finding]) -> bool {
    let passes = |id: &str| findings.iter().any(|finding| finding.id == id && finding.status == Status::Pass);
    let known = |id: &str| {
        let mut of_service =
            findings.iter().filter(|finding| finding.id == id && finding.target.kind != TargetKind::User).peekable();
        of_service.peek().is_some() && of_service.all(|finding| finding.status != Status::Unknown)
    };
    passes("PW217") || (passes("PW803") && passes("PW804") && NEEDED_FOR_WORKING.iter().all(|id| known(id)))
}

/// A critical Fail of the tenant or the server, or of every relay host or domain for one check.
fn stops_everybody(critical: &[&Finding], kin: &Kin) -> bool {
    critical.iter().any(|finding| {
        let same_check = || critical.iter().filter(|other| other.id == finding.id);
        match finding.target.kind {
            TargetKind::Tenant | TargetKind::Server => true,
            TargetKind::Host => {
                !kin.relay_hosts.is_empty()
                    && kin.relay_hosts.iter().all(|host| same_check().any(|other| other.target.key == host.key))
            }
            TargetKind::Forest | TargetKind::Domain | TargetKind::Dc | TargetKind::Account | TargetKind::Container => {
                let fails = |key: &str| same_check().any(|other| other.target.key == key);
                !kin.domains.is_empty()
                    && kin.domains.iter().all(|domain| {
                        same_check().any(|other| other.target.is_in(&domain.key)) || is_cut_off(domain, fails)
                    })
            }
            TargetKind::Connector | TargetKind::User => false,
        }
    })
}

/// The forest of the domain fails, or every account that serves the domain does.
fn is_cut_off(domain: &Target, fails: impl Fn(&str) -> bool) -> bool {
    let around = |kind: &'static str| domain.within.iter().filter(move |key| key.starts_with(kind));
    around("forest:").any(|forest| fails(forest))
        || around("account:").next().is_some() && around("account:").all(|account| fails(account))
}

/// A Warn with a score above 5 on a non-user target.
fn has_weighty_warning(findings: &[Finding], ranked: &[Ranked]) -> bool {
    ranked.iter().any(|cause| {
        cause.exact > 500_000_000
            && cause
                .findings
                .iter()
                .any(|&index| findings[index].status == Status::Warn && findings[index].target.kind != TargetKind::User)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::checks::permission::testing::{ACCOUNT, account, domain, member, sd};
    use crate::contract::{RunState, Selection};
    use crate::engine::{Diagnostic, Plan, RunHeader, Suppressions, report};
    use crate::evidence::{Fsmo, User, Vantage};

    fn verdict(stage: &Stage) -> VerdictState {
        let plan = Plan::new(Diagnostic::TestAll, &Selection::default()).unwrap();
        let header = RunHeader {
            host: "sync".to_owned(),
            vantage: Vantage::SyncServer,
            now_unix_ms: NOW,
            started_unix_ms: NOW,
            duration_ms: 0,
            state: RunState::Done,
            touched: Vec::new(),
        };
        report(&header, &plan, &Suppressions::default(), &stage.evidence, &stage.tables).verdict.state
    }

    #[test]
    fn an_account_that_cannot_sign_in_stops_the_domains_that_it_serves() {
        // Who serves a domain is learnt after its name; a record of its head says it.
        let bare = |name: &str| Target::domain(name, None);
        let disabled = User { sid: Some(ACCOUNT.to_owned()), user_account_control: Some(0x202), ..member(&[], false) };
        let one = || {
            let stage = Stage::new().add(&bare("corp.example"), Fsmo::default()).add(&account(), disabled.clone());
            stage.add(&domain(), sd("domainHead", false, &[]))
        };
        assert_eq!(verdict(&one()), VerdictState::NotWorking);
        // Another domain, which this account does not serve.
        assert_eq!(verdict(&one().add(&bare("other.example"), Fsmo::default())), VerdictState::Degraded);
        // Another account that serves the same domain.
        let other = Target::account("S-1-5-21-1-2-3-9", "CORP\\MSOL_other");
        let sound = User { user_account_control: Some(0x200), ..disabled.clone() };
        let both = one().add(&other, sound).add(&domain().inside(&other), sd("domainHead", false, &[]));
        assert_eq!(verdict(&both), VerdictState::Degraded);
    }
}
