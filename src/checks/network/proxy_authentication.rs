use super::facts::{self, Path, host_name};
use super::fields;
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Proof, Reason, Step};
use crate::checks::targets;
use crate::evidence::{Fact, Http, Kind, MachineConfig, ProxyConfig, Services};

crate::declare_check! {
    PW305, "An authenticating proxy is configured in the supported way",
    area: Network, severity: High, proof: B, class: Proxy,
    target: Server via targets::server,
    evidence: [Http, ProxyConfig, Services],
    runs_at: SyncServer,
    remediation: "Exempt the server from authentication, or set useDefaultCredentials and run ADSync under a domain service account; restart ADSync.",
    link: "L-PRE", since: "0.1.0",
    rule: "NotApplicable: no CONNECT was answered with 407.
Pass: 407 was seen, machine.config has the proxy enabled with useDefaultCredentials true, and ADSync runs under a domain user, gMSA or sMSA (the tool did not authenticate as the service).
Fail: 407, and the proxy is not enabled or useDefaultCredentials is not true; or the service account is a virtual, local or LocalSystem account.
Warn (proof C): 407, and no Fail rule fits because machine.config or the service account could not be read or does not exist (not Windows).
Unknown: the service uses a proxy, or its setting is not known, and no CONNECT was read.
An absent attribute `enabled` counts as its default, true; an absent useDefaultCredentials as false (.NET, <defaultProxy>).",
}

fn judge(case: &Case) -> Answer {
    let asking = asking_hosts(case)?;
    let fact = case.need::<ProxyConfig>().ok();
    let config = fact.map(|fact| fact.data);
    let machine = config.and_then(|config| config.machine_config.as_ref());
    let account = config.and_then(|config| config.service_account_kind.as_deref());
    let judgement = match (machine.map(passes_credentials), account.map(can_authenticate)) {
        (Some(false), _) => Judgement::fail(
            "The proxy wants credentials (407), and machine.config does not let .NET send those of the service \
             account.",
        )
        .rule("useDefaultCredentials is not true")
        .step(set_machine_config()),
        (_, Some(Some(false))) => Judgement::fail(format!(
            "The proxy wants credentials (407), and ADSync runs under an account that has none in the domain ({}).",
            clean(account.unwrap_or_default())
        ))
        .rule("the service account is a virtual")
        .step(change_account()),
        (Some(true), Some(Some(true))) => Judgement::pass(
            "The proxy wants credentials (407) and the service is set up to send them; the tool did not sign in \
             to the proxy as the service.",
        ),
        _ => Judgement::warn(
            "The proxy wants credentials (407); whether the service sends any could not be read from \
             machine.config and its account.",
        )
        .proof(Proof::C),
    };
    let judgement = judgement.said("hosts answered with 407", asking.len());
    let judgement = match fact {
        Some(fact) => because(judgement, fact),
        None => judgement.said(Kind::ProxyConfig.name(), "not collected"),
    };
    Ok(describe(case, judgement, &asking, machine, account))
}

fn because(judgement: Judgement, fact: Fact<ProxyConfig>) -> Judgement {
    let judgement = match fact.data.machine_config {
        Some(_) => judgement
            .read(fact.record, "machineConfig.present")
            .or(true)
            .read(fact.record, "machineConfig.enabled")
            .or(true)
            .or(false)
            .read(fact.record, "machineConfig.useDefaultCredentials")
            .or(true)
            .or(false),
        None => judgement.read(fact.record, "machineConfig"),
    };
    judgement.read(fact.record, "serviceAccountKind").or("Gmsa").or("LocalSystem")
}

/// Hosts for which the proxy answered 407. Without one there is nothing to judge; without an answer of
/// the proxy nobody knows.
fn asking_hosts<'a>(case: &Case<'a>) -> Result<Vec<&'a str>, Judgement> {
    let evidence = case.scene.evidence;
    let mut asked = false;
    let mut hosts: Vec<&str> = Vec::new();
    for record in evidence.records_of(Kind::Http).filter(|record| record.target.is_in(&case.target.key)) {
        let Some(http) = record.fact::<Http>().filter(|fact| fact.data.stage == "ProxyConnect") else { continue };
        asked = true;
        let name = host_name(&record.target);
        if http.data.status == Some(407) && !hosts.contains(&name) {
            hosts.push(name);
        }
    }
    if !hosts.is_empty() {
        return Ok(hosts);
    }
    match facts::path(case.scene, case.target) {
        Path::Unread if !asked => Err(facts::unread_path(case)),
        Path::Proxy(_) if !asked => {
            let unread = evidence
                .records_of(Kind::Http)
                .find(|record| record.target.is_in(&case.target.key) && record.fact::<Http>().is_none());
            Err(unread.map(Judgement::unreadable).unwrap_or_else(|| facts::missing::<Http>(case)))
        }
        _ => Err(fields::path(
            Judgement::not_applicable(Reason::NotConfigured, "No proxy asked for credentials (407).")
                .said("hosts answered with 407", 0),
            case.scene,
            case.target,
        )
        .or("explicit")),
    }
}

/// machine.config has .NET use the proxy with the credentials of the account (defaults of
/// `<defaultProxy>`: enabled is true, useDefaultCredentials is false).
fn passes_credentials(machine: &MachineConfig) -> bool {
    machine.present && machine.enabled != Some(false) && machine.use_default_credentials == Some(true)
}

/// Whether an account of this kind can authenticate to a proxy; `None` for a kind that is not known.
fn can_authenticate(kind: &str) -> Option<bool> {
    match kind {
        "DomainUser" | "Gmsa" | "Smsa" => Some(true),
        "Virtual" | "LocalUser" | "LocalSystem" => Some(false),
        _ => None,
    }
}

fn describe(
    case: &Case,
    mut judgement: Judgement,
    asking: &[&str],
    machine: Option<&MachineConfig>,
    account: Option<&str>,
) -> Judgement {
    let setting = |value: Option<bool>| value.map_or("absent".to_owned(), |value| value.to_string());
    judgement = judgement.with("407 for", list(asking.iter().copied()));
    judgement = match machine {
        Some(machine) if machine.present => judgement
            .with("machine.config enabled", setting(machine.enabled))
            .with("machine.config useDefaultCredentials", setting(machine.use_default_credentials)),
        Some(_) => judgement.with("machine.config", "no defaultProxy element"),
        None => judgement.with("machine.config", "not read"),
    };
    judgement = judgement.with("kind of service account", clean(account.unwrap_or("not read")));
    let services = case.facts::<Services>();
    let adsync = services.iter().flat_map(|fact| &fact.data.services).find(|s| s.name.eq_ignore_ascii_case("ADSync"));
    match adsync.and_then(|service| service.account.as_deref()) {
        Some(account) => judgement.with("service account", clean(account)),
        None => judgement,
    }
}

fn set_machine_config() -> Step {
    Step {
        text: "Set <defaultProxy enabled=\"true\" useDefaultCredentials=\"true\"> in machine.config of the \
         64-bit framework, or exempt the server from authentication on the proxy."
            .to_owned(),
        command: Some("notepad $env:windir\\Microsoft.NET\\Framework64\\v4.0.30319\\Config\\machine.config".to_owned()),
        run_on: Some("sync server".to_owned()),
        needs_rights: Some("local administrator".to_owned()),
        restart_needed: Some("ADSync".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW305".to_owned()),
    }
}

fn change_account() -> Step {
    Step {
        text: "Run ADSync under a domain service account (gMSA preferred), or exempt the server from \
         authentication on the proxy."
            .to_owned(),
        run_on: Some("sync server".to_owned()),
        needs_rights: Some("local administrator".to_owned()),
        restart_needed: Some("ADSync".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW305".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::testing::{Stage, server};
    use crate::catalog::{Judgement, Proof, Reason};
    use crate::checks::network::testing::*;
    use crate::evidence::{Kind, MachineConfig, OperatorInput, ProxyConfig, State};

    fn machine(present: bool, enabled: Option<bool>, credentials: Option<bool>) -> Option<MachineConfig> {
        Some(MachineConfig { present, enabled, use_default_credentials: credentials, ..Default::default() })
    }

    fn judge(stage: &Stage) -> Judgement {
        stage.judge_at("PW305", &server().key)
    }

    #[test]
    fn rule_by_machine_config_and_account_after_a_407() {
        let good = || machine(true, Some(true), Some(true));
        let rows = [
            (good(), Some("DomainUser"), PASS),
            (good(), Some("Gmsa"), PASS),
            (good(), Some("Smsa"), PASS),
            (machine(true, None, Some(true)), Some("Gmsa"), PASS),
            (machine(true, Some(false), Some(true)), Some("Gmsa"), FAIL),
            (machine(true, Some(true), Some(false)), Some("Gmsa"), FAIL),
            (machine(true, Some(true), None), Some("Gmsa"), FAIL),
            (machine(false, None, None), Some("Gmsa"), FAIL),
            (machine(false, None, None), None, FAIL),
            (good(), Some("Virtual"), FAIL),
            (good(), Some("LocalUser"), FAIL),
            (None, Some("LocalSystem"), FAIL),
            (None, Some("DomainUser"), WARN),
            (good(), Some("Unknown"), WARN),
            (good(), Some("a kind of the future"), WARN),
            (good(), None, WARN),
            (None, None, WARN),
        ];
        for (machine_config, account, expected) in rows {
            let config = ProxyConfig {
                machine_config: machine_config.clone(),
                service_account_kind: account.map(str::to_owned),
                effective_for_service: effective("explicit"),
                ..Default::default()
            };
            let judgement = judge(&with_config(config).add(&relay(), connect("407")).add(&relay(), connect("200")));
            assert_eq!(verdict(&judgement), expected, "{machine_config:?} {account:?}: {}", judgement.message);
            assert_eq!(judgement.proof, (expected == WARN).then_some(Proof::C));
        }
    }

    #[test]
    fn without_a_407_there_is_nothing_to_judge() {
        let nothing = not_applicable(Reason::NotConfigured);
        assert_eq!(verdict(&judge(&stage("explicit").add(&relay(), connect("200")))), nothing);
        assert_eq!(verdict(&judge(&stage("explicit").add(&relay(), connect("403")))), nothing);
        assert_eq!(verdict(&judge(&stage("none"))), nothing);
        assert_eq!(verdict(&judge(&stage("pac").add(&relay(), get("/", Some(407))))), nothing);
    }

    #[test]
    fn a_proxy_that_was_not_asked_is_unknown() {
        assert_eq!(verdict(&judge(&stage("explicit"))), unknown(Reason::NotCollected));
        let cut = stage("explicit").add_failed(&relay(), Kind::Http, State::Timeout, "deadline");
        assert_eq!(verdict(&judge(&cut)), unknown(Reason::Timeout));
        assert_eq!(verdict(&judge(&Stage::with_input(OperatorInput::default()))), unknown(Reason::NotCollected));
    }
}
