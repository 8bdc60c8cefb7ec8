//! Which domains and which controllers are in question, from the evidence so far. Names that the
//! directory or DNS gave are untrusted: what is no host name is left out.

use super::controller_ports::MOST_ADDRESSES;
use crate::catalog::{Target, TargetKind};
use crate::directory::names::{dns_name, domain_of_dn, site_of_server};
use crate::evidence::collect::World;
use crate::evidence::{AdSyncConfig, Connector, Dns, Evidence, Fsmo, Kind, Os, Record, RootDse, State, Tcp};

/// Controllers without a role that are looked at all the same; more with `-AllController`.
const MOST_OTHERS: usize = 8;

/// The LDAP port that a controller must answer on.
pub const LDAP: u16 = 389;

/// Locator records ([MS-ADTS] 6.3.2.3).
pub const CONTROLLERS: &str = "_ldap._tcp.dc._msdcs.";
pub const ROLE_OWNER: &str = "_ldap._tcp.pdc._msdcs.";

/// A controller, its domain, and what the configuration of the sync service says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    pub fqdn: String,
    /// Unknown as long as a controller that was only named has not answered.
    pub domain: Option<Target>,
    pub target: Target,
    pub preferred: bool,
    pub last: bool,
    pub in_site: bool,
}

impl Controller {
    fn new(fqdn: &str, domain: Option<&Target>) -> Controller {
        let unknown =
            || Target { kind: TargetKind::Dc, key: format!("dc:{fqdn}"), display: fqdn.to_owned(), within: [].into() };
        Controller {
            fqdn: fqdn.to_owned(),
            domain: domain.cloned(),
            target: domain.map_or_else(unknown, |domain| Target::dc(fqdn, domain)),
            preferred: false,
            last: false,
            in_site: false,
        }
    }

    /// DNS name of the domain, where it is known.
    pub fn domain_name(&self) -> Option<&str> {
        self.domain.as_ref().map(|domain| domain.display.as_str())
    }

    pub fn is_of(&self, domain: &Target) -> bool {
        self.domain.as_ref().is_some_and(|own| own.key == domain.key)
    }
}

/// Connectors to a forest of Active Directory.
pub fn connectors(evidence: &Evidence) -> impl Iterator<Item = &Connector> {
    let configurations = evidence.facts::<AdSyncConfig>().into_iter();
    configurations.flat_map(|fact| &fact.data.connectors).filter(|connector| connector.kind.eq_ignore_ascii_case("ad"))
}

/// Domains that a connector synchronises. Application partitions of DNS look like domains.
fn selected(connector: &Connector) -> impl Iterator<Item = String> + '_ {
    let partitions = connector.partitions.iter();
    let wanted = partitions.filter(|partition| partition.selected != Some(false) && partition.is_domain != Some(false));
    wanted
        .filter_map(|partition| domain_of_dn(&partition.dn))
        .filter(|name| !name.starts_with("domaindnszones.") && !name.starts_with("forestdnszones."))
}

/// Whether a connector synchronises a domain; `None` without a configuration.
pub fn is_selected(evidence: &Evidence, domain: &Target) -> Option<bool> {
    evidence.facts::<AdSyncConfig>().first()?;
    Some(connectors(evidence).any(|connector| selected(connector).any(|name| name == domain.display)))
}

/// What the controllers that answered say of themselves: (domain, forest root).
fn answered(evidence: &Evidence) -> Vec<(&Record, String, Option<String>)> {
    let facts = evidence.facts::<RootDse>().into_iter();
    facts
        .filter_map(|fact| {
            let domain = fact.data.default_naming_context.as_deref().and_then(domain_of_dn)?;
            let root = fact.data.root_domain_naming_context.as_deref().and_then(domain_of_dn);
            Some((fact.record, domain, root))
        })
        .collect()
}

fn named_servers(world: &World) -> Vec<String> {
    world.settings.servers.iter().filter_map(|server| dns_name(server)).collect()
}

/// Domains to examine: the named ones, those of the connectors, those of the named controllers, and the
/// root of each forest (Connect needs it, PW420); the machine's own when nothing is named.
pub fn domains(evidence: &Evidence, world: &World) -> Vec<Target> {
    let settings = &world.settings;
    let mut names: Vec<String> = settings.domains.iter().filter_map(|name| dns_name(name)).collect();
    let mut forests: Vec<(String, String)> = Vec::new();
    for connector in connectors(evidence) {
        let own: Vec<String> = selected(connector).collect();
        if let Some(root) = connector.forest.as_deref().and_then(dns_name) {
            forests.extend(own.iter().map(|domain| (domain.clone(), root.clone())));
        }
        names.extend(own);
    }
    if settings.domains.is_empty() && settings.servers.is_empty() {
        let joined = evidence.facts::<Os>().into_iter().filter(|fact| fact.data.domain_joined != Some(false));
        names.extend(joined.filter_map(|fact| dns_name(fact.data.domain.as_deref()?)));
    }
    let servers = named_servers(world);
    for (record, domain, root) in answered(evidence) {
        if servers.iter().any(|server| record.target.key == format!("dc:{server}")) {
            names.push(domain.clone());
        }
        forests.extend(root.map(|root| (domain, root)));
    }
    let roots = forests.iter().filter(|(domain, _)| names.contains(domain)).map(|(_, root)| root.clone());
    names.extend(roots.collect::<Vec<_>>());
    forests.extend(
        names
            .iter()
            .filter(|name| forests.iter().any(|(_, root)| root == *name))
            .map(|n| (n.clone(), n.clone()))
            .collect::<Vec<_>>(),
    );
    let mut domains: Vec<Target> = Vec::new();
    for name in names {
        let root = forests.iter().find(|(domain, _)| *domain == name).map(|(_, root)| Target::forest(root));
        let target = Target::domain(&name, root.as_ref());
        if !domains.iter().any(|known| known.key == target.key) {
            domains.push(target);
        }
    }
    domains
}

/// Controllers to examine: role owner, preferred, last used, named, those of the own site, and some others.
pub fn controllers(evidence: &Evidence, world: &World) -> Vec<Controller> {
    let domains = domains(evidence, world);
    let mut all: Vec<Controller> = Vec::new();
    for domain in &domains {
        let mut own: Vec<Controller> = Vec::new();
        let mut add = |fqdn: &str, mark: fn(&mut Controller)| match own.iter_mut().find(|known| known.fqdn == fqdn) {
            Some(known) => mark(known),
            None => {
                let mut new = Controller::new(fqdn, Some(domain));
                mark(&mut new);
                own.push(new);
            }
        };
        for partition in connectors(evidence).flat_map(|connector| &connector.partitions) {
            if domain_of_dn(&partition.dn).as_deref() == Some(domain.display.as_str()) {
                partition
                    .preferred_dcs
                    .iter()
                    .filter_map(|name| dns_name(name))
                    .for_each(|name| add(&name, |it| it.preferred = true));
                partition
                    .last_dc
                    .iter()
                    .filter_map(|name| dns_name(name))
                    .for_each(|name| add(&name, |it| it.last = true));
            }
        }
        for fact in evidence.facts_at::<Fsmo>(&domain.key) {
            fact.data.pdc_host.iter().filter_map(|host| dns_name(host)).for_each(|host| add(&host, |_| {}));
        }
        located(evidence, domain, ROLE_OWNER).iter().for_each(|host| add(host, |_| {}));
        if let Some(service) = site_service(evidence) {
            located(evidence, domain, &service).iter().for_each(|host| add(host, |it| it.in_site = true));
        }
        let most = if world.settings.all_controller { usize::MAX } else { MOST_OTHERS };
        located(evidence, domain, CONTROLLERS).iter().take(most).for_each(|host| add(host, |_| {}));
        all.append(&mut own);
    }
    for server in named_servers(world) {
        if !all.iter().any(|known| known.fqdn == server) {
            all.push(Controller::new(&server, domain_of_server(evidence, &domains, &server)));
        }
    }
    let site = evidence.facts::<Os>().into_iter().find_map(|fact| fact.data.ad_site.clone());
    for controller in all.iter_mut().filter(|controller| !controller.in_site) {
        let own = root_dse(evidence, controller).and_then(|root| site_of_server(root.server_name.as_deref()?));
        controller.in_site = site.is_some() && own == site;
    }
    all
}

/// The domain of a controller that was named: by its own word, by DNS, or (for a controller of a domain
/// that is examined anyway) by its name.
fn domain_of_server<'d>(evidence: &Evidence, domains: &'d [Target], server: &str) -> Option<&'d Target> {
    let key = format!("dc:{server}");
    let by_itself = answered(evidence).into_iter().find(|(record, _, _)| record.target.key == key);
    if let Some((_, domain, _)) = by_itself {
        return domains.iter().find(|known| known.display == domain);
    }
    let by_dns = domains.iter().find(|domain| located(evidence, domain, CONTROLLERS).iter().any(|host| host == server));
    by_dns.or_else(|| {
        let below = |domain: &&Target| server.strip_suffix(&domain.display).is_some_and(|host| host.ends_with('.'));
        domains.iter().filter(below).max_by_key(|domain| domain.display.len())
    })
}

/// Locator record of the machine's own site, where it is known.
pub fn site_service(evidence: &Evidence) -> Option<String> {
    let site = evidence.facts::<Os>().into_iter().find_map(|fact| dns_name(fact.data.ad_site.as_deref()?))?;
    Some(format!("_ldap._tcp.{site}._sites.dc._msdcs."))
}

/// Hosts of an SRV record of a domain, by priority, weight (heavier first) and name ([RFC 2782]).
pub fn located(evidence: &Evidence, domain: &Target, prefix: &str) -> Vec<String> {
    let name = format!("{prefix}{}", domain.display);
    let records = evidence.facts_at::<Dns>(&domain.key);
    let mut answers: Vec<_> =
        records.iter().filter(|fact| fact.data.name == name).flat_map(|fact| &fact.data.answers).collect();
    answers.sort_by_key(|answer| (answer.priority, std::cmp::Reverse(answer.weight), answer.value.clone()));
    answers.iter().filter_map(|answer| dns_name(&answer.value)).collect()
}

/// The rootDSE of a controller that answered.
pub fn root_dse<'e>(evidence: &'e Evidence, controller: &Controller) -> Option<&'e RootDse> {
    evidence.fact_at::<RootDse>(&controller.target.key).map(|fact| fact.data)
}

/// True when it is known whether LDAP on this controller answers: it did, or its chain ended before.
pub fn is_decided(evidence: &Evidence, controller: &Controller) -> bool {
    let key = &controller.target.key;
    if evidence.records_at(Kind::RootDse, key).next().is_some() {
        return true;
    }
    let Some(addresses) = evidence.records_at(Kind::Dns, key).next() else { return false };
    let count = addresses.fact::<Dns>().map_or(0, |fact| fact.data.answers.len());
    // A probe that was lost says of no port what it is; it counts, so that the chain ends.
    let is_ldap =
        |record: &&Record| record.state != State::Ok || record.fact::<Tcp>().is_some_and(|fact| fact.data.port == LDAP);
    let tried: Vec<_> = evidence.records_at(Kind::Tcp, key).filter(is_ldap).collect();
    let connected = tried.iter().any(|record| record.fact::<Tcp>().is_some_and(|fact| fact.data.result == "Connected"));
    !connected && tried.len() >= count.min(MOST_ADDRESSES)
}

/// True when the answer to a locator record of a domain is there. A probe that was lost does not say which
/// record it was for; it counts, so that the chain ends.
pub fn was_asked(evidence: &Evidence, domain: &Target, prefix: &str) -> bool {
    let name = format!("{prefix}{}", domain.display);
    let is_it = |record: &Record| record.fact::<Dns>().is_none_or(|fact| fact.data.name == name);
    evidence.records_at(Kind::Dns, &domain.key).any(is_it)
}

/// True when every controller of a domain is decided, and the domain was located.
pub fn all_decided(evidence: &Evidence, world: &World, domain: &Target) -> bool {
    was_asked(evidence, domain, CONTROLLERS)
        && was_asked(evidence, domain, ROLE_OWNER)
        && controllers(evidence, world)
            .iter()
            .filter(|controller| controller.is_of(domain))
            .all(|controller| is_decided(evidence, controller))
}

/// True as long as the configuration of the sync service may still come: roles rest on it.
pub fn awaits_configuration(evidence: &Evidence, world: &World) -> bool {
    world.settings.expects.contains(&Kind::AdSyncConfig) && evidence.records_of(Kind::AdSyncConfig).next().is_none()
}
