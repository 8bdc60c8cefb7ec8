use super::facts::{controller_key, has_address, located, locator};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{Dns, Fact};
use serde_json::json;

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
Unknown: a record was not asked for, the answer is not known to this version, or no address was looked up.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let controllers = locator(case, "_ldap._tcp.dc._msdcs.")?;
    let Some(hosts) = located(controllers.data) else {
        return Err(strange("_ldap._tcp.dc._msdcs.", domain, controllers));
    };
    if hosts.is_empty() {
        let judgement = no_record(domain, &controllers.data.rcode);
        return Ok(judgement.read(controllers.record, "answers").read(controllers.record, "rcode"));
    }
    let known = |expected: Option<bool>| -> Vec<&str> {
        let has = |host: &&str| has_address(case.scene, &controller_key(host)) == expected;
        hosts.iter().copied().filter(has).collect()
    };
    let (with, without, unread) = (known(Some(true)), known(Some(false)), known(None));
    let describe = |judgement: Judgement| {
        let judgement = judgement
            .read(controllers.record, "answers")
            .said("controllers with an address", with.len())
            .said("controllers without an address", without.len())
            .said("controllers that were not looked up", unread.len());
        let judgement = judgement.with("controllers with an address", list(with.iter().copied()));
        let judgement = match without.is_empty() {
            true => judgement,
            false => judgement.with("controllers without an address", list(without.iter().copied())),
        };
        match unread.is_empty() {
            true => judgement,
            false => judgement.with("controllers that were not looked up", unread.len()),
        }
    };
    if with.is_empty() && unread.is_empty() {
        let names = list(without.iter().copied());
        return Ok(describe(
            Judgement::fail(format!("No controller that DNS names for {domain} has an address: {names}."))
                .step(ask(domain, "_ldap._tcp.dc._msdcs.")),
        ));
    }
    let pdc = locator(case, "_ldap._tcp.pdc._msdcs.");
    let kerberos = locator(case, "_kerberos._tcp.dc._msdcs.");
    let mut doubts = Vec::new();
    match pdc.as_ref().ok().and_then(|pdc| located(pdc.data)).as_deref() {
        Some([]) => doubts.push(("the pdc record", "the pdc record is missing".to_owned())),
        Some([_]) | None => {}
        Some(many) => {
            let names = list(many.iter().copied());
            doubts.push(("the pdc record", format!("the pdc record names {} controllers ({names})", many.len())));
        }
    }
    if !with.is_empty() && !without.is_empty() {
        doubts.push(("a target has no address", format!("no address for {}", list(without.iter().copied()))));
    }
    let tickets = kerberos.as_ref().ok();
    if tickets.is_some_and(|kerberos| located(kerberos.data).is_some_and(|hosts| hosts.is_empty())) {
        doubts.push(("_kerberos._tcp", "the _kerberos._tcp.dc._msdcs record is missing".to_owned()));
    }
    // Of each record the one value that would be right: the first controller, alone.
    let first = json!([{ "value": hosts[0] }]);
    let describe = |judgement: Judgement| {
        let records = [pdc.as_ref().ok(), tickets].into_iter().flatten();
        records.fold(describe(judgement), |judgement, fact| {
            judgement.read(fact.record, "answers").or(first.clone()).or(json!([]))
        })
    };
    if let Some((words, _)) = doubts.first() {
        let what = doubts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("; ");
        return Ok(describe(
            Judgement::warn(format!("The locator records of {domain} are not right: {what}."))
                .rule(words)
                .step(ask(domain, "_ldap._tcp.pdc._msdcs.")),
        ));
    }
    // What follows is proof that the domain can be located, so it needs the records themselves.
    let pdc = match &pdc {
        Ok(pdc) => *pdc,
        Err(unread) => return Err(unread.clone()),
    };
    let pdc = located(pdc.data).ok_or_else(|| strange("_ldap._tcp.pdc._msdcs.", domain, pdc))?;
    if with.is_empty() {
        let message = format!("The addresses of the controllers of {domain} were not read.");
        return Err(describe(Judgement::unknown(Reason::Partial, message)));
    }
    let message = format!("DNS locates {} controller(s) of {domain} and its PDC emulator.", with.len());
    Ok(describe(Judgement::pass(message)).with("PDC emulator", list(pdc)))
}

fn strange(service: &str, domain: &str, dns: Fact<Dns>) -> Judgement {
    let rcode = clean(&dns.data.rcode);
    let message = format!("DNS answered '{rcode}' for {service}{domain}, which this version does not know.");
    Judgement::unknown(Reason::Ambiguous, message).read(dns.record, "rcode").or("NODATA")
}

fn no_record(domain: &str, rcode: &str) -> Judgement {
    let meaning = match rcode {
        "SERVFAIL" => "the DNS server that this machine uses fails to look it up",
        "TIMEOUT" => "no DNS server of this machine answers",
        _ => "this machine does not use a DNS server that serves the domain",
    };
    let record = format!("_ldap._tcp.dc._msdcs.{domain}");
    Judgement::fail(format!("DNS names no controller of {domain} ({rcode} for {record}): {meaning}."))
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
    use crate::catalog::{Reason, Target};
    use crate::checks::directory::testing::*;
    use crate::evidence::{Kind, State};

    const DC: &str = "_ldap._tcp.dc._msdcs.";
    const PDC: &str = "_ldap._tcp.pdc._msdcs.";
    const KERBEROS: &str = "_kerberos._tcp.dc._msdcs.";
    const DC1: &str = "dc1.corp.example";
    const DC2: &str = "dc2.corp.example";

    fn stage(controllers: &[&str], pdc: &[&str], kerberos: &[&str]) -> Stage {
        let rcode = |hosts: &[&str]| if hosts.is_empty() { "NXDOMAIN" } else { "NOERROR" };
        [(DC, controllers), (PDC, pdc), (KERBEROS, kerberos)]
            .into_iter()
            .fold(Stage::new(), |stage, (service, hosts)| stage.add(&domain(), srv(service, rcode(hosts), hosts)))
    }

    fn known(stage: Stage, target: &Target) -> Stage {
        stage.add(target, addresses(&["192.0.2.1"]))
    }

    #[test]
    fn the_records_decide() {
        let nowhere = |stage: Stage, target: &Target| stage.add(target, addresses(&[]));
        for (stage, expected, word) in [
            (known(stage(&[DC1], &[DC1], &[DC1]), &dc1()), PASS, "locates 1"),
            (known(stage(&["DC1.Corp.Example"], &[DC1], &[DC1]), &dc1()), PASS, "locates 1"),
            // Only some of many controllers are looked up; one with an address is enough.
            (known(stage(&[DC1, DC2], &[DC1], &[DC1]), &dc1()), PASS, "locates 1"),
            (known(stage(&[DC1], &[], &[DC1]), &dc1()), WARN, "pdc record is missing"),
            (known(stage(&[DC1, DC2], &[DC1, DC2], &[DC1]), &dc1()), WARN, "names 2 controllers"),
            (known(stage(&[DC1], &[DC1], &[]), &dc1()), WARN, "_kerberos"),
            (nowhere(known(stage(&[DC1, DC2], &[DC1], &[DC1]), &dc1()), &dc2()), WARN, "no address for dc2"),
            (nowhere(stage(&[DC1], &[DC1], &[DC1]), &dc1()), FAIL, "No controller"),
            (stage(&[], &[], &[]), FAIL, "names no controller"),
            (stage(&["."], &[DC1], &[DC1]), FAIL, "names no controller"),
            (stage(&[DC1], &[DC1], &[DC1]), unknown(Reason::Partial), "not read"),
            (nowhere(stage(&[DC1, DC2], &[DC1], &[DC1]), &dc1()), unknown(Reason::Partial), "not read"),
        ] {
            let judgement = stage.judge_at("PW401", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
            assert!(judgement.message.contains(word), "{}", judgement.message);
        }
    }

    #[test]
    fn a_resolver_that_fails_or_is_silent_is_a_failure_and_a_strange_answer_is_none() {
        let ambiguous = unknown(Reason::Ambiguous);
        for (rcode, expected) in
            [("NODATA", FAIL), ("SERVFAIL", FAIL), ("TIMEOUT", FAIL), ("REFUSED", ambiguous), ("", ambiguous)]
        {
            let judgement = Stage::new().add(&domain(), srv(DC, rcode, &[])).judge_at("PW401", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{rcode}: {}", judgement.message);
        }
    }

    #[test]
    fn records_that_were_not_read_are_unknown() {
        let located = || known(Stage::new().add(&domain(), srv(DC, "NOERROR", &[DC1])), &dc1());
        let cut = |stage: Stage| stage.add_failed(&domain(), Kind::Dns, State::Timeout, "deadline");
        for (stage, expected) in [
            (cut(Stage::new()), unknown(Reason::Timeout)),
            (located(), unknown(Reason::NotCollected)),
            (cut(located()), unknown(Reason::Timeout)),
            (located().add(&domain(), srv(PDC, "REFUSED", &[])), unknown(Reason::Ambiguous)),
            // Without the Kerberos record the domain is located all the same.
            (located().add(&domain(), srv(PDC, "NOERROR", &[DC1])), PASS),
        ] {
            let judgement = stage.judge_at("PW401", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }
}
