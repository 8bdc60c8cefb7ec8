//! Findings from one line of words, for tests of the ranking.

use password_writeback::catalog::{Class, Proof, Reason, Severity, Status, Target, TargetKind};
use password_writeback::contract::Finding;
use serde_json::Value;

pub fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(Value::String(text.to_owned())).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The one thing of each kind that the examples speak of, nested as in the catalog.
pub fn target(kind: &str) -> Target {
    let server = Target::server("sync1");
    let domain = Target::domain("corp.example", Some(&Target::forest("corp.example")));
    let made = |kind: TargetKind, key: &str, within: &Target| Target {
        kind,
        key: key.to_owned(),
        ..within.clone().inside(within)
    };
    match kind {
        "server" => server,
        "host" => Target::host("ns1.servicebus.windows.net", 443, &server),
        "domain" => domain,
        "dc" => Target::dc("dc1.corp.example", &domain),
        "container" => made(TargetKind::Container, "container:ou=sales,dc=corp,dc=example", &domain),
        "user" => made(TargetKind::User, "user:1", &domain),
        "tenant" => made(TargetKind::Tenant, "tenant", &Target::server("none")),
        _ => panic!("{kind}"),
    }
}

/// `PW303 F host severity=high class=ADMIN by=PW301 RIGHTS,SAM`
pub fn finding(line: &str, index: &Value) -> Finding {
    let words: Vec<&str> = line.split(' ').collect();
    let row = index["checks"].as_array().unwrap().iter().find(|row| row["id"] == words[0]).unwrap();
    let text = |name: &str| row[name].as_str().unwrap();
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
    let status = match words[1] {
        "P" => Status::Pass,
        "W" => Status::Warn,
        "F" => Status::Fail,
        "N" => Status::NotApplicable,
        other => panic!("{other}"),
    };
    let severity: Severity = read(value("severity=").unwrap_or_else(|| text("severity")));
    let classes = words.iter().skip(3).find(|word| !word.contains('='));
    let target = target(words[2]);
    Finding {
        key: format!("{}@{}", words[0], target.key),
        id: words[0].to_owned().into(),
        area: read(text("area")),
        title: text("title").to_owned().into(),
        status,
        outcome: status,
        reason: (status == Status::NotApplicable).then_some(Reason::Blocked),
        severity,
        counts_as: severity,
        proof: read::<Proof>(text("proof")),
        class: read::<Class>(value("class=").unwrap_or_else(|| text("class"))),
        classes: classes.map(|list| list.split(',').map(read::<Class>).collect()).unwrap_or_default(),
        target,
        representative: true,
        message: String::new(),
        evidence: Vec::new(),
        remediation: "".into(),
        steps: Vec::new(),
        link: "".into(),
        blocked_by: value("by=").map(|id| vec![id.to_owned()]).unwrap_or_default(),
        by_design: false,
        suppressed: None,
        explain: None,
    }
}
