//! Ranks probable causes (catalog 6.2, 6.3). Exact integers; only the printed score is rounded.

use super::blocked::Blocked;
use super::causes;
use super::history::History;
use super::reach::Graph;
use crate::calendar::DAY_MS;
use crate::catalog::{Class, Proof, Severity, Status, TargetKind};
use crate::contract::{Confidence, Finding};
use std::collections::{BTreeSet, HashMap};

/// Scores are counted in 1/10^8.
const UNIT: i64 = 100_000_000;

/// One probable cause: the findings of one check that nothing else explains.
#[derive(Clone, Debug)]
pub struct Ranked {
    pub id: String,
    /// Indexes of its findings, the one with the largest score first.
    pub findings: Vec<usize>,
    /// In 1/10^8.
    pub exact: i64,
    pub confidence: Confidence,
    /// Findings that it explains.
    pub explains: BTreeSet<usize>,
    /// Findings that it, or what it reaches, blocks.
    pub blocks: BTreeSet<usize>,
    /// It is a symptom whose cause was not found.
    pub is_symptom: bool,
    /// All its findings are about single users and lead to nothing that was observed.
    pub is_personal: bool,
}

impl Ranked {
    /// Rounded to tenths, halves away from zero.
    pub fn score(&self) -> f64 {
        let tenth = UNIT / 10;
        ((self.exact + tenth / 2) / tenth) as f64 / 10.0
    }
}

/// Severity as points.
pub fn points(severity: Severity) -> i64 {
    match severity {
        Severity::Critical => 100,
        Severity::High => 60,
        Severity::Medium => 25,
        Severity::Low => 8,
        Severity::Info => 1,
    }
}

/// Per cent.
fn status_weight(finding: &Finding) -> i64 {
    if finding.status == Status::Fail { 100 } else { 35 }
}

/// Per cent.
fn proof_weight(proof: Proof) -> i64 {
    match proof {
        Proof::A => 100,
        Proof::B => 80,
        Proof::C => 45,
        Proof::D => 10,
    }
}

/// `S x T x P` in 1/10^4.
fn own(finding: &Finding) -> i64 {
    points(finding.severity) * status_weight(finding) * proof_weight(finding.proof)
}

/// True for a check that observes a failure, with a finding of proof A.
fn is_observed_symptom(finding: &Finding) -> bool {
    causes::is_symptom(&finding.id) && finding.proof == Proof::A
}

/// True when a later success shows that this cannot be the cause (F of 6.2).
pub fn is_disproved(finding: &Finding, history: &History, now_unix_ms: i64) -> bool {
    let newest = |matching: &dyn Fn(&super::Success) -> bool| {
        history.successes.iter().filter(|success| matching(success)).map(|success| success.at_unix_ms).max()
    };
    let class = finding.classes.first().copied().unwrap_or(finding.class);
    let in_domain = |success: &super::Success| {
        success.domain.as_deref().is_some_and(|dns| finding.target.is_in(&format!("domain:{dns}")))
    };
    let of_user = |success: &super::Success| {
        finding.target.kind == TargetKind::User
            && success.upn.as_deref().is_some_and(|upn| upn.eq_ignore_ascii_case(&finding.target.display))
    };
    let success = match class {
        Class::Switch
        | Class::Server
        | Class::Network
        | Class::Proxy
        | Class::Tls
        | Class::Idle
        | Class::Clock
        | Class::Keys
        | Class::Version
        | Class::License
        | Class::Admin => newest(&|_| true),
        Class::DcReach | Class::DcCap | Class::Engine | Class::Sam => newest(&in_domain),
        Class::Rights
        | Class::Protected
        | Class::Scope
        | Class::Policy
        | Class::UserState
        | Class::Sspr
        | Class::Path => newest(&of_user),
        Class::Incident | Class::OtherAgent | Class::Tool => None,
    };
    let Some(success) = success else { return false };
    match history.newest_symptom_unix_ms {
        Some(symptom) => success > symptom,
        None => matches!(finding.proof, Proof::B | Proof::C) && now_unix_ms - success < DAY_MS,
    }
}

/// The probable causes, best first.
pub fn rank(findings: &[Finding], history: &History, now_unix_ms: i64) -> Vec<Ranked> {
    let graph = Graph::new(findings);
    let blocked = Blocked::new(findings);
    let open: Vec<usize> = (0..findings.len()).filter(|&index| findings[index].is_open()).collect();
    let reach: HashMap<usize, Vec<usize>> = open.iter().map(|&index| (index, graph.reach(index))).collect();
    let explains = |cause: usize, effect: usize| {
        let severe_enough = findings[cause].status == Status::Fail || findings[effect].status == Status::Warn;
        severe_enough && covers(findings, &open, &reach, cause, effect)
    };
    let explained: BTreeSet<usize> = open
        .iter()
        .flat_map(|&cause| reach[&cause].iter().filter(move |&&effect| explains(cause, effect)))
        .copied()
        .collect();
    let symptom_seen = open.iter().any(|&index| is_observed_symptom(&findings[index]));

    let mut by_check: HashMap<&str, Ranked> = HashMap::new();
    let mut blockers_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let mut explained_symptoms: BTreeSet<usize> = BTreeSet::new();
    for &index in open.iter().filter(|index| !causes::is_symptom(&findings[**index].id) && !explained.contains(index)) {
        let finding = &findings[index];
        let reached = &reach[&index];
        explained_symptoms.extend(reached);
        let observed = reached.iter().any(|&effect| is_observed_symptom(&findings[effect]));
        let disproved = is_disproved(finding, history, now_unix_ms);
        let blockers: BTreeSet<&str> = std::iter::once(&index).chain(reached).map(|&at| &*findings[at].id).collect();
        let blocked_checks = blocked.checks(&blockers) as i64;
        let best_effect = reached.iter().map(|&effect| own(&findings[effect])).max().unwrap_or(0);

        // own (10^4) x M (10) x F (10) x V (10) makes 10^7; one more ten for the common unit.
        let m = if observed {
            15
        } else if symptom_seen {
            5
        } else {
            10
        };
        let f = if disproved { 2 } else { 10 };
        let v = if finding.representative { 10 } else { 4 };
        let base = own(finding) * m * f * v * 10;
        // T (10^2) x 0.25 (10^2) x own of the effect (10^4) makes 10^8.
        let from_effects = status_weight(finding) * 25 * best_effect;
        let from_blocked = status_weight(finding) * 30.min(3 * blocked_checks) * (UNIT / 100);
        let exact = base + from_effects + from_blocked;

        let strong = finding.status == Status::Fail && matches!(finding.proof, Proof::A | Proof::B);
        let confidence = match (strong, observed) {
            (true, true) if finding.representative => Confidence::High,
            (true, _) => Confidence::Medium,
            (false, true) if finding.status == Status::Fail => Confidence::Medium,
            _ => Confidence::Low,
        };
        let mine = reached.iter().copied().filter(|&effect| explains(index, effect));
        let ranked = by_check.entry(&*finding.id).or_insert_with(|| Ranked {
            id: finding.id.to_string(),
            findings: Vec::new(),
            exact: i64::MIN,
            confidence,
            explains: BTreeSet::new(),
            blocks: BTreeSet::new(),
            is_symptom: false,
            is_personal: true,
        });
        ranked.is_personal &= finding.target.kind == TargetKind::User
            && !reached.iter().any(|&effect| causes::is_symptom(&findings[effect].id));
        ranked.explains.extend(mine);
        blockers_of.entry(&*finding.id).or_default().extend(blockers);
        if exact > ranked.exact {
            ranked.exact = exact;
            ranked.confidence = confidence;
            ranked.findings.insert(0, index);
        } else {
            ranked.findings.push(index);
        }
    }

    for &index in &open {
        let finding = &findings[index];
        if causes::is_symptom(&finding.id) && finding.status == Status::Fail && !explained_symptoms.contains(&index) {
            let one_class = finding.classes.len() == 1;
            by_check.entry(&*finding.id).or_insert_with(|| Ranked {
                id: finding.id.to_string(),
                findings: vec![index],
                exact: own(finding) * (UNIT / 10_000),
                confidence: if one_class { Confidence::Medium } else { Confidence::Low },
                explains: BTreeSet::new(),
                blocks: BTreeSet::new(),
                is_symptom: true,
                is_personal: false,
            });
            blockers_of.entry(&*finding.id).or_default().insert(&*finding.id);
        }
    }
    for (id, ranked) in &mut by_check {
        ranked.blocks = blockers_of.get(id).map_or_else(BTreeSet::new, |blockers| blocked.findings(blockers));
    }

    let mut ranked: Vec<Ranked> = by_check.into_values().collect();
    for cause in &mut ranked {
        // The weightiest finding speaks first; the sort is stable, so equal ones keep their order.
        cause.findings.sort_by_key(|&index| std::cmp::Reverse(own(&findings[index])));
    }
    // What is said of the service comes before what only the named users have (6.4: users never change it).
    ranked.retain(|cause| cause.score() > 0.0);
    ranked.sort_by(|a, b| {
        a.is_personal.cmp(&b.is_personal).then_with(|| b.exact.cmp(&a.exact)).then_with(|| a.id.cmp(&b.id))
    });
    if let [best, second, ..] = ranked.as_mut_slice()
        && best.is_personal == second.is_personal
        && second.exact * 10 >= best.exact * 9
    {
        best.confidence = one_step_down(best.confidence);
        second.confidence = one_step_down(second.confidence);
    }
    ranked
}

fn one_step_down(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        Confidence::Medium | Confidence::Low => Confidence::Low,
    }
}

/// A container explains the aggregate of PW505-PW507 only together with the other containers below
/// which every failing container lies (6.1).
fn covers(
    findings: &[Finding],
    open: &[usize],
    reach: &HashMap<usize, Vec<usize>>,
    cause: usize,
    effect: usize,
) -> bool {
    let is_aggregate = ["PW505", "PW506", "PW507"].contains(&&*findings[effect].id)
        && findings[effect].target.kind == TargetKind::Domain;
    if !is_aggregate || findings[cause].target.kind != TargetKind::Container {
        return true;
    }
    let containers: Vec<&str> = open
        .iter()
        .filter(|&&index| findings[index].target.kind == TargetKind::Container && reach[&index].contains(&effect))
        .map(|&index| findings[index].target.key.as_str())
        .collect();
    let lines = || findings[effect].evidence.iter();
    let failing: Vec<String> = lines()
        .filter(|line| line.name == "failing container")
        .map(|line| format!("container:{}", line.value.to_lowercase()))
        .collect();
    // Not all of many are listed.
    let all_listed = lines()
        .find(|line| line.name == "failing containers")
        .is_none_or(|line| line.value.parse() == Ok(failing.len()));
    all_listed
        && failing.iter().all(|failing| {
            containers.iter().any(|around| {
                failing == around || failing.ends_with(&format!(",{}", around.trim_start_matches("container:")))
            })
        })
}
