//! One answer per user, from everything that is judged of the user.

use super::{Judge, Plan, Suppressions};
use crate::catalog::{Check, Judgement, Reason, Scene, Status, Target, registry};
use crate::checks::targets;
use crate::checks::user::can_reset::{Circumstances, Said, can_reset};
use crate::checks::user::operation::Operation;
use crate::contract::{UserReason, UserResult, plain};
use crate::evidence::{Data, Kind, User};

/// Which findings of a user are handed out, by status and reason.
pub type Shown = fn(Status, Option<Reason>) -> bool;

/// The users that the operator asked about, in the order in which they were named.
pub fn users(scene: &Scene, plan: &Plan, suppressions: &Suppressions, shown: Shown) -> Vec<UserResult> {
    let answers = Answers::new(scene, plan, suppressions, shown);
    let mut targets = targets::users(scene);
    targets.sort_by_cached_key(|target| place(scene, target));
    targets.into_iter().map(|target| answers.of(&target, &answers.said(&target))).collect()
}

/// Makes the answers about users of one scene. An answer rests on every check of a user; only findings of the
/// selected ones are shown, and of these the ones that `shown` takes: the others are not even written, because
/// of a scan they are most.
pub struct Answers<'a> {
    judge: Judge<'a>,
    plan: &'a Plan,
    suppressions: &'a Suppressions,
    shown: Shown,
    operation: Option<Operation>,
}

impl<'a> Answers<'a> {
    pub fn new(scene: &'a Scene<'a>, plan: &'a Plan, suppressions: &'a Suppressions, shown: Shown) -> Answers<'a> {
        let judge = Judge::new(scene).explaining(plan.explain);
        Answers { judge, plan, suppressions, shown, operation: Operation::stated(scene) }
    }

    /// What every check says of a user.
    pub fn said(&self, user: &Target) -> Vec<Said> {
        let checks = registry::checks().filter(|check| self.judge.is_judged(check, user));
        let said = |check: &'static Check| {
            let reason = self.judge.raw(check, user).judgement.reason;
            Said { id: check.id, status: self.judge.status(check, user), reason }
        };
        checks.map(said).collect()
    }

    /// The answer that follows from what the checks said. Only those that stand in it are asked again, for their
    /// words.
    pub fn of(&self, user: &Target, said: &[Said]) -> UserResult {
        let raw = |id: &str| {
            let said = said.iter().find(|said| said.id == id)?;
            let check = registry::find(id)?;
            Some(match said.reason {
                Some(Reason::Blocked) => self.judge.raw(check, user),
                _ => self.judge.unblocked(check, user),
            })
        };
        let is_young = |said: &Said| said.id == "PW912" && matches!(said.status, Status::Fail | Status::Warn);
        let age = said.iter().any(is_young).then(|| raw("PW912")).flatten();
        let earliest_unix_ms = age.and_then(|age| earliest(&age.judgement));
        let answer = can_reset(said, &self.circumstances(earliest_unix_ms));
        let reason = |id: String| {
            let message = raw(&id).map(|raw| plain(&raw.judgement.message));
            UserReason { message: message.unwrap_or_else(|| "This was not judged.".to_owned()), id }
        };
        let finding =
            |check: &'static Check| Some(self.judge.written(check, user, &*raw(check.id)?, self.suppressions));
        UserResult {
            can_reset: answer.can_reset,
            earliest_unix_ms: answer.earliest_unix_ms,
            reasons: answer.reasons.into_iter().map(reason).collect(),
            findings: self.shown(said).filter_map(finding).collect(),
            target: user.clone(),
        }
    }

    /// True when nothing stands in the answer that a check has to be asked for.
    pub fn is_clear(&self, said: &[Said]) -> bool {
        self.shown(said).next().is_none() && can_reset(said, &self.circumstances(None)).reasons.is_empty()
    }

    fn circumstances(&self, earliest_unix_ms: Option<i64>) -> Circumstances {
        Circumstances { operation: self.operation, earliest_unix_ms, ..Circumstances::default() }
    }

    fn shown(&self, said: &[Said]) -> impl Iterator<Item = &'static Check> {
        let shown = said.iter().filter(|said| (self.shown)(said.status, said.reason));
        shown.filter_map(|said| self.plan.selected.iter().copied().find(|check| check.id == said.id))
    }
}

/// Where the user stood in the input; who was not named stays behind, in the order of the evidence.
fn place(scene: &Scene, target: &Target) -> u32 {
    let records = scene.evidence.records_at(Kind::User, &target.key);
    let places = records.filter_map(|record| User::from_payload(&record.data)?.input_index);
    places.min().unwrap_or(u32::MAX)
}

/// The time that PW912 names.
fn earliest(age: &Judgement) -> Option<i64> {
    age.evidence.iter().find(|line| line.name == "earliestUnixMs")?.value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::text::is_unfit;
    use crate::checks::permission::testing::{TestAce, container, deny, domain, good_aces, member, sd, stage, user};
    use crate::checks::user::can_reset::CanReset;
    use crate::contract::Selection;
    use crate::directory::Right;
    use crate::engine::Diagnostic;
    use crate::evidence::State;

    fn answers(stage: &Stage, checks: &[&str]) -> Vec<UserResult> {
        let selection = Selection { checks: checks.iter().map(|id| id.to_string()).collect(), ..Selection::default() };
        let plan = Plan::new(Diagnostic::TestUser, &selection).unwrap();
        let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
        users(&scene, &plan, &Suppressions::default(), |_, _| true)
    }

    fn people() -> Stage {
        let sound = User { account_expires: Some("0".to_owned()), ..member(&[], false) };
        let disabled = User { user_account_control: Some(0x202), ..sound.clone() };
        stage()
            .add(&user("anna"), sound)
            .add(&user("anna"), sd("user", false, &good_aces()))
            .add(&user("bert"), disabled)
            .add(&user("bert"), sd("user", false, &good_aces()))
            .add_failed(&user("carl"), Kind::User, State::NotFound, "ldap")
    }

    #[test]
    fn each_user_gets_one_answer_with_its_reasons() {
        let answers = answers(&people(), &[]);
        let short: Vec<(CanReset, Vec<&str>)> = answers
            .iter()
            .map(|answer| (answer.can_reset, answer.reasons.iter().map(|reason| reason.id.as_str()).collect()))
            .collect();
        assert_eq!(
            short,
            [(CanReset::Yes, vec![]), (CanReset::No, vec!["PW909"]), (CanReset::No, vec!["PW901"])],
            "{answers:?}"
        );
        assert!(answers[1].reasons[0].message.contains("disabled"), "{:?}", answers[1].reasons);
        assert!(answers[2].findings.iter().all(|finding| finding.id == "PW901"));
    }

    #[test]
    fn the_answers_stand_in_the_order_of_the_input() {
        let at = |index| User { input_index: index, ..member(&[], false) };
        let stage = stage()
            .add(&user("bert"), at(Some(2)))
            .add(&user("zoe"), at(None))
            .add(&user("anna"), at(Some(1)))
            .add(&user("carl"), at(Some(0)))
            // Named a second time, in another form.
            .add(&user("bert"), at(Some(0)));
        let names: Vec<String> = answers(&stage, &[]).into_iter().map(|answer| answer.target.display).collect();
        assert_eq!(names, ["bert", "carl", "anna", "zoe"]);
    }

    #[test]
    fn a_selection_narrows_the_findings_and_not_the_answer() {
        let answers = answers(&people(), &["PW912"]);
        assert_eq!(answers[1].can_reset, CanReset::No);
        assert!(answers[1].findings.iter().all(|finding| finding.id == "PW912"));
    }

    /// What steers a terminal, forges a line, hides what follows, or ends a text in a command.
    const HOSTILE: &str = "\u{1b}[2J\r\n\u{202e}*)(';$(x)\0";

    #[test]
    fn no_name_of_the_directory_steers_a_terminal() {
        let name = |text: &str| format!("{text}{HOSTILE}");
        let unit = format!("OU={},DC=corp,DC=example", name("Sales"));
        let hostile = |user: User| User {
            dn: Some(format!("CN={},{unit}", name("anna"))),
            upn: Some(name("anna@corp.example")),
            sam: Some(name("anna")),
            resultant_pso: Some(name("CN=Short")),
            member_of: vec![name("CN=Group")],
            parent_containers: vec![unit.clone()],
            ..user
        };
        let target = |key: &str| Target::user(key, &name(&format!("anna {key}")), Some(&domain()));
        let closed = TestAce { flags: 0, ..deny(Right::ResetPassword) };
        let stage = stage()
            .add(&target("sound"), hostile(member(&[], false)))
            .add(&target("sound"), sd("user", false, &good_aces()))
            .add(&target("denied"), hostile(User { search_count: Some(2), ..member(&[], true) }))
            .add(&target("denied"), sd("user", false, &[closed]))
            .add(&target("marked"), hostile(User { admin_count: Some(1), ..member(&[], false) }))
            .add(&target("marked"), sd("user", true, &[]))
            .add(&target("disabled"), hostile(User { user_account_control: Some(0x202), ..member(&[], false) }))
            .add(&container(&unit), sd("container", true, &[]))
            .add_failed(&target("gone"), Kind::User, State::NotFound, "deleted")
            .add_failed(&target("silent"), Kind::User, State::Timeout, "ldap");
        let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
        let judge = Judge::new(&scene);
        let mut count = 0;
        let mut wrong: Vec<String> = Vec::new();
        for check in registry::checks() {
            for target in judge.targets(check).iter() {
                let finding = judge.finding(check, target, &Suppressions::default());
                let steps = finding.steps.iter().flat_map(|step| [Some(&step.text), step.command.as_ref()]).flatten();
                let lines = finding.evidence.iter().flat_map(|line| [&line.name, &line.value]);
                for text in std::iter::once(&finding.message).chain(steps).chain(lines) {
                    if text.chars().any(is_unfit) {
                        wrong.push(format!("{}: {text:?}", finding.id));
                    }
                    count += usize::from(text.contains("anna"));
                }
                // A name in a command is one quoted text.
                let commands = finding.steps.iter().filter_map(|step| step.command.as_ref());
                let is_loose = |command: &&String| command.contains("$(x)") && !command.contains("'';$(x)");
                wrong.extend(commands.filter(is_loose).map(|command| format!("{}: {command}", finding.id)));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert!(count > 20, "{count} texts name the user");
    }
}
