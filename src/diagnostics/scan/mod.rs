//! Every user of a domain, judged and forgotten page by page: `pwb_test_user` and `pwb_test_permission` with
//! `all`.
//!
//! The run before it learns what all users share: policies, the connector account, its groups. The scan
//! keeps no records; of each user only counts remain. Answers are handed out where the caller wants them, and the
//! records too.

mod answers;
mod coverage;
mod rights;

use super::live::Live;
use crate::catalog::{Check, NameValue, Target, TargetKind};
use crate::checks::permission::census;
use crate::checks::user::share;
use crate::contract::{ContractError, CoverageResult, DirectoryPart, Finding, Item, Progress, Report, RunState};
use crate::engine::{Diagnostic, Engine, Finished, Judge, RunHeader};
use crate::evidence::collect::Touched;
use crate::evidence::collect::directory::{Batch, Found, Scan, Wanted, planned_scans, scans, user_target};
use crate::evidence::{Evidence, Record};
use crate::jobs::{self, Closed, End, Outbox};
use coverage::Coverages;
use rights::Rights;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
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
        if filter.as_ref().is_some_and(|filter| is_excessive(filter)) {
            return refused("directory.ldapFilter", "The filter is longer than 8 KiB or nested deeper than 64 levels.");
        }
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

    /// What the scan adds to a plan.
    pub fn would_touch(&self, engine: &Engine) -> Vec<(Touched, Vec<String>)> {
        let is_of_users = |check: &Check| self.diagnostic == Diagnostic::TestUser && check.target == TargetKind::User;
        let selected = engine.plan.selected.iter().filter(|check| is_of_users(check) || self.answers(check));
        let checks: Vec<String> = selected.map(|check| check.id.to_owned()).collect();
        planned_scans(&engine.world, &self.wanted).into_iter().map(|touched| (touched, checks.clone())).collect()
    }
}

/// True for a filter that is not parsed: `ldap3` descends into what is nested until the stack of the thread ends.
/// A parenthesis in a value is escaped ([RFC 4515] 3).
fn is_excessive(filter: &str) -> bool {
    const LONGEST: usize = 8 * 1024;
    const DEEPEST: usize = 64;
    let mut depth = 0_usize;
    let is_too_deep = filter.bytes().any(|octet| {
        match octet {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    });
    filter.len() > LONGEST || is_too_deep
}

/// What comes out of a scan for the report.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    coverage: Vec<CoverageResult>,
    /// Checks of users that had something to judge.
    examined: HashSet<String>,
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

    async fn take(&mut self, outbox: &Outbox, batch: Batch) -> Result<(), Closed> {
        match self {
            Counted::Coverage(coverage) => coverage.take(outbox, batch.users).await,
            Counted::Rights(rights) => rights.take(outbox, batch).await,
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

/// Scans every domain after the run; then the report is made, and ends the job. All of it runs on one thread: a
/// connection hands every user to the judge.
pub async fn scan(
    live: Live,
    users: Users,
    outbox: Arc<Outbox>,
    cancelled: watch::Receiver<bool>,
    finished: Finished,
) -> End {
    jobs::on_one_thread(move || async move { scan_domains(&live, &users, &outbox, cancelled, finished).await }).await
}

async fn scan_domains(
    live: &Live,
    users: &Users,
    outbox: &Outbox,
    mut cancelled: watch::Receiver<bool>,
    mut finished: Finished,
) -> End {
    let world = &live.engine.world;
    let mut told = Told::default();
    for mut scan in scans(&finished.evidence, world, &users.wanted) {
        let mut counted = Counted::new(live, users, &finished.evidence, &scan.domain);
        outbox.progress(progress(&scan.domain.display, 0, None, Duration::ZERO));
        loop {
            let batch = tokio::select! {
                batch = scan.next() => batch,
                _ = cancelled.wait_for(|cancelled| *cancelled) => {
                    finished.state = RunState::Cancelled;
                    None
                }
            };
            let Some(batch) = batch else { break };
            if counted.take(outbox, batch).await.is_err() {
                return End::cancelled(None);
            }
            outbox.progress(progress(&scan.domain.display, counted.users(), scan.total(), scan.reading()));
        }
        finished.touched.append(&mut scan.touched);
        if finished.state == RunState::Cancelled {
            let text = "The scan was cancelled; the users after this point are not counted.";
            scan.gaps.push(NameValue { name: scan.domain.display.clone(), value: text.to_owned() });
        }
        if counted.tell(outbox, &scan, &mut told).await.is_err() {
            return End::cancelled(None);
        }
    }
    finished.touched.sort();
    finished.touched.dedup();
    let mut report = live.report(&finished, told.findings);
    report.coverage.extend(told.coverage);
    if users.diagnostic == Diagnostic::TestUser {
        // Checks of users had nobody to judge in the run before; now they had.
        for line in &mut report.not_examined {
            line.checks.retain(|id| !told.examined.contains(id));
        }
        report.not_examined.retain(|line| !line.checks.is_empty());
    }
    finish(live, outbox, &report).await
}

/// The run itself stands last of the evidence.
async fn finish(live: &Live, outbox: &Outbox, report: &Report) -> End {
    let run = Item::Run { run: Box::new(RunHeader::of(report)) };
    if live.engine.emit_evidence && outbox.send(&run).await.is_err() {
        return End::cancelled(None);
    }
    End::with_streamed_findings(report)
}

/// The records of a user.
fn records(live: &Live, target: &Target, found: Found) -> [Record; 2] {
    let (world, now) = (&live.engine.world, Instant::now());
    [world.record(target, now, found.user), world.record(target, now, found.descriptor)]
}

/// Hands the records of users out, for who asked for them.
async fn hand_out_users(outbox: &Outbox, live: &Live, domain: &Target, users: Vec<Found>) -> Result<(), Closed> {
    let of_user = |found: Found| Some(records(live, &user_target(domain, &found.user)?, found));
    hand_out_evidence(outbox, users.into_iter().filter_map(of_user).flatten().collect()).await
}

/// Hands records out, for who asked for them.
async fn hand_out_evidence(outbox: &Outbox, records: Vec<Record>) -> Result<(), Closed> {
    outbox.send_all(records.into_iter().map(|record| Item::Evidence { record: Box::new(record) }).collect()).await
}

/// Hands a finding out and keeps it for the report.
async fn hand_out(outbox: &Outbox, live: &Live, finding: Finding, told: &mut Told) -> Result<(), Closed> {
    if !Judge::is_folded(&finding) || live.engine.plan.include_not_collected {
        outbox.send(&Item::Finding(Box::new(finding.clone()))).await?;
        told.findings.push(finding);
    }
    Ok(())
}

/// `total` is estimated beside the scan: there may be more.
fn progress(domain: &str, users: usize, total: Option<u32>, elapsed: Duration) -> Progress {
    let done = users.min(i32::MAX as usize) as u32;
    let total = total.map(|total| total.max(done));
    let rate = (done > 0).then(|| f64::from(done) / elapsed.as_secs_f64().max(0.001));
    let remaining = total.zip(rate).map(|(total, rate)| f64::from(total - done) / rate * 1_000.0);
    Progress {
        done,
        total: total.unwrap_or(0),
        total_is_estimated: true,
        activity: format!("Examining the users of {domain}"),
        message: if done == 0 { "who is in a protected group".to_owned() } else { String::new() },
        rate_per_second: rate.map(f64::round),
        remaining_ms: remaining.map(|ms| ms.min(f64::from(i32::MAX)) as u32),
    }
}

#[cfg(test)]
mod tests;
