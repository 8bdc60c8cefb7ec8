use crate::catalog::testing::{Stage, server};
use crate::catalog::{Judgement, Reason};
use crate::checks::network::testing::*;
use crate::evidence::{Kind, MachineConfig, OperatorInput, ProxyConfig, State, WinHttp};

const RELAY_SUFFIX: &str = "*.servicebus.windows.net";
const RESET_SUFFIX: &str = "*.passwordreset.microsoftonline.com";
const TYPO: &str = "*.servicebus.windows.networks";

fn supplied(cloud: &str, lines: &[&str]) -> Stage {
    Stage::with_input(OperatorInput {
        allow_list: lines.iter().map(|line| (*line).to_owned()).collect(),
        cloud: Some(cloud.to_owned()),
        ..Default::default()
    })
}

fn judge(stage: &Stage) -> Judgement {
    stage.judge_at("PW317", &server().key)
}

#[test]
fn rule_by_entries() {
    let rows: [(&str, &[&str], _); 18] = [
        ("Public", &[RELAY_SUFFIX, RESET_SUFFIX], PASS),
        ("Public", &["ServiceBus 443", "*.microsoftonline.com"], PASS),
        ("Public", &[RELAY_SUFFIX, "passwordreset.microsoftonline.com"], WARN),
        ("Public", &["ssprdedicatedsbprodscu.servicebus.windows.net", RESET_SUFFIX], WARN),
        ("Public", &[RELAY_SUFFIX, RESET_SUFFIX, TYPO], WARN),
        ("Public", &[RELAY_SUFFIX, RESET_SUFFIX, "*.servicebus.chinacloudapi.cn"], WARN),
        ("Public", &[RELAY_SUFFIX], FAIL),
        ("Public", &[RESET_SUFFIX], FAIL),
        ("Public", &["*.microsoftonline.com", "login.windows.net", "graph.microsoft.com"], FAIL),
        ("Public", &[TYPO, RESET_SUFFIX], FAIL),
        ("Public", &["*.servicebus.windows.net 80", RESET_SUFFIX], FAIL),
        ("UsGov", &["*.servicebus.usgovcloudapi.net", "*.passwordreset.microsoftonline.us"], PASS),
        ("UsGov", &[RELAY_SUFFIX, RESET_SUFFIX], FAIL),
        ("China", &["*.servicebus.chinacloudapi.cn"], unknown(Reason::NotCollected)),
        ("China", &["ssprdedicatedsbmcprodcne.servicebus.chinacloudapi.cn"], WARN),
        ("China", &[RELAY_SUFFIX], FAIL),
        ("Public", &["20.190.128.0/18", RELAY_SUFFIX], unknown(Reason::ToolLimit)),
        ("Public", &["20.190.128.0/18", TYPO, RESET_SUFFIX], FAIL),
    ];
    for (cloud, lines, expected) in rows {
        let judgement = judge(&supplied(cloud, lines));
        assert_eq!(verdict(&judgement), expected, "{cloud} {lines:?}: {}", judgement.message);
    }
}

#[test]
fn names_that_another_rule_lets_through_warn_instead() {
    let config = |kind| ProxyConfig { effective_for_service: effective(kind), ..Default::default() };
    let names = ["ssprdedicatedsbprodscu.servicebus.windows.net", "ssprdedicatedsbprodncu.servicebus.windows.net"];
    let mut direct = supplied("Public", &[TYPO, RESET_SUFFIX]).add(&server(), config("none"));
    let mut proxied = supplied("Public", &[RESET_SUFFIX]).add(&server(), config("explicit"));
    for name in names {
        // One of two names is not enough.
        assert_eq!(verdict(&judge(&direct)), FAIL);
        direct = direct.add(&host(name), tcp("192.0.2.1", "Connected"));
        proxied = proxied.add(&host(name), connect("200"));
    }
    assert_eq!(verdict(&judge(&direct)), WARN);
    assert_eq!(verdict(&judge(&proxied)), WARN);
}

#[test]
fn bypass_lists_add_entries_but_are_no_allow_list_themselves() {
    let bypass = |pattern: &str| ProxyConfig {
        machine_config: Some(MachineConfig { bypass: vec![pattern.to_owned()], ..Default::default() }),
        ..Default::default()
    };
    let added = supplied("Public", &[RESET_SUFFIX]).add(&server(), bypass(".*\\.servicebus\\.windows\\.net$"));
    assert_eq!(verdict(&judge(&added)), PASS);
    let winhttp = ProxyConfig {
        win_http: Some(WinHttp { bypass: Some("<local>;*.servicebus.windows.net".to_owned()), ..Default::default() }),
        ..Default::default()
    };
    assert_eq!(verdict(&judge(&supplied("Public", &[RESET_SUFFIX]).add(&server(), winhttp))), PASS);
    let alone = supplied("Public", &[]).add(&server(), bypass("intranet.corp.example"));
    assert_eq!(verdict(&judge(&alone)), not_applicable(Reason::NotConfigured));
}

#[test]
fn nothing_supplied_is_not_applicable_and_nothing_readable_is_unknown() {
    assert_eq!(verdict(&judge(&supplied("Public", &["", "  "]))), not_applicable(Reason::NotConfigured));
    assert_eq!(verdict(&judge(&supplied("Public", &["let it all out"]))), unknown(Reason::NotReadable));
    let unread = Stage::new().add_failed(&server(), Kind::OperatorInput, State::NotReadable, "io");
    assert_eq!(verdict(&judge(&unread)), unknown(Reason::NotReadable));
}

#[test]
fn the_message_names_the_typo() {
    let judgement = judge(&supplied("Public", &[TYPO, RESET_SUFFIX]));
    assert!(judgement.message.contains("servicebus.windows.networks") && judgement.message.contains("typo"));
}
