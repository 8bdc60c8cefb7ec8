//! The rights engine alone, on the states of the oracle: no collector, no checks.
//!
//! `oracle STATES` reads the states that `truth.py` wrote and prints a finding in each line, in the shape of
//! the product's JSON, for the connector account (PW505 to PW507, PW509) and for the user's own change (PW915).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use password_writeback::directory::{Decision, Descriptor, Right, Sid, Token, Verdict, decide, guids};
use serde::Deserialize;
use serde_json::json;

/// A line of the states, as far as the engine needs it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    object_guid: String,
    class: String,
    sd: String,
    connector_token: Sids,
    user_token: Sids,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sids {
    account_sid: String,
    sids: Vec<String>,
    sid_history: Vec<String>,
    well_known_added: Vec<String>,
}

/// What the connector account needs, and the check that says so.
const OF_CONNECTOR: [(&str, Right); 4] = [
    ("PW505", Right::ResetPassword),
    ("PW506", Right::WriteLockoutTime),
    ("PW507", Right::WritePwdLastSet),
    ("PW509", Right::ChangePassword),
];
/// S-1-5-10 stands for the account on its own object.
const SELF: &str = "S-1-5-10";

fn main() {
    let result = match std::env::args().nth(1) {
        Some(path) => {
            std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}")).and_then(|text| judge(&text))
        }
        None => Err("usage: oracle STATES".into()),
    };
    if let Err(message) = result {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

fn judge(states: &str) -> Result<(), String> {
    for line in states.lines() {
        let state: State = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let bytes = BASE64_STANDARD.decode(&state.sd).map_err(|error| error.to_string())?;
        let descriptor = Descriptor::from_bytes(&bytes).map_err(|error| format!("{}: {error:?}", state.object_guid))?;
        let class = Some(if state.class == "user" { guids::USER } else { guids::INET_ORG_PERSON });
        let connector = token(&state.connector_token, None)?;
        for (check, right) in OF_CONNECTOR {
            print(&state, check, decide(&descriptor, &connector, right, class));
        }
        let user = token(&state.user_token, Some(SELF))?;
        print(&state, "PW915", decide(&descriptor, &user, Right::ChangePassword, class));
    }
    Ok(())
}

fn token(sids: &Sids, own: Option<&str>) -> Result<Token, String> {
    let texts = std::iter::once(sids.account_sid.as_str())
        .chain([&sids.sids, &sids.sid_history, &sids.well_known_added].into_iter().flatten().map(String::as_str))
        .chain(own);
    let parsed: Result<Vec<Sid>, String> =
        texts.map(|text| text.parse().map_err(|error| format!("{text}: {error:?}"))).collect();
    Ok(Token::new(parsed?, true))
}

fn print(state: &State, check: &str, decision: Decision) {
    let status = match (decision.verdict, check) {
        (Verdict::Granted, _) => "pass",
        (Verdict::Denied | Verdict::NotGranted, "PW509" | "PW915") => "warn",
        (Verdict::Denied | Verdict::NotGranted, _) => "fail",
        (Verdict::Undecided(_), _) => "unknown",
    };
    let finding = json!({
        "kind": "finding",
        "id": check,
        "target": {"key": format!("user:{}", state.object_guid)},
        "status": status,
        "evidence": [{"name": "why", "value": decision.why.to_string()}],
    });
    println!("{finding}");
}
