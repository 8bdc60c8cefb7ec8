use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Scene, Step, TargetKind};
use crate::checks::targets;
use crate::directory::Sid;
use crate::evidence::{AdSyncConfig, Connector, Kind, OperatorInput, State, TokenGroups, User};

crate::declare_check! {
    PW501, "The connector account is identified and exists in AD",
    area: Permission, severity: Critical, proof: B, class: Rights,
    target: Account via targets::accounts,
    evidence: [AdSyncConfig, User, OperatorInput],
    runs_at: DomainNetwork,
    remediation: "Name the account with the parameter; or create it anew and enter it in the connector.",
    link: "L-ACC", since: "0.1.0",
    rule: "Pass: the account of the connector, or the one that was named, is exactly one object.
Warn: none was given, but exactly one account has the name or description of the wizard's account: it is used, as a guess.
Fail: the configured account is not found in a directory that was searched to the end.
Unknown: several candidates, or the directory was not readable.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let mut records = case.scene.evidence.records_at(Kind::User, &case.target.key);
    if let Some(record) = records.find(|record| record.state == State::NotFound) {
        return Ok(missing(case, &name).state(record));
    }
    let fact = case.need::<User>()?;
    let user = fact.data;
    let who = match (&user.sam, &user.sid) {
        (Some(sam), Some(sid)) => format!("{} ({})", clean(sam), clean(sid)),
        _ => name.clone(),
    };
    let whole = fact.record.state == State::Ok;
    let judgement = match user.search_count {
        Some(0) if whole => return Ok(missing(case, &name).read(fact.record, "searchCount").or(1)),
        Some(count @ 2..) => Judgement::unknown(
            Reason::Ambiguous,
            format!("{count} accounts fit {name}; name the connector account by its DN or SID."),
        ),
        _ if is_guess(case.scene, user) => guessed(case, &who),
        Some(1) if whole => Judgement::pass(format!("The connector account {who} exists.")),
        _ if !whole => Judgement::unknown(
            Reason::Partial,
            format!("The search for {name} came to no end: a part of the directory was not searched."),
        ),
        _ => Judgement::unknown(Reason::NotCollected, format!("How many accounts fit {name} was not counted.")),
    };
    let judgement = if is_guess(case.scene, user) {
        let sam = user.sam.clone().unwrap_or_default();
        judgement.read(fact.record, "connectorHint").or(false).read(fact.record, "input").or(sam)
    } else {
        judgement
    };
    let judgement = judgement.read(fact.record, "searchCount").or(1).or(2).state(fact.record);
    let judgement = match &user.dn {
        Some(dn) => judgement.with("distinguished name", clean(dn)),
        None => judgement,
    };
    let connectors = connectors_of(case.scene, user);
    Ok(match connectors.is_empty() {
        true => judgement.with("named by the operator", named(case.scene)),
        false => judgement.with("connector", list(connectors.iter().map(|connector| connector.name.as_str()))),
    })
}

/// The accounts that the operator named, for a line of evidence.
fn named(scene: &Scene) -> String {
    let inputs = scene.evidence.facts::<OperatorInput>();
    let names: Vec<&str> =
        inputs.iter().flat_map(|fact| fact.data.connector_accounts.iter().map(String::as_str)).collect();
    if names.is_empty() { "none".to_owned() } else { list(names) }
}

/// Nobody named the account: neither the operator nor a connector.
fn is_guess(scene: &Scene, user: &User) -> bool {
    user.connector_hint && user.input.is_none() && connectors_of(scene, user).is_empty()
}

/// The connectors that sign in with this account. Accounts of several forests may share the name; where the
/// account was looked for as `DOMAIN\name`, the login domain tells them apart.
pub fn connectors_of<'a>(scene: &Scene<'a>, user: &User) -> Vec<&'a Connector> {
    let is = |text: &Option<String>, wanted: Option<&str>| {
        text.as_deref().zip(wanted).is_some_and(|(text, wanted)| text.eq_ignore_ascii_case(wanted))
    };
    let configs = scene.evidence.facts::<AdSyncConfig>().into_iter();
    let connectors = configs.flat_map(|fact| &fact.data.connectors);
    let named: Vec<&Connector> = connectors
        .filter(|connector| connector.kind == "AD" && is(&connector.login_user, user.sam.as_deref()))
        .collect();
    let domain = user.input.as_deref().and_then(|input| input.split_once('\\')).map(|(domain, _)| domain);
    let of_domain: Vec<&Connector> =
        named.iter().copied().filter(|connector| is(&connector.login_domain, domain)).collect();
    if of_domain.is_empty() { named } else { of_domain }
}

/// One candidate is used; of several for one forest none is known to be the one.
fn guessed(case: &Case, who: &str) -> Judgement {
    let own = serves(case.scene, &case.target.key);
    let users = case.scene.evidence.facts::<User>();
    let candidates: Vec<&str> = users
        .iter()
        .filter(|fact| fact.record.target.kind == TargetKind::Account && is_guess(case.scene, fact.data))
        .map(|fact| &fact.record.target)
        .filter(|other| {
            other.key == case.target.key || serves(case.scene, &other.key).iter().any(|at| own.contains(at))
        })
        .map(|other| other.display.as_str())
        .collect();
    let step = Step {
        text: "Read the account of the connector on the sync server, and name it with -ConnectorAccount.".to_owned(),
        command: Some(
            "(Get-ADSyncConnector | Where-Object ConnectorTypeName -eq 'AD').ConnectivityParameters | Where-Object Name -like 'forest-login-*' | Select-Object Name, Value"
                .to_owned(),
        ),
        run_on: Some("sync server".to_owned()),
        verify_with: Some("Test-PasswordWritebackPermission -Check PW501".to_owned()),
        ..Step::default()
    };
    match candidates.len() {
        0 | 1 => Judgement::warn(format!(
            "No connector account was named; {who} is the only one that looks like the account of the wizard, and is taken for it."
        )),
        count => Judgement::unknown(
            Reason::Ambiguous,
            format!("{count} accounts look like the connector account ({}); name the one in use.", list(candidates)),
        ),
    }
    .with("identified by", "name or description (a guess)")
    .step(step)
}

/// The domains that an account was looked at in, and the one that it is in: a candidate of another forest
/// shares none of them.
fn serves(scene: &Scene, key: &str) -> Vec<String> {
    let groups = scene.evidence.facts_at::<TokenGroups>(key).into_iter().map(|fact| fact.data.domain.to_lowercase());
    let users = scene.evidence.facts_at::<User>(key);
    let sids = users.iter().filter_map(|fact| fact.data.sid.as_ref()?.parse::<Sid>().ok()?.domain());
    groups.chain(sids.map(|sid| sid.to_string())).collect()
}

fn missing(case: &Case, name: &str) -> Judgement {
    Judgement::fail(format!("The connector account {name} is not in the directory.")).step(Step {
        text: "Check the name; if the account was deleted, create one with the rights it needs and enter it in the connector (Synchronization Service Manager > Connectors > Properties > Connect to Active Directory Forest)."
            .to_owned(),
        run_on: Some("sync server".to_owned()),
        verify_with: Some(format!("Test-PasswordWritebackPermission -Check {}", case.check.id)),
        ..Step::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACCOUNT, account, member};
    use super::*;
    use crate::catalog::testing::{Stage, server};
    use crate::catalog::{Status, Target};

    fn named(names: &[&str]) -> Stage {
        let connector_accounts = names.iter().map(|name| (*name).to_owned()).collect();
        Stage::with_input(OperatorInput { connector_accounts, ..OperatorInput::default() })
    }

    fn found(count: Option<u32>, hint: bool, input: Option<&str>) -> User {
        User {
            sid: Some(ACCOUNT.to_owned()),
            sam: Some("MSOL_0123456789ab".to_owned()),
            search_count: count,
            connector_hint: hint,
            input: input.map(str::to_owned),
            ..member(&[], false)
        }
    }

    #[test]
    fn a_named_account_passes_and_a_guess_warns() {
        for (names, user, outcome) in [
            (&["svc"][..], found(Some(1), false, Some("svc")), Status::Pass),
            (&["svc"], found(Some(1), true, Some("svc")), Status::Pass),
            (&[], found(Some(1), true, None), Status::Warn),
            (&["svc"], found(Some(0), false, Some("svc")), Status::Fail),
            (&["svc"], found(Some(2), false, Some("svc")), Status::Unknown),
            (&["svc"], found(None, false, Some("svc")), Status::Unknown),
        ] {
            let label = format!("{names:?} {:?} {}", user.search_count, user.connector_hint);
            let judgement = named(names).add(&account(), user).judge_at("PW501", &account().key);
            assert_eq!(judgement.outcome, outcome, "{label}: {}", judgement.message);
        }
    }

    #[test]
    fn the_account_of_a_connector_is_no_guess() {
        let connector = Connector {
            name: "corp.example".to_owned(),
            kind: "AD".to_owned(),
            login_user: Some("msol_0123456789AB".to_owned()),
            ..Connector::default()
        };
        let judgement = Stage::new()
            .add(&server(), AdSyncConfig { connectors: vec![connector], ..AdSyncConfig::default() })
            .add(&account(), found(Some(1), true, None))
            .judge_at("PW501", &account().key);
        assert_eq!(judgement.outcome, Status::Pass, "{}", judgement.message);
        assert!(judgement.evidence.iter().any(|line| line.name == "connector" && line.value == "corp.example"));
    }

    #[test]
    fn accounts_of_one_name_are_told_apart_by_the_login_domain() {
        let connector = |domain: &str| Connector {
            name: format!("connector of {domain}"),
            kind: "AD".to_owned(),
            login_user: Some("svc".to_owned()),
            login_domain: Some(domain.to_owned()),
            ..Connector::default()
        };
        let config = AdSyncConfig { connectors: ["CORP", "OTHER"].map(connector).to_vec(), ..AdSyncConfig::default() };
        for (input, expected) in [
            (Some("other\\svc"), "connector of OTHER"),
            (Some("CORP\\svc"), "connector of CORP"),
            (Some("svc"), "connector of CORP, connector of OTHER"),
            (None, "connector of CORP, connector of OTHER"),
        ] {
            let user = User { sam: Some("svc".to_owned()), ..found(Some(1), false, input) };
            let stage = Stage::new().add(&server(), config.clone()).add(&account(), user);
            let judgement = stage.judge_at("PW501", &account().key);
            let line = judgement.evidence.iter().find(|line| line.name == "connector");
            assert_eq!(line.map(|line| line.value.as_str()), Some(expected), "{input:?}");
        }
    }

    #[test]
    fn of_several_candidates_none_is_taken() {
        let second = Target::account("S-1-5-21-1-2-3-1106", "CORP\\MSOL_2");
        let stage = Stage::new().add(&account(), found(Some(1), true, None)).add(&second, found(Some(1), true, None));
        for (target, judgement) in stage.judge("PW501") {
            assert_eq!(judgement.reason, Some(Reason::Ambiguous), "{}", target.key);
        }
    }

    #[test]
    fn a_candidate_of_another_forest_is_no_rival() {
        let other = Target::account("S-1-5-21-9-9-9-1105", "OTHER\\MSOL_2");
        let elsewhere = User { sid: Some("S-1-5-21-9-9-9-1105".to_owned()), ..found(Some(1), true, None) };
        let stage = Stage::new().add(&account(), found(Some(1), true, None)).add(&other, elsewhere);
        for (target, judgement) in stage.judge("PW501") {
            assert_eq!(judgement.outcome, Status::Warn, "{}", target.key);
        }
        let domain = || TokenGroups { domain: "corp.example".to_owned(), ..TokenGroups::default() };
        let stage = stage.add(&account(), domain()).add(&other, domain());
        assert_eq!(stage.judge_at("PW501", &other.key).reason, Some(Reason::Ambiguous));
    }

    #[test]
    fn only_a_search_to_the_end_proves_that_it_is_missing() {
        for (state, outcome) in
            [(State::NotFound, Status::Fail), (State::AccessDenied, Status::Unknown), (State::Timeout, Status::Unknown)]
        {
            let stage = named(&["svc"]).add_failed(&account(), Kind::User, state, "ldap");
            assert_eq!(stage.judge_at("PW501", &account().key).outcome, outcome, "{state:?}");
        }
    }
}
