use super::facts::{has_role, inventory};
use super::fields;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step, common};
use crate::checks::server::clocks::{CLOCK_FAIL, CLOCK_WARN, words};
use crate::checks::targets;
use crate::evidence::{Clock, DcInventory};

crate::declare_check! {
    PW422, "Controllers agree on the time with the PDC emulator",
    area: Directory, severity: High, proof: B, class: Clock,
    target: Dc via targets::controllers,
    evidence: [Clock],
    runs_at: DomainNetwork,
    blocked_by: [PW403],
    role_rule: ControllerPath,
    remediation: "Repair the domain time hierarchy; large PDC skew is engine error 8023061b.",
    link: "L-GEN", since: "0.1.0",
    rule: "skew = (controller - local) - (PDC emulator - local), half the round trips allowed at both bounds.
Pass: absolute skew at most 60 s.
Warn: at most 300 s.
Fail: more than 300 s, for a preferred controller; Warn for others.
NotApplicable: the PDC emulator itself.
Unknown: one of the two clocks was not read.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    if inventory(case.scene, &case.target.key).is_some_and(|inventory| has_role(inventory, "pdc")) {
        let message = format!("{name} is the PDC emulator: the others are compared with it.");
        let judgement = Judgement::not_applicable(Reason::NotConfigured, message);
        return Err(fields::roles(judgement, case.scene, &case.target.key));
    }
    let own_clock = case.need::<Clock>()?;
    let own = own_clock.data;
    let pdc = pdc_of(case).ok_or_else(|| {
        Judgement::unknown(
            Reason::NotCollected,
            format!("The PDC emulator that {name} could be compared with is not known."),
        )
        .common(common::UNREAD)
        .said("PDC emulator", "not known")
    })?;
    let pdc_clock = case.need_at::<Clock>(&pdc)?;
    let reference = pdc_clock.data;
    let (Some(own_skew), Some(pdc_skew)) = (own.skew_seconds, reference.skew_seconds) else {
        return Err(Judgement::unknown(
            Reason::NotReadable,
            format!("The time of {name} or of the PDC emulator was not read."),
        )
        .read(own_clock.record, "skewSeconds")
        .or(reference.skew_seconds)
        .read(pdc_clock.record, "skewSeconds")
        .or(own.skew_seconds));
    };
    let skew = i64::from(own_skew) - i64::from(pdc_skew);
    let round_trips = i64::from(own.round_trip_ms.unwrap_or(0)) + i64::from(reference.round_trip_ms.unwrap_or(0));
    // `words` speaks of the local clock against a reference; here the controller is measured.
    let how = words(-skew);
    let judgement = match allowed(skew, round_trips / 2) {
        Status::Fail => Judgement::fail(format!(
            "The clock of {name} is {how} against the PDC emulator; more than 300 s break Kerberos (8023061b)."
        ))
        .step(resync(name)),
        Status::Warn => Judgement::warn(format!("The clock of {name} is {how} against the PDC emulator."))
            .rule("at most 300 s")
            .step(resync(name)),
        _ => Judgement::pass(format!("The clock of {name} agrees with the PDC emulator: {how}.")),
    };
    Ok(judgement
        .with("skew to the PDC emulator", format!("{skew} s"))
        .with("PDC emulator", pdc.trim_start_matches("dc:"))
        .said("skew to the PDC emulator in s", skew)
        .said("allowed for the round trips in ms", round_trips / 2)
        .read(own_clock.record, "skewSeconds")
        .or(pdc_skew)
        .or(i64::from(pdc_skew) + CLOCK_WARN + round_trips / 2000 + 1)
        .read(pdc_clock.record, "skewSeconds"))
}

/// Grades the skew after the allowance is taken off, at both bounds: within it the measurement proves
/// nothing against the controller.
fn allowed(skew_seconds: i64, allowance_ms: i64) -> Status {
    let least_ms = (skew_seconds.abs() * 1000 - allowance_ms).max(0);
    match least_ms {
        least if least > CLOCK_FAIL * 1000 => Status::Fail,
        least if least > CLOCK_WARN * 1000 => Status::Warn,
        _ => Status::Pass,
    }
}

/// Target key of the PDC emulator of the same domain.
fn pdc_of(case: &Case) -> Option<String> {
    let domain = case.target.within.iter().find(|key| key.starts_with("domain:"))?;
    let all = case.scene.evidence.facts::<DcInventory>();
    let pdc = all.iter().find(|fact| fact.record.target.is_in(domain) && has_role(fact.data, "pdc"))?;
    Some(pdc.record.target.key.clone())
}

fn resync(name: &str) -> Step {
    Step {
        text: format!("See where {name} takes its time from, then let it follow the domain hierarchy."),
        command: Some(format!("w32tm /query /computer:{name} /status")),
        run_on: Some("any domain member".to_owned()),
        needs_rights: Some("Administrator of the controller to change it".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW422".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;
    use crate::evidence::{Kind, State};

    fn clock(skew: i32, round_trip: u32) -> Clock {
        Clock { skew_seconds: Some(skew), round_trip_ms: Some(round_trip), ..Clock::default() }
    }

    fn stage(pdc: i32, other: i32, round_trip: u32) -> Stage {
        Stage::new()
            .add(&dc1(), listed(&dc1(), "pdc"))
            .add(&dc2(), listed(&dc2(), "preferred"))
            .add(&dc1(), clock(pdc, 0))
            .add(&dc2(), clock(other, round_trip))
    }

    fn stage_without_time(state: State) -> Stage {
        Stage::new()
            .add(&dc1(), listed(&dc1(), "pdc"))
            .add(&dc2(), listed(&dc2(), "other"))
            .add(&dc2(), clock(0, 0))
            .add_failed(&dc1(), Kind::Clock, state, "deadline")
    }

    #[test]
    fn the_round_trips_of_both_readings_are_allowed() {
        let stage = Stage::new()
            .add(&dc1(), listed(&dc1(), "pdc"))
            .add(&dc2(), listed(&dc2(), "preferred"))
            .add(&dc1(), clock(0, 1_000))
            .add(&dc2(), clock(61, 1_000));
        assert_eq!(verdict(&stage.judge_at("PW422", &dc2().key)), PASS);
    }

    #[test]
    fn bounds_belong_to_the_better_side() {
        for (pdc, other, round_trip, expected) in [
            (0, 0, 0, PASS),
            (500, 500, 0, PASS),
            (0, 60, 0, PASS),
            (0, -60, 0, PASS),
            (0, 61, 0, WARN),
            (0, 61, 1_999, WARN),
            (0, 61, 2_000, PASS),
            (0, -61, 2_000, PASS),
            (-200, 100, 0, WARN),
            (0, 300, 0, WARN),
            (0, -300, 0, WARN),
            (0, 301, 0, FAIL),
            (0, 301, 1_999, FAIL),
            (0, 301, 2_000, WARN),
            (-1, 300, 0, FAIL),
            (0, -301, 0, FAIL),
        ] {
            let judgement = stage(pdc, other, round_trip).judge_at("PW422", &dc2().key);
            assert_eq!(verdict(&judgement), expected, "{pdc} {other} {round_trip}");
        }
    }

    #[test]
    fn the_emulator_is_the_reference_and_an_unread_clock_is_unknown() {
        assert_eq!(stage(0, 0, 0).judge_at("PW422", &dc1().key).outcome, Status::NotApplicable);
        let unread = Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc2(), listed(&dc2(), "other"));
        assert_eq!(verdict(&unread.judge_at("PW422", &dc2().key)), unknown(Reason::NotCollected));
        let cut = stage_without_time(State::Timeout);
        assert_eq!(verdict(&cut.judge_at("PW422", &dc2().key)), unknown(Reason::Timeout));
        let no_skew = Clock { skew_seconds: None, ..Clock::default() };
        let mute = Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), no_skew);
        let mute = mute.add(&dc2(), listed(&dc2(), "other")).add(&dc2(), clock(0, 0));
        assert_eq!(verdict(&mute.judge_at("PW422", &dc2().key)), unknown(Reason::NotReadable));
        let alone = Stage::new().add(&dc2(), listed(&dc2(), "other")).add(&dc2(), clock(0, 0));
        assert_eq!(verdict(&alone.judge_at("PW422", &dc2().key)), unknown(Reason::NotCollected));
    }
}
