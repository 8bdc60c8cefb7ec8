use crate::catalog::text::list;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{Dns, Fact, Kind};

crate::declare_check! {
    PW401, "Locator records of every synchronised domain resolve",
    area: Directory, severity: Critical, proof: A, class: DcReach,
    target: Domain via targets::domains,
    evidence: [Dns],
    runs_at: DomainNetwork,
    remediation: "Point the server's DNS at the domain's DNS (or add conditional forwarders); re-register the netlogon records.",
    link: "L-PRE", since: "0.1.0",
    rule: "Pass: _ldap._tcp.dc._msdcs.<domain> has at least one target with an address and _ldap._tcp.pdc._msdcs.<domain> exactly one.
Warn: the pdc record is missing or has more than one target; a target has no address while others have one; _kerberos._tcp.dc._msdcs is missing.
Fail: no dc record, or no target resolves.
Unknown: DNS gave no answer about the records.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let controllers = record(case, "_ldap._tcp.dc._msdcs.")?;
    if controllers.data.answers.is_empty() {
        return match controllers.data.rcode.as_str() {
            "NXDOMAIN" | "NODATA" | "SERVFAIL" | "TIMEOUT" | "NOERROR" => {
                Ok(no_record(domain, &controllers.data.rcode))
            }
            other => {
                Err(Judgement::unknown(Reason::Ambiguous, format!("DNS answered {other} for the records of {domain}.")))
            }
        };
    }
    let hosts: Vec<&str> = controllers.data.answers.iter().map(|answer| answer.value.as_str()).collect();
    let mut without = Vec::new();
    let mut with = Vec::new();
    let mut unread = Vec::new();
    for host in hosts {
        match has_address(case, host) {
            Some(true) => with.push(host),
            Some(false) => without.push(host),
            None => unread.push(host),
        }
    }
    if with.is_empty() && unread.is_empty() {
        let names = list(without.iter().copied());
        return Ok(Judgement::fail(format!("No controller that DNS names for {domain} has an address: {names}."))
            .step(ask(domain, "_ldap._tcp.dc._msdcs.")));
    }
    let pdcs = record(case, "_ldap._tcp.pdc._msdcs.")?;
    let mut doubts = Vec::new();
    match pdcs.data.answers.len() {
        0 => doubts.push("the pdc record is missing".to_owned()),
        1 => {}
        count => doubts.push(format!(
            "the pdc record names {count} controllers ({})",
            list(pdcs.data.answers.iter().map(|answer| answer.value.as_str()))
        )),
    }
    if !without.is_empty() {
        doubts.push(format!("{} has no address", list(without.iter().copied())));
    }
    if record(case, "_kerberos._tcp.dc._msdcs.")?.data.answers.is_empty() {
        doubts.push("the _kerberos._tcp.dc._msdcs record is missing".to_owned());
    }
    let judgement = if !doubts.is_empty() {
        Judgement::warn(format!("The locator records of {domain} are not right: {}.", doubts.join("; ")))
            .step(ask(domain, "_ldap._tcp.pdc._msdcs."))
    } else if with.is_empty() {
        Judgement::unknown(Reason::Partial, format!("The addresses of the controllers of {domain} were not read."))
    } else {
        Judgement::pass(format!("DNS locates {} controller(s) of {domain} and its PDC emulator.", with.len()))
    };
    Ok(judgement
        .with("controllers", list(with.iter().copied()))
        .with("pdc", list(pdcs.data.answers.iter().map(|answer| answer.value.as_str()))))
}

/// The SRV record of a service of this domain.
fn record<'a>(case: &Case<'a>, service: &str) -> Result<Fact<'a, Dns>, Judgement> {
    let name = format!("{service}{}", case.target.display);
    match case.facts::<Dns>().into_iter().find(|fact| fact.data.name == name) {
        Some(fact) => Ok(fact),
        None => Err(match case.unreadable::<Dns>() {
            Some(record) => Judgement::unreadable(record),
            None => Judgement::unknown(Reason::NotCollected, format!("{name} was not asked for.")),
        }),
    }
}

/// Whether the system resolver knows an address; `None` when that was not read.
fn has_address(case: &Case, host: &str) -> Option<bool> {
    let key = format!("dc:{host}");
    let evidence = case.scene.evidence;
    let answered = evidence.facts_at::<Dns>(&key);
    // A second record about the same name may come from a controller that is configured by hand.
    match answered.first() {
        Some(fact) => Some(!fact.data.answers.is_empty()),
        None if evidence.records_at(Kind::Dns, &key).next().is_some() => None,
        // Beyond the controllers that are looked at nobody asks for addresses.
        None => Some(true),
    }
}

fn no_record(domain: &str, rcode: &str) -> Judgement {
    Judgement::fail(format!(
        "DNS knows no controller of {domain} ({rcode} for _ldap._tcp.dc._msdcs.{domain}): this machine does not use a DNS server that serves the domain."
    ))
    .with("rcode", rcode)
    .step(ask(domain, "_ldap._tcp.dc._msdcs."))
}

fn ask(domain: &str, service: &str) -> Step {
    Step {
        text: "Ask for the record, then correct DNS or let the controllers register it again.".to_owned(),
        command: Some(format!("Resolve-DnsName {service}{domain} -Type SRV")),
        run_on: Some("sync server".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW401".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;

    const DC1: &str = "dc1.corp.example";
    const DC2: &str = "dc2.corp.example";

    fn stage(controllers: &[&str], pdc: &[&str], kerberos: &[&str]) -> Stage {
        let rcode = |hosts: &[&str]| if hosts.is_empty() { "NXDOMAIN" } else { "NOERROR" };
        Stage::new()
            .add(&domain(), srv("_ldap._tcp.dc._msdcs.", rcode(controllers), controllers))
            .add(&domain(), srv("_ldap._tcp.pdc._msdcs.", rcode(pdc), pdc))
            .add(&domain(), srv("_kerberos._tcp.dc._msdcs.", rcode(kerberos), kerberos))
    }

    #[test]
    fn the_records_decide() {
        let address = &["192.0.2.1"][..];
        for (stage, expected, word) in [
            (stage(&[DC1], &[DC1], &[DC1]).add(&dc1(), addresses(address)), PASS, "locates"),
            (stage(&[DC1], &[], &[DC1]).add(&dc1(), addresses(address)), WARN, "pdc record is missing"),
            (stage(&[DC1, DC2], &[DC1, DC2], &[DC1]).add(&dc1(), addresses(address)), WARN, "names 2 controllers"),
            (stage(&[DC1], &[DC1], &[]).add(&dc1(), addresses(address)), WARN, "_kerberos"),
            (
                stage(&[DC1, DC2], &[DC1], &[DC1]).add(&dc1(), addresses(address)).add(&dc2(), addresses(&[])),
                WARN,
                "dc2.corp.example has no address",
            ),
            (stage(&[DC1], &[DC1], &[DC1]).add(&dc1(), addresses(&[])), FAIL, "No controller"),
            (stage(&[], &[], &[]), FAIL, "knows no controller"),
        ] {
            let judgement = stage.judge_at("PW401", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
            assert!(judgement.message.contains(word), "{}", judgement.message);
        }
    }

    #[test]
    fn records_that_were_not_read_are_unknown() {
        use crate::catalog::Reason;
        use crate::evidence::{Kind, State};
        let cut = Stage::new().add_failed(&domain(), Kind::Dns, State::Timeout, "deadline");
        assert_eq!(verdict(&cut.judge_at("PW401", &domain().key)), unknown(Reason::Timeout));
        let odd = Stage::new().add(&domain(), srv("_ldap._tcp.dc._msdcs.", "REFUSED", &[]));
        assert_eq!(verdict(&odd.judge_at("PW401", &domain().key)), unknown(Reason::Ambiguous));
    }
}
