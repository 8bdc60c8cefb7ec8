//! `pwb_test_user` for every user: an answer each, and the coverage of the domain.

use super::answers::{UserAnswers, UserKind};
use super::{Told, hand_out, hand_out_users};
use crate::catalog::text::clean;
use crate::catalog::{Scene, Target};
use crate::checks::permission::evidence::account_for;
use crate::checks::permission::facts::{NEEDED, class_of, rights_of};
use crate::checks::policy::governing::Policies;
use crate::checks::user::alike::Alike;
use crate::checks::user::bucket::{Known, bucket};
use crate::checks::user::coverage::Coverage;
use crate::checks::user::may_change::{Added, added, own_change, own_token};
use crate::checks::user::operation::Operation;
use crate::checks::user::reserved::is_reserved;
use crate::checks::user::share;
use crate::contract::Item;
use crate::diagnostics::live::Live;
use crate::directory::{Descriptor, Judged};
use crate::engine::{Judge, coverage};
use crate::evidence::collect::directory::{Found, Scan};
use crate::evidence::{DomainPolicy, Evidence};
use crate::jobs::{Closed, Outbox};
use std::sync::Arc;

/// Users whose answers are made together.
const AT_ONCE: usize = 100;

/// The users of one domain so far, and what is needed to judge them.
pub struct Coverages<'a> {
    live: &'a Live,
    evidence: &'a Evidence,
    /// Only the coverage is wanted.
    summary_only: bool,
    domain: Target,
    added: Arc<Added>,
    operation: Option<Operation>,
    policies: Policies<'a>,
    policy: Option<&'a DomainPolicy>,
    /// Descriptors that repeat are judged once; without the connector account none is.
    judged: Option<Judged>,
    coverage: Coverage,
    answers: UserAnswers<'a>,
}

impl<'a> Coverages<'a> {
    pub fn new(live: &'a Live, evidence: &'a Evidence, domain: &Target, summary_only: bool) -> Coverages<'a> {
        let scene = Scene { evidence, tables: &live.engine.world.tables, now_unix_ms: live.engine.world.now_unix_ms };
        let all = evidence.facts_at::<crate::evidence::Pso>(&domain.key);
        let policy = evidence.fact_at::<DomainPolicy>(&domain.key).map(|fact| fact.data);
        Coverages {
            live,
            evidence,
            summary_only,
            domain: domain.clone(),
            added: added(&scene, domain),
            operation: Operation::stated(&scene),
            policies: Policies::new(policy, all.into_iter().map(|fact| fact.data)),
            policy,
            judged: account_for(&scene, domain).ok().map(|account| Judged::new(account.token, NEEDED)),
            coverage: Coverage::default(),
            answers: UserAnswers::new(live, evidence, domain),
        }
    }

    pub fn users(&self) -> usize {
        self.coverage.all()
    }

    pub async fn take(&mut self, outbox: &Outbox, page: Vec<Found>) -> Result<(), Closed> {
        let mut page = page.into_iter();
        // Everything that is said of a user is many times what was read: a few of them at once.
        while page.len() > 0 {
            let few: Vec<Found> = page.by_ref().take(AT_ONCE).collect();
            if self.live.engine.emit_evidence {
                hand_out_users(outbox, self.live, &self.domain, few.clone()).await?;
            }
            // For the coverage alone the first users show which checks have something to judge.
            let is_answered = !self.summary_only || self.coverage.all() == 0;
            let kinds: Vec<UserKind> = few.iter().map(|found| self.count(found, is_answered)).collect();
            if !is_answered {
                continue;
            }
            let answers = self.answers.of(few.into_iter().zip(kinds).collect());
            if !self.summary_only {
                outbox.send_all(answers.into_iter().map(|answer| Item::User(Box::new(answer))).collect()).await?;
            }
        }
        Ok(())
    }

    /// Counts a user; of one who is to be answered it says of which kind it is.
    fn count(&mut self, found: &Found, is_answered: bool) -> UserKind {
        let Found { user, descriptor } = found;
        let class = class_of(descriptor);
        let bytes = descriptor.sd_bytes.as_ref().map(|bytes| bytes.0.as_slice());
        let judged = self.judged.as_mut().zip(bytes).and_then(|(judged, bytes)| judged.judge(class, bytes).ok());
        let rights = judged.as_deref().and_then(rights_of);
        let own_change = bytes.filter(|_| self.operation == Some(Operation::Change)).and_then(|bytes| {
            let read = || Descriptor::from_bytes(bytes).ok().map(Arc::new);
            let descriptor = judged.as_ref().map(|judged| Arc::clone(&judged.descriptor)).or_else(read)?;
            Some(own_change(&descriptor, class, &own_token(user, &self.added)).verdict)
        });
        let (governing, reserved) = (self.policies.of(user), is_reserved(user));
        let bucket = bucket(&Known {
            user,
            in_scope: None,
            reserved,
            policy: self.policy,
            governing,
            rights: rights.as_ref(),
            own_change,
            operation: self.operation,
        });
        self.coverage.add(user.parent_containers.first().map_or("", String::as_str), bucket);
        let is_known = judged.is_some() || bytes.is_none();
        let alike = || Alike::of(user, reserved, judged.as_deref(), governing);
        let alike = (is_answered && is_known).then(alike).flatten();
        self.answers.kind(alike, judged.as_ref().map(|judged| Arc::clone(&judged.descriptor)))
    }

    /// The coverage as an item, as a finding, and in the report.
    pub async fn tell(self, outbox: &Outbox, scan: &Scan, told: &mut Told) -> Result<(), Closed> {
        let engine = &self.live.engine;
        let judgement = self.coverage.judgement(&self.domain.display, false, &scan.gaps);
        let judgement = scan.notes.iter().fold(judgement, |all, note| all.with(&clean(&note.name), clean(&note.value)));
        let gaps = scan.gaps.iter().chain(&scan.notes).cloned().collect();
        let is_selected = engine.plan.selected.iter().any(|check| check.id == share::CHECK.id);
        let (coverage, finding) = {
            let scene = engine.world.scene(self.evidence);
            let judge = Judge::new(&scene).explaining(engine.plan.explain);
            let coverage = coverage(&judge, &self.domain, &self.coverage, &judgement, gaps);
            let finding = || judge.finding_of(&share::CHECK, &self.domain, judgement, &engine.suppressions);
            (coverage, is_selected.then(finding))
        };
        if let Some(finding) = finding {
            hand_out(outbox, self.live, finding, told).await?;
        }
        told.examined.extend(self.answers.examined());
        told.coverage.push(coverage.clone());
        outbox.send(&Item::Coverage(Box::new(coverage))).await.map(|_| ())
    }
}
