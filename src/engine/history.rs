//! Written-back successes and the newest symptom, as far as events show them: what disproves a cause.

use crate::evidence::{Event, EventLog, Evidence};

/// A password that was written back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    pub at_unix_ms: i64,
    /// DNS name of the user's domain, where it is known.
    pub domain: Option<String>,
    pub upn: Option<String>,
}

/// What the run knows of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub successes: Vec<Success>,
    pub newest_symptom_unix_ms: Option<i64>,
}

/// Change, reset, administrator's reset and unlock that ended well (onprem 2.2).
const SUCCESS_EVENTS: [u32; 4] = [31002, 31007, 31010, 31049];

/// Relay, web service and refusal events (onprem 2.2).
fn is_symptom(event: &Event) -> bool {
    matches!(event.id, 31034 | 31043 | 31044 | 32000..=34999)
}

impl History {
    pub fn read(evidence: &Evidence) -> History {
        let logs = evidence.facts::<EventLog>();
        let events = || logs.iter().flat_map(|fact| &fact.data.events);
        History {
            successes: events()
                .filter(|event| SUCCESS_EVENTS.contains(&event.id))
                .map(|event| Success { at_unix_ms: event.time_unix_ms, domain: None, upn: event.upn.clone() })
                .collect(),
            newest_symptom_unix_ms: events().filter(|event| is_symptom(event)).map(|event| event.time_unix_ms).max(),
        }
    }
}
