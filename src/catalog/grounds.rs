//! What a judgement rests on: the branch of the rule that decided, the fields that it read, and other
//! values that they might have. `-Explain` shows them (catalog 5).
//!
//! A field is named by its record and its path, not copied: who asks for an explanation looks it up, and
//! who does not pays next to nothing. So what is shown is what was judged. An alternative is not believed
//! either: the engine puts it into the evidence, asks the check again, and shows the first that gives
//! another status.

use super::judgement::{Judgement, NameValue};
use super::terms::Status;
use super::text::clean;
use crate::directory::Edit;
use crate::evidence::{Bytes, Evidence, Payload, Record, SecurityDescriptor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// Rules that every check has (catalog 0.2, 0.3).
pub mod common {
    pub const UNREAD: &str = "Unknown: a record that the rule reads was not collected, or could not be read";
    pub const NO_RULE_FITS: &str = "Unknown: no rule fits what was read";
    pub const BLOCKED: &str = "NotApplicable: a check that it depends on failed";
    pub const NOT_NEEDED: &str = "NotApplicable: a check that it depends on is by design not applicable";
    pub const DEFECT: &str = "Unknown: the check hit a defect of this tool";
    pub const ALL: [&str; 5] = [UNREAD, NO_RULE_FITS, BLOCKED, NOT_NEEDED, DEFECT];
}

/// Which rule decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// A branch of the check's own rule: the one for the outcome that has these words; without words the
    /// outcome has one branch.
    Own(Option<&'static str>),
    Common(&'static str),
}

/// What a judgement rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    pub rule: Rule,
    pub fields: Vec<Field>,
    /// Tried in this order.
    pub alternatives: Vec<Alternative>,
    /// The turning point of a count, where no single value of the evidence makes one.
    pub turn: Option<Flip>,
}

/// One thing that decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Read(Read),
    /// Worked out from the evidence, as the check saw it.
    Said(NameValue),
}

/// A part of a record, by the place of the record in the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub place: usize,
    pub part: Part,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// How reading went.
    State,
    /// The names on the way to a value of the data: `binds.0.resultCode`.
    Path(Cow<'static, str>),
    /// Whether a number has a bit.
    Bit(&'static str, u32),
    /// Whether a list has an item, or an entry with this name.
    Item(&'static str, Cow<'static, str>),
}

/// Another value that a part of a record might have.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    pub place: usize,
    change: Change,
}

#[derive(Clone, Debug, PartialEq)]
enum Change {
    Set(Cow<'static, str>, Value),
    /// The other answer to whether it has the bit, or the item.
    Turn(Part),
    /// Another descriptor, in the words that name and describe it.
    Edit(NameValue, Edit),
}

/// The value that would flip the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flip {
    /// The field, as in `fields` where it stands there.
    pub name: String,
    pub value: String,
    /// The status with this value, all else equal.
    pub status: Status,
}

impl Default for Grounds {
    fn default() -> Grounds {
        Grounds { rule: Rule::Own(None), fields: Vec::new(), alternatives: Vec::new(), turn: None }
    }
}

impl Judgement {
    /// Names the branch of the check's rule that decided, by words that stand in it and in no other branch
    /// of the same outcome.
    pub fn rule(mut self, words: &'static str) -> Judgement {
        self.grounds.rule = Rule::Own(Some(words));
        self
    }

    /// A rule of all checks decided.
    pub fn common(mut self, rule: &'static str) -> Judgement {
        self.grounds.rule = Rule::Common(rule);
        self
    }

    fn field(mut self, record: &Record, part: Part) -> Judgement {
        self.grounds.fields.push(Field::Read(Read { place: record.place, part }));
        self
    }

    /// A value of a record decided.
    pub fn read(self, record: &Record, path: impl Into<Cow<'static, str>>) -> Judgement {
        self.field(record, Part::Path(path.into()))
    }

    /// That a record was read, or not, decided.
    pub fn state(self, record: &Record) -> Judgement {
        self.field(record, Part::State)
    }

    /// Whether a number has a bit decided; the alternative is that it is otherwise.
    pub fn bit(self, record: &Record, path: &'static str, mask: u32) -> Judgement {
        self.field(record, Part::Bit(path, mask)).turned()
    }

    /// Whether a list has an item decided; the alternative is that it is otherwise.
    pub fn item(self, record: &Record, path: &'static str, item: impl Into<Cow<'static, str>>) -> Judgement {
        self.field(record, Part::Item(path, item.into())).turned()
    }

    fn turned(mut self) -> Judgement {
        if let Some(Field::Read(Read { place, part })) = self.grounds.fields.last().cloned() {
            self.grounds.alternatives.push(Alternative { place, change: Change::Turn(part) });
        }
        self
    }

    /// Another value of the field that was read last.
    pub fn or(mut self, value: impl Into<Value>) -> Judgement {
        if let Some(Field::Read(Read { place, part: Part::Path(path) })) = self.grounds.fields.last().cloned() {
            self.grounds.alternatives.push(Alternative { place, change: Change::Set(path, value.into()) });
        }
        self
    }

    /// Another descriptor of a record.
    pub fn or_edited(mut self, record: &Record, name: &str, value: &str, edit: Edit) -> Judgement {
        let words = NameValue { name: name.to_owned(), value: value.to_owned() };
        self.grounds.alternatives.push(Alternative { place: record.place, change: Change::Edit(words, edit) });
        self
    }

    /// Something decided that was worked out from the evidence.
    pub fn said(mut self, name: &str, value: impl ToString) -> Judgement {
        self.grounds.fields.push(Field::Said(NameValue { name: name.to_owned(), value: value.to_string() }));
        self
    }

    /// The count at which the status changes.
    pub fn turn(mut self, name: &str, value: impl ToString, status: Status) -> Judgement {
        self.grounds.turn = Some(Flip { name: name.to_owned(), value: value.to_string(), status });
        self
    }
}

impl Part {
    /// `user.pwdLastSet`; `tcp[1].result` for the second of several records of a kind about one thing; with
    /// `@` and the target of the record where that is not the target of the finding.
    pub fn name(&self, evidence: &Evidence, record: &Record, target_key: &str) -> String {
        let key = &record.target.key;
        let alike: Vec<usize> = evidence.records_at(record.kind, key).map(|record| record.place).collect();
        let kind = match alike.iter().position(|place| *place == record.place) {
            Some(index) if alike.len() > 1 => format!("{}[{index}]", record.kind.name()),
            _ => record.kind.name().to_owned(),
        };
        let place = if key == target_key { String::new() } else { format!("@{key}") };
        match self {
            Part::State => format!("{kind}{place} (state)"),
            Part::Path(path) => format!("{kind}.{path}{place}"),
            Part::Bit(path, mask) => format!("{kind}.{path}{place} bit 0x{mask:x}"),
            Part::Item(path, item) => format!("{kind}.{path}{place} has {item}"),
        }
    }

    /// As text; `None` when the record has no such part.
    pub fn value(&self, record: &Record) -> Option<String> {
        if *self == Part::State {
            return serde_json::to_value(record.state).ok().as_ref().map(text);
        }
        let data = serde_json::to_value(&record.data).ok()?;
        match self {
            Part::State => None,
            Part::Path(path) => data.pointer(&pointer(path)).map(text),
            Part::Bit(path, _) | Part::Item(path, _) => {
                let value = data.pointer(&pointer(path))?;
                Some(self.is_true(value).map_or_else(|| text(&Value::Null), |yes| yes.to_string()))
            }
        }
    }

    /// Whether the number has the bit, or the list the item; `None` where there is neither.
    fn is_true(&self, value: &Value) -> Option<bool> {
        match self {
            Part::Bit(_, mask) => value.as_u64().map(|number| number & u64::from(*mask) != 0),
            Part::Item(_, item) => value.as_array().map(|list| list.iter().any(|one| is_item(one, item))),
            Part::State | Part::Path(_) => None,
        }
    }

    /// The value with the bit, or the item, turned over.
    fn turned(&self, value: &Value) -> Option<Value> {
        Some(match self {
            Part::Bit(_, mask) => Value::from(value.as_u64()? ^ u64::from(*mask)),
            Part::Item(_, item) if self.is_true(value)? => {
                value.as_array()?.iter().filter(|one| !is_item(one, item)).cloned().collect()
            }
            Part::Item(_, item) => {
                let list = value.as_array()?;
                let named = list.first().is_some_and(Value::is_object);
                let new = if named { serde_json::json!({ "name": item }) } else { Value::from(item.as_ref()) };
                list.iter().cloned().chain([new]).collect()
            }
            Part::State | Part::Path(_) => return None,
        })
    }
}

impl Alternative {
    /// The field and the value, in the words of an explanation.
    pub fn words(&self, evidence: &Evidence, record: &Record, target_key: &str) -> NameValue {
        match &self.change {
            Change::Set(path, value) => {
                NameValue { name: Part::Path(path.clone()).name(evidence, record, target_key), value: text(value) }
            }
            Change::Turn(part) => {
                let value = if part.value(record).as_deref() == Some("true") { "false" } else { "true" };
                NameValue { name: part.name(evidence, record, target_key), value: value.to_owned() }
            }
            Change::Edit(words, _) => words.clone(),
        }
    }

    /// The record with this value; `None` where it cannot have it.
    pub fn apply(&self, record: &Record) -> Option<Record> {
        let data = match &self.change {
            Change::Edit(_, edit) => {
                let Payload::SecurityDescriptor(own) = &record.data else { return None };
                let bytes = edit.apply(&own.sd_bytes.as_ref()?.0)?;
                SecurityDescriptor { sd_bytes: Some(Bytes(bytes)), ..own.as_ref().clone() }.into()
            }
            Change::Set(path, value) => replaced(record, path, |_| Some(value.clone()))?,
            Change::Turn(part @ (Part::Bit(path, _) | Part::Item(path, _))) => {
                replaced(record, path, |value| part.turned(value))?
            }
            Change::Turn(_) => return None,
        };
        Some(Record { data, ..record.clone() })
    }
}

fn replaced(record: &Record, path: &str, change: impl FnOnce(&Value) -> Option<Value>) -> Option<Payload> {
    let mut data = serde_json::to_value(&record.data).ok()?;
    let place = data.pointer_mut(&pointer(path))?;
    *place = change(place)?;
    Payload::from_json(record.kind, data).ok()
}

fn is_item(one: &Value, item: &str) -> bool {
    named(one).as_str().is_some_and(|text| text.eq_ignore_ascii_case(item))
}

/// What an entry of a list goes by: an answer of DNS by its value, a service by its name.
fn named(entry: &Value) -> &Value {
    entry.get("value").or_else(|| entry.get("name")).unwrap_or(entry)
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

/// A value as a line shows it; lists item by item.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => clean(&items.iter().map(|item| text(named(item))).collect::<Vec<_>>().join(", ")),
        other => clean(&other.to_string()),
    }
}
