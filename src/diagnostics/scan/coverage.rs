//! `pwb_test_user` for every user: an answer each, and the coverage of the domain.

use super::{Told, hand_out, hand_out_evidence, records};
use crate::catalog::text::clean;
use crate::catalog::{Reason, Scene, Status, Target, TargetKind};
use crate::checks::permission::evidence::account_for;
use crate::checks::permission::facts::{NEEDED, Rights, class_of};
use crate::checks::policy::governing::Policies;
use crate::checks::user::bucket::{Known, bucket};
use crate::checks::user::coverage::Coverage;
use crate::checks::user::may_change::{added, own_change, own_token};
use crate::checks::user::operation::Operation;
use crate::checks::user::share;
use crate::contract::{Item, UserResult};
use crate::diagnostics::live::Live;
use crate::directory::{Descriptor, Judged};
use crate::engine::{Judge, Shown, coverage, users};
use crate::evidence::collect::directory::{Found, Scan};
use crate::evidence::{DomainPolicy, Evidence, Kind, Record};
use crate::jobs::{Closed, Outbox};
use std::collections::HashSet;

/// Users whose answers are made together.
const AT_ONCE: usize = 50;

/// The users of one domain so far, and what is needed to judge them.
pub struct Coverages<'a> {
    live: &'a Live,
    evidence: &'a Evidence,
    /// Only the coverage is wanted.
    summary_only: bool,
    domain: Target,
    /// Records that the checks of a user read besides those about the user.
    shared: Vec<Record>,
    added: Vec<String>,
    operation: Option<Operation>,
    policies: Policies<'a>,
    policy: Option<&'a DomainPolicy>,
    /// Descriptors that repeat are judged once; without the connector account none is.
    judged: Option<Judged>,
    coverage: Coverage,
    /// Checks that had something to judge of the first users: of the others they have the same.
    examined: HashSet<String>,
}

fn is_open(status: Status) -> bool {
    !matches!(status, Status::Pass | Status::NotApplicable)
}

impl<'a> Coverages<'a> {
    pub fn new(live: &'a Live, evidence: &'a Evidence, domain: &Target, summary_only: bool) -> Coverages<'a> {
        let scene = Scene { evidence, tables: &live.engine.world.tables, now_unix_ms: live.engine.world.now_unix_ms };
        let is_shared = |record: &&Record| match record.kind {
            Kind::DomainPolicy | Kind::Pso | Kind::TokenGroups | Kind::OperatorInput | Kind::Fsmo => true,
            Kind::User => record.target.kind == TargetKind::Account,
            _ => false,
        };
        let all = evidence.facts_at::<crate::evidence::Pso>(&domain.key);
        let policy = evidence.facts_at::<DomainPolicy>(&domain.key).first().map(|fact| fact.data);
        Coverages {
            live,
            evidence,
            summary_only,
            domain: domain.clone(),
            shared: evidence.records().filter(is_shared).cloned().collect(),
            added: added(&scene, domain),
            operation: Operation::stated(&scene),
            policies: Policies::new(policy, all.into_iter().map(|fact| fact.data)),
            policy,
            judged: account_for(&scene, domain).ok().map(|account| Judged::new(account.token, NEEDED)),
            coverage: Coverage::default(),
            examined: HashSet::new(),
        }
    }

    pub fn users(&self) -> usize {
        self.coverage.all()
    }

    pub async fn take(&mut self, outbox: &Outbox, page: &[Found]) -> Result<(), Closed> {
        if self.coverage.all() == 0 {
            let first =
                self.answers(&page[..page.len().min(AT_ONCE)], |_, reason| reason != Some(Reason::NotCollected));
            self.examined = first.into_iter().flat_map(|user| user.findings).map(|finding| finding.id).collect();
        }
        for found in page {
            self.count(found);
        }
        let Live { engine, .. } = self.live;
        if engine.emit_evidence {
            for found in page {
                hand_out_evidence(outbox, records(self.live, &self.domain, found)).await?;
            }
        }
        if self.summary_only {
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
        let records = found.iter().flat_map(|found| records(self.live, &self.domain, found));
        let evidence: Evidence = self.shared.iter().cloned().chain(records).collect();
        users(&engine.world.scene(&evidence), &engine.plan, &engine.suppressions, shown)
    }

    fn count(&mut self, found: &Found) {
        let Found { user, descriptor } = found;
        let class = class_of(descriptor);
        let bytes = descriptor.sd_bytes.as_ref().map(|bytes| bytes.0.as_slice());
        let rights = self.judged.as_mut().zip(bytes).and_then(|(judged, bytes)| {
            let summary = judged.judge(class, bytes).ok()?;
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

    /// The coverage as an item, as a finding, and in the report.
    pub async fn tell(self, outbox: &Outbox, scan: &Scan, told: &mut Told) -> Result<(), Closed> {
        let engine = &self.live.engine;
        let judgement = self.coverage.judgement(&self.domain.display, false, &scan.gaps);
        let judgement = scan.notes.iter().fold(judgement, |all, note| all.with(&clean(&note.name), clean(&note.value)));
        let gaps = scan.gaps.iter().chain(&scan.notes).cloned().collect();
        let coverage = coverage(&self.domain, &self.coverage, &judgement, gaps);
        if engine.plan.selected.iter().any(|check| check.id == share::CHECK.id) {
            let finding = {
                let scene = engine.world.scene(self.evidence);
                let judge = Judge::new(&scene).explaining(engine.plan.explain);
                judge.finding_of(&share::CHECK, &self.domain, judgement, &engine.suppressions)
            };
            hand_out(outbox, self.live, finding, told).await?;
        }
        told.examined.extend(self.examined);
        told.coverage.push(coverage.clone());
        outbox.send(&Item::Coverage(Box::new(coverage))).await.map(|_| ())
    }
}
