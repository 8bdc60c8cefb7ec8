//! Which domains and which controllers are in question, from the evidence so far.

use super::names::{dns_name, domain_of_dn};
use crate::catalog::Target;
use crate::evidence::collect::World;
use crate::evidence::{AdSyncConfig, Dns, Evidence, Fsmo, Kind, Os, RootDse, State, Tcp};

/// Controllers without a role that are looked at all the same; more with `-AllController`.
const MOST_OTHERS: usize = 8;

/// The LDAP port that a controller must answer on.
pub const LDAP: u16 = 389;

/// A controller, its domain, and what the configuration of the sync service says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    pub fqdn: String,
    pub domain: Target,
    pub target: Target,
    pub preferred: bool,
    pub last: bool,
}

/// Domains to examine: the named ones and those of the connectors; the machine's own when none is named.
pub fn domains(evidence: &Evidence, world: &World) -> Vec<Target> {
    let settings = &world.settings;
    let mut names: Vec<String> = settings.domains.iter().filter_map(|name| dns_name(name)).collect();
    for config in evidence.facts::<AdSyncConfig>() {
        let partitions = config.data.connectors.iter().flat_map(|connector| &connector.partitions);
        let selected =
            partitions.filter(|partition| partition.selected != Some(false) && partition.is_domain != Some(false));
        names.extend(selected.filter_map(|partition| domain_of_dn(&partition.dn)));
    }
    // A controller that was named without a domain: its name says which one, as for nearly every forest.
    if names.is_empty() {
        names.extend(settings.servers.iter().filter_map(|server| suffix(server)));
    }
    if names.is_empty() {
        names.extend(evidence.facts::<Os>().into_iter().filter_map(|fact| dns_name(fact.data.domain.as_deref()?)));
    }
    let mut seen = Vec::new();
    names.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    names.iter().map(|name| Target::domain(name, None)).collect()
}

/// `dc1.corp.example` lies in `corp.example`.
fn suffix(server: &str) -> Option<String> {
    let name = dns_name(server)?;
    let (_, domain) = name.split_once('.')?;
    domain.contains('.').then(|| domain.to_owned())
}

/// Controllers to examine: role owner, preferred, last used, named, and some of the others.
pub fn controllers(evidence: &Evidence, world: &World) -> Vec<Controller> {
    let mut all: Vec<Controller> = Vec::new();
    for domain in domains(evidence, world) {
        let in_domain = |fqdn: &str| fqdn.strip_suffix(domain.display.as_str()).is_some_and(|host| host.ends_with('.'));
        let mut add = |fqdn: &str, preferred: bool, last: bool| match all
            .iter_mut()
            .find(|known| known.fqdn == fqdn && known.domain.key == domain.key)
        {
            Some(known) => {
                known.preferred |= preferred;
                known.last |= last;
            }
            None => all.push(Controller {
                fqdn: fqdn.to_owned(),
                target: Target::dc(fqdn, &domain),
                domain: domain.clone(),
                preferred,
                last,
            }),
        };
        for (name, preferred, last) in configured(evidence, &domain) {
            add(&name, preferred, last);
        }
        for server in world.settings.servers.iter().filter_map(|server| dns_name(server)).filter(|name| in_domain(name))
        {
            add(&server, false, false);
        }
        for fact in evidence.facts_at::<Fsmo>(&domain.key) {
            fact.data.pdc_host.iter().for_each(|host| add(host, false, false));
        }
        for host in located(evidence, &domain, "_ldap._tcp.pdc._msdcs.") {
            add(&host, false, false);
        }
        let others = located(evidence, &domain, "_ldap._tcp.dc._msdcs.");
        let most = if world.settings.all_controller { usize::MAX } else { MOST_OTHERS };
        for host in others.into_iter().take(most) {
            add(&host, false, false);
        }
    }
    all
}

/// Preferred and last used controllers of the connectors' partitions of a domain.
fn configured(evidence: &Evidence, domain: &Target) -> Vec<(String, bool, bool)> {
    let mut names = Vec::new();
    for config in evidence.facts::<AdSyncConfig>() {
        for partition in config.data.connectors.iter().flat_map(|connector| &connector.partitions) {
            if domain_of_dn(&partition.dn).as_deref() == Some(domain.display.as_str()) {
                names.extend(
                    partition.preferred_dcs.iter().filter_map(|name| dns_name(name)).map(|name| (name, true, false)),
                );
                names
                    .extend(partition.last_dc.iter().filter_map(|name| dns_name(name)).map(|name| (name, false, true)));
            }
        }
    }
    names
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

/// True when LDAP on this controller answered.
pub fn answers(evidence: &Evidence, controller: &Controller) -> bool {
    !evidence.facts_at::<RootDse>(&controller.target.key).is_empty()
}

/// True when it is known whether LDAP on this controller answers: it did, or its chain ended before.
pub fn is_decided(evidence: &Evidence, controller: &Controller) -> bool {
    let key = &controller.target.key;
    if evidence.records_at(Kind::RootDse, key).next().is_some() {
        return true;
    }
    let Some(addresses) = evidence.records_at(Kind::Dns, key).next() else { return false };
    let count = addresses.fact::<Dns>().map_or(0, |fact| fact.data.answers.len());
    let is_ldap = |record: &&crate::evidence::Record| {
        record.state != State::Ok || record.fact::<Tcp>().is_some_and(|fact| fact.data.port == LDAP)
    };
    let tried: Vec<_> = evidence.records_at(Kind::Tcp, key).filter(is_ldap).collect();
    let connected = tried.iter().any(|record| record.fact::<Tcp>().is_some_and(|fact| fact.data.result == "Connected"));
    !connected && tried.len() >= count.min(super::controller_ports::MOST_ADDRESSES)
}

/// Controllers of a domain that answer LDAP, the role owner of DNS first.
pub fn answering(evidence: &Evidence, world: &World, domain: &Target) -> Vec<String> {
    let pdc = located(evidence, domain, "_ldap._tcp.pdc._msdcs.");
    let mut found: Vec<String> = controllers(evidence, world)
        .into_iter()
        .filter(|controller| controller.domain.key == domain.key && answers(evidence, controller))
        .map(|controller| controller.fqdn)
        .collect();
    found.sort_by_key(|fqdn| (!pdc.contains(fqdn), fqdn.clone()));
    found
}

/// True when every controller of a domain is decided, and the domain was located.
pub fn all_decided(evidence: &Evidence, world: &World, domain: &Target) -> bool {
    let all = controllers(evidence, world);
    let mut own = all.iter().filter(|controller| controller.domain.key == domain.key);
    evidence.records_at(Kind::Dns, &domain.key).count() >= super::locator::SERVICES.len()
        && own.all(|controller| is_decided(evidence, controller))
}
