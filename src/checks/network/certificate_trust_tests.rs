use crate::catalog::testing::{NOW, Stage, server};
use crate::catalog::{Judgement, Reason};
use crate::checks::network::testing::*;
use crate::evidence::{Event, EventLog, Kind, Os, OsTrust, State, Tls, Vantage};

/// The machine's stores hold the known root and disallow nothing.
fn os() -> Os {
    Os { root_store: vec![KNOWN_ROOT.to_owned()], ..Default::default() }
}

fn trust(result: &str, errors: &[&str], revocation: &str) -> Tls {
    let errors = errors.iter().map(|error| (*error).to_owned()).collect();
    Tls { os_trust: Some(OsTrust { result: result.to_owned(), errors, revocation: revocation.to_owned() }), ..tls() }
}

fn judge(handshake: Tls) -> Judgement {
    at_relay(&stage("none").add(&server(), os()).add(&relay(), handshake), "PW309")
}

#[test]
fn rule_by_what_the_trust_store_says() {
    let ambiguous = unknown(Reason::Ambiguous);
    let rows: [(&str, &[&str], &str, _); 16] = [
        ("Trusted", &[], "good", PASS),
        ("Trusted", &[], "notAttempted", PASS),
        ("Trusted", &[], "failed", WARN),
        ("NotTrusted", &["RevocationOffline"], "failed", WARN),
        ("NotTrusted", &[], "failed", WARN),
        ("NotTrusted", &["UntrustedRoot"], "notAttempted", FAIL),
        ("NotTrusted", &["PartialChain"], "notAttempted", FAIL),
        ("NotTrusted", &["NameMismatch"], "notAttempted", FAIL),
        ("NotTrusted", &["Expired"], "notAttempted", FAIL),
        ("NotTrusted", &["NotYetValid"], "notAttempted", FAIL),
        ("NotTrusted", &["Revoked"], "revoked", FAIL),
        ("NotTrusted", &["Disallowed"], "notAttempted", FAIL),
        ("NotTrusted", &["UntrustedRoot", "a word of the future"], "failed", FAIL),
        ("NotTrusted", &[], "notAttempted", FAIL),
        ("NotTrusted", &["a word of the future"], "notAttempted", ambiguous),
        ("a word of the future", &[], "notAttempted", ambiguous),
    ];
    for (result, errors, revocation, expected) in rows {
        let judgement = judge(trust(result, errors, revocation));
        assert_eq!(verdict(&judgement), expected, "{result} {errors:?} {revocation}: {}", judgement.message);
    }
}

#[test]
fn name_and_dates_of_the_shown_certificate_count_too() {
    let dates = |before, after| {
        let mut tls = tls();
        tls.chain[0].not_before_unix_ms = before;
        tls.chain[0].not_after_unix_ms = after;
        verdict(&judge(tls))
    };
    assert_eq!(dates(NOW, NOW), PASS, "both bounds belong to the validity");
    assert_eq!(dates(1, NOW - 1), FAIL);
    assert_eq!(dates(NOW + 1, NOW + 2), FAIL);
    assert_eq!(dates(0, 0), PASS, "dates that were not read prove nothing");
    assert_eq!(verdict(&judge(Tls { name_matches: Some(false), ..tls() })), FAIL);
    assert_eq!(verdict(&judge(Tls { name_matches: None, ..tls() })), unknown(Reason::Ambiguous));
}

#[test]
fn a_disallowed_root_fails_even_when_the_stack_trusts_it() {
    let disallowing = Os { disallowed_store: vec![KNOWN_ROOT.to_lowercase()], ..os() };
    let stage = stage("none").add(&server(), disallowing).add(&relay(), tls());
    assert_eq!(verdict(&at_relay(&stage, "PW309")), FAIL);
    let mut unrooted = stage;
    unrooted = unrooted.add(&host(LOGIN), Tls { root_sha1: None, ..tls() });
    assert_eq!(verdict(&unrooted.judge_at("PW309", &host(LOGIN).key)), PASS);
}

#[test]
fn elsewhere_than_on_the_sync_server_a_refusal_is_a_warning() {
    for (vantage, expected) in [(Vantage::SyncServer, FAIL), (Vantage::DomainMember, WARN), (Vantage::Other, WARN)] {
        let stage = Stage { vantage, ..stage("none") };
        let stage = stage.add(&server(), os()).add(&relay(), trust("NotTrusted", &["UntrustedRoot"], "notAttempted"));
        assert_eq!(verdict(&at_relay(&stage, "PW309")), expected, "{vantage:?}");
    }
}

#[test]
fn a_refusal_lists_the_valid_roots_that_the_store_lacks() {
    let message = judge(trust("NotTrusted", &["UntrustedRoot"], "notAttempted")).message;
    assert!(message.contains("Microsoft RSA Root Certificate Authority 2017"), "{message}");
    assert!(!message.contains("DigiCert Global Root G2,"), "the store has it: {message}");
    assert!(!message.contains("Baltimore"), "expired roots are not missed: {message}");
    let bare = stage("none").add(&relay(), trust("NotTrusted", &["UntrustedRoot"], "notAttempted"));
    let unread = at_relay(&bare, "PW309");
    assert_eq!(verdict(&unread), FAIL);
    assert!(!unread.message.contains("lacks"), "a store that was not read lacks nothing: {}", unread.message);
}

#[test]
fn an_uncleared_refusal_of_the_service_warns_where_this_probe_passes() {
    let event = |id, time| Event {
        id,
        time_unix_ms: time,
        signatures: vec!["remote certificate is invalid".to_owned()],
        ..Default::default()
    };
    let judge = |events| {
        let stage = stage("none").add(&server(), os()).add(&relay(), tls());
        verdict(&at_relay(&stage.add(&server(), EventLog { events, ..Default::default() }), "PW309"))
    };
    assert_eq!(judge(vec![event(31034, NOW)]), WARN);
    assert_eq!(judge(vec![event(31034, NOW), event(31042, NOW + 1)]), PASS);
}

#[test]
fn schannel_decides_where_there_is_one() {
    let schannel = Tls { stack: "schannel".to_owned(), ..trust("NotTrusted", &["UntrustedRoot"], "notAttempted") };
    let stage = stage("none").add(&server(), os()).add(&relay(), tls()).add(&relay(), schannel);
    assert_eq!(verdict(&at_relay(&stage, "PW309")), FAIL);
}

#[test]
fn missing_evidence_and_an_unsettled_path_are_never_a_failure() {
    let refused = || trust("NotTrusted", &["UntrustedRoot"], "notAttempted");
    assert_eq!(verdict(&at_relay(&stage("pac").add(&relay(), refused()), "PW309")), unknown(Reason::Ambiguous));
    assert_eq!(verdict(&at_relay(&stage("none"), "PW309")), unknown(Reason::NotCollected));
    let cut = stage("none").add_failed(&relay(), Kind::Tls, State::Timeout, "deadline");
    assert_eq!(verdict(&at_relay(&cut, "PW309")), unknown(Reason::Timeout));
    // Trusted, but nobody read the Disallowed store.
    assert_eq!(verdict(&at_relay(&stage("none").add(&relay(), tls()), "PW309")), unknown(Reason::NotCollected));
    let denied = stage("none").add(&relay(), tls()).add_failed(&server(), Kind::Os, State::AccessDenied, "io");
    assert_eq!(verdict(&at_relay(&denied, "PW309")), unknown(Reason::AccessDenied));
    let untold = Tls { os_trust: None, ..tls() };
    assert_eq!(verdict(&at_relay(&stage("none").add(&relay(), untold), "PW309")), unknown(Reason::NotCollected));
}
