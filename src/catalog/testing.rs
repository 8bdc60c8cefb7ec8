//! A stage for tests of checks: put records on it, judge one check.

use super::{Case, Check, Field, Judgement, Rule, Scene, Status, Target, branch, branches, registry};
use crate::engine::{Judge, Suppressions};
use crate::evidence::{Data, Evidence, Kind, OperatorInput, Payload, Record, RecordError, State, Vantage};
use crate::knowledge::Tables;

/// 2026-11-22 12:00:00 UTC, the date of the catalog's examples.
pub const NOW: i64 = 1_795_348_800_000;

pub struct Stage {
    pub evidence: Evidence,
    pub tables: Tables,
    pub vantage: Vantage,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::new()
    }
}

impl Stage {
    /// An empty stage, seen from the sync server.
    pub fn new() -> Stage {
        Stage { evidence: Evidence::new(), tables: Tables::shipped(), vantage: Vantage::SyncServer }
    }

    /// A stage on which the operator said what is examined.
    pub fn with_input(input: OperatorInput) -> Stage {
        Stage::new().add(&server(), input)
    }

    pub fn add<D: Data + Into<Payload>>(self, target: &Target, data: D) -> Stage {
        self.add_state(target, D::KIND, State::Ok, data.into(), None)
    }

    /// A record that could not be read.
    pub fn add_failed(self, target: &Target, kind: Kind, state: State, class: &str) -> Stage {
        let error = RecordError { class: class.to_owned(), code: String::new(), text: "planted".to_owned() };
        self.add_state(target, kind, state, Payload::Raw(serde_json::Value::Null), Some(error))
    }

    fn add_state(
        mut self,
        target: &Target,
        kind: Kind,
        state: State,
        data: Payload,
        error: Option<RecordError>,
    ) -> Stage {
        self.evidence.push(Record {
            kind,
            target: target.clone(),
            collected_at_unix_ms: NOW,
            collector: "test".into(),
            vantage: self.vantage,
            run_as: "tester".into(),
            duration_ms: 1,
            state,
            error,
            origin: None,
            data,
            place: 0,
        });
        self
    }

    /// Judges a check at every target it has, without roles and blocking.
    pub fn judge(&self, id: &str) -> Vec<(Target, Judgement)> {
        let check = registry::find(id).unwrap_or_else(|| panic!("{id} is not registered"));
        let scene = Scene { evidence: &self.evidence, tables: &self.tables, now_unix_ms: NOW };
        let judge = |target: Target| {
            let answer = (check.judge)(&Case { scene: &scene, check, target: &target, explains: true });
            let judgement = answer.unwrap_or_else(|early| early);
            self.verify(check, &target, &judgement);
            (target, judgement)
        };
        (check.targets)(&scene).into_iter().map(judge).collect()
    }

    /// Every judgement of every test says why: by one branch of its rule, by fields that are there, and by
    /// alternatives that give what the engine says they give.
    fn verify(&self, check: &'static Check, target: &Target, judgement: &Judgement) {
        let (grounds, label) = (&judgement.grounds, format!("{} {}", check.id, judgement.message));
        if let Rule::Own(words) = grounds.rule {
            let all = branches(check.rule, judgement.outcome);
            let named = branch(check.rule, judgement.outcome, words);
            assert!(named.is_some(), "{label}: {words:?} is not one branch of {all:?}");
        }
        assert!(!grounds.fields.is_empty(), "{label}: no field decided");
        for field in &grounds.fields {
            let Field::Read(read) = field else { continue };
            let value = read.part.value(self.evidence.at(read.place));
            assert!(value.is_some(), "{label}: the record has no {:?}", read.part);
        }
        for alternative in &grounds.alternatives {
            let record = self.evidence.at(alternative.place);
            let Some(other) = alternative.apply(record) else { continue };
            let supposed = self.evidence.supposing(other.clone());
            // The same as a bundle would say it, record by record.
            let told = |record: &Record| serde_json::from_value(serde_json::to_value(record).unwrap()).unwrap();
            let records = self.evidence.records();
            let rebuilt = records.map(|record| told(if record.place == other.place { &other } else { record }));
            let outcome = |evidence: &Evidence| {
                let scene = Scene { evidence, tables: &self.tables, now_unix_ms: NOW };
                (check.judge)(&Case { scene: &scene, check, target, explains: false })
                    .unwrap_or_else(|early| early)
                    .outcome
            };
            assert_eq!(outcome(&supposed), outcome(&rebuilt.collect()), "{label}: {alternative:?}");
        }
    }

    /// What would flip the judgement at one target, in the words of an explanation.
    pub fn flip_at(&self, id: &str, target_key: &str) -> Option<(String, String, Status)> {
        let scene = Scene { evidence: &self.evidence, tables: &self.tables, now_unix_ms: NOW };
        let judge = Judge::new(&scene).explaining(true);
        let check = registry::find(id).unwrap_or_else(|| panic!("{id} is not registered"));
        let target = judge.targets(check).iter().find(|target| target.key == target_key).cloned()?;
        let flip = judge.finding(check, &target, &Suppressions::default()).explain?.flip?;
        Some((flip.name, flip.value, flip.status))
    }

    /// The judgement at one target.
    pub fn judge_at(&self, id: &str, target_key: &str) -> Judgement {
        let all = self.judge(id);
        all.iter()
            .find(|(target, _)| target.key == target_key)
            .map(|(_, judgement)| judgement.clone())
            .unwrap_or_else(|| panic!("{id} has no target {target_key}; it has {all:?}"))
    }
}

/// The machine of every stage.
pub fn server() -> Target {
    Target::server("sync1")
}
