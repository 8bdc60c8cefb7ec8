use super::facts::{self, answers_ldap, inventory, is_read_only};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{AdSyncConfig, Connector, Dns, Fsmo, Partition};

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
Warn: the list is fine but the PDC emulator is not in it (Connect still contacts it, so keep PW403 green for it); or one of several entries is bad in another way.
Pass: every entry is an FQDN that resolves and is a writable controller of that domain, and the PDC emulator is in the list.
onlyPreferred is an inference from the connector's failover setting; not known = judged without it.",
}

fn judge(case: &Case) -> Answer {
    let connector = connector(case).ok_or_else(|| {
        Judgement::unknown(
            Reason::NotCollected,
            format!("The configuration of {} was not collected.", case.target.display),
        )
    })?;
    let listed = connector
        .partitions
        .iter()
        .filter(|partition| partition.selected != Some(false) && !partition.preferred_dcs.is_empty());
    let answers: Vec<Judgement> = listed.map(|partition| partition_list(case, partition)).collect();
    // The worst partition speaks for the connector; order of severity: Fail, Warn, Unknown, Pass.
    let weight = |judgement: &Judgement| match judgement.outcome {
        crate::catalog::Status::Fail => 0,
        crate::catalog::Status::Warn => 1,
        crate::catalog::Status::Unknown => 2,
        _ => 3,
    };
    Ok(answers.into_iter().min_by_key(weight).unwrap_or_else(|| {
        Judgement::not_applicable(
            Reason::NotConfigured,
            format!("{} has no preferred controllers.", case.target.display),
        )
    }))
}

fn connector<'a>(case: &Case<'a>) -> Option<&'a Connector> {
    let key = &case.target.key;
    let configs = case.scene.evidence.facts::<AdSyncConfig>();
    configs
        .iter()
        .flat_map(|fact| &fact.data.connectors)
        .find(|connector| *key == format!("connector:{}", connector.name.to_lowercase()))
}

/// What is wrong with one entry, if anything; `None` in `Some` place = not known.
enum Entry {
    Good,
    SingleLabel,
    Unresolved,
    Bad(String),
    Unread,
}

fn partition_list(case: &Case, partition: &Partition) -> Judgement {
    let names: Vec<String> =
        partition.preferred_dcs.iter().map(|name| name.trim().trim_end_matches('.').to_lowercase()).collect();
    let entries: Vec<Entry> = names.iter().map(|name| entry(case, name)).collect();
    let shown = list(names.iter().map(String::as_str));
    let find = |wanted: fn(&Entry) -> bool| entries.iter().position(wanted).map(|index| clean(&names[index]));
    let all = |wanted: fn(&Entry) -> bool| entries.iter().all(wanted);
    let dn = clean(&partition.dn);
    let describe = |judgement: Judgement| judgement.with("partition", &dn).with("preferred controllers", &shown);
    let fix = |judgement: Judgement| describe(judgement).step(edit());

    if let Some(name) = find(|entry| matches!(entry, Entry::SingleLabel)) {
        return fix(Judgement::fail(format!(
            "The preferred controller '{name}' of {dn} is a NetBIOS name; the engine then fails with 80230818. Enter its full DNS name."
        )));
    }
    if all(|entry| matches!(entry, Entry::Unresolved)) {
        return fix(Judgement::fail(format!("No preferred controller of {dn} resolves: {shown}.")));
    }
    let silent = |name: &String| matches!(answers_ldap(case.scene, &format!("dc:{name}")), facts::Answer::No(_));
    if partition.only_preferred == Some(true) && names.iter().all(silent) {
        return fix(Judgement::fail(format!(
            "Only preferred controllers may be used for {dn}, and none of them answers LDAP: {shown}."
        )));
    }
    if let Some(name) = find(|entry| matches!(entry, Entry::Unresolved | Entry::Bad(_))) {
        let why = entries.iter().find_map(|entry| match entry {
            Entry::Bad(why) => Some(why.clone()),
            Entry::Unresolved => Some("it does not resolve".to_owned()),
            _ => None,
        });
        return fix(Judgement::warn(format!(
            "The preferred controller {name} of {dn} is not usable: {}.",
            why.unwrap_or_default()
        )));
    }
    if entries.iter().any(|entry| matches!(entry, Entry::Unread)) {
        return describe(Judgement::unknown(
            Reason::Partial,
            format!("Not every preferred controller of {dn} was looked at."),
        ));
    }
    match pdc(case, &names) {
        None => describe(Judgement::unknown(
            Reason::Partial,
            format!("Which controller is the PDC emulator of {dn} is not known."),
        )),
        Some(pdc) if names.contains(&pdc) => describe(Judgement::pass(format!(
            "The preferred controllers of {dn} are usable, the PDC emulator is among them."
        ))),
        Some(pdc) => fix(Judgement::warn(format!(
            "The PDC emulator {} is not in the preferred list of {dn}; Connect contacts it all the same.",
            clean(&pdc)
        ))),
    }
}

fn entry(case: &Case, name: &str) -> Entry {
    if !name.contains('.') {
        return Entry::SingleLabel;
    }
    let key = format!("dc:{name}");
    match case.scene.evidence.facts_at::<Dns>(&key).first() {
        None => return Entry::Unread,
        Some(fact) if fact.data.answers.is_empty() => return Entry::Unresolved,
        Some(_) => {}
    }
    match is_read_only(case.scene, &key) {
        Some(true) => Entry::Bad("it is read-only".to_owned()),
        Some(false) => Entry::Good,
        None if matches!(answers_ldap(case.scene, &key), facts::Answer::No(_)) => {
            Entry::Bad("it does not answer LDAP".to_owned())
        }
        None => Entry::Unread,
    }
}

/// The PDC emulator of the domain that the listed controllers belong to.
fn pdc(case: &Case, names: &[String]) -> Option<String> {
    let domain = names.iter().find_map(|name| Some(inventory(case.scene, &format!("dc:{name}"))?.domain.clone()))?;
    let fsmo = case.scene.evidence.facts_at::<Fsmo>(&format!("domain:{domain}"));
    fsmo.iter().find_map(|fact| fact.data.pdc_host.clone())
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
mod tests {
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::catalog::{Status, Target};
    use crate::checks::directory::testing::*;

    fn stage(preferred: &[&str], only: Option<bool>) -> Stage {
        let partition = Partition {
            dn: "DC=corp,DC=example".to_owned(),
            preferred_dcs: preferred.iter().map(|name| (*name).to_owned()).collect(),
            only_preferred: only,
            ..Partition::default()
        };
        let connector = Connector {
            name: "corp.example".to_owned(),
            kind: "AD".to_owned(),
            partitions: vec![partition],
            ..Connector::default()
        };
        let fsmo = Fsmo { pdc_host: Some("dc1.corp.example".to_owned()), ..Fsmo::default() };
        healthy().add(&server(), AdSyncConfig { version: None, connectors: vec![connector] }).add(&domain(), fsmo)
    }

    fn resolved(stage: Stage) -> Stage {
        stage.add(&dc1(), addresses(&["192.0.2.1"])).add(&dc2(), addresses(&["192.0.2.2"]))
    }

    fn at(stage: Stage) -> Judgement {
        stage.judge_at("PW411", &Target::connector("corp.example", &server()).key)
    }

    #[test]
    fn the_list_decides() {
        let none = (Status::NotApplicable, Some(Reason::NotConfigured));
        for (stage, expected) in [
            (stage(&[], None), none),
            (resolved(stage(&["dc1.corp.example", "dc2.corp.example"], None)), PASS),
            (resolved(stage(&["DC1.corp.example."], Some(true))), PASS),
            (resolved(stage(&["dc2.corp.example"], None)), WARN),
            (resolved(stage(&["DC1"], None)), FAIL),
            (stage(&["dc1.corp.example"], None).add(&dc1(), addresses(&[])), FAIL),
            (
                stage(&["dc1.corp.example", "dc2.corp.example"], None)
                    .add(&dc1(), addresses(&["192.0.2.1"]))
                    .add(&dc2(), addresses(&[])),
                WARN,
            ),
            (stage(&["dc1.corp.example"], None), unknown(Reason::Partial)),
        ] {
            let judgement = at(stage);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn only_preferred_and_all_silent_is_a_failure() {
        let dead = |only| {
            let dc3 = Target::dc("dc3.corp.example", &domain());
            stage(&["dc3.corp.example"], only).add(&dc3, addresses(&["192.0.2.3"])).add(&dc3, tcp(389, "Timeout"))
        };
        assert_eq!(verdict(&at(dead(Some(true)))), FAIL);
        assert_eq!(verdict(&at(dead(None))), WARN);
    }
}
