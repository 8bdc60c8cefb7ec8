//! One answer per user, from everything that is judged of the user.

use super::judge::{Judge, Raw};
use super::{Plan, Suppressions};
use crate::catalog::{Check, Reason, Scene, Status, Target, registry};
use crate::checks::targets;
use crate::checks::user::can_reset::{Circumstances, SERVICE, Said, UserAnswer, can_reset};
use crate::checks::user::operation::Operation;
use crate::checks::user::password_age::earliest;
use crate::contract::{UserReason, UserResult, plain};
use crate::evidence::{Data, Kind, User};

/// Which findings of a user are handed out, by status and reason.
pub type Shown = fn(Status, Option<Reason>) -> bool;

/// The users that the operator asked about, in the order in which they were named.
pub fn users(scene: &Scene, plan: &Plan, suppressions: &Suppressions, shown: Shown) -> Vec<UserResult> {
    let answers = Answers::new(scene, plan, suppressions, shown);
    let mut targets = targets::users(scene);
    targets.sort_by_cached_key(|target| place(scene, target));
    let answer = |target: Target| {
        let statuses = answers.judged(&target);
        answers.of(target, &statuses)
    };
    targets.into_iter().map(answer).collect()
}

/// What the checks say of a user, and of everybody who is like it, without the words.
#[derive(Debug, PartialEq)]
pub struct Statuses {
    said: Vec<Said>,
    answer: UserAnswer,
    /// Checks whose findings are handed out.
    shown: Vec<&'static str>,
}

impl Statuses {
    /// True when nothing stands in the answer that a check has to be asked for.
    pub fn is_clear(&self) -> bool {
        self.shown.is_empty() && self.answer.reasons.is_empty()
    }

    /// Checks that had something to judge.
    pub fn examined(&self) -> impl Iterator<Item = &'static str> {
        self.said.iter().filter(|said| said.reason != Some(Reason::NotCollected)).map(|said| said.id)
    }
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

    /// Asks every check of a user.
    pub fn judged(&self, user: &Target) -> Statuses {
        let checks = registry::checks().filter(|check| self.judge.is_judged(check, user));
        let said = checks.map(|check| {
            let reason = self.judge.raw(check, user).judgement.reason;
            Said { id: check.id, status: self.judge.status(check, user), reason }
        });
        let said: Vec<Said> = said.collect();
        let is_selected = |said: &&Said| self.plan.selected.iter().any(|check| check.id == said.id);
        let shown = said.iter().filter(|said| (self.shown)(said.status, said.reason)).filter(is_selected);
        let service_not_working = stopped(&self.judge, user).is_some();
        let circumstances =
            Circumstances { operation: self.operation, service_not_working, ..Circumstances::default() };
        Statuses { answer: can_reset(&said, &circumstances), shown: shown.map(|said| said.id).collect(), said }
    }

    /// The answer about a user of whom the checks say this. Only those that stand in it are asked, for their
    /// words.
    pub fn of(&self, user: Target, statuses: &Statuses) -> UserResult {
        let Statuses { said, answer, shown } = statuses;
        let ask = |said: &Said| {
            let check = registry::find(said.id)?;
            Some(match said.reason {
                Some(Reason::Blocked) => (check, Raw::clone(&self.judge.raw(check, &user))),
                _ => (check, self.judge.unblocked(check, &user)),
            })
        };
        let is_named = |id: &str| shown.contains(&id) || answer.reasons.iter().any(|reason| reason == id);
        let asked: Vec<(&Check, Raw)> = said.iter().filter(|said| is_named(said.id)).filter_map(ask).collect();
        let judgement = |id: &str| asked.iter().find(|(check, _)| check.id == id).map(|(_, raw)| &raw.judgement);
        let reason = |id: &String| {
            let message = match id.as_str() {
                SERVICE => stopped(&self.judge, &user),
                _ => judgement(id).map(|judgement| plain(judgement.message.clone())),
            };
            UserReason { id: id.clone(), message: message.unwrap_or_else(|| "This was not judged.".to_owned()) }
        };
        let age = answer.reasons.iter().find(|id| *id == "PW912").and_then(|id| judgement(id));
        let earliest_unix_ms = age.and_then(earliest);
        let reasons = answer.reasons.iter().map(reason).collect();
        let findings = asked.into_iter().filter(|(check, _)| shown.contains(&check.id));
        let findings = findings.map(|(check, raw)| self.judge.written(check, &user, raw, self.suppressions)).collect();
        UserResult { can_reset: answer.can_reset, earliest_unix_ms, reasons, findings, target: user }
    }
}

/// Why the service works for nobody in the domain that a target is, or lies in: no account that serves it exists and
/// can sign in (catalog 6.4, critical checks of an account).
pub fn stopped(judge: &Judge, target: &Target) -> Option<String> {
    let fails = |account: &Target| {
        let mut checks = ["PW501", "PW502"].into_iter().filter_map(registry::find);
        let failed = checks.find(|check| judge.outcome(check, account) == Status::Fail)?;
        Some(format!("{}: {}", failed.id, plain(judge.raw(failed, account).judgement.message.clone())))
    };
    let accounts = judge.targets(registry::find("PW501")?);
    let stopped: Option<Vec<String>> =
        accounts.iter().filter(|account| target.is_in(&account.key)).map(fails).collect();
    stopped.filter(|accounts| !accounts.is_empty()).map(|accounts| accounts.join(" "))
}

/// Where the user stood in the input; who was not named stays behind, in the order of the evidence.
fn place(scene: &Scene, target: &Target) -> u32 {
    let records = scene.evidence.records_at(Kind::User, &target.key);
    let places = records.filter_map(|record| User::from_payload(&record.data)?.input_index);
    places.min().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::catalog::text::is_unfit;
    use crate::checks::permission::testing::{
        ACCOUNT, TestAce, account, container, deny, domain, good_aces, groups, member, sd, stage, user,
    };
    use crate::checks::user::can_reset::CanReset;
    use crate::contract::Selection;
    use crate::directory::Right;
    use crate::engine::Diagnostic;
    use crate::evidence::{Fsmo, State};

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
    fn nobody_is_told_yes_while_the_account_cannot_serve() {
        let reasons = |stage: &Stage| {
            let answer = answers(stage, &[]).remove(0);
            let reasons = answer.reasons.into_iter().map(|reason| (reason.id, reason.message));
            (answer.can_reset, reasons.collect::<Vec<_>>())
        };
        let anna = |stage: Stage| {
            let sound = User { account_expires: Some("0".to_owned()), ..member(&[], false) };
            stage.add(&user("anna"), sound).add(&user("anna"), sd("user", false, &good_aces()))
        };
        let disabled = anna(Stage::new().add(&domain(), Fsmo::default()).add(&account(), groups()).add(
            &account(),
            User { sid: Some(ACCOUNT.to_owned()), user_account_control: Some(0x202), ..member(&[], false) },
        ));
        let missing = || anna(Stage::new().add_failed(&account(), Kind::User, State::NotFound, "ldap"));
        for (stage, id, word) in [(disabled, "PW502", "is disabled"), (missing(), "PW501", "is not in the directory")] {
            let (can_reset, reasons) = reasons(&stage);
            assert_eq!(can_reset, CanReset::No, "{id}");
            let [(reason, message)] = &reasons[..] else { panic!("{id}: {reasons:?}") };
            assert!(reason == "service" && message.starts_with(id) && message.contains(word), "{reason}: {message}");
        }
        // Nor that most of a domain can be written back.
        let crowd = |stage: Stage, number| stage.add(&user(&format!("u{number}")), member(&[], false));
        let many = (0..21).fold(missing().add(&domain(), Fsmo::default()), crowd);
        let plan = Plan::new(Diagnostic::TestUser, &Selection::default()).unwrap();
        let scene = Scene { evidence: &many.evidence, tables: &many.tables, now_unix_ms: NOW };
        let [coverage] = &crate::engine::coverage::coverages(&scene, &plan)[..] else { panic!("one domain") };
        assert_eq!(coverage.status, Status::Fail);
        assert!(coverage.message.contains("PW501"), "{}", coverage.message);
        // Another account may serve the domain: which one does is not known.
        let other = Target::account("S-1-5-21-1-2-3-9", "CORP\\MSOL_other");
        let both = Target::user("anna", "anna", Some(&domain().inside(&other)));
        let stage = stage()
            .add_failed(&other, Kind::User, State::NotFound, "ldap")
            .add(&both, member(&[], false))
            .add(&both, sd("user", false, &good_aces()));
        let (can_reset, reasons) = reasons(&stage);
        assert_eq!((can_reset, reasons[0].0.as_str(), reasons.len()), (CanReset::Unknown, "PW505", 1), "{reasons:?}");
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
