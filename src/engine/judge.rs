//! Turns evidence into findings: judge, block, apply roles.

use super::explain::explain;
use super::roles;
use super::suppress::Suppressions;
use crate::catalog::text::clean;
use crate::catalog::{
    Area, Case, Check, Class, Field, Judgement, NameValue, Reason, RoleRule, Scene, Severity, Status, Target, common,
    links, registry,
};
use crate::contract::{Finding, plain};
use crate::evidence::Vantage;
use crate::panics;
use foldhash::HashMap;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What a check says of a target once blocking is known.
#[derive(Clone, Debug)]
pub struct Raw {
    pub judgement: Judgement,
    /// Root ids of what blocks it; empty when it is not blocked.
    pub blocked_by: Vec<String>,
}

/// Judges checks over one scene and remembers what it judged.
pub struct Judge<'a> {
    scene: &'a Scene<'a>,
    explains: bool,
    /// By the function that lists them: many checks share one.
    targets: RefCell<HashMap<usize, Rc<Vec<Target>>>>,
    /// Where a target stands in the list of its check, by key: with ten thousand users a search through the
    /// list for each of them would take minutes.
    places: RefCell<HashMap<usize, Rc<HashMap<String, usize>>>>,
    /// By check and by the key of the target.
    raw: RefCell<HashMap<&'static str, HashMap<String, Rc<Raw>>>>,
}

impl<'a> Judge<'a> {
    pub fn new(scene: &'a Scene<'a>) -> Judge<'a> {
        Judge {
            scene,
            explains: false,
            targets: RefCell::default(),
            places: RefCell::default(),
            raw: RefCell::default(),
        }
    }

    /// The same, with an explanation in every finding where it is asked for.
    pub fn explaining(self, explains: bool) -> Judge<'a> {
        Judge { explains, ..self }
    }

    pub fn scene(&self) -> &'a Scene<'a> {
        self.scene
    }

    /// The targets of a check that the evidence knows.
    pub fn targets(&self, check: &'static Check) -> Rc<Vec<Target>> {
        if let Some(known) = self.targets.borrow().get(&list_of(check)) {
            return known.clone();
        }
        let found = Rc::new((check.targets)(self.scene));
        self.targets.borrow_mut().insert(list_of(check), found.clone());
        found
    }

    fn places(&self, check: &'static Check) -> Rc<HashMap<String, usize>> {
        if let Some(known) = self.places.borrow().get(&list_of(check)) {
            return known.clone();
        }
        let targets = self.targets(check);
        let places = Rc::new(targets.iter().enumerate().map(|(place, target)| (target.key.clone(), place)).collect());
        self.places.borrow_mut().insert(list_of(check), Rc::clone(&places));
        places
    }

    /// Whether the check has something to say of a target.
    pub fn is_judged(&self, check: &'static Check, target: &Target) -> bool {
        self.places(check).contains_key(&target.key)
    }

    /// The outcome of a check at a target, blocking included, role rules not.
    pub fn outcome(&self, check: &'static Check, target: &Target) -> Status {
        self.raw(check, target).judgement.outcome
    }

    pub fn raw(&self, check: &'static Check, target: &Target) -> Rc<Raw> {
        self.known(check, target).unwrap_or_else(|| {
            let raw = Rc::new(self.blocked(check, target).unwrap_or_else(|| self.open(check, target)));
            self.raw.borrow_mut().entry(check.id).or_default().insert(target.key.clone(), Rc::clone(&raw));
            raw
        })
    }

    /// The same where it is known already that nothing blocks the check: its blockers are not asked, and nothing
    /// is remembered.
    pub fn unblocked(&self, check: &'static Check, target: &Target) -> Raw {
        self.known(check, target).map_or_else(|| self.open(check, target), |raw| Raw::clone(&raw))
    }

    fn known(&self, check: &'static Check, target: &Target) -> Option<Rc<Raw>> {
        self.raw.borrow().get(check.id)?.get(&target.key).cloned()
    }

    fn open(&self, check: &'static Check, target: &Target) -> Raw {
        Raw { judgement: self.ask(check, target), blocked_by: Vec::new() }
    }

    /// The status of a finding, without the finding.
    pub fn status(&self, check: &'static Check, target: &Target) -> Status {
        roles::apply(self, check, target, self.outcome(check, target)).status
    }

    /// Calls the check. A panic in it is a defect of ours: Unknown with an incident, and the run goes on.
    pub(super) fn ask(&self, check: &'static Check, target: &Target) -> Judgement {
        let case = Case { scene: self.scene, check, target, explains: self.explains };
        match catch_unwind(AssertUnwindSafe(|| (check.judge)(&case))) {
            Ok(answer) => answer.unwrap_or_else(|early| early),
            Err(_) => {
                let incident = panics::take_incident();
                Judgement::unknown(
                    Reason::ToolLimit,
                    format!(
                        "The check hit a defect of this tool (incident {}); this says nothing about {}.",
                        incident.id,
                        clean(&target.display)
                    ),
                )
                .with("incident", &incident.id)
                .with("place", &incident.place)
                .common(common::DEFECT)
                .said("incident", &incident.id)
            }
        }
    }

    /// NotApplicable, when a prerequisite has the outcome Fail here or in a target around this one (0.3).
    fn blocked(&self, check: &'static Check, target: &Target) -> Option<Raw> {
        let mut roots: Vec<String> = Vec::new();
        let mut add = |id: &str| {
            if !roots.iter().any(|known| known == id) {
                roots.push(id.to_owned());
            }
        };
        let mut fields: Vec<Field> = Vec::new();
        let mut because = |field: Field| {
            if !fields.contains(&field) {
                fields.push(field);
            }
        };
        for blocker in check.blocked_by.iter().filter_map(|id| registry::find(id)) {
            let (targets, places) = (self.targets(blocker), self.places(blocker));
            let around = std::iter::once(&target.key).chain(target.within.iter());
            for &place in around.filter_map(|key| places.get(key)) {
                let raw = self.raw(blocker, &targets[place]);
                let passes_on = raw.judgement.outcome == Status::NotApplicable;
                if passes_on && raw.judgement.reason == Some(Reason::ByDesign) {
                    let mut judgement = raw.judgement.clone().common(common::NOT_NEEDED);
                    judgement.grounds.fields = vec![answer(blocker, &targets[place], "notApplicable")];
                    return Some(Raw { judgement, blocked_by: vec![blocker.id.to_owned()] });
                }
                match raw.judgement.outcome {
                    Status::Fail => {
                        add(blocker.id);
                        because(answer(blocker, &targets[place], "fail"));
                    }
                    _ if raw.blocked_by.is_empty() => {}
                    _ => {
                        raw.blocked_by.iter().for_each(|root| add(root));
                        raw.judgement.grounds.fields.iter().cloned().for_each(&mut because);
                    }
                }
            }
        }
        for blocker in check.blocked_by_all.iter().filter_map(|id| registry::find(id)) {
            let places = self.targets(blocker);
            if !places.is_empty() && places.iter().all(|place| self.outcome(blocker, place) == Status::Fail) {
                add(blocker.id);
                places.iter().map(|place| answer(blocker, place, "fail")).for_each(&mut because);
            }
        }
        if roots.is_empty() {
            return None;
        }
        let message = format!("Not examined: {} failed first.", roots.join(" and "));
        let mut judgement = Judgement::not_applicable(Reason::Blocked, message).common(common::BLOCKED);
        judgement.grounds.fields = fields;
        Some(Raw { judgement, blocked_by: roots })
    }

    /// The finding of a check at a target.
    pub fn finding(&self, check: &'static Check, target: &Target, suppressions: &Suppressions) -> Finding {
        self.written(check, target, Raw::clone(&self.raw(check, target)), suppressions)
    }

    /// The finding of a judgement that was made elsewhere: a scan judges what it does not keep as evidence.
    pub fn finding_of(
        &self,
        check: &'static Check,
        target: &Target,
        judgement: Judgement,
        suppressions: &Suppressions,
    ) -> Finding {
        let judgement = Judgement { grounds: Box::new(judgement.grounds.without_records()), ..judgement };
        let raw = Raw { judgement, blocked_by: Vec::new() };
        self.written(check, target, self.blocked(check, target).unwrap_or(raw), suppressions)
    }

    /// The finding of what the check says.
    pub fn written(&self, check: &'static Check, target: &Target, raw: Raw, suppressions: &Suppressions) -> Finding {
        let Raw { judgement, blocked_by } = raw;
        let role = roles::apply(self, check, target, judgement.outcome);
        let (status, stated) = (role.status, role.severity.or(judgement.severity));
        let severity = stated.unwrap_or(check.severity);
        let key = format!("{}@{}", check.id, target.key);
        let mut finding = Finding {
            suppressed: suppressions.find(&key, check.id, self.scene.now_unix_ms),
            key,
            id: check.id.into(),
            area: check.area,
            title: check.title.into(),
            status,
            outcome: judgement.outcome,
            reason: judgement.reason,
            severity,
            counts_as: if status == Status::Warn && stated.is_none() { one_step_lower(severity) } else { severity },
            proof: judgement.proof.unwrap_or(check.proof),
            class: judgement.class.unwrap_or(check.class),
            target: target.clone(),
            representative: self.representative(check, target),
            remediation: check.remediation.into(),
            link: links::address(check.link).unwrap_or_default().into(),
            blocked_by,
            by_design: judgement.reason == Some(Reason::ByDesign),
            explain: self.explains.then(|| explain(self, check, target, &judgement, &role)),
            classes: judgement.classes,
            message: plain(judgement.message),
            evidence: judgement.evidence,
            steps: judgement.steps,
        };
        for line in &mut finding.evidence {
            line.value = plain(std::mem::take(&mut line.value));
        }
        if status != judgement.outcome && check.role_rule == RoleRule::Host {
            finding.message.push_str(" Lowered to a warning: this host alone does not stop writeback.");
        }
        finding
    }

    /// False when a network path was seen from elsewhere than the sync server (0.4).
    fn representative(&self, check: &Check, target: &Target) -> bool {
        if !matches!(check.area, Area::Network | Area::Directory) && check.class != Class::Clock {
            return true;
        }
        let evidence = self.scene.evidence;
        let mut about = check.evidence.iter().flat_map(|kind| evidence.records_at(*kind, &target.key)).peekable();
        if about.peek().is_none() {
            let mut any = check.evidence.iter().flat_map(|kind| evidence.records_of(*kind));
            return any.all(|record| record.vantage == Vantage::SyncServer);
        }
        about.all(|record| record.vantage == Vantage::SyncServer)
    }

    /// True when a finding belongs into the line "not examined" instead of a row of its own (0.2 (4)).
    pub fn is_folded(finding: &Finding) -> bool {
        finding.status == Status::Unknown && finding.reason == Some(Reason::NotCollected)
    }
}

/// Two functions with the same code may share an address: then they list the same.
fn list_of(check: &'static Check) -> usize {
    check.targets as usize
}

/// What another check said, as something that decided.
fn answer(check: &Check, target: &Target, status: &str) -> Field {
    Field::Said(NameValue { name: format!("{}@{}", check.id, target.key), value: status.to_owned() })
}

/// How a Warn is shown (0.1).
fn one_step_lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => Severity::Info,
    }
}
