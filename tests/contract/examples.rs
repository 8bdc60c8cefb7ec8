//! The twelve worked examples of the catalog (section 7), from findings to causes and verdict.
//!
//! The checks behind them are not live yet, so no evidence can be replayed; what is tested here is the
//! graph, the scores, the confidence and the verdict, with the exact figures of the catalog.

use super::findings::{finding, read, target};
use password_writeback::contract::{Confidence, Finding, VerdictState};
use password_writeback::engine::{History, Kin, rank, verdict_state};
use serde_json::Value;

#[test]
fn the_worked_examples_give_their_causes_scores_and_verdicts() {
    let index: Value = serde_json::from_str(include_str!("catalog.json")).unwrap();
    let examples: Vec<Value> = serde_json::from_str(include_str!("examples.json")).unwrap();
    assert_eq!(examples.len(), 12);
    for example in examples {
        let number = &example["n"];
        let findings: Vec<Finding> = example["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| finding(line.as_str().unwrap(), &index))
            .collect();
        let history = History::default();
        let ranked = rank(&findings, &history, 0);
        let expected = example["causes"].as_array().unwrap();
        let got: Vec<(String, f64, Confidence)> =
            ranked.iter().map(|cause| (cause.id.clone(), cause.score(), cause.confidence)).collect();
        for (place, cause) in expected.iter().enumerate() {
            let want = (
                cause[0].as_str().unwrap().to_owned(),
                cause[1].as_f64().unwrap(),
                read::<Confidence>(cause[2].as_str().unwrap()),
            );
            assert_eq!(got.get(place), Some(&want), "example {number}, cause {place}: {got:?}");
        }
        let kin = Kin { relay_hosts: vec![target("host")], domains: vec![target("domain")] };
        let (state, _) = verdict_state(&findings, &ranked, &history, &kin, 0);
        assert_eq!(state, read::<VerdictState>(example["verdict"].as_str().unwrap()), "example {number}");
    }
}
