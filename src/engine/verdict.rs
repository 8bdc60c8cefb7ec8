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
                !kin.domains.is_empty()
                    && kin.domains.iter().all(|domain| same_check().any(|other| other.target.is_in(&domain.key)))
            }
            TargetKind::Connector | TargetKind::User => false,
        }
    })
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
