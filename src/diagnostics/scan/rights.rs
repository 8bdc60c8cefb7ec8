//! `pwb_test_permission` for every user: the rights of the connector account on all of them.

use super::{Told, hand_out, hand_out_evidence, hand_out_users};
use crate::catalog::text::clean;
use crate::catalog::{Judgement, Target};
use crate::checks::permission::census::Census;
use crate::checks::permission::sample::Extent;
use crate::contract::Finding;
use crate::diagnostics::live::Live;
use crate::engine::Judge;
use crate::evidence::collect::directory::{Batch, Found, Scan, display};
use crate::evidence::{Evidence, User};
use crate::jobs::{Closed, Outbox};

/// The users of one domain so far.
pub struct Rights<'a> {
    live: &'a Live,
    evidence: &'a Evidence,
    domain: Target,
    census: Census<'a>,
}

impl<'a> Rights<'a> {
    pub fn new(live: &'a Live, evidence: &'a Evidence, domain: &Target) -> Rights<'a> {
        let census = Census::new(&live.engine.world.scene(evidence), domain);
        Rights { live, evidence, domain: domain.clone(), census }
    }

    pub fn users(&self) -> usize {
        self.census.users()
    }

    pub async fn take(&mut self, outbox: &Outbox, batch: Batch) -> Result<(), Closed> {
        let Batch { users, containers } = batch;
        containers.iter().for_each(|record| self.census.add_container(record));
        for found in &users {
            self.census.add(&found.user, &found.descriptor, &display(&found.user));
        }
        if !self.live.engine.emit_evidence {
            return Ok(());
        }
        hand_out_evidence(outbox, containers).await?;
        // Nobody asked for them by name: judged again, they are a sample of everybody.
        let sampled = |found: Found| Found { user: User { sampled: true, ..found.user }, ..found };
        hand_out_users(outbox, self.live, &self.domain, users.into_iter().map(sampled).collect()).await
    }

    /// The findings of the counts, and in the report too.
    pub async fn tell(mut self, outbox: &Outbox, scan: &Scan, told: &mut Told) -> Result<(), Closed> {
        for finding in self.findings(scan) {
            hand_out(outbox, self.live, finding, told).await?;
        }
        Ok(())
    }

    fn findings(&mut self, scan: &Scan) -> Vec<Finding> {
        let engine = &self.live.engine;
        let scene = engine.world.scene(self.evidence);
        let judge = Judge::new(&scene).explaining(engine.plan.explain);
        let extent = if scan.is_whole() { Extent::All } else { Extent::Part };
        let is_selected = |id: &str| engine.plan.selected.iter().any(|check| check.id == id);
        let answers = self
            .census
            .answers(&scene, extent, engine.plan.explain)
            .into_iter()
            .filter(|(check, ..)| is_selected(check.id));
        let finding = |(check, target, answer): (_, Target, Result<Judgement, Judgement>)| {
            let judgement = answer.unwrap_or_else(|early| early);
            let judgement = match target.key == self.domain.key {
                true => {
                    let lines = scan.gaps.iter().chain(&scan.notes);
                    lines.fold(judgement, |all, line| all.with(&clean(&line.name), clean(&line.value)))
                }
                false => judgement,
            };
            judge.finding_of(check, &target, judgement, &engine.suppressions)
        };
        answers.map(finding).collect()
    }
}
