//! What `-Explain` says of recorded runs: rules of the catalog, fields of the evidence, and flips that hold
//! when the evidence is changed as they say.

use super::{analysed, cases, recorded, tables};
use password_writeback::catalog::{Status, branches, common, registry};
use password_writeback::contract::{Finding, Report, Selection};
use password_writeback::engine::{Diagnostic, Plan, RunHeader, Suppressions, report, role_rules};
use password_writeback::evidence::{Evidence, Record};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

pub fn explained(header: &RunHeader, records: &[Record], selection: &Selection) -> Report {
    let plan = Plan::new(Diagnostic::TestAll, selection).unwrap().explaining(true);
    let evidence: Evidence = records.iter().cloned().collect();
    report(header, &plan, &Suppressions::default(), &evidence, &tables())
}

/// Everything that the recorded runs have, source by source folded or not.
fn everything() -> Selection {
    Selection { include_not_collected: true, ..Selection::default() }
}

fn each_finding(mut test: impl FnMut(&Path, &RunHeader, &[Record], &Finding)) {
    for case in cases() {
        let (header, records) = recorded(&case.join("evidence.zip"));
        for finding in &explained(&header, &records, &everything()).findings {
            test(&case, &header, &records, finding);
        }
    }
}

#[test]
fn every_finding_quotes_a_rule_and_names_fields() {
    each_finding(|case, _, _, finding| {
        let explain = finding.explain.as_ref().unwrap();
        let label = format!("{} {}: {}", case.display(), finding.key, explain.rule);
        let own = branches(registry::find(&finding.id).unwrap().rule, finding.outcome);
        match explain.rule.split_once(". Lowered to Warn: ") {
            Some((rule, role)) => {
                assert!(finding.status != finding.outcome && own.iter().any(|one| one == rule), "{label}");
                assert!(role_rules::ALL.contains(&role), "{label}");
            }
            None => {
                assert_eq!(finding.status, finding.outcome, "{label}");
                assert!(common::ALL.contains(&explain.rule.as_str()) || own.contains(&explain.rule), "{label}");
            }
        }
        assert!(!explain.fields.is_empty(), "{label}: no field decided");
        assert!(explain.flip.as_ref().is_none_or(|flip| flip.status != finding.status), "{label}");
        let names: BTreeSet<&str> = explain.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names.len(), explain.fields.len(), "{label}: two fields of one name: {:?}", explain.fields);
    });
}

#[test]
fn the_ace_that_decided_is_named_with_its_trustee_and_where_it_was_set() {
    let mut seen: BTreeSet<(bool, bool)> = BTreeSet::new();
    each_finding(|case, _, _, finding| {
        let explain = finding.explain.as_ref().unwrap();
        let value = |name: &str| explain.fields.iter().find(|field| field.name == name).map(|field| &field.value);
        let is_about_a_user = finding.target.key.starts_with("user:");
        if !is_about_a_user || !["PW505", "PW506", "PW507", "PW915"].contains(&&*finding.id) {
            return;
        }
        let label = format!("{} {}: {:?}", case.display(), finding.key, explain.fields);
        let (Some(decision), Some(object)) = (value("decision"), value("object")) else { return };
        let granted = decision == "granted";
        assert_eq!(granted, finding.status == Status::Pass, "{label}");
        let Some(sid) = value("trustee SID") else {
            assert!(!granted, "{label}: who is granted the right by no entry?");
            return;
        };
        assert!(sid.starts_with("S-1-") && value("trustee").is_some(), "{label}");
        let (inherited, set_on) = (value("inherited").unwrap() == "true", value("set on").unwrap());
        assert!(object.ends_with(set_on) && (object != set_on) == inherited, "{label}");
        seen.insert((granted, inherited));
    });
    assert!(seen.contains(&(true, true)) && seen.contains(&(true, false)), "{seen:?}");
}

#[test]
fn an_explanation_changes_nothing_else() {
    for case in cases() {
        let path = case.join("evidence.zip");
        let (header, records) = recorded(&path);
        let mut with = explained(&header, &records, &Selection::default());
        with.findings.iter_mut().for_each(|finding| finding.explain = None);
        let without = analysed(&path, &Selection::default());
        assert_eq!(serde_json::to_string(&with).unwrap(), serde_json::to_string(&without).unwrap());
    }
}

/// The strong test: the field is replaced in the evidence, everything is judged anew, and the status is the
/// one that the flip promised.
#[test]
fn a_flip_holds_when_the_evidence_is_changed() {
    let mut checks: BTreeSet<String> = BTreeSet::new();
    each_finding(|case, header, records, finding| {
        let flip = finding.explain.as_ref().unwrap().flip.as_ref();
        let Some((flip, address)) = flip.and_then(|flip| Some((flip, Address::read(&flip.name, finding)?))) else {
            return;
        };
        let label = format!("{} {}: {flip:?}", case.display(), finding.key);
        let own: BTreeSet<&str> =
            finding.explain.iter().flat_map(|explain| &explain.fields).map(|field| field.name.as_str()).collect();
        assert!(own.contains(flip.name.as_str()), "{label}: the field is not among the deciding ones");
        let changed =
            address.replace(records, &flip.value).unwrap_or_else(|| panic!("{label}: no such field or value"));
        let selection = Selection { checks: vec![finding.id.to_string()], ..everything() };
        let after = explained(header, &changed, &selection);
        let after = after.findings.iter().find(|other| other.key == finding.key);
        assert_eq!(after.map(|finding| finding.status), Some(flip.status), "{label}");
        checks.insert(finding.id.to_string());
    });
    assert!(checks.len() >= 25, "flips of too few checks were tried: {checks:?}");
}

/// A field of the evidence, as an explanation names it: `tcp[1].result@dc:dc1.corp.example bit 0x2`.
struct Address<'a> {
    kind: &'a str,
    index: usize,
    path: String,
    key: &'a str,
    /// Of a number a bit, of a list an item.
    part: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// `None` for a count, or for another name that is no field.
    fn read(name: &'a str, finding: &'a Finding) -> Option<Address<'a>> {
        let (head, part) = [" bit ", " has "]
            .iter()
            .find_map(|word| name.split_once(word))
            .map_or((name, None), |(head, part)| (head, Some(part)));
        let (head, key) = head.split_once('@').unwrap_or((head, &finding.target.key));
        let (kind, path) = head.split_once('.')?;
        let (kind, index) =
            kind.split_once('[').map_or((kind, "0"), |(kind, index)| (kind, index.trim_end_matches(']')));
        Some(Address { kind, index: index.parse().ok()?, path: format!("/{}", path.replace('.', "/")), key, part })
    }

    fn replace(&self, records: &[Record], value: &str) -> Option<Vec<Record>> {
        let mut alike = records
            .iter()
            .enumerate()
            .filter(|(_, record)| record.kind.name() == self.kind && record.target.key == self.key);
        let (number, record) = alike.nth(self.index)?;
        let mut line = serde_json::to_value(record).unwrap();
        let place = line["data"].pointer_mut(&self.path)?;
        let was_null = place.is_null();
        *place = match self.part {
            Some(bit) if bit.starts_with("0x") => {
                json!(place.as_u64()? ^ u64::from_str_radix(&bit[2..], 16).ok()?)
            }
            Some(item) if value == "true" => place.as_array()?.iter().cloned().chain([json!(item)]).collect(),
            Some(item) => place.as_array()?.iter().filter(|one| *one != item).cloned().collect(),
            None => typed(place, value),
        };
        let mut changed = records.to_vec();
        changed[number] = serde_json::from_value(line.clone()).ok().or_else(|| {
            // What was null may be a text of digits.
            *line["data"].pointer_mut(&self.path)? = json!(value);
            serde_json::from_value(line).ok().filter(|_| was_null)
        })?;
        Some(changed)
    }
}

/// The text of a value, as JSON of the type that stands there.
fn typed(old: &Value, text: &str) -> Value {
    match old {
        Value::String(_) if text != "null" => json!(text),
        Value::Array(_) if text == "[]" => json!([]),
        Value::Array(items) => {
            let entry = |text: &str| match items.first() {
                Some(Value::Object(_)) => json!({ "value": text }),
                _ => json!(text),
            };
            text.split(", ").map(entry).collect()
        }
        _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}
