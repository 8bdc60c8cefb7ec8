//! Runs the collectors and streams findings.
//!
//! One loop owns the evidence. Each record that arrives may allow new probes and complete checks; both
//! happen at once. Nothing waits for a kind of evidence as a whole: a check at a target waits for the
//! probes that can still say something about that target, and for no others.

use super::judge::Judge;
use super::plan::{Plan, kinds_read, with_blockers};
use super::progress::progress;
use super::suppress::Suppressions;
use crate::catalog::text::on_one_line;
use crate::catalog::{Check, RoleRule, Scene, Status, Target, TargetKind};
use crate::contract::{Item, MessageLevel, Offer, RunState};
use crate::evidence::collect::{Collector, Probe, Touched, World};
use crate::evidence::{Evidence, Kind, Record, State};
use crate::jobs::{Closed, JobSide};
use crate::panics;
use futures_util::FutureExt;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Offered evidence that never ends is given up after this time; the ADSync cmdlets take seconds.
const OFFER_TIMEOUT: Duration = Duration::from_secs(25);

/// What a run is made of.
pub struct Engine {
    pub plan: Plan,
    pub suppressions: Suppressions,
    pub world: Arc<World>,
    pub collectors: Vec<Box<dyn Collector>>,
    /// Checks that a scan answers after the run.
    pub later: Vec<&'static str>,
    /// Kinds that the caller offers.
    pub expects: Vec<Kind>,
    /// For the whole run; it stands still while the reader pauses.
    pub deadline: Duration,
    pub emit_evidence: bool,
}

/// What a run leaves behind.
pub struct Finished {
    pub evidence: Evidence,
    pub state: RunState,
    pub touched: Vec<Touched>,
}

/// A probe on its way.
struct Pending {
    kind: Kind,
    target: Target,
    started: Instant,
}

struct Run<'e> {
    engine: &'e Engine,
    planned: Vec<&'e dyn Collector>,
    /// For each selected check, in their order.
    upstream: Vec<BTreeSet<Kind>>,
    side: JobSide,
    evidence: Evidence,
    pending: HashMap<String, Pending>,
    known: HashSet<String>,
    expected: Vec<Kind>,
    touched: BTreeSet<Touched>,
    emitted: HashSet<(&'static str, String)>,
    /// Time that the reader paused.
    paused: Duration,
    tasks: JoinSet<(String, Vec<Record>)>,
}

impl Engine {
    /// Collects, streams and returns the evidence. `Err` when the job was closed.
    pub async fn run(&self, side: JobSide) -> Result<Finished, Closed> {
        let mut run = Run {
            engine: self,
            planned: self.planned(),
            upstream: self.plan.selected.iter().map(|check| self.upstream(check)).collect(),
            side,
            evidence: Evidence::new(),
            pending: HashMap::new(),
            known: HashSet::new(),
            expected: self.expects.clone(),
            touched: BTreeSet::new(),
            emitted: HashSet::new(),
            paused: Duration::ZERO,
            tasks: JoinSet::new(),
        };
        let state = run.collect().await?;
        run.emit_ready(true).await?;
        Ok(Finished { evidence: run.evidence, state, touched: run.touched.into_iter().collect() })
    }

    /// Collectors of the kinds that the plan reads, and of all that those need, over any number of steps.
    fn planned(&self) -> Vec<&dyn Collector> {
        let kinds = self.with_needs(self.plan.kinds.clone(), &self.plan.judged);
        self.serving(&self.plan.judged).filter(|collector| kinds.contains(&collector.kind())).collect()
    }

    /// Collectors that look at something which at least one of the checks is about.
    fn serving(&self, checks: &[&'static Check]) -> impl Iterator<Item = &dyn Collector> {
        let all = self.collectors.iter().map(Box::as_ref);
        all.filter(move |collector| checks.iter().any(|check| collector.serves(check)))
    }

    /// Everything that the run may touch, for `-PlanOnly`: what is known beforehand, and patterns.
    pub fn would_touch(&self) -> Vec<(Touched, Vec<String>)> {
        let mut all: Vec<(Touched, Vec<String>)> = Vec::new();
        for collector in self.planned() {
            let reads = |check: &&&'static Check| {
                let upstream = with_blockers(&[check]);
                self.kinds_of(&upstream).contains(&collector.kind())
                    && upstream.iter().any(|check| collector.serves(check))
            };
            let checks: Vec<String> =
                self.plan.selected.iter().filter(reads).map(|check| check.id.to_owned()).collect();
            for touched in collector.patterns(&self.world) {
                all.push((touched, checks.clone()));
            }
        }
        all
    }

    /// Kinds whose records can still change what a check says: those it reads, those its blockers read,
    /// and those they are derived from.
    fn upstream(&self, check: &'static Check) -> BTreeSet<Kind> {
        self.kinds_of(&with_blockers(&[check]))
    }

    fn kinds_of(&self, checks: &[&'static Check]) -> BTreeSet<Kind> {
        self.with_needs(checks.iter().flat_map(|check| kinds_read(check)).collect(), checks)
    }

    /// The kinds, and all that their collectors derive probes from, over any number of steps.
    fn with_needs(&self, mut kinds: BTreeSet<Kind>, checks: &[&'static Check]) -> BTreeSet<Kind> {
        loop {
            let before = kinds.len();
            for collector in self.serving(checks) {
                if kinds.contains(&collector.kind()) {
                    kinds.extend(collector.needs());
                }
            }
            if kinds.len() == before {
                return kinds;
            }
        }
    }
}

impl Run<'_> {
    async fn collect(&mut self) -> Result<RunState, Closed> {
        let started = Instant::now();
        let mut state = RunState::Done;
        let mut offers_open = !self.expected.is_empty();
        loop {
            self.start_new_probes();
            self.emit_ready(false).await?;
            self.side
                .outbox
                .progress(progress(self.known.len(), self.pending.values().map(|probe| (probe.kind, &probe.target))));
            if self.pending.is_empty() && self.expected.is_empty() {
                return Ok(state);
            }
            let left = |limit: Duration| (limit + self.paused).saturating_sub(started.elapsed());
            let deadline = left(self.engine.deadline);
            let offer_deadline = if self.expected.is_empty() { Duration::MAX / 4 } else { left(OFFER_TIMEOUT) };
            if *self.side.cancelled.borrow() {
                state = RunState::Cancelled;
                self.give_up("cancelled", "The run was cancelled before this was finished.", State::NotCollected)
                    .await?;
                return Ok(state);
            }
            tokio::select! {
                Some(done) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    let (key, records) = done.unwrap_or_else(|error| (String::new(), self.lost(&error)));
                    self.pending.remove(&key);
                    self.add(records).await?;
                }
                offer = self.side.offers.recv(), if offers_open => match offer {
                    Some(Offer { records, end }) => {
                        let is_ended = |kind: &Kind| end.iter().any(|name| name == kind.name());
                        let (ended, open) = std::mem::take(&mut self.expected).into_iter().partition(is_ended);
                        self.expected = open;
                        self.add(records).await?;
                        self.close_offers(ended).await?;
                    }
                    None => offers_open = false,
                },
                _ = self.side.cancelled.changed() => {}
                () = tokio::time::sleep(offer_deadline) => self.give_up_offers().await?,
                () = tokio::time::sleep(deadline) => {
                    self.give_up("deadline", "The run's deadline passed before this was finished.", State::Timeout).await?;
                    return Ok(state);
                }
            }
        }
    }

    /// Starts every probe that the evidence allows and that was not started yet.
    fn start_new_probes(&mut self) {
        for collector in self.planned.clone() {
            for probe in collector.probes(&self.evidence, &self.engine.world) {
                if self.known.insert(probe.key.clone()) {
                    self.start(probe);
                }
            }
        }
    }

    fn start(&mut self, probe: Probe) {
        let Probe { key, kind, target, timeout, touches, work } = probe;
        self.touched.extend(touches);
        self.pending.insert(key.clone(), Pending { kind, target: target.clone(), started: Instant::now() });
        let world = self.engine.world.clone();
        self.tasks.spawn_on(
            async move {
                let started = Instant::now();
                let failed = |state: State, class: &str, code: &str, text: String| {
                    vec![world.failed(kind, &target, started, state, class, code, text)]
                };
                let guarded = AssertUnwindSafe(async { work().await }).catch_unwind();
                let records = match tokio::time::timeout(timeout, guarded).await {
                    Ok(Ok(records)) => records,
                    Ok(Err(_)) => {
                        let incident = panics::take_incident();
                        let text = format!("a defect of this tool (incident {}, {})", incident.id, incident.place);
                        failed(State::Error, "panic", &incident.id, text)
                    }
                    Err(_) => {
                        failed(State::Timeout, "timeout", "", format!("no answer within {} ms", timeout.as_millis()))
                    }
                };
                (key, records)
            },
            crate::runtime::handle(),
        );
    }

    /// A task that ended without records: only possible when the runtime dropped it.
    fn lost(&self, error: &tokio::task::JoinError) -> Vec<Record> {
        let server = &self.engine.world.server;
        let text = format!("a probe was lost: {error}");
        vec![self.engine.world.failed(Kind::Os, server, Instant::now(), State::Error, "panic", "lost", text)]
    }

    async fn add(&mut self, records: Vec<Record>) -> Result<(), Closed> {
        for record in records {
            if let Some(error) = record.error.as_ref().filter(|_| record.state != State::NotCollected) {
                let text = format!("{} of {}: {}", record.kind.name(), record.target.display, error.text);
                let text = on_one_line(&text);
                self.send(Item::Message { level: MessageLevel::Verbose, text }).await?;
            }
            if self.engine.emit_evidence {
                self.send(Item::Evidence { record: Box::new(record.clone()) }).await?;
            }
            self.evidence.push(record);
        }
        Ok(())
    }

    async fn send(&mut self, item: Item) -> Result<(), Closed> {
        self.paused += self.side.outbox.send(&item).await?;
        Ok(())
    }

    /// Ends everything that is on its way; each gets a record that says why.
    async fn give_up(&mut self, class: &str, text: &str, state: State) -> Result<(), Closed> {
        self.tasks.abort_all();
        let world = self.engine.world.clone();
        let mut records: Vec<Record> = std::mem::take(&mut self.pending)
            .into_values()
            .map(|probe| world.failed(probe.kind, &probe.target, probe.started, state, class, "", text))
            .collect();
        // Map order is random; the record order of a run should not be.
        records.sort_by(|a, b| (a.kind, &a.target.key).cmp(&(b.kind, &b.target.key)));
        self.add(records).await
    }

    /// A kind that ended without a record gets one: who waits for it must not wait for ever.
    async fn close_offers(&mut self, ended: Vec<Kind>) -> Result<(), Closed> {
        let world = self.engine.world.clone();
        let text = "the caller had nothing to offer";
        let records = ended
            .into_iter()
            .filter(|kind| self.evidence.records_of(*kind).next().is_none())
            .map(|kind| world.failed(kind, &world.server, Instant::now(), State::NotCollected, "offer", "", text))
            .collect();
        self.add(records).await
    }

    async fn give_up_offers(&mut self) -> Result<(), Closed> {
        let world = self.engine.world.clone();
        let text = "the caller did not offer it in time";
        let records = std::mem::take(&mut self.expected)
            .into_iter()
            .map(|kind| world.failed(kind, &world.server, Instant::now(), State::Timeout, "offer", "", text))
            .collect();
        self.add(records).await
    }

    /// Emits every finding that no pending probe can change any more; with `all` the rest too.
    async fn emit_ready(&mut self, all: bool) -> Result<(), Closed> {
        let mut ready = Vec::new();
        {
            let world = &self.engine.world;
            let scene = Scene { evidence: &self.evidence, tables: &world.tables, now_unix_ms: world.now_unix_ms };
            let judge = Judge::new(&scene).explaining(self.engine.plan.explain);
            let selected = self.engine.plan.selected.iter().zip(&self.upstream);
            for (check, upstream) in selected.filter(|(check, _)| !self.engine.later.contains(&check.id)) {
                for target in judge.targets(check).iter() {
                    let key = (check.id, target.key.clone());
                    if self.emitted.contains(&key) || !(all || self.is_ready(&judge, check, target, upstream)) {
                        continue;
                    }
                    self.emitted.insert(key);
                    let finding = judge.finding(check, target, &self.engine.suppressions);
                    if !Judge::is_folded(&finding) || self.engine.plan.include_not_collected {
                        ready.push(finding);
                    }
                }
            }
        }
        for finding in ready {
            self.send(Item::Finding(Box::new(finding))).await?;
        }
        Ok(())
    }

    fn is_ready(&self, judge: &Judge, check: &'static Check, target: &Target, upstream: &BTreeSet<Kind>) -> bool {
        if self.expected.iter().any(|kind| upstream.contains(kind)) {
            return false;
        }
        let mut open = self.pending.values().filter(|probe| upstream.contains(&probe.kind)).peekable();
        if open.peek().is_none() {
            return true;
        }
        // What speaks of a whole machine or forest, or crosses targets, waits for everything it reads.
        let crosses = !check.blocked_by_all.is_empty()
            || matches!(
                target.kind,
                TargetKind::Server | TargetKind::Tenant | TargetKind::Forest | TargetKind::Account
            );
        if crosses {
            return false;
        }
        let concerns = |probe: &Pending| {
            probe.target.is_in(&target.key)
                || target.is_in(&probe.target.key)
                || matches!(probe.target.kind, TargetKind::Server | TargetKind::Tenant)
        };
        // A failing host is weighed against its peers (2.1).
        !open.any(concerns) && (check.role_rule != RoleRule::Host || judge.outcome(check, target) != Status::Fail)
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
