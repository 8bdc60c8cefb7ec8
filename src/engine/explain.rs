//! Why a finding has its status: the branch of the rule, the deciding fields, and a value that would flip
//! it (catalog 5, `-Explain`).

use super::judge::Judge;
use super::roles::{self, Role};
use crate::catalog::{
    Alternative, Check, Field, Flip, Judgement, NameValue, Rule, Scene, Status, Target, branch, branches,
};
use crate::contract::{Explain, plain};
use std::mem::take;

/// The explanation of one judgement. `role` is what the role of the target made of it.
pub fn explain(judge: &Judge, check: &'static Check, target: &Target, judgement: &Judgement, role: &Role) -> Explain {
    let grounds = &judgement.grounds;
    let mut fields: Vec<NameValue> =
        grounds.fields.iter().filter_map(|field| shown(judge.scene(), target, field)).collect();
    fields.iter_mut().for_each(|field| field.value = plain(take(&mut field.value)));
    Explain {
        rule: match role.rule {
            Some(lowered) => format!("{}. Lowered to Warn: {lowered}", rule(check, judgement)),
            None => rule(check, judgement),
        },
        fields,
        flip: grounds
            .alternatives
            .iter()
            .find_map(|alternative| flip(judge.scene(), check, target, alternative, role.status))
            .or_else(|| grounds.turn.clone()),
    }
}

fn rule(check: &Check, judgement: &Judgement) -> String {
    match judgement.grounds.rule {
        Rule::Common(rule) => rule.to_owned(),
        Rule::Own(words) => branch(check.rule, judgement.outcome, words)
            .unwrap_or_else(|| branches(check.rule, judgement.outcome).join("; ")),
    }
}

fn shown(scene: &Scene, target: &Target, field: &Field) -> Option<NameValue> {
    Some(match field {
        Field::Said(said) => said.clone(),
        Field::Read(read) => {
            let record = scene.evidence.at(read.place);
            NameValue { name: read.part.name(scene.evidence, record, &target.key), value: read.part.value(record)? }
        }
    })
}

/// The check, asked again with the alternative in the evidence: a flip when the status is another then.
fn flip(
    scene: &Scene,
    check: &'static Check,
    target: &Target,
    alternative: &Alternative,
    status: Status,
) -> Option<Flip> {
    let record = scene.evidence.at(alternative.place);
    let evidence = scene.evidence.supposing(alternative.apply(record)?);
    let judge_scene = Scene { evidence: &evidence, ..*scene };
    let judge = Judge::new(&judge_scene);
    let outcome = judge.ask(check, target).outcome;
    let flipped = roles::apply(&judge, check, target, outcome).status;
    let NameValue { name, value } = alternative.words(scene.evidence, record, &target.key);
    (flipped != status).then(|| Flip { name, value: plain(value), status: flipped })
}
