//! The evidence of one run, indexed by kind and by target.

use super::data::Data;
use super::kind::Kind;
use super::record::{Fact, Record, State};
use std::collections::HashMap;
use std::sync::Arc;

/// An ordered collection of records. Records are only added, never changed.
#[derive(Debug, Default)]
pub struct Evidence {
    kept: Arc<Kept>,
    /// A record as it might have been; it stands in for the one at its place.
    instead: Option<Box<Record>>,
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
        Evidence { kept: Arc::clone(&self.kept), instead: Some(Box::new(record)) }
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

    /// Readable facts of one type.
    pub fn facts<D: Data>(&self) -> Vec<Fact<'_, D>> {
        self.records_of(D::KIND).filter_map(Record::fact).collect()
    }

    /// Readable facts of one type about one target.
    pub fn facts_at<D: Data>(&self, target_key: &str) -> Vec<Fact<'_, D>> {
        self.records_at(D::KIND, target_key).filter_map(Record::fact).collect()
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
