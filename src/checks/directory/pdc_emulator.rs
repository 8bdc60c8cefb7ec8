use super::facts::{controller_key, has_address, host_name, located, locator};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::checks::targets;
use crate::evidence::Fsmo;
use serde_json::json;

/// A host that is no PDC emulator, to see what depends on the name.
const ELSEWHERE: &str = "another.example";

crate::declare_check! {
    PW402, "The PDC emulator of every domain is known",
    area: Directory, severity: Critical, proof: B, class: DcReach,
    target: Domain via targets::domains,
    evidence: [Fsmo, Dns],
    runs_at: DomainNetwork,
    blocked_by: [PW401],
    remediation: "Repair or seize the role; fix DNS.",
    link: "L-GEN", since: "0.1.0",
    rule: "Pass: fSMORoleOwner leads to a host name equal to the pdc SRV target, and it has an address.
Warn: the two differ (replication or stale DNS; the role owner counts), or only one of them leads to an address.
Fail: neither does, or the owner is a deleted server object (its DN contains 0ADEL).
Unknown: the role owner, its host name, the pdc record or the address was not read.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let fact = case.need::<Fsmo>()?;
    let fsmo = fact.data;
    let owner_dn = fsmo.fsmo_role_owner.as_deref().unwrap_or_default();
    let srv = in_dns(case, fsmo);
    let shown = srv.as_ref().map_or_else(|_| "not read".to_owned(), |hosts| list(hosts.iter().map(String::as_str)));
    // The directory's word for DNS, and the other way round, are what would make them agree.
    let because = |judgement: Judgement| {
        let dns = locator(case, "_ldap._tcp.pdc._msdcs.").ok();
        let host = dns.and_then(|fact| located(fact.data)?.first().map(|host| (*host).to_owned()));
        let judgement = judgement.read(fact.record, "fSMORoleOwner").read(fact.record, "pdcHost");
        let judgement = host.into_iter().fold(judgement, |judgement, host| judgement.or(host).or(ELSEWHERE));
        match dns {
            Some(dns) => judgement.read(dns.record, "answers").or(json!([{ "value": fsmo.pdc_host }])),
            None => judgement.read(fact.record, "srvPdcHosts"),
        }
    };
    let describe = |judgement: Judgement| {
        because(judgement)
            .with("fSMORoleOwner", clean(owner_dn))
            .with("role owner", fsmo.pdc_host.as_deref().map_or_else(|| "not read".to_owned(), clean))
            .with("pdc record in DNS", &shown)
    };
    // The name of a deleted object: its old name, a line feed, `DEL:` and its GUID ([MS-ADTS], delete operation).
    if owner_dn.to_ascii_uppercase().contains("0ADEL") {
        return Ok(describe(Judgement::fail(format!(
            "The PDC emulator of {domain} is a deleted server: nobody holds the role."
        )))
        .step(query()));
    }
    let unread = |what: &str| {
        describe(Judgement::unknown(Reason::NotReadable, format!("{what} of {domain} could not be read.")))
    };
    let Some(owner) = fsmo.pdc_host.as_deref().map(host_name) else {
        return Err(unread("The host name of the PDC emulator"));
    };
    let srv = match srv {
        Ok(srv) => srv,
        Err(unknown) => return Err(describe(unknown)),
    };
    let address = |host: &String| has_address(case.scene, &controller_key(host));
    let (owner_leads, dns_leads) = (address(&owner), leads(srv.iter().map(address)));
    let (name, others) = (clean(&owner), list(srv.iter().map(String::as_str)));
    let judgement = match (owner_leads, dns_leads) {
        (Some(false), Some(false)) => Judgement::fail(format!(
            "Neither the directory ({name}) nor DNS ({}) leads to an address of the PDC emulator of {domain}.",
            if srv.is_empty() { "no record" } else { &others }
        )),
        (Some(true), Some(false)) if srv.is_empty() => {
            Judgement::warn(format!("The PDC emulator of {domain} is {name}, but DNS has no pdc record that says so."))
        }
        (Some(false), Some(true)) => Judgement::warn(format!(
            "The PDC emulator of {domain} is {name}, which has no address; DNS names {others}."
        )),
        _ if !srv.is_empty() && srv != [owner.clone()] => Judgement::warn(format!(
            "The PDC emulator of {domain} is {name}, but DNS names {others}: the record is stale, or replication is."
        )),
        (Some(true), _) => Judgement::pass(format!("The PDC emulator of {domain} is {name}.")),
        (None | Some(false), _) => return Err(unread("The address of the PDC emulator")),
    };
    let judgement = describe(judgement);
    Ok(if judgement.outcome == Status::Pass { judgement } else { judgement.step(query()) })
}

/// Hosts of the pdc record, sorted; from DNS, or as the collector of the role found them there.
fn in_dns(case: &Case, fsmo: &Fsmo) -> Result<Vec<String>, Judgement> {
    let mut hosts: Vec<String> = match locator(case, "_ldap._tcp.pdc._msdcs.") {
        Ok(dns) => {
            let message =
                || format!("DNS answered '{}' for the pdc record of {}.", clean(&dns.data.rcode), case.target.display);
            let strange = || Judgement::unknown(Reason::Ambiguous, message());
            located(dns.data).ok_or_else(strange)?.into_iter().map(host_name).collect()
        }
        Err(unknown) if fsmo.srv_pdc_hosts.is_empty() => return Err(unknown),
        Err(_) => fsmo.srv_pdc_hosts.iter().map(|host| host_name(host)).collect(),
    };
    hosts.sort();
    hosts.dedup();
    Ok(hosts)
}

/// True when one host has an address, false when all were looked up and none has.
fn leads(mut addresses: impl Iterator<Item = Option<bool>> + Clone) -> Option<bool> {
    if addresses.clone().any(|address| address == Some(true)) {
        return Some(true);
    }
    addresses.all(|address| address == Some(false)).then_some(false)
}

fn query() -> Step {
    Step {
        text:
            "Ask who holds the role; then repair DNS, transfer the role, or seize it when its holder is gone for good."
                .to_owned(),
        command: Some("netdom query fsmo".to_owned()),
        run_on: Some("a domain controller".to_owned()),
        needs_rights: Some("Domain Admins to transfer or seize".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW402".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;
    use crate::evidence::{Dns, Kind, State};

    fn fsmo(owner: &str, host: Option<&str>, srv: &[&str]) -> Fsmo {
        Fsmo {
            fsmo_role_owner: Some(owner.to_owned()),
            pdc_host: host.map(str::to_owned),
            srv_pdc_hosts: srv.iter().map(|host| (*host).to_owned()).collect(),
            domain_dns: "corp.example".to_owned(),
            ..Fsmo::default()
        }
    }

    const NTDS: &str = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=example";
    const PDC: &str = "_ldap._tcp.pdc._msdcs.";
    const DC1: &str = "dc1.corp.example";
    const DC2: &str = "dc2.corp.example";

    fn no_record() -> Dns {
        srv(PDC, "NXDOMAIN", &[])
    }

    #[test]
    fn the_directory_and_dns_must_agree() {
        let deleted =
            "CN=NTDS Settings\\0ADEL:1,CN=DC1,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=example";
        let known =
            |address: &[&str]| Stage::new().add(&dc1(), addresses(address)).add(&dc2(), addresses(&["192.0.2.2"]));
        for (stage, data, expected) in [
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[DC1]), PASS),
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[DC2]), WARN),
            (known(&["192.0.2.1"]), fsmo(NTDS, Some(DC1), &[DC1, DC2]), WARN),
            (known(&["192.0.2.1"]), fsmo(NTDS, Some("DC1.corp.example"), &["dc1.Corp.Example."]), PASS),
            (known(&["192.0.2.1"]).add(&domain(), no_record()), fsmo(NTDS, Some(DC1), &[]), WARN),
            (known(&[]), fsmo(NTDS, Some(DC1), &[DC2]), WARN),
            (known(&[]), fsmo(NTDS, Some(DC1), &[DC1]), FAIL),
            (known(&[]).add(&domain(), no_record()), fsmo(NTDS, Some(DC1), &[]), FAIL),
            (known(&["192.0.2.1"]), fsmo(deleted, Some(DC1), &[DC1]), FAIL),
        ] {
            let judgement = stage.add(&domain(), data.clone()).judge_at("PW402", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{data:?}: {}", judgement.message);
        }
    }

    #[test]
    fn what_was_not_read_proves_nothing() {
        let owner = || fsmo(NTDS, Some(DC1), &[DC1]);
        let located = || Stage::new().add(&dc1(), addresses(&["192.0.2.1"]));
        for (stage, data, reason) in [
            (located(), Fsmo::default(), Reason::NotReadable),
            (located(), fsmo(NTDS, None, &[DC1]), Reason::NotReadable),
            (Stage::new(), owner(), Reason::NotReadable),
            (located(), fsmo(NTDS, Some(DC1), &[]), Reason::NotCollected),
            (located().add(&domain(), srv(PDC, "REFUSED", &[])), fsmo(NTDS, Some(DC1), &[]), Reason::Ambiguous),
            (Stage::new().add(&domain(), srv(PDC, "NODATA", &[])), fsmo(NTDS, Some(DC1), &[]), Reason::NotReadable),
        ] {
            let judgement = stage.add(&domain(), data).judge_at("PW402", &domain().key);
            assert_eq!(verdict(&judgement), unknown(reason), "{}", judgement.message);
        }
    }

    #[test]
    fn a_role_owner_that_may_not_be_read_is_unknown() {
        let stage = Stage::new().add_failed(&domain(), Kind::Fsmo, State::AccessDenied, "ldap");
        assert_eq!(verdict(&stage.judge_at("PW402", &domain().key)), unknown(Reason::AccessDenied));
    }
}
