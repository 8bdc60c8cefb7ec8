//! A domain with two controllers for tests of checks.

use crate::catalog::testing::Stage;
use crate::catalog::{Judgement, Reason, Status, Target};
use crate::evidence::{DcInventory, Dns, DnsAnswer, RootDse, Tcp};

pub fn domain() -> Target {
    Target::domain("corp.example", None)
}

/// The PDC emulator of every stage.
pub fn dc1() -> Target {
    Target::dc("dc1.corp.example", &domain())
}

pub fn dc2() -> Target {
    Target::dc("dc2.corp.example", &domain())
}

pub fn tcp(port: u16, result: &str) -> Tcp {
    Tcp { address: "192.0.2.1".to_owned(), port, via: "direct".to_owned(), result: result.to_owned(), ..Tcp::default() }
}

pub fn listed(target: &Target, role: &str) -> DcInventory {
    DcInventory {
        fqdn: target.display.clone(),
        domain: "corp.example".to_owned(),
        roles: vec![role.to_owned()],
        ..DcInventory::default()
    }
}

/// A controller that answers LDAP as it should.
pub fn root_dse() -> RootDse {
    RootDse {
        default_naming_context: Some("DC=corp,DC=example".to_owned()),
        root_domain_naming_context: Some("DC=corp,DC=example".to_owned()),
        forest_functionality: Some(7),
        supported_control: Some(vec!["1.2.840.113556.1.4.2239".to_owned(), "1.2.840.113556.1.4.2066".to_owned()]),
        supported_capabilities: Some(vec!["1.2.840.113556.1.4.800".to_owned()]),
        is_synchronized: Some(true),
        ..RootDse::default()
    }
}

/// Both controllers in the inventory, dc1 as PDC emulator, LDAP of both open and answering.
pub fn healthy() -> Stage {
    Stage::new()
        .add(&dc1(), listed(&dc1(), "pdc"))
        .add(&dc2(), listed(&dc2(), "other"))
        .add(&dc1(), tcp(389, "Connected"))
        .add(&dc2(), tcp(389, "Connected"))
        .add(&dc1(), root_dse())
        .add(&dc2(), root_dse())
}

/// An SRV record of the domain.
pub fn srv(service: &str, rcode: &str, hosts: &[&str]) -> Dns {
    let answer = |host: &&str| DnsAnswer { value: (*host).to_owned(), port: Some(389), ..DnsAnswer::default() };
    Dns {
        name: format!("{service}corp.example"),
        record_type: "SRV".to_owned(),
        rcode: rcode.to_owned(),
        answers: hosts.iter().map(answer).collect(),
        ..Dns::default()
    }
}

/// Addresses of a controller.
pub fn addresses(values: &[&str]) -> Dns {
    let answer = |value: &&str| DnsAnswer { value: (*value).to_owned(), ..DnsAnswer::default() };
    Dns {
        record_type: "A+AAAA".to_owned(),
        rcode: if values.is_empty() { "NXDOMAIN" } else { "NOERROR" }.to_owned(),
        answers: values.iter().map(answer).collect(),
        ..Dns::default()
    }
}

/// Outcome and reason: what a table test compares.
pub fn verdict(judgement: &Judgement) -> (Status, Option<Reason>) {
    (judgement.outcome, judgement.reason)
}

pub const PASS: (Status, Option<Reason>) = (Status::Pass, None);
pub const WARN: (Status, Option<Reason>) = (Status::Warn, None);
pub const FAIL: (Status, Option<Reason>) = (Status::Fail, None);

pub fn unknown(reason: Reason) -> (Status, Option<Reason>) {
    (Status::Unknown, Some(reason))
}
