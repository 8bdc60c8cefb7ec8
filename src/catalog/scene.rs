//! What a check sees: the evidence, the data tables, the time, and the target in question.

use super::check::Check;
use super::grounds::common;
use super::judgement::Judgement;
use super::terms::Reason;
use super::text::clean;
use crate::catalog::target::Target;
use crate::evidence::{Data, Evidence, Fact, Record, State};
use crate::knowledge::Tables;

/// Everything a judgement may depend on. Two equal scenes give equal findings.
pub struct Scene<'a> {
    pub evidence: &'a Evidence,
    pub tables: &'a Tables,
    /// Start of the run (or the manifest's), milliseconds since 1970 in UTC.
    pub now_unix_ms: i64,
}

/// One check at one target.
pub struct Case<'a> {
    pub scene: &'a Scene<'a>,
    pub check: &'static Check,
    pub target: &'a Target,
    /// Somebody asks why: grounds that cost something are worked out only then.
    pub explains: bool,
}

impl<'a> Case<'a> {
    /// Readable facts of kind `D` about this target.
    pub fn facts<D: Data>(&self) -> Vec<Fact<'a, D>> {
        self.scene.evidence.facts_at::<D>(&self.target.key)
    }

    /// The first of them.
    pub fn fact<D: Data>(&self) -> Option<Fact<'a, D>> {
        self.scene.evidence.fact_at::<D>(&self.target.key)
    }

    /// The one readable record of kind `D` about this target, or the answer "could not be read".
    pub fn need<D: Data>(&self) -> Result<Fact<'a, D>, Judgement> {
        self.need_at::<D>(&self.target.key)
    }

    /// The same about another target (a domain of this controller, the server itself).
    pub fn need_at<D: Data>(&self, key: &str) -> Result<Fact<'a, D>, Judgement> {
        let evidence = self.scene.evidence;
        if let Some(fact) = evidence.fact_at::<D>(key) {
            return Ok(fact);
        }
        Err(match evidence.records_at(D::KIND, key).next() {
            Some(record) => Judgement::unreadable(record),
            None => Judgement::unknown(
                Reason::NotCollected,
                format!("{} of {} was not collected.", D::KIND.name(), clean(&self.target.display)),
            )
            .common(common::UNREAD)
            .said(&format!("{}@{key}", D::KIND.name()), "not collected"),
        })
    }

    /// Records of kind `D` about this target that could not be read, for the reason of an Unknown.
    pub fn unreadable<D: Data>(&self) -> Option<&'a Record> {
        self.scene
            .evidence
            .records_at(D::KIND, &self.target.key)
            .find(|record| !matches!(record.state, State::Ok | State::NotFound))
    }
}
