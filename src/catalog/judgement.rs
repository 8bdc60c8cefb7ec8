//! What a check says about one target, before roles, blocking and ranking.

use super::grounds::{Grounds, common};
use super::terms::{Class, Proof, Reason, Severity, Status};
use super::text::{clean, on_one_line};
use crate::evidence::{Record, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of evidence as it is shown: a name in plain words and the value that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameValue {
    pub name: String,
    pub value: String,
}

/// One thing to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What to do, in words.
    pub text: String,
    /// The command that does it, where there is one.
    pub command: Option<String>,
    /// Machine or role to run it on.
    pub run_on: Option<String>,
    /// Rights that it takes.
    pub needs_rights: Option<String>,
    /// What has to be restarted afterwards.
    pub restart_needed: Option<String>,
    /// The call whose Pass shows that it helped.
    pub verify_with: Option<String>,
}

/// The answer of a check for one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub outcome: Status,
    /// Set for Unknown and NotApplicable, and ByDesign for a Fail that is meant so.
    pub reason: Option<Reason>,
    /// One sentence that names target, value and meaning.
    pub message: String,
    pub evidence: Vec<NameValue>,
    pub steps: Vec<Step>,
    /// Overrides of the declaration where the rule states them.
    pub severity: Option<Severity>,
    pub proof: Option<Proof>,
    pub class: Option<Class>,
    /// Classes decoded from events, first one decisive; empty for most checks.
    pub classes: Vec<Class>,
    /// Boxed, because a judgement is also an early answer.
    pub grounds: Box<Grounds>,
}

/// `Err` is an early answer (usually "the evidence cannot be read"); it is as good as `Ok`.
pub type Answer = Result<Judgement, Judgement>;

impl Judgement {
    fn new(outcome: Status, reason: Option<Reason>, message: impl Into<String>) -> Judgement {
        Judgement {
            outcome,
            reason,
            message: message.into(),
            evidence: Vec::new(),
            steps: Vec::new(),
            severity: None,
            proof: None,
            class: None,
            classes: Vec::new(),
            grounds: Box::default(),
        }
    }

    pub fn pass(message: impl Into<String>) -> Judgement {
        Judgement::new(Status::Pass, None, message)
    }

    pub fn warn(message: impl Into<String>) -> Judgement {
        Judgement::new(Status::Warn, None, message)
    }

    pub fn fail(message: impl Into<String>) -> Judgement {
        Judgement::new(Status::Fail, None, message)
    }

    pub fn unknown(reason: Reason, message: impl Into<String>) -> Judgement {
        Judgement::new(Status::Unknown, Some(reason), message)
    }

    pub fn not_applicable(reason: Reason, message: impl Into<String>) -> Judgement {
        Judgement::new(Status::NotApplicable, Some(reason), message)
    }

    /// "Could not read" as an answer: the reason follows from the state of the record that is missing.
    pub fn unreadable(record: &Record) -> Judgement {
        let reason = match record.state {
            State::AccessDenied => Reason::AccessDenied,
            State::Timeout => Reason::Timeout,
            State::Partial => Reason::Partial,
            State::NotCollected if record.error.as_ref().is_some_and(|e| e.class == "toolLimit") => Reason::ToolLimit,
            State::NotCollected => Reason::NotCollected,
            State::Error if record.error.as_ref().is_some_and(|e| e.class == "panic") => Reason::ToolLimit,
            State::Ok | State::NotFound | State::NotReadable | State::Error => Reason::NotReadable,
        };
        let what = format!("{} of {}", record.kind.name(), clean(&record.target.display));
        let why = record.error.as_ref().map(|e| on_one_line(&e.text)).filter(|text| !text.is_empty());
        Judgement::unknown(
            reason,
            match why {
                Some(why) => format!("{what} could not be read: {why}"),
                None => format!("{what} could not be read."),
            },
        )
        .common(common::UNREAD)
        .state(record)
    }

    /// Adds a line of evidence.
    pub fn with(mut self, name: &str, value: impl ToString) -> Judgement {
        self.evidence.push(NameValue { name: name.to_owned(), value: value.to_string() });
        self
    }

    pub fn step(mut self, step: Step) -> Judgement {
        self.steps.push(step);
        self
    }

    /// What was found is meant to be so: it never counts against the service (catalog 0.1).
    pub fn by_design(mut self) -> Judgement {
        self.reason = Some(Reason::ByDesign);
        self
    }

    pub fn severity(mut self, severity: Severity) -> Judgement {
        self.severity = Some(severity);
        self
    }

    pub fn proof(mut self, proof: Proof) -> Judgement {
        self.proof = Some(proof);
        self
    }

    pub fn class(mut self, class: Class) -> Judgement {
        self.class = Some(class);
        self
    }
}
