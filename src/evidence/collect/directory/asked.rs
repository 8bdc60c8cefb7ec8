//! What is asked of a domain, in words: for the report's `touched`, and before anything is known for a plan.
//!
//! A search reads `<host>: <base> (<scope>, <filter>): <what for>`.

use super::attempts::Candidate;
use super::room::Room;
use crate::directory::names::{dn_of_domain, dns_name};
use crate::evidence::collect::{Touched, World};
use crate::evidence::{Kind, Vantage};

/// A domain and who is asked about it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Name of a controller.
    pub host: String,
    /// DNS name of the domain.
    pub dns: String,
    /// DN of the domain head.
    pub head: String,
    /// DN of the configuration naming context; what lies there is not asked for without it.
    pub configuration: Option<String>,
    /// In a plan: the domains that stand for themselves, when this one stands for all others.
    others: Option<Vec<String>>,
}

impl Asked {
    /// A domain at a controller that lets us in.
    pub fn at(candidate: &Candidate, domain: &str) -> Asked {
        Asked {
            host: candidate.controller.fqdn.clone(),
            dns: domain.to_owned(),
            head: dn_of_domain(domain),
            configuration: candidate.root.configuration_naming_context.clone(),
            others: None,
        }
    }

    fn name(&self) -> &str {
        match &self.others {
            None => &self.dns,
            Some(others) if others.is_empty() => "the domain",
            Some(_) => "another domain",
        }
    }

    /// True when an object of this domain is looked for here.
    pub fn holds(&self, domain: &str) -> bool {
        self.dns == domain || self.others.as_ref().is_some_and(|others| !others.iter().any(|other| other == domain))
    }

    /// These searches at its controller.
    pub fn touched(&self, searches: Vec<String>) -> Vec<Touched> {
        searches.into_iter().map(|search| Touched::new("ldap", format!("{}: {search}", self.host))).collect()
    }
}

/// A search of one object.
pub fn base(dn: &str, what: &str) -> String {
    format!("{dn} (base): {what}")
}

/// A search of all that lies below an object.
pub fn subtree(dn: &str, filter: &str, what: &str) -> String {
    format!("{dn} (subtree, {filter}): {what}")
}

/// A search of what lies directly below an object.
pub fn one_level(dn: &str, filter: &str, what: &str) -> String {
    format!("{dn} (one level, {filter}): {what}")
}

/// The container of the fine-grained password policies ([MS-ADTS] 6.1.1.4.11.1).
pub fn policy_container(head: &str) -> String {
    format!("CN=Password Settings Container,CN=System,{head}")
}

/// The same of each room, at the controller that is asked first.
pub fn in_rooms(rooms: &[Room], searches: impl Fn(&Asked) -> Vec<String>) -> Vec<Touched> {
    let at = |room: &Room| Some(Asked::at(room.candidates.first()?, &room.domain.display));
    rooms.iter().filter_map(at).flat_map(|asked| asked.touched(searches(&asked))).collect()
}

/// The same of each domain that a run may come to.
pub fn in_plan(world: &World, searches: impl Fn(&Asked) -> Vec<String>) -> Vec<Touched> {
    planned_domains(world).iter().flat_map(|asked| asked.touched(searches(asked))).collect()
}

/// The domains of a plan: those that were named, and one that stands for all that answers may add.
pub fn planned_domains(world: &World) -> Vec<Asked> {
    let settings = &world.settings;
    let configuration = Some("CN=Configuration,<head of the forest's root domain>".to_owned());
    let mut names: Vec<String> = Vec::new();
    for name in settings.domains.iter().filter_map(|name| dns_name(name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let domain = |name: &String| Asked {
        host: format!("<controller of {name}>"),
        dns: name.clone(),
        head: dn_of_domain(name),
        configuration: configuration.clone(),
        others: None,
    };
    let mut domains: Vec<Asked> = names.iter().map(domain).collect();
    let mut sources = vec!["the root of the forest"];
    if may_be_configured(world) {
        sources.insert(0, "those of the connectors");
    }
    if !settings.servers.is_empty() {
        sources.insert(0, "that of a named controller");
    }
    if settings.domains.is_empty() && settings.servers.is_empty() {
        sources.insert(0, "that of this machine");
    }
    let mut rest = domain(&String::new());
    rest.others = Some(names);
    rest.host = format!("<controller of {}>", rest.name());
    rest.head = format!("<head of {}>", rest.name());
    rest.dns = format!("<{}: {}>", rest.name(), sources.join(", "));
    domains.push(rest);
    domains
}

/// The controllers of a plan: those that were named, and those that answers will name.
pub fn planned_controllers(world: &World) -> Vec<String> {
    let which = if world.settings.all_controller { "each controller" } else { "the first 8 controllers" };
    let mut hosts: Vec<String> = world.settings.servers.iter().filter_map(|server| dns_name(server)).collect();
    let of_dns = |asked: &Asked| format!("<{which} and the PDC emulator of {} by _ldap._tcp.dc._msdcs>", asked.name());
    hosts.extend(planned_domains(world).iter().map(of_dns));
    if may_be_configured(world) {
        hosts.push("<preferred or last used controller of a connector>".to_owned());
    }
    hosts
}

/// The configuration of the sync service may name domains, controllers and accounts.
pub fn may_be_configured(world: &World) -> bool {
    world.vantage == Vantage::SyncServer || world.settings.expects.contains(&Kind::AdSyncConfig)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Target;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::collect::directory::collectors;
    use crate::evidence::collect::directory::testing::*;
    use crate::evidence::collect::{Credential, Settings};
    use crate::evidence::{EndpointMap, Fsmo, Os, RootDse, Tcp, User};
    use std::collections::BTreeSet;

    fn own(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Two controllers let us in, the role is decided, the account and a user are found.
    fn known() -> Stage {
        let configuration = Some("CN=Configuration,DC=corp,DC=example".to_owned());
        let root = |name: &str| RootDse {
            root_domain_naming_context: Some("DC=corp,DC=example".to_owned()),
            configuration_naming_context: configuration.clone(),
            ..root_of(name, Some(0))
        };
        let forest = Target::domain("corp.example", Some(&Target::forest("corp.example")));
        let map = EndpointMap { samr_ports: vec![49153], ..EndpointMap::default() };
        let (account, data) = connector_account(Some("MSOL_1"));
        let account = account.inside(&Target::forest("corp.example"));
        let user = User {
            dn: Some("CN=Anna,OU=Staff,DC=corp,DC=example".to_owned()),
            parent_containers: own(&["OU=Staff,DC=corp,DC=example"]),
            ..User::default()
        };
        two()
            .add(&server(), Os::default())
            .add(&dc("dc1"), ldap_port("Connected"))
            .add(&dc("dc1"), Tcp { port: 135, epm: Some(map), ..ldap_port("Connected") })
            .add(&dc("dc2"), ldap_port("Timeout"))
            .add(&Target::dc("dc1.corp.example", &forest), root("dc1"))
            .add(&domain(), Fsmo { pdc_host: Some("dc1.corp.example".to_owned()), ..Fsmo::default() })
            .add(&account, data)
            .add(&Target::user("1", "anna", Some(&domain())), user)
    }

    fn every() -> Vec<Settings> {
        let credential = || Some(Credential::new("operator", b"secret"));
        vec![
            Settings { sample_size: 5, ..corp() },
            Settings {
                servers: own(&["dc1.corp.example"]),
                connector_accounts: own(&["MSOL_1"]),
                identities: own(&["anna", "CORP\\bert", "carl@corp.example", "CN=Dora,OU=Staff,DC=corp,DC=example"]),
                search_base: own(&["OU=Staff,DC=corp,DC=example"]),
                sample_size: 5,
                credential: credential(),
                all_controller: true,
                ..corp()
            },
            Settings { identities: (0..50).map(|number| format!("u{number}")).collect(), ..corp() },
            Settings { servers: own(&["dc1.corp.example"]), sample_size: 5, ..Settings::default() },
        ]
    }

    /// Nothing is touched that the plan does not name (catalog 5): the plan is made without any evidence.
    #[test]
    fn what_is_touched_stands_in_the_plan() {
        let mut kinds = BTreeSet::new();
        for settings in every() {
            let world = world(settings);
            for collector in collectors() {
                let plan = collector.patterns(&world);
                let mut touched: Vec<Touched> = Vec::new();
                for evidence in [two().evidence, both().evidence, known().evidence] {
                    touched.extend(collector.probes(&evidence, &world).into_iter().flat_map(|probe| probe.touches));
                }
                for touched in touched {
                    assert!(plan.iter().any(|item| item.covers(&touched)), "{touched:?} is not in {plan:#?}");
                    kinds.insert((collector.kind(), touched.kind));
                }
            }
        }
        let told: Vec<String> = kinds.iter().map(|(kind, how)| format!("{} {how}", kind.name())).collect();
        let expected = [
            "dns dns",
            "tcp rpc",
            "tcp tcp",
            "rootdse ldap",
            "fsmo ldap",
            "dc-inventory ldap",
            "security-descriptor ldap",
            "token-groups ldap",
            "domain-policy ldap",
            "pso ldap",
            "user ldap",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_named_stands_in_the_plan_by_its_name() {
        let settings = every().remove(1);
        let world = world(settings);
        let plan: Vec<String> =
            collectors().iter().flat_map(|collector| collector.patterns(&world)).map(|it| it.target).collect();
        for expected in [
            "_ldap._tcp.dc._msdcs.corp.example",
            "dc1.corp.example",
            "dc1.corp.example:389",
            "dc1.corp.example:<port of SAM that TCP 135 names>",
            "dc1.corp.example:135 (endpoint map look-up)",
            "dc1.corp.example: rootDSE (base, anonymous)",
            "dc1.corp.example: bind (-Credential, inside TLS)",
            "<each controller and the PDC emulator of corp.example by _ldap._tcp.dc._msdcs>:88",
            "<controller of corp.example>: DC=corp,DC=example (base): password policy",
            "<controller of corp.example>: CN=Password Settings Container,CN=System,DC=corp,DC=example (one level, (objectClass=msDS-PasswordSettings)): fine-grained password policies",
            "<controller of corp.example>: DC=corp,DC=example (subtree, (sAMAccountName=anna)): objectGUID",
            "<controller of corp.example>: DC=corp,DC=example (subtree, (userPrincipalName=carl@corp.example)): objectGUID",
            "<controller of corp.example>: CN=Dora,OU=Staff,DC=corp,DC=example (base): objectGUID",
            "<controller of corp.example>: OU=Staff,DC=corp,DC=example (subtree, (sAMAccountType=805306368)): objectGUID of all users",
            "<controller of corp.example>: CN=AdminSDHolder,CN=System,DC=corp,DC=example (base): nTSecurityDescriptor",
        ] {
            assert!(plan.iter().any(|target| target == expected), "{expected} is not in {plan:#?}");
        }
        let elsewhere = plan.iter().filter(|target| target.contains("another domain"));
        assert!(elsewhere.clone().count() > 5, "other domains are planned");
        assert!(elsewhere.clone().all(|target| !target.contains("Dora") && !target.contains("OU=Staff")));
    }

    #[test]
    fn other_domains_are_those_that_answers_may_name() {
        let told = |settings: Settings| planned_domains(&world(settings)).pop().map(|asked| asked.dns);
        let on_the_server = "those of the connectors, the root of the forest";
        assert_eq!(told(corp()), Some(format!("<another domain: {on_the_server}>")));
        assert_eq!(told(Settings::default()), Some(format!("<the domain: that of this machine, {on_the_server}>")));
        let servers = Settings { servers: own(&["dc1.corp.example"]), ..Settings::default() };
        assert_eq!(told(servers), Some(format!("<the domain: that of a named controller, {on_the_server}>")));
    }
}
