//! The evidence of one run, indexed by kind and by target.

use super::data::Data;
use super::kind::Kind;
use super::record::{Fact, Record, State};
use foldhash::HashMap;
use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, PoisonError};

/// An ordered collection of records. Records are only added, never changed.
#[derive(Debug, Default)]
pub struct Evidence {
    kept: Arc<Kept>,
    /// A record as it might have been; it stands in for the one at its place.
    instead: Option<Box<Record>>,
    derived: Mutex<HashMap<(TypeId, usize), Arc<dyn Any + Send + Sync>>>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    records: Vec<Record>,
    by_kind: HashMap<Kind, Vec<usize>>,
    by_target: HashMap<Kind, HashMap<String, Vec<usize>>>,
}

impl Evidence {
    pub fn new() -> Evidence {
        Evidence::default()
    }

    pub fn push(&mut self, mut record: Record) {
        // Nothing is copied: while evidence grows nobody supposes anything of it.
        let kept = Arc::make_mut(&mut self.kept);
        record.place = kept.records.len();
        kept.by_kind.entry(record.kind).or_default().push(record.place);
        let of_kind = kept.by_target.entry(record.kind).or_default();
        of_kind.entry(record.target.key.clone()).or_default().push(record.place);
        kept.records.push(record);
    }

    /// The same evidence, had this record been another. The rest is shared, not copied.
    pub fn supposing(&self, record: Record) -> Evidence {
        Evidence { kept: Arc::clone(&self.kept), instead: Some(Box::new(record)), derived: Mutex::default() }
    }

    /// The record at a place of its own; places are those of `Record::place`.
    pub fn at(&self, place: usize) -> &Record {
        match &self.instead {
            Some(record) if record.place == place => record,
            _ => &self.kept.records[place],
        }
    }

    pub fn records(&self) -> impl Iterator<Item = &Record> {
        (0..self.kept.records.len()).map(|place| self.at(place))
    }

    /// All records of a kind, readable or not, in the order they came.
    pub fn records_of(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.kept.by_kind.get(&kind).into_iter().flatten().map(|&place| self.at(place))
    }

    /// All records of a kind about one target.
    pub fn records_at(&self, kind: Kind, target_key: &str) -> impl Iterator<Item = &Record> {
        let at = self.kept.by_target.get(&kind).and_then(|of_kind| of_kind.get(target_key));
        at.into_iter().flatten().map(|&place| self.at(place))
    }

    /// What follows from one record alone, worked out once: several checks ask for the same. A type follows
    /// from a record in one way only.
    pub fn derived<T: Any + Send + Sync>(&self, record: &Record, work_out: impl FnOnce() -> T) -> Arc<T> {
        let key = (TypeId::of::<T>(), record.place);
        let known = || self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(derived)) = known().get(&key).map(|derived| Arc::clone(derived).downcast::<T>()) {
            return derived;
        }
        let derived = Arc::new(work_out());
        known().insert(key, Arc::clone(&derived) as Arc<dyn Any + Send + Sync>);
        derived
    }

    /// Readable facts of one type.
    pub fn facts<D: Data>(&self) -> Vec<Fact<'_, D>> {
        self.records_of(D::KIND).filter_map(Record::fact).collect()
    }

    /// Readable facts of one type about one target.
    pub fn facts_at<D: Data>(&self, target_key: &str) -> Vec<Fact<'_, D>> {
        self.records_at(D::KIND, target_key).filter_map(Record::fact).collect()
    }

    /// The first of them.
    pub fn fact_at<D: Data>(&self, target_key: &str) -> Option<Fact<'_, D>> {
        self.records_at(D::KIND, target_key).find_map(Record::fact)
    }

    /// True when somebody asked for this kind at all; without that its checks are "not collected".
    pub fn was_asked(&self, kind: Kind) -> bool {
        self.records_of(kind).any(|record| record.state != State::NotCollected)
    }
}

impl FromIterator<Record> for Evidence {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Evidence {
        let mut evidence = Evidence::new();
        records.into_iter().for_each(|record| evidence.push(record));
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Target;
    use crate::catalog::testing::Stage;
    use crate::evidence::User;
    use std::cell::Cell;

    #[test]
    fn what_follows_from_a_record_is_worked_out_once_and_never_for_another_record() {
        let user = |name: &str| User { sam: Some(name.to_owned()), ..User::default() };
        let stage =
            Stage::new().add(&Target::account("a", "a"), user("anna")).add(&Target::account("b", "b"), user("bert"));
        let count = Cell::new(0);
        let name = |evidence: &Evidence, place: usize| {
            let record = evidence.at(place);
            let work_out = || {
                count.set(count.get() + 1);
                record.fact::<User>().and_then(|fact| fact.data.sam.clone())
            };
            Option::clone(&evidence.derived(record, work_out))
        };
        let evidence = &stage.evidence;
        let told: Vec<Option<String>> = [0, 1, 0, 1].map(|place| name(evidence, place)).to_vec();
        assert_eq!(told, ["anna", "bert", "anna", "bert"].map(|name| Some(name.to_owned())));
        assert_eq!(count.get(), 2);
        // A record as it might have been is another one.
        let other = Record { data: user("carl").into(), ..evidence.at(0).clone() };
        let supposed = evidence.supposing(other);
        assert_eq!((name(&supposed, 0), name(&supposed, 1)), (Some("carl".to_owned()), Some("bert".to_owned())));
        assert_eq!(name(evidence, 0), Some("anna".to_owned()));
    }
}
