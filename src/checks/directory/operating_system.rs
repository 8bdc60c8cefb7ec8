use crate::calendar::{DAY_MS, days_since_1970};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::DcInventory;

/// SUPPORT_SOON for operating systems (0.6), in days.
const SUPPORT_SOON: i64 = 180;

crate::declare_check! {
    PW416, "Controllers run a supported operating system",
    area: Directory, severity: Low, proof: C, class: DcCap,
    target: Dc via targets::controllers,
    evidence: [DcInventory],
    runs_at: DomainNetwork,
    remediation: "Plan the replacement. The article's list (2008 R2 to 2012 R2) is outdated.",
    link: "L-PRE", since: "0.1.0",
    rule: "Pass: extended support ends 180 days from now or later; a newer build than the table, with a note.
Warn: it has ended, or ends in fewer than 180 days; 2012 R2 and older also say that policy hints need 2016 or later.
Unknown: a controller that is not Windows, or a build that was not read.
Fail: never; the capability is judged by PW415.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let inventory = case.need::<DcInventory>()?.data;
    let system = inventory.operating_system.as_deref();
    let unknown = |message: String| Judgement::unknown(Reason::NotReadable, message);
    let Some(system) = system else {
        return Err(unknown(format!("The operating system of {name} could not be read.")));
    };
    if !system.to_lowercase().contains("windows") {
        return Err(Judgement::unknown(
            Reason::Ambiguous,
            format!("{name} runs {}, which is not Windows.", clean(system)),
        ));
    }
    let build = inventory.build.ok_or_else(|| unknown(format!("The build of {name} could not be read.")))?;
    let tables = case.scene.tables;
    let Some(known) = tables.operating_system(build) else {
        let newest = tables.systems.iter().map(|system| system.build).max().unwrap_or(0);
        return if build > newest {
            Ok(Judgement::pass(format!(
                "{name} runs {} (build {build}), newer than this version's table.",
                clean(system)
            )))
        } else {
            Err(Judgement::unknown(Reason::Ambiguous, format!("Build {build} of {name} is not in the table.")))
        };
    };
    let last_day = days_since_1970(&known.extended_end)
        .ok_or_else(|| unknown(format!("The table has no end of support for {}.", known.name)))?;
    let today = case.scene.now_unix_ms.div_euclid(DAY_MS);
    let left = last_day - today;
    let hints = if known.policy_hints { "" } else { " Password policy hints need Windows Server 2016 or later." };
    let judgement = if left < 0 {
        Judgement::warn(format!("Extended support of {} on {name} ended on {}.{hints}", known.name, known.extended_end))
    } else if left < SUPPORT_SOON {
        Judgement::warn(format!(
            "Extended support of {} on {name} ends on {}, in {left} days.{hints}",
            known.name, known.extended_end
        ))
    } else {
        Judgement::pass(format!("{name} runs {}, supported until {}.", known.name, known.extended_end))
    };
    let as_of =
        tables.info.iter().rev().find(|table| table.table == "operating-systems").map(|table| table.as_of.clone());
    Ok(judgement.with("build", build).with("according to data of", as_of.unwrap_or_default()))
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
}
