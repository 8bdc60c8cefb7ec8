//! What to collect next when nothing is proven (catalog 6.5).

use super::causes;
use crate::catalog::{Severity, Status, registry};
use crate::contract::{Finding, Missing};
use crate::evidence::Kind;
use std::collections::BTreeMap;

/// The checks whose answer the verdict misses most, with the evidence each is read from. Checks that are
/// not in this build are named too: their evidence can be looked at by hand.
const KEY_CHECKS: [(&str, Kind, Severity); 10] = [
    ("PW101", Kind::GraphSkus, Severity::Critical),
    ("PW206", Kind::GraphAudit, Severity::Critical),
    ("PW217", Kind::EventLog, Severity::Info),
    ("PW403", Kind::RootDse, Severity::Critical),
    ("PW505", Kind::SecurityDescriptor, Severity::Critical),
    ("PW701", Kind::AdSyncConfig, Severity::Critical),
    ("PW704", Kind::AdSyncConfig, Severity::Critical),
    ("PW706", Kind::Services, Severity::Critical),
    ("PW803", Kind::EventLog, Severity::High),
    ("PW804", Kind::EventLog, Severity::Critical),
];

/// How evidence of a kind is had: the command and where to run it.
fn source(kind: Kind) -> (&'static str, &'static str) {
    const SYNC_SERVER: &str = "the Entra Connect server";
    match kind {
        Kind::EventLog => (
            "Get-WinEvent -FilterHashtable @{LogName='Application'; ProviderName='PasswordResetService'} -MaxEvents 50",
            SYNC_SERVER,
        ),
        Kind::AdSyncConfig => ("Get-ADSyncAADPasswordResetConfiguration; Get-ADSyncScheduler", SYNC_SERVER),
        Kind::Services => ("Get-Service ADSync", SYNC_SERVER),
        Kind::RootDse | Kind::Tcp => ("Test-PasswordWriteback -Domain <domain> -Credential <account>", "this machine"),
        Kind::SecurityDescriptor => {
            ("(Get-Acl 'AD:<DN of a user>').Access", "a machine with the ActiveDirectory module")
        }
        Kind::GraphSkus => ("Get-MgSubscribedSku", "any machine, signed in to Microsoft Graph"),
        Kind::GraphAudit => (
            "Get-MgAuditLogDirectoryAudit -Filter \"loggedByService eq 'Self-service Password Management'\"",
            "any machine, signed in to Microsoft Graph",
        ),
        _ => ("Test-PasswordWriteback -IncludeNotCollected", "this machine"),
    }
}

/// Missing evidence, best first: the kind that decides most of what is open.
pub fn next(findings: &[Finding]) -> Vec<Missing> {
    let unknown = |id: &str| {
        let mut own = findings.iter().filter(|finding| finding.id == id).peekable();
        own.peek().is_none() || own.any(|finding| finding.status == Status::Unknown)
    };
    let symptoms: Vec<&Finding> =
        findings.iter().filter(|finding| finding.is_open() && causes::is_symptom(&finding.id)).collect();
    let mut open: Vec<(&str, Kind, Severity)> = Vec::new();
    if symptoms.is_empty() {
        open.extend(KEY_CHECKS.iter().filter(|(id, _, _)| unknown(id)));
    } else {
        let leads =
            |id: &str| causes::edges_from(id).any(|edge| symptoms.iter().any(|finding| finding.id == edge.effect));
        let causes = registry::checks().filter(|check| leads(check.id) && unknown(check.id));
        open.extend(causes.map(|check| (check.id, check.evidence[0], check.severity)));
    }
    let mut by_kind: BTreeMap<Kind, Vec<(&str, Severity)>> = BTreeMap::new();
    for (id, kind, severity) in open {
        by_kind.entry(kind).or_default().push((id, severity));
    }
    let mut kinds: Vec<(Kind, Vec<(&str, Severity)>)> = by_kind.into_iter().collect();
    // Stable sort: ties stay in the order of the evidence kinds.
    kinds.sort_by_key(|(_, checks)| {
        let weight: i64 = checks.iter().map(|(_, severity)| super::rank::points(*severity)).sum();
        std::cmp::Reverse((checks.len(), weight))
    });
    kinds
        .into_iter()
        .map(|(kind, checks)| {
            let (command, run_on) = source(kind);
            Missing {
                kind: kind.name().to_owned(),
                separates: checks.len() as u32,
                checks: checks.into_iter().map(|(id, _)| id.to_owned()).collect(),
                command: command.to_owned(),
                run_on: run_on.to_owned(),
            }
        })
        .collect()
}
