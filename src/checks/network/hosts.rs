//! The cloud hosts that the sync service needs, and what each is for (catalog 2.1).

use crate::catalog::{Scene, Target};
use crate::evidence::{EventLog, Kind, OperatorInput};
use crate::knowledge::{Cloud, HostRole};

/// Events that name the relay namespaces the service uses.
const NAMESPACE_EVENTS: [u32; 3] = [31019, 31034, 31041];

/// One host with its role; the same name has one role only, the first of relay-event, relay-doc, reset,
/// login, sync.
#[derive(Clone, Debug)]
pub struct Host {
    pub name: String,
    pub port: u16,
    pub role: HostRole,
    pub target: Target,
}

/// The cloud that the operator named; the public one otherwise.
pub fn cloud<'a>(scene: &'a Scene) -> &'a Cloud {
    let input = scene.evidence.facts::<OperatorInput>();
    let name = input.iter().find_map(|fact| fact.data.cloud.as_deref()).unwrap_or("Public");
    scene.tables.cloud(name)
}

/// Every host to examine. Empty as long as nobody said what is examined (no `operator-input` record).
pub fn hosts(scene: &Scene) -> Vec<Host> {
    let Some(input) = scene.evidence.records_of(Kind::OperatorInput).next() else {
        return Vec::new();
    };
    let server = &input.target;
    let cloud = cloud(scene);
    let mut hosts: Vec<Host> = Vec::new();
    let mut add = |name: &str, role: HostRole| {
        let name = name.trim_end_matches('.').to_lowercase();
        if !hosts.iter().any(|host| host.name == name) {
            let target = Target::host(&name, 443, server);
            hosts.push(Host { name, port: 443, role, target });
        }
    };
    for name in relay_names(scene, cloud) {
        add(&name, HostRole::RelayEvent);
    }
    for known in &cloud.hosts {
        add(&known.name, known.role);
    }
    hosts
}

/// The hosts of these roles.
pub fn with_role(scene: &Scene, roles: &[HostRole]) -> Vec<Target> {
    hosts(scene).into_iter().filter(|host| roles.contains(&host.role)).map(|host| host.target).collect()
}

/// Every relay host, known from events, from the operator or from the documentation.
pub fn relays(scene: &Scene) -> Vec<Target> {
    with_role(scene, &[HostRole::RelayEvent, HostRole::RelayDoc])
}

/// The role of a host target; `None` for a host that is not examined.
pub fn role(scene: &Scene, target: &Target) -> Option<HostRole> {
    hosts(scene).into_iter().find(|host| host.target.key == target.key).map(|host| host.role)
}

/// Relay namespaces from the operator and from the newest event that names any. Text in events is
/// untrusted: only names below the cloud's relay suffix, made of plain labels, are used.
fn relay_names(scene: &Scene, cloud: &Cloud) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for fact in scene.evidence.facts::<OperatorInput>() {
        names.extend(fact.data.namespaces.iter().cloned());
    }
    let logs = scene.evidence.facts::<EventLog>();
    let newest = logs
        .iter()
        .flat_map(|fact| &fact.data.events)
        .filter(|event| NAMESPACE_EVENTS.contains(&event.id) && !event.namespaces.is_empty())
        .max_by_key(|event| event.time_unix_ms);
    names.extend(newest.into_iter().flat_map(|event| event.namespaces.iter().cloned()));
    names.retain(|name| is_relay_name(name, cloud));
    names
}

/// True for `<labels>` + the relay suffix of the cloud, labels of letters, digits and hyphens.
pub fn is_relay_name(name: &str, cloud: &Cloud) -> bool {
    let name = name.trim_end_matches('.').to_lowercase();
    let Some(labels) = name.strip_suffix(&cloud.relay_suffix) else {
        return false;
    };
    !labels.is_empty()
        && labels.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage, server};
    use crate::checks::network::testing::{LOGIN, RELAY, host, relay, scene};
    use crate::evidence::Event;

    fn stage_with(namespaces: &[&str], events: Vec<Event>) -> Stage {
        let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
        Stage::with_input(OperatorInput { namespaces, ..Default::default() })
            .add(&server(), EventLog { events, ..Default::default() })
    }

    fn event(id: u32, minute: i64, name: &str) -> Event {
        Event { id, time_unix_ms: NOW + minute, namespaces: vec![name.to_owned()], ..Default::default() }
    }

    #[test]
    fn a_host_has_the_first_of_its_roles() {
        let documented = stage_with(&[], vec![]);
        assert_eq!(role(&scene(&documented), &relay()), Some(HostRole::RelayDoc));
        assert_eq!(role(&scene(&documented), &host(LOGIN)), Some(HostRole::Login));
        assert_eq!(role(&scene(&documented), &host("www.example.org")), None);
        let named = stage_with(&[RELAY], vec![]);
        assert_eq!(role(&scene(&named), &relay()), Some(HostRole::RelayEvent));
        assert_eq!(relays(&scene(&named)).len(), 2, "named and documented at once is one host");
    }

    #[test]
    fn namespaces_come_from_the_newest_event_that_may_name_one() {
        let stage = stage_with(
            &[],
            vec![
                event(31019, 2, "new.servicebus.windows.net"),
                event(31034, 1, "old.servicebus.windows.net"),
                event(32002, 3, "hint.servicebus.windows.net"),
            ],
        );
        let named = with_role(&scene(&stage), &[HostRole::RelayEvent]);
        assert_eq!(
            named.iter().map(|target| target.key.as_str()).collect::<Vec<_>>(),
            ["host:new.servicebus.windows.net:443"]
        );
    }

    #[test]
    fn only_plain_names_below_the_relay_suffix_are_probed() {
        let stage = stage_with(&[], vec![]);
        let cloud = stage.tables.cloud("Public");
        for (name, expected) in [
            ("ns-1.servicebus.windows.net", true),
            ("NS1.ServiceBus.Windows.net.", true),
            ("ns1.servicebus.windows.networks", false),
            ("ns1.servicebus.windows.net.evil.example", false),
            (".servicebus.windows.net", false),
            ("a b.servicebus.windows.net", false),
            ("ns1.servicebus.usgovcloudapi.net", false),
        ] {
            assert_eq!(is_relay_name(name, cloud), expected, "{name}");
        }
    }
}
