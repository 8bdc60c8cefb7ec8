//! `pwb_test_user` for every user: judged and forgotten page by page.
//!
//! The run before it learns what all users share: policies, the connector account, its groups. The scan
//! keeps no records; of each user only the bucket is counted. The answer is handed out unless the caller
//! wants the summary alone, and the records when he wants them.

use super::live::Live;
use crate::catalog::text::clean;
use crate::catalog::{NameValue, Reason, Scene, Status, Target, TargetKind};
use crate::checks::permission::evidence::account_for;
use crate::checks::permission::facts::{NEEDED, Rights, class_of};
use crate::checks::policy::governing::Policies;
use crate::checks::user::bucket::{Known, bucket};
use crate::checks::user::coverage::Coverage;
use crate::checks::user::may_change::{added, own_change, own_token};
use crate::checks::user::operation::Operation;
use crate::checks::user::share;
use crate::contract::{ContractError, DirectoryPart, Item, Progress, Report, RunState, UserResult};
use crate::directory::{Descriptor, Guid, Judged, Token};
use crate::engine::{Diagnostic, Engine, Finished, Judge, RunHeader, Shown, coverage, users};
use crate::evidence::collect::directory::{Found, Scan, planned_scans, scans, user_target};
use crate::evidence::collect::{Touched, unix_ms};
use crate::evidence::{DomainPolicy, Evidence, Kind, Record};
use crate::jobs::{Closed, End, Outbox};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Users whose answers are made together.
const AT_ONCE: usize = 50;

/// Which users, and what of them.
pub struct Users {
    filter: Option<String>,
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
        if diagnostic != Diagnostic::TestUser {
            return refused("directory.all", "Only pwb_test_user examines all users.");
        }
        if !directory.identities.is_empty() {
            return refused("directory.identities", "Either all users are examined or the named ones.");
        }
        let filter = directory.ldap_filter.as_deref().map(str::trim).map(|text| match text.starts_with('(') {
            true => text.to_owned(),
            false => format!("({text})"),
        });
        if filter.as_ref().is_some_and(|filter| ldap3::parse_filter(filter).is_err()) {
            return refused("directory.ldapFilter", "The filter is not an LDAP filter such as (department=Sales).");
        }
        Ok(Some(Users { filter, summary_only: directory.summary_only }))
    }
}

impl Users {
    /// What the scan adds to a plan.
    pub fn would_touch(&self, engine: &Engine) -> Vec<(Touched, Vec<String>)> {
        let of_users =
            engine.plan.selected.iter().filter(|check| check.target == TargetKind::User || check.id == share::CHECK.id);
        let checks: Vec<String> = of_users.map(|check| check.id.to_owned()).collect();
        let searches = planned_scans(&engine.world, self.filter.as_deref());
        searches.into_iter().map(|touched| (touched, checks.clone())).collect()
    }
}

/// Scans every domain; the report of the run before is completed and ends the job.
pub async fn scan(
    live: &Live,
    outbox: &Outbox,
    mut cancelled: watch::Receiver<bool>,
    mut report: Report,
    finished: Finished,
) -> End {
    let Some(wanted) = &live.scan else { return End::with_streamed_findings(&report) };
    let world = &live.engine.world;
    for mut scan in scans(&finished.evidence, world, wanted.filter.as_deref()) {
        let mut counted = Counted::new(live, &finished.evidence, &scan.domain);
        outbox.progress(progress(&scan.domain.display, 0, None, Duration::ZERO));
        loop {
            let page = tokio::select! {
                page = scan.next() => page,
                _ = cancelled.wait_for(|cancelled| *cancelled) => {
                    report.state = RunState::Cancelled;
                    None
                }
            };
            let Some(page) = page else { break };
            if counted.take(outbox, &page, wanted.summary_only).await.is_err() {
                return End::cancelled(None);
            }
            let users = counted.coverage.all();
            outbox.progress(progress(&scan.domain.display, users, scan.total(), scan.reading()));
        }
        report.touched.append(&mut scan.touched);
        if report.state == RunState::Cancelled {
            let text = "The scan was cancelled; the users after this point are not counted.";
            scan.gaps.push(NameValue { name: scan.domain.display.clone(), value: text.to_owned() });
        }
        // Checks of users had nobody to judge in the run before; now they had.
        for line in &mut report.not_examined {
            line.checks.retain(|id| !counted.examined.contains(id));
        }
        if counted.tell(outbox, scan, &mut report).await.is_err() {
            return End::cancelled(None);
        }
    }
    report.touched.sort();
    report.touched.dedup();
    report.not_examined.retain(|line| !line.checks.is_empty());
    report.duration_ms = (unix_ms() - report.started_unix_ms).clamp(0, i64::from(u32::MAX)) as u32;
    finish(live, outbox, &report).await
}

fn is_open(status: Status) -> bool {
    !matches!(status, Status::Pass | Status::NotApplicable)
}

/// The run itself stands last of the evidence.
async fn finish(live: &Live, outbox: &Outbox, report: &Report) -> End {
    let run = Item::Run { run: Box::new(RunHeader::of(report)) };
    if live.engine.emit_evidence && outbox.send(&run).await.is_err() {
        return End::cancelled(None);
    }
    End::with_streamed_findings(report)
}

/// `total` is counted beside the scan; users that came meanwhile may make it more.
fn progress(domain: &str, users: usize, total: Option<u32>, elapsed: Duration) -> Progress {
    let done = users.min(i32::MAX as usize) as u32;
    let total = total.map(|total| total.max(done));
    let rate = (done > 0).then(|| f64::from(done) / elapsed.as_secs_f64().max(0.001));
    let remaining = total.zip(rate).map(|(total, rate)| f64::from(total - done) / rate * 1_000.0);
    Progress {
        done,
        total: total.unwrap_or(0),
        activity: format!("Examining the users of {domain}"),
        message: if done == 0 { "who is in a protected group".to_owned() } else { String::new() },
        rate_per_second: rate.map(f64::round),
        remaining_ms: remaining.map(|ms| ms.min(f64::from(i32::MAX)) as u32),
    }
}

/// The users of one domain so far, and what is needed to judge them.
struct Counted<'a> {
    live: &'a Live,
    domain: Target,
    /// Records that the checks of a user read besides those about the user.
    shared: Vec<Record>,
    token: Option<Token>,
    added: Vec<String>,
    operation: Option<Operation>,
    policies: Policies<'a>,
    policy: Option<&'a DomainPolicy>,
    /// Descriptors that repeat are judged once, for each class of users.
    judged: HashMap<Option<Guid>, Judged>,
    coverage: Coverage,
    /// Checks that had something to judge of the first users: of the others they have the same.
    examined: HashSet<String>,
}

impl<'a> Counted<'a> {
    fn new(live: &'a Live, evidence: &'a Evidence, domain: &Target) -> Counted<'a> {
        let scene = Scene { evidence, tables: &live.engine.world.tables, now_unix_ms: live.engine.world.now_unix_ms };
        let is_shared = |record: &&Record| match record.kind {
            Kind::DomainPolicy | Kind::Pso | Kind::TokenGroups | Kind::OperatorInput | Kind::Fsmo => true,
            Kind::User => record.target.kind == TargetKind::Account,
            _ => false,
        };
        let all = evidence.facts_at::<crate::evidence::Pso>(&domain.key);
        let policy = evidence.facts_at::<DomainPolicy>(&domain.key).first().map(|fact| fact.data);
        Counted {
            live,
            domain: domain.clone(),
            shared: evidence.records().filter(is_shared).cloned().collect(),
            token: account_for(&scene, domain).ok().map(|account| account.token),
            added: added(&scene, domain),
            operation: Operation::stated(&scene),
            policies: Policies::new(policy, all.into_iter().map(|fact| fact.data)),
            policy,
            judged: HashMap::new(),
            coverage: Coverage::default(),
            examined: HashSet::new(),
        }
    }

    async fn take(&mut self, outbox: &Outbox, page: &[Found], summary_only: bool) -> Result<(), Closed> {
        if self.coverage.all() == 0 {
            let first =
                self.answers(&page[..page.len().min(AT_ONCE)], |_, reason| reason != Some(Reason::NotCollected));
            self.examined = first.into_iter().flat_map(|user| user.findings).map(|finding| finding.id).collect();
        }
        for found in page {
            self.count(found);
        }
        let Live { engine, .. } = self.live;
        if summary_only && !engine.emit_evidence {
            return Ok(());
        }
        let records: Vec<Record> = page.iter().flat_map(|found| self.records(found)).collect();
        if engine.emit_evidence {
            for record in &records {
                outbox.send(&Item::Evidence { record: Box::new(record.clone()) }).await?;
            }
        }
        if summary_only {
            return Ok(());
        }
        // What nobody collected would be said of every user, and stands in the report once.
        let shown: Shown = match engine.plan.include_not_collected {
            true => |status, _| is_open(status),
            false => |status, reason| is_open(status) && reason != Some(Reason::NotCollected),
        };
        // Everything that is said of a user is many times what was read: a few of them at once.
        for few in page.chunks(AT_ONCE) {
            for result in self.answers(few, shown) {
                outbox.send(&Item::User(Box::new(result))).await?;
            }
        }
        Ok(())
    }

    fn answers(&self, found: &[Found], shown: Shown) -> Vec<UserResult> {
        let Live { engine, .. } = self.live;
        let records = found.iter().flat_map(|found| self.records(found));
        let evidence: Evidence = self.shared.iter().cloned().chain(records).collect();
        users(&engine.world.scene(&evidence), &engine.plan, &engine.suppressions, shown)
    }

    fn count(&mut self, found: &Found) {
        let Found { user, descriptor } = found;
        let class = class_of(descriptor);
        let bytes = descriptor.sd_bytes.as_ref().map(|bytes| bytes.0.as_slice());
        let rights = self.token.as_ref().zip(bytes).and_then(|(token, bytes)| {
            let judged = self.judged.entry(class).or_insert_with(|| Judged::new(token.clone(), class, NEEDED));
            let summary = judged.judge(bytes).ok()?;
            Some(Rights { decisions: *summary.decisions.first_chunk()?, protected: summary.is_protected })
        });
        let own_change = bytes.filter(|_| self.operation == Some(Operation::Change)).and_then(|bytes| {
            let descriptor = Descriptor::from_bytes(bytes).ok()?;
            Some(own_change(&descriptor, class, &own_token(user, &self.added)).verdict)
        });
        let bucket = bucket(&Known {
            user,
            in_scope: None,
            policy: self.policy,
            governing: self.policies.of(user),
            rights: rights.as_ref(),
            own_change,
            operation: self.operation,
        });
        self.coverage.add(user.parent_containers.first().map_or("", String::as_str), bucket);
    }

    fn records(&self, found: &Found) -> Vec<Record> {
        let (world, now) = (&self.live.engine.world, Instant::now());
        let Found { user, descriptor } = found;
        let Some(target) = user_target(&self.domain, user) else { return Vec::new() };
        vec![world.record(&target, now, user.clone()), world.record(&target, now, descriptor.clone())]
    }

    /// The coverage as an item, as a finding, and in the report.
    async fn tell(self, outbox: &Outbox, scan: Scan, report: &mut Report) -> Result<(), Closed> {
        let engine = &self.live.engine;
        let judgement = self.coverage.judgement(&self.domain.display, false, &scan.gaps);
        let judgement = scan.notes.iter().fold(judgement, |all, note| all.with(&clean(&note.name), clean(&note.value)));
        let gaps = scan.gaps.into_iter().chain(scan.notes).collect();
        let coverage = coverage(&self.domain, &self.coverage, &judgement, gaps);
        if engine.plan.selected.iter().any(|check| check.id == share::CHECK.id) {
            let finding = {
                let evidence: Evidence = self.shared.iter().cloned().collect();
                let scene = engine.world.scene(&evidence);
                let judge = Judge::new(&scene).explaining(engine.plan.explain);
                judge.finding_of(&share::CHECK, &self.domain, judgement, &engine.suppressions)
            };
            outbox.send(&Item::Finding(Box::new(finding))).await?;
        }
        report.coverage.push(coverage.clone());
        outbox.send(&Item::Coverage(Box::new(coverage))).await.map(|_| ())
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
