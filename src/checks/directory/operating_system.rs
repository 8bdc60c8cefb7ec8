use crate::calendar::{DAY_MS, days_since_1970};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::DcInventory;

/// SUPPORT_SOON for operating systems (0.6), in days.
const SUPPORT_SOON: i64 = 180;
/// Age in days from which a table is called old (0.6).
const VERSION_DATA_STALE: i64 = 180;

crate::declare_check! {
    PW416, "Controllers run a supported operating system",
    area: Directory, severity: Low, proof: C, class: DcCap,
    target: Dc via targets::controllers,
    evidence: [DcInventory],
    runs_at: DomainNetwork,
    remediation: "Plan the replacement. The article's list (2008 R2 to 2012 R2) is outdated.",
    link: "L-PRE", since: "0.1.0",
    rule: "Pass: extended support ends 180 days from now or later; a newer build than the table, with a note.
Warn: it has ended, or ends in fewer than 180 days (2012 R2 and older also say that policy hints need 2016 or later).
Unknown: a controller that is not Windows, a build that was not read, or one that the table leaves out.
Fail: never; the capability is judged by PW415.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let fact = case.need::<DcInventory>()?;
    let inventory = fact.data;
    let system = inventory.operating_system.as_deref();
    let because = |judgement: Judgement| {
        let judgement = judgement.read(fact.record, "operatingSystem").read(fact.record, "build");
        releases(case).into_iter().fold(judgement, Judgement::or)
    };
    let unknown = |reason: Reason, message: String| Err(because(Judgement::unknown(reason, message)));
    if let Some(system) = system.filter(|system| !system.to_lowercase().contains("windows")) {
        return unknown(Reason::Ambiguous, format!("{name} runs {}, which is not Windows.", clean(system)));
    }
    let Some(build) = inventory.build else {
        return unknown(Reason::NotReadable, format!("The operating system of {name} could not be read."));
    };
    let tables = case.scene.tables;
    let describe = |judgement: Judgement| data_of(case, because(judgement.with("build", build)));
    let Some(known) = tables.operating_system(build) else {
        let newest = tables.systems.iter().map(|system| system.build).max().unwrap_or(0);
        return if build > newest {
            let system = clean(system.unwrap_or("Windows"));
            Ok(describe(
                Judgement::pass(format!("{name} runs {system} (build {build}), newer than the table of releases."))
                    .rule("a newer build"),
            ))
        } else {
            unknown(Reason::Ambiguous, format!("Build {build} of {name} is not in the table of releases."))
        };
    };
    let Some(last_day) = days_since_1970(&known.extended_end) else {
        return unknown(Reason::NotReadable, format!("The table has no end of support for {}.", known.name));
    };
    let left = last_day - case.scene.now_unix_ms.div_euclid(DAY_MS);
    let hints = if known.policy_hints { "" } else { " Password policy hints need Windows Server 2016 or later." };
    let describe = |judgement: Judgement| {
        describe(judgement.said("extended support ends", &known.extended_end).said("days from now", left))
    };
    Ok(describe(if left < 0 {
        Judgement::warn(format!("Extended support of {} on {name} ended on {}.{hints}", known.name, known.extended_end))
    } else if left < SUPPORT_SOON {
        Judgement::warn(format!(
            "Extended support of {} on {name} ends on {}, in {left} days.{hints}",
            known.name, known.extended_end
        ))
    } else {
        Judgement::pass(format!("{name} runs {}, supported until {}.", known.name, known.extended_end))
            .rule("180 days from now or later")
    }))
}

/// Builds of the table that are judged differently now: the newest, and the newest whose support has ended.
fn releases(case: &Case) -> Vec<u32> {
    let today = case.scene.now_unix_ms.div_euclid(DAY_MS);
    let has_ended = |end: &str| days_since_1970(end).is_some_and(|day| day < today);
    let systems = &case.scene.tables.systems;
    let newest = systems.iter().map(|system| system.build).max();
    let ended = systems.iter().filter(|system| has_ended(&system.extended_end)).map(|system| system.build).max();
    newest.into_iter().chain(ended).collect()
}

/// Says how old the table is; an old one is noted and changes nothing (catalog 3).
fn data_of(case: &Case, judgement: Judgement) -> Judgement {
    let tables = case.scene.tables.info.iter().filter(|table| table.table == "operating-systems");
    let Some(as_of) = tables.map(|table| table.as_of.as_str()).max() else {
        return judgement;
    };
    let judgement = judgement.with("according to data of", as_of);
    let age = days_since_1970(as_of).map(|day| case.scene.now_unix_ms.div_euclid(DAY_MS) - day);
    match age.filter(|age| *age > VERSION_DATA_STALE) {
        Some(age) => judgement.with("note", format!("the data is {age} days old; a newer release may be missing")),
        None => judgement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::checks::directory::testing::*;

    fn stage(system: Option<&str>, build: Option<u32>) -> Stage {
        let record = DcInventory { operating_system: system.map(str::to_owned), build, ..listed(&dc1(), "pdc") };
        Stage::new().add(&dc1(), record)
    }

    #[test]
    fn the_end_of_support_decides() {
        let windows = Some("Windows Server Standard");
        for (stage, expected) in [
            (stage(windows, Some(20348)), PASS),
            (stage(windows, Some(14393)), WARN),
            (stage(windows, Some(9600)), WARN),
            (stage(windows, Some(99_999)), PASS),
            (stage(windows, Some(12_345)), unknown(Reason::Ambiguous)),
            (stage(windows, None), unknown(Reason::NotReadable)),
            (stage(Some("Samba"), Some(1)), unknown(Reason::Ambiguous)),
            (stage(None, None), unknown(Reason::NotReadable)),
            (stage(None, Some(20348)), PASS),
        ] {
            let judgement = stage.judge_at("PW416", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn exactly_180_days_are_enough() {
        let in_days = |days: i64| {
            let mut stage = stage(Some("Windows Server"), Some(20348));
            let last = NOW.div_euclid(DAY_MS) + days;
            let system = stage.tables.systems.iter_mut().find(|system| system.build == 20348).unwrap();
            system.extended_end = crate::calendar::date(last);
            verdict(&stage.judge_at("PW416", &dc1().key))
        };
        assert_eq!([in_days(180), in_days(179), in_days(0), in_days(-1)], [PASS, WARN, WARN, WARN]);
    }

    #[test]
    fn releases_before_2016_also_miss_the_policy_hints() {
        for (build, mentions) in [(9600, true), (14393, false)] {
            let judgement = stage(Some("Windows Server"), Some(build)).judge_at("PW416", &dc1().key);
            assert_eq!(judgement.message.contains("policy hints"), mentions, "{}", judgement.message);
        }
    }

    #[test]
    fn the_age_of_the_table_is_shown_and_an_old_one_is_noted() {
        for (age, noted) in [(0, false), (180, false), (181, true)] {
            let mut stage = stage(Some("Windows Server"), Some(20348));
            let day = crate::calendar::date(NOW.div_euclid(DAY_MS) - age);
            let table = stage.tables.info.iter_mut().find(|table| table.table == "operating-systems").unwrap();
            table.as_of = day.clone();
            let judgement = stage.judge_at("PW416", &dc1().key);
            assert_eq!(verdict(&judgement), PASS);
            assert!(judgement.evidence.iter().any(|line| line.value == day));
            assert_eq!(judgement.evidence.iter().any(|line| line.name == "note"), noted, "{age}");
        }
    }
}
