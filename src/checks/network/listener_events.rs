//! Events of the relay listeners that say the certificate was not trusted, as far as nothing later
//! says that the listener came back.

use super::facts::host_name;
use super::hosts;
use crate::catalog::{Scene, Target};
use crate::evidence::{Event, EventLog};
use crate::knowledge::HostRole;

/// Words of 31034 when the service does not trust the relay's certificate (troubleshooting page).
const CERTIFICATE_REFUSED: &str = "remote certificate is invalid";

/// Events just before the service start belong to it: the order within the start is not reliable.
const BEFORE_START_MS: i64 = 2 * 60 * 1000;

/// The newest uncleared 31034 with that text that speaks of `host`. An event that names no namespace
/// speaks of every relay host.
pub fn certificate_refusal<'a>(scene: &Scene<'a>, host: &Target) -> Option<&'a Event> {
    let events: Vec<&Event> = scene
        .evidence
        .facts::<EventLog>()
        .iter()
        .filter(|fact| host.is_in(&fact.record.target.key))
        .flat_map(|fact| &fact.data.events)
        .collect();
    let relay = matches!(hosts::role(scene, host), Some(HostRole::RelayEvent | HostRole::RelayDoc));
    let start = service_start(&events).map_or(i64::MIN, |start| start - BEFORE_START_MS);
    let names_host = |event: &Event| match event.namespaces.is_empty() {
        true => relay,
        false => event.namespaces.iter().any(|name| same_name(name, host_name(host))),
    };
    events
        .iter()
        .copied()
        .filter(|event| event.id == 31034 && event.time_unix_ms >= start && names_host(event))
        .filter(|event| event.signatures.iter().any(|text| text.to_lowercase().contains(CERTIFICATE_REFUSED)))
        .filter(|event| !events.iter().any(|later| clears(later, event)))
        .max_by_key(|event| event.time_unix_ms)
}

/// The newest start of the service: ADSync 2001, else the start of the writeback endpoint (31015).
fn service_start(events: &[&Event]) -> Option<i64> {
    let newest = |is_start: fn(&Event) -> bool| {
        events.iter().filter(|event| is_start(event)).map(|event| event.time_unix_ms).max()
    };
    newest(|event| event.id == 2001 && is_sync_engine(&event.provider)).or_else(|| newest(|event| event.id == 31015))
}

/// 2001 is a common number; only the sync engine's counts. Both spellings of its source occur.
fn is_sync_engine(provider: &str) -> bool {
    provider.eq_ignore_ascii_case("ADSync") || provider.eq_ignore_ascii_case("Directory Synchronization")
}

/// The listener of `problem` came back: 31033 of the same listener, 31019 that names the namespace, or
/// 31042, all hosts healthy.
fn clears(later: &Event, problem: &Event) -> bool {
    later.time_unix_ms > problem.time_unix_ms
        && match later.id {
            31033 => is_same_listener(later, problem),
            31019 => problem.namespaces.is_empty() || share_namespace(later, problem),
            31042 => true,
            _ => false,
        }
}

/// What either event does not name cannot tell the listeners apart.
fn is_same_listener(a: &Event, b: &Event) -> bool {
    if !a.namespaces.is_empty() && !b.namespaces.is_empty() {
        return share_namespace(a, b);
    }
    match (&a.endpoint, &b.endpoint) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => true,
    }
}

fn share_namespace(a: &Event, b: &Event) -> bool {
    a.namespaces.iter().any(|name| b.namespaces.iter().any(|other| same_name(name, other)))
}

fn same_name(a: &str, b: &str) -> bool {
    a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, server};
    use crate::checks::network::testing::*;

    const OTHER: &str = "ns-other.servicebus.windows.net";

    fn event(id: u32, minute: i64, namespace: Option<&str>) -> Event {
        let signatures = if id == 31034 { vec!["The remote certificate is invalid".to_owned()] } else { vec![] };
        Event {
            id,
            time_unix_ms: NOW + minute * 60_000,
            provider: if id == 2001 { "ADSync" } else { "PasswordResetService" }.to_owned(),
            namespaces: namespace.into_iter().map(str::to_owned).collect(),
            signatures,
            ..Default::default()
        }
    }

    fn refusal_minute(events: Vec<Event>, host: &Target) -> Option<i64> {
        let stage = stage("none").add(&server(), EventLog { events, ..Default::default() });
        certificate_refusal(&scene(&stage), host).map(|event| (event.time_unix_ms - NOW) / 60_000)
    }

    #[test]
    fn clearing_is_per_namespace_and_only_by_a_later_event() {
        let (here, there) = (Some(RELAY), Some(OTHER));
        let rows = [
            (vec![event(31034, 0, here)], Some(0)),
            (vec![event(31034, 0, there)], None),
            (vec![event(31034, 0, None)], Some(0)),
            (vec![event(31034, 0, here), event(31034, 5, here)], Some(5)),
            (vec![event(31034, 0, here), event(31033, 1, here)], None),
            (vec![event(31034, 0, here), event(31033, 1, there)], Some(0)),
            (vec![event(31034, 0, here), event(31033, 1, None)], None),
            (vec![event(31034, 0, here), event(31019, 1, here)], None),
            (vec![event(31034, 0, here), event(31019, 1, there)], Some(0)),
            (vec![event(31034, 0, here), event(31019, 1, None)], Some(0)),
            (vec![event(31034, 0, None), event(31019, 1, there)], None),
            (vec![event(31034, 0, here), event(31042, 1, None)], None),
            (vec![event(31034, 0, here), event(31005, 1, None)], Some(0)),
            (vec![event(31042, -1, None), event(31034, 0, here)], Some(0)),
        ];
        for (events, expected) in rows {
            let told = format!("{events:?}");
            assert_eq!(refusal_minute(events, &relay()), expected, "{told}");
        }
    }

    #[test]
    fn endpoints_tell_listeners_apart_where_no_namespace_does() {
        let with =
            |id, minute, endpoint: &str| Event { endpoint: Some(endpoint.to_owned()), ..event(id, minute, None) };
        assert_eq!(refusal_minute(vec![with(31034, 0, "a"), with(31033, 1, "b")], &relay()), Some(0));
        assert_eq!(refusal_minute(vec![with(31034, 0, "a"), with(31033, 1, "A")], &relay()), None);
    }

    #[test]
    fn what_was_before_the_last_service_start_is_over() {
        let start = |id, minute| event(id, minute, None);
        assert_eq!(refusal_minute(vec![event(31034, 0, None), start(2001, 3)], &relay()), None);
        assert_eq!(refusal_minute(vec![event(31034, 0, None), start(2001, 2)], &relay()), Some(0));
        assert_eq!(refusal_minute(vec![event(31034, 0, None), start(31015, 3)], &relay()), None);
        let foreign = Event { provider: "Another".to_owned(), ..start(2001, 3) };
        assert_eq!(refusal_minute(vec![event(31034, 0, None), foreign], &relay()), Some(0));
    }

    #[test]
    fn other_texts_and_other_hosts_do_not_count() {
        let other_text = Event { signatures: vec!["connection failed".to_owned()], ..event(31034, 0, None) };
        assert_eq!(refusal_minute(vec![other_text], &relay()), None);
        assert_eq!(refusal_minute(vec![event(31034, 0, None)], &host(LOGIN)), None);
    }
}
