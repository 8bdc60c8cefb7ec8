use super::clocks::{CLOCK_WARN, grade, words};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step, Target, common};
use crate::checks::targets;
use crate::evidence::{Clock, DcInventory, Kind, Record};

crate::declare_check! {
    PW717, "The server's clock agrees with the PDC emulator",
    area: Server, severity: High, proof: B, class: Clock,
    target: Server via targets::server,
    evidence: [Clock],
    runs_at: DomainNetwork,
    blocked_by_all: [PW403],
    remediation: "Point the server to the domain time hierarchy.",
    link: "L-GEN", since: "0.1.0",
    rule: "Pass: absolute skew at most 60 s (plus half the round trip).
Warn: at most 300 s.
Fail: more than 300 s (Kerberos).
Unknown: no PDC emulator is known, or its time was not read.
Where several domains are examined, the PDC emulator with the largest skew decides.",
}

/// The clock of one PDC emulator.
struct Reading<'a> {
    record: &'a Record,
    name: &'a str,
    skew: i64,
    round_trip_ms: i64,
}

fn judge(case: &Case) -> Answer {
    let pdcs = pdc_emulators(case);
    if pdcs.is_empty() {
        let unknown =
            Judgement::unknown(Reason::NotCollected, "No PDC emulator is known whose time could be compared.");
        return Err(unknown.said("PDC emulators known", 0));
    }
    let mut readings: Vec<Reading> = Vec::new();
    let mut unread: Vec<&Target> = Vec::new();
    for pdc in &pdcs {
        match reading(case, pdc) {
            Some(reading) => readings.push(reading),
            None => unread.push(pdc),
        }
    }
    let Some(worst) = readings.iter().max_by_key(|reading| reading.skew.abs()) else {
        return Err(unknown(case, unread[0]));
    };
    let (name, skew) = (clean(worst.name), words(worst.skew));
    let judgement = match grade(worst.skew, worst.round_trip_ms / 2) {
        Status::Fail => Judgement::fail(format!(
            "The server's clock is {skew} against the PDC emulator {name}; Kerberos refuses more than 300 s."
        ))
        .step(resync()),
        Status::Warn => Judgement::warn(format!(
            "The server's clock is {skew} against the PDC emulator {name}; at 300 s Kerberos begins to refuse."
        ))
        .step(resync()),
        // One clock that agrees says nothing about another that was not read.
        _ if !unread.is_empty() => unknown(case, unread[0]),
        _ => Judgement::pass(format!("The server's clock agrees with the PDC emulator {name}: {skew}.")),
    };
    // The smallest skew that is a warning, in the direction of the own one.
    let warned = CLOCK_WARN + worst.round_trip_ms / 2000 + 1;
    let judgement = judgement
        .read(worst.record, "skewSeconds")
        .or(0)
        .or(if worst.skew < 0 { -warned } else { warned })
        .read(worst.record, "roundTripMs");
    Ok(readings.iter().fold(judgement, |judgement, reading| {
        let value = format!("{} s (reference minus local, round trip {} ms)", reading.skew, reading.round_trip_ms);
        judgement.with(&format!("skew to {}", clean(reading.name)), value)
    }))
}

fn pdc_emulators<'a>(case: &Case<'a>) -> Vec<&'a Target> {
    let mut pdcs: Vec<&Target> = Vec::new();
    for fact in case.scene.evidence.facts::<DcInventory>() {
        let target = &fact.record.target;
        if fact.data.roles.iter().any(|role| role == "pdc") && !pdcs.iter().any(|known| known.key == target.key) {
            pdcs.push(target);
        }
    }
    pdcs
}

fn reading<'a>(case: &Case<'a>, pdc: &'a Target) -> Option<Reading<'a>> {
    let clocks = case.scene.evidence.facts_at::<Clock>(&pdc.key);
    clocks.iter().find_map(|fact| {
        Some(Reading {
            record: fact.record,
            name: &pdc.display,
            skew: i64::from(fact.data.skew_seconds?),
            round_trip_ms: i64::from(fact.data.round_trip_ms.unwrap_or(0)),
        })
    })
}

fn unknown(case: &Case, pdc: &Target) -> Judgement {
    match case.scene.evidence.records_at(Kind::Clock, &pdc.key).next() {
        Some(record) => Judgement::unreadable(record),
        None => Judgement::unknown(
            Reason::NotCollected,
            format!("The time of the PDC emulator {} was not collected.", clean(&pdc.display)),
        )
        .common(common::UNREAD)
        .said(&format!("{}@{}", Kind::Clock.name(), pdc.key), "not collected"),
    }
}

fn resync() -> Step {
    Step {
        text: "Let the server take its time from the domain hierarchy, then compare again.".to_owned(),
        command: Some("w32tm /config /syncfromflags:domhier /update; w32tm /resync".to_owned()),
        run_on: Some("sync server".to_owned()),
        needs_rights: Some("local administrator".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW717".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::testing::{Stage, server};
    use crate::catalog::{Judgement, Reason, Status, Target};
    use crate::evidence::{Clock, DcInventory, Kind, OperatorInput, State};

    fn dc(domain: &str) -> Target {
        Target::dc(&format!("dc1.{domain}"), &Target::domain(domain, None))
    }

    fn with_pdc(stage: Stage, domain: &str) -> Stage {
        let target = dc(domain);
        stage.add(&target, DcInventory { roles: vec!["site".to_owned(), "pdc".to_owned()], ..Default::default() })
    }

    fn stage() -> Stage {
        with_pdc(Stage::with_input(OperatorInput::default()), "corp.example")
    }

    fn clock(skew: i32, round_trip: u32) -> Clock {
        Clock { skew_seconds: Some(skew), round_trip_ms: Some(round_trip), ..Default::default() }
    }

    fn judge(stage: &Stage) -> Judgement {
        stage.judge_at("PW717", &server().key)
    }

    #[test]
    fn rule_by_skew() {
        let rows = [
            (0, 0, Status::Pass),
            (60, 0, Status::Pass),
            (-60, 0, Status::Pass),
            (61, 1999, Status::Warn),
            (61, 2000, Status::Pass),
            (300, 0, Status::Warn),
            (-300, 0, Status::Warn),
            (301, 0, Status::Fail),
            (-301, 3000, Status::Fail),
        ];
        for (skew, round_trip, expected) in rows {
            let judgement = judge(&stage().add(&dc("corp.example"), clock(skew, round_trip)));
            assert_eq!(judgement.outcome, expected, "{skew} s, {round_trip} ms: {}", judgement.message);
        }
    }

    #[test]
    fn the_largest_skew_of_several_domains_decides() {
        let two = with_pdc(stage(), "child.corp.example").add(&dc("corp.example"), clock(1, 0));
        assert_eq!(judge(&two).reason, Some(Reason::NotCollected), "one clock was not read");
        let two = two.add(&dc("child.corp.example"), clock(-400, 0));
        let judgement = judge(&two);
        assert_eq!(judgement.outcome, Status::Fail);
        assert!(judgement.message.contains("400 s ahead") && judgement.message.contains("dc1.child.corp.example"));
    }

    #[test]
    fn another_controller_is_no_reference() {
        let other = Target::dc("dc2.corp.example", &Target::domain("corp.example", None));
        let judgement = judge(&stage().add(&other, clock(400, 0)));
        assert_eq!(judgement.reason, Some(Reason::NotCollected));
    }

    #[test]
    fn missing_evidence_is_never_a_failure() {
        let no_pdc = Stage::with_input(OperatorInput::default());
        assert_eq!(judge(&no_pdc).reason, Some(Reason::NotCollected));
        let cut = stage().add_failed(&dc("corp.example"), Kind::Clock, State::Timeout, "deadline");
        assert_eq!(judge(&cut).reason, Some(Reason::Timeout));
        let empty = stage().add(&dc("corp.example"), Clock::default());
        assert_eq!((judge(&empty).outcome, judge(&empty).reason), (Status::Unknown, Some(Reason::NotReadable)));
    }
}
