use super::facts::{self, answers_ldap, controller_key, has_address, has_role, host_name, is_read_only};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step, common};
use crate::checks::targets;
use crate::directory::names::domain_of_dn;
use crate::evidence::{AdSyncConfig, Connector, DcInventory, Fsmo, Kind, Partition, Record};
use std::net::IpAddr;

crate::declare_check! {
    PW411, "The preferred controller list is usable",
    area: Directory, severity: High, proof: B, class: DcReach,
    target: Connector via targets::connectors,
    evidence: [AdSyncConfig, Dns, DcInventory, RootDse],
    runs_at: SyncServer,
    remediation: "AD connector > Properties > Configure Directory Partitions > Domain controller connection settings: enter FQDNs, PDC emulator first; then restart ADSync.",
    link: "L-GEN", since: "0.1.0",
    rule: "NotApplicable: no preferred list.
Fail: an entry is a single label (NetBIOS name; known cause of 80230818), or no entry resolves, or onlyPreferred is true and no entry answers LDAP.
Warn: the list is fine but the PDC emulator is not in it (Connect still contacts it, so keep PW403 green for it); or an entry is bad in another way while not all fail to resolve.
Pass: every entry is an FQDN that resolves and is a writable controller of that domain, and the PDC emulator is in the list.
onlyPreferred is an inference from the connector's failover setting; not known = judged without it.
Unknown: an entry, or which controller is the PDC emulator, was not looked at.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let (record, index, connector) = connector(case).ok_or_else(|| {
        Judgement::unknown(Reason::NotCollected, format!("The configuration of {name} was not collected."))
            .common(common::UNREAD)
            .said(Kind::AdSyncConfig.name(), "not collected")
    })?;
    let partitions = connector.partitions.iter().enumerate();
    let listed = partitions
        .map(|(number, partition)| (format!("connectors.{index}.partitions.{number}"), partition))
        .filter(|(_, partition)| partition.selected != Some(false) && !partition.preferred_dcs.is_empty());
    // The worst partition speaks for the connector.
    let weight = |judgement: &Judgement| match judgement.outcome {
        Status::Fail => 0,
        Status::Warn => 1,
        Status::Unknown => 2,
        Status::Pass | Status::NotApplicable => 3,
    };
    listed.map(|(path, partition)| partition_list(case, record, &path, partition)).min_by_key(weight).ok_or_else(|| {
        Judgement::not_applicable(Reason::NotConfigured, format!("{name} has no preferred controllers."))
            .read(record, format!("connectors.{index}.name"))
            .said("preferred controllers of its selected partitions", "none")
    })
}

/// The connector, its record and its number there.
fn connector<'a>(case: &Case<'a>) -> Option<(&'a Record, usize, &'a Connector)> {
    let key = &case.target.key;
    let configs = case.scene.evidence.facts::<AdSyncConfig>();
    configs.iter().find_map(|fact| {
        let mut all = fact.data.connectors.iter().enumerate();
        let (index, own) = all.find(|(_, connector)| *key == format!("connector:{}", connector.name.to_lowercase()))?;
        Some((fact.record, index, own))
    })
}

/// One entry of a list, as far as it was looked at.
#[derive(PartialEq, Eq)]
enum Entry {
    Good,
    SingleLabel,
    Unresolved,
    Bad(&'static str),
    Unread,
}

fn partition_list(case: &Case, record: &Record, path: &str, partition: &Partition) -> Judgement {
    let names: Vec<String> = partition.preferred_dcs.iter().map(|name| host_name(name)).collect();
    let entries: Vec<(&str, Entry)> = names.iter().map(|name| (name.as_str(), entry(case, name))).collect();
    let shown = list(names.iter().map(String::as_str));
    let dn = clean(&partition.dn);
    let pdc = pdc(case, partition);
    let usable = entries.iter().filter(|(_, entry)| *entry == Entry::Good).map(|(name, _)| *name);
    let right: Vec<&str> = match &pdc {
        Some(pdc) if !names.contains(pdc) => usable.chain([pdc.as_str()]).collect(),
        _ => usable.collect(),
    };
    let because = |judgement: Judgement| {
        let judgement = entries.iter().fold(judgement, |judgement, (name, entry)| {
            judgement.said(&format!("entry {}", clean(name)), entry.word())
        });
        judgement
            .said("PDC emulator", pdc.as_deref().map_or_else(|| "not known".to_owned(), clean))
            .read(record, format!("{path}.preferredDcs"))
            .or(right.clone())
            .or(names.iter().map(|name| name.split('.').next().unwrap_or(name)).collect::<Vec<_>>())
            .read(record, format!("{path}.onlyPreferred"))
            .or(false)
    };
    let describe =
        |judgement: Judgement| because(judgement).with("partition", &dn).with("preferred controllers", &shown);
    let fix = |judgement: Judgement| describe(judgement).step(edit());

    if let Some((name, _)) = entries.iter().find(|(_, entry)| *entry == Entry::SingleLabel) {
        return fix(Judgement::fail(format!(
            "The preferred controller '{}' of {dn} is a NetBIOS name; the engine then fails with 80230818. Enter its full DNS name.",
            clean(name)
        )));
    }
    if entries.iter().all(|(_, entry)| *entry == Entry::Unresolved) {
        return fix(Judgement::fail(format!("No preferred controller of {dn} resolves: {shown}.")));
    }
    let is_silent = |name: &String| {
        matches!(answers_ldap(case.scene, &controller_key(name)), facts::Answer::No(_) | facts::Answer::OtherDomain(_))
    };
    if partition.only_preferred == Some(true) && names.iter().all(is_silent) {
        return fix(Judgement::fail(format!(
            "Only preferred controllers may be used for {dn}, and none of them answers LDAP: {shown}."
        )));
    }
    let unusable = entries.iter().find_map(|(name, entry)| match entry {
        Entry::Bad(why) => Some((name, *why)),
        Entry::Unresolved => Some((name, entry.word())),
        Entry::Good | Entry::SingleLabel | Entry::Unread => None,
    });
    if let Some((name, why)) = unusable {
        return fix(Judgement::warn(format!("The preferred controller {} of {dn} is not usable: {why}.", clean(name)))
            .rule("an entry is bad in another way"));
    }
    if let Some(pdc) = pdc.as_ref().filter(|pdc| !names.contains(pdc)) {
        return fix(Judgement::warn(format!(
            "The PDC emulator {} is not in the preferred list of {dn}; Connect contacts it all the same, so keep it reachable (PW403).",
            clean(pdc)
        ))
        .rule("the PDC emulator is not in it"));
    }
    if entries.iter().any(|(_, entry)| *entry == Entry::Unread) {
        let message = format!("Not every preferred controller of {dn} was looked at.");
        return describe(Judgement::unknown(Reason::Partial, message));
    }
    describe(match pdc {
        Some(_) => {
            Judgement::pass(format!("The preferred controllers of {dn} are usable, the PDC emulator is among them."))
        }
        None => {
            Judgement::unknown(Reason::Partial, format!("Which controller is the PDC emulator of {dn} is not known."))
        }
    })
}

impl Entry {
    fn word(&self) -> &'static str {
        match self {
            Entry::Good => "a writable controller that answers",
            Entry::SingleLabel => "a single label",
            Entry::Unresolved => "it does not resolve",
            Entry::Bad(why) => why,
            Entry::Unread => "not looked at",
        }
    }
}

fn entry(case: &Case, name: &str) -> Entry {
    if name.parse::<IpAddr>().is_ok() {
        return Entry::Bad("it is an address, not a full DNS name");
    }
    if !name.contains('.') {
        return Entry::SingleLabel;
    }
    let key = controller_key(name);
    match (has_address(case.scene, &key), answers_ldap(case.scene, &key), is_read_only(case.scene, &key)) {
        (Some(false), _, _) => Entry::Unresolved,
        (_, facts::Answer::OtherDomain(_), _) => Entry::Bad("it is a controller of another domain"),
        (_, _, Some(true)) => Entry::Bad("it is read-only"),
        (Some(true), facts::Answer::Yes, Some(false)) => Entry::Good,
        (_, facts::Answer::No(_), _) => Entry::Bad("it does not answer LDAP"),
        _ => Entry::Unread,
    }
}

/// The PDC emulator of the domain of a partition: the role owner, else the controller that has the role.
fn pdc(case: &Case, partition: &Partition) -> Option<String> {
    let domain = format!("domain:{}", domain_of_dn(&partition.dn)?);
    let evidence = case.scene.evidence;
    let owner = evidence.facts_at::<Fsmo>(&domain).iter().find_map(|fact| fact.data.pdc_host.as_deref().map(host_name));
    owner.or_else(|| {
        let all = evidence.facts::<DcInventory>();
        let pdc = all.iter().find(|fact| fact.record.target.is_in(&domain) && has_role(fact.data, "pdc"))?;
        Some(host_name(&pdc.data.fqdn))
    })
}

fn edit() -> Step {
    Step {
        text: "In the Synchronization Service Manager open the AD connector, Configure Directory Partitions, Domain controller connection settings; enter full DNS names, the PDC emulator first.".to_owned(),
        command: None,
        run_on: Some("sync server".to_owned()),
        needs_rights: Some("ADSyncAdmins".to_owned()),
        restart_needed: Some("ADSync service".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW411".to_owned()),
    }
}

#[cfg(test)]
#[path = "preferred_list_tests.rs"]
mod tests;
