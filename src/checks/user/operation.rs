//! What the user, or the administrator for the user, is trying to do.

use crate::catalog::{Case, Judgement, Scene};
use crate::evidence::OperatorInput;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was tried for the users in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Operation {
    Reset,
    Change,
    Unlock,
    AdminReset,
}

impl Operation {
    pub fn from_name(name: &str) -> Option<Operation> {
        let all = [Operation::Reset, Operation::Change, Operation::Unlock, Operation::AdminReset];
        all.into_iter().find(|operation| operation.name().eq_ignore_ascii_case(name))
    }

    /// As it stands in requests and in evidence.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Reset => "Reset",
            Operation::Change => "Change",
            Operation::Unlock => "Unlock",
            Operation::AdminReset => "AdminReset",
        }
    }

    /// Names the operation as a field that decided, and the one on which some checks turn.
    pub fn read(judgement: Judgement, case: &Case) -> Judgement {
        if !case.explains {
            return judgement;
        }
        let inputs = case.scene.evidence.facts::<OperatorInput>();
        match inputs.iter().find(|fact| fact.data.operation.is_some()).or(inputs.first()) {
            Some(fact) => {
                judgement.read(fact.record, "operation").or(Operation::Change.name()).or(Operation::Reset.name())
            }
            None => judgement.said("operation", "not stated"),
        }
    }

    /// As the operator stated it; `None` when nothing, or nothing that this version knows, was stated.
    pub fn stated(scene: &Scene) -> Option<Operation> {
        let inputs = scene.evidence.facts::<OperatorInput>();
        inputs.iter().find_map(|fact| fact.data.operation.as_deref()).and_then(Operation::from_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_known_by_their_names() {
        for (name, expected) in [
            ("Reset", Some(Operation::Reset)),
            ("change", Some(Operation::Change)),
            ("Unlock", Some(Operation::Unlock)),
            ("AdminReset", Some(Operation::AdminReset)),
            ("Delete", None),
        ] {
            assert_eq!(Operation::from_name(name), expected);
        }
    }
}
