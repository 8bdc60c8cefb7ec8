use crate::catalog::testing::{NOW, Stage, server};
use crate::catalog::{Judgement, Reason, Status, Target};
use crate::evidence::{Clock, Http, Kind, OperatorInput, State, Tls};
use std::time::{Duration, UNIX_EPOCH};

const LOGIN: &str = "login.microsoftonline.com";
const RELAYS: [&str; 2] =
    ["ssprdedicatedsbprodscu.servicebus.windows.net", "ssprdedicatedsbprodncu.servicebus.windows.net"];

fn stage() -> Stage {
    Stage::with_input(OperatorInput::default())
}

fn host(name: &str) -> Target {
    Target::host(name, 443, &server())
}

fn clock(skew: i32) -> Clock {
    Clock { skew_seconds: Some(skew), ..Default::default() }
}

/// A Date header that many seconds after the time of the records.
fn date(skew: i64) -> Option<String> {
    let seconds = u64::try_from(NOW / 1000 + skew).expect("after 1970");
    Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

fn answer(stage: &str, date_header: Option<String>) -> Http {
    Http { stage: stage.to_owned(), date_header, ..Default::default() }
}

fn judge(stage: &Stage) -> Judgement {
    stage.judge_at("PW718", &server().key)
}

#[test]
fn rule_by_skew_of_one_reference() {
    for (skew, expected) in [
        (0, Status::Pass),
        (60, Status::Pass),
        (-60, Status::Pass),
        (61, Status::Warn),
        (-61, Status::Warn),
        (300, Status::Warn),
        (-300, Status::Warn),
        (301, Status::Fail),
        (-301, Status::Fail),
    ] {
        let measured = judge(&stage().add(&host(LOGIN), clock(skew)));
        assert_eq!(measured.outcome, expected, "measured {skew}: {}", measured.message);
        let header = judge(&stage().add(&host(RELAYS[0]), answer("Origin", date(i64::from(skew)))));
        assert_eq!(header.outcome, expected, "Date header {skew}: {}", header.message);
    }
}

#[test]
fn the_median_decides_and_a_spread_of_more_than_a_minute_warns() {
    let rows: [(&[i32], Status); 9] = [
        (&[0, 60], Status::Pass),
        (&[0, 61], Status::Warn),
        (&[-30, 31], Status::Warn),
        (&[0, 400], Status::Warn),
        (&[310, 400], Status::Fail),
        (&[0, 5, 4000], Status::Warn),
        (&[400, 405, 410], Status::Fail),
        (&[0, 301, 301], Status::Fail),
        (&[100, 110, 120], Status::Warn),
    ];
    for (skews, expected) in rows {
        let names = [LOGIN, RELAYS[0], RELAYS[1]];
        let stage = skews.iter().zip(names).fold(stage(), |stage, (skew, name)| stage.add(&host(name), clock(*skew)));
        let judgement = judge(&stage);
        assert_eq!(judgement.outcome, expected, "{skews:?}: {}", judgement.message);
    }
}

#[test]
fn one_host_is_one_reference_and_the_measured_one_counts() {
    let stage = stage().add(&host(LOGIN), answer("Origin", date(400))).add(&host(LOGIN), clock(0));
    let judgement = judge(&stage);
    assert_eq!((judgement.outcome, judgement.evidence.len()), (Status::Pass, 1));
}

#[test]
fn the_header_beside_a_handshake_serves_when_nothing_else_does() {
    let tls = Tls { http_date_header: date(-400), ..Default::default() };
    let judgement = judge(&stage().add(&host(LOGIN), tls));
    assert_eq!(judgement.outcome, Status::Fail);
    assert!(judgement.message.contains("400 s ahead"), "{}", judgement.message);
}

#[test]
fn only_answers_of_login_and_relay_hosts_count() {
    let proxy = stage().add(&host(LOGIN), answer("ProxyConnect", date(400)));
    assert_eq!(judge(&proxy).reason, Some(Reason::NotCollected));
    let other = stage().add(&host("passwordreset.microsoftonline.com"), clock(400));
    assert_eq!(judge(&other).reason, Some(Reason::NotCollected));
}

#[test]
fn without_a_readable_date_header_it_is_unknown() {
    assert_eq!(judge(&stage()).reason, Some(Reason::NotCollected));
    let garbage = stage().add(&host(LOGIN), answer("Origin", Some("yesterday".to_owned())));
    assert_eq!(judge(&garbage).reason, Some(Reason::NotCollected));
    let before = stage().add(&host(LOGIN), answer("Origin", Some("Wed, 31 Dec 1969 23:59:59 GMT".to_owned())));
    assert_eq!(judge(&before).outcome, Status::Unknown);
    let cut = stage().add_failed(&host(LOGIN), Kind::Http, State::Timeout, "deadline");
    assert_eq!(judge(&cut).reason, Some(Reason::Timeout));
}
