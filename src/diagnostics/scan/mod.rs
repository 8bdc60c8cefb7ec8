//! Every user of a domain, judged and forgotten page by page: `pwb_test_user` and `pwb_test_permission` with
//! `all`.
//!
//! The run before it learns what all users share: policies, the connector account, its groups. The scan
//! leaves no records; of each user only counts remain, and the answer is handed out where the caller wants it.

mod coverage;
mod rights;

use super::live::Live;
use crate::catalog::{Check, NameValue, Target, registry};
use crate::checks::permission::census;
use crate::checks::user::share;
use crate::contract::{ContractError, CoverageResult, DirectoryPart, Finding, Item, Progress, Report, RunState};
use crate::engine::{Diagnostic, Finished, Judge, RunHeader};
use crate::evidence::Evidence;
use crate::evidence::collect::directory::{Batch, Scan, Wanted, scans};
use crate::evidence::collect::{Touched, World};
use crate::jobs::{Closed, End, Outbox};
use coverage::Coverages;
use rights::Rights;
use std::time::Instant;
use tokio::sync::watch;

/// Which users, and what of them.
pub struct Users {
    wanted: Wanted,
    diagnostic: Diagnostic,
    summary_only: bool,
}

impl Users {
    /// What the request asks for; `None` without `all`.
    pub fn of(diagnostic: Diagnostic, directory: &DirectoryPart) -> Result<Option<Users>, ContractError> {
        let refused = |field: &str, text: &str| Err(ContractError::out_of_range(field, text));
        if !directory.all {
            return match (&directory.ldap_filter, directory.summary_only) {
                (Some(_), _) => refused("directory.ldapFilter", "A filter needs 'all': it narrows a scan."),
                (None, true) => refused("directory.summaryOnly", "A summary needs 'all': it is made of all users."),
                (None, false) => Ok(None),
            };
        }
        let of_rights = diagnostic == Diagnostic::TestPermission;
        if diagnostic != Diagnostic::TestUser && !of_rights {
            return refused("directory.all", "Only pwb_test_user and pwb_test_permission examine all users.");
        }
        if of_rights && directory.summary_only {
            return refused("directory.summaryOnly", "Only pwb_test_user has answers per user to leave out.");
        }
        if !directory.identities.is_empty() {
            return refused("directory.identities", "Either all users are examined or the named ones.");
        }
        if directory.sample_size.is_some() {
            return refused("directory.sampleSize", "Either all users are examined or a sample.");
        }
        let filter = directory.ldap_filter.as_deref().map(str::trim).map(|text| match text.starts_with('(') {
            true => text.to_owned(),
            false => format!("({text})"),
        });
        if filter.as_ref().is_some_and(|filter| ldap3::parse_filter(filter).is_err()) {
            return refused("directory.ldapFilter", "The filter is not an LDAP filter such as (department=Sales).");
        }
        let wanted = Wanted { filter, containers: of_rights };
        Ok(Some(Users { wanted, diagnostic, summary_only: directory.summary_only }))
    }

    /// True for a check that the scan answers: the run before has nobody to ask it about.
    pub fn answers(&self, check: &Check) -> bool {
        match self.diagnostic {
            Diagnostic::TestPermission => census::is_counted(check),
            _ => check.id == share::CHECK.id,
        }
    }

    /// What the scan touches, beside what the run before it does.
    pub fn touches(&self, world: &World) -> Vec<Touched> {
        let bases = &world.settings.search_base;
        let whole = ["each domain head".to_owned()];
        let bases = if bases.is_empty() { &whole[..] } else { bases };
        let users = bases.iter().map(|base| Touched::new("ldap", format!("all users below {base} (paged)")));
        let groups = Touched::new("ldap", "members of the protected groups of each domain (searches below its head)");
        let above = Touched::new("ldap", "descriptors of the containers above the users (base searches)");
        users.chain([groups]).chain(self.wanted.containers.then_some(above)).collect()
    }
}

/// What comes out of a scan for the report.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    coverage: Vec<CoverageResult>,
}

/// The users of one domain so far.
enum Counted<'a> {
    Coverage(Box<Coverages<'a>>),
    Rights(Box<Rights<'a>>),
}

impl<'a> Counted<'a> {
    fn new(live: &'a Live, users: &Users, evidence: &'a Evidence, domain: &Target) -> Counted<'a> {
        match users.diagnostic {
            Diagnostic::TestPermission => Counted::Rights(Box::new(Rights::new(live, evidence, domain))),
            _ => Counted::Coverage(Box::new(Coverages::new(live, evidence, domain, users.summary_only))),
        }
    }

    async fn take(&mut self, outbox: &Outbox, batch: &Batch) -> Result<(), Closed> {
        match self {
            Counted::Coverage(coverage) => coverage.take(outbox, &batch.users).await,
            Counted::Rights(rights) => {
                rights.take(batch);
                Ok(())
            }
        }
    }

    fn users(&self) -> usize {
        match self {
            Counted::Coverage(coverage) => coverage.users(),
            Counted::Rights(rights) => rights.users(),
        }
    }

    async fn tell(self, outbox: &Outbox, scan: &Scan, told: &mut Told) -> Result<(), Closed> {
        match self {
            Counted::Coverage(coverage) => coverage.tell(outbox, scan, told).await,
            Counted::Rights(rights) => rights.tell(outbox, scan, told).await,
        }
    }
}

/// Scans every domain after the run; then the report is made, and ends the job.
pub async fn scan(
    live: &Live,
    users: &Users,
    outbox: &Outbox,
    mut cancelled: watch::Receiver<bool>,
    mut finished: Finished,
) -> End {
    let world = &live.engine.world;
    let mut told = Told::default();
    finished.touched.extend(users.touches(world));
    for mut scan in scans(&finished.evidence, world, &users.wanted) {
        let mut counted = Counted::new(live, users, &finished.evidence, &scan.domain);
        let started = Instant::now();
        loop {
            let batch = tokio::select! {
                batch = scan.next() => batch,
                _ = cancelled.wait_for(|cancelled| *cancelled) => {
                    finished.state = RunState::Cancelled;
                    None
                }
            };
            let Some(batch) = batch else { break };
            if counted.take(outbox, &batch).await.is_err() {
                return End::cancelled(None);
            }
            outbox.progress(progress(&scan, counted.users(), started));
        }
        if finished.state == RunState::Cancelled {
            let text = "The scan was cancelled; the users after this point are not counted.";
            scan.lose(&scan.domain.display.clone(), text);
        }
        if counted.tell(outbox, &scan, &mut told).await.is_err() {
            return End::cancelled(None);
        }
    }
    let mut report: Report = live.report(&finished, told.findings);
    report.coverage.extend(told.coverage);
    if users.diagnostic == Diagnostic::TestUser {
        // Checks of users had nobody to judge in the run before; now they had.
        report.not_examined.retain(|line| line.checks.iter().any(|id| registry::find(id).is_none()));
    }
    let run = Item::Run { run: Box::new(RunHeader::of(&report)) };
    if live.engine.emit_evidence && outbox.send(&run).await.is_err() {
        return End::cancelled(None);
    }
    End::with_streamed_findings(&report)
}

/// Hands a finding out and keeps it for the report.
async fn hand_out(outbox: &Outbox, live: &Live, finding: Finding, told: &mut Told) -> Result<(), Closed> {
    if !Judge::is_folded(&finding) || live.engine.plan.include_not_collected {
        outbox.send(&Item::Finding(Box::new(finding.clone()))).await?;
        told.findings.push(finding);
    }
    Ok(())
}

fn progress(scan: &Scan, users: usize, started: Instant) -> Progress {
    Progress {
        done: users.min(i32::MAX as usize) as u32,
        total: 0,
        activity: format!("Examining the users of {}", scan.domain.display),
        message: String::new(),
        rate_per_second: Some((users as f64 / started.elapsed().as_secs_f64().max(0.001)).round()),
        remaining_ms: None,
    }
}

/// Lines of evidence on what was not read.
fn lines(gaps: &[NameValue]) -> impl Iterator<Item = (&str, &str)> {
    gaps.iter().map(|gap| (gap.name.as_str(), gap.value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_users_are_a_matter_of_two_diagnostics_and_no_sample() {
        let all = || DirectoryPart { all: true, ..DirectoryPart::default() };
        let named = || DirectoryPart { identities: vec!["anna".to_owned()], ..all() };
        let filter = |text: &str| DirectoryPart { ldap_filter: Some(text.to_owned()), ..all() };
        for (diagnostic, directory, field) in [
            (Diagnostic::TestUser, all(), None),
            (Diagnostic::TestPermission, all(), None),
            (Diagnostic::TestAll, all(), Some("directory.all")),
            (Diagnostic::TestPermission, named(), Some("directory.identities")),
            (Diagnostic::TestPermission, DirectoryPart { sample_size: Some(5), ..all() }, Some("directory.sampleSize")),
            (Diagnostic::TestUser, DirectoryPart { summary_only: true, ..all() }, None),
            (Diagnostic::TestPermission, DirectoryPart { summary_only: true, ..all() }, Some("directory.summaryOnly")),
            (Diagnostic::TestUser, DirectoryPart { all: false, ..filter("(a=b)") }, Some("directory.ldapFilter")),
            (Diagnostic::TestUser, filter("department=Sales"), None),
            (Diagnostic::TestUser, filter("(department=Sales"), Some("directory.ldapFilter")),
        ] {
            let refused = Users::of(diagnostic, &directory).err().and_then(|error| error.field);
            assert_eq!(refused.as_deref(), field, "{diagnostic:?} {directory:?}");
        }
    }
}
