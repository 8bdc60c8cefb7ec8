//! What the evidence says of a controller: predicates that several checks share.

use crate::catalog::text::clean;
use crate::catalog::{Case, Judgement, Reason, Scene, Step};
use crate::evidence::{DcInventory, Fact, Kind, RecordError, RootDse, State, Tcp};

/// LDAP; everything that is read of a controller goes over it.
pub const LDAP: u16 = 389;

/// A TCP port of a controller, over all addresses that were tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// At least one address connects.
    Open,
    /// None does; the results in words.
    Closed(String),
    /// Nobody looked, or the look was cut off.
    Unread,
}

/// The port of the controller with this target key.
pub fn port(scene: &Scene, key: &str, number: u16) -> Port {
    let tried: Vec<Fact<Tcp>> =
        scene.evidence.facts_at::<Tcp>(key).into_iter().filter(|fact| fact.data.port == number).collect();
    let decided =
        |fact: &Fact<Tcp>| ["Refused", "Timeout", "Reset", "Unreachable"].contains(&fact.data.result.as_str());
    if tried.iter().any(|fact| fact.data.result == "Connected") {
        Port::Open
    } else if tried.is_empty() || !tried.iter().all(decided) {
        Port::Unread
    } else {
        let words =
            tried.iter().map(|fact| format!("{} {}", clean(&fact.data.address), result_in_words(&fact.data.result)));
        Port::Closed(words.collect::<Vec<_>>().join(", "))
    }
}

fn result_in_words(result: &str) -> &'static str {
    match result {
        "Refused" => "refuses the connection",
        "Timeout" => "does not answer, so something drops it",
        "Reset" => "resets the connection",
        _ => "cannot be reached: no route",
    }
}

/// What stands in for a port that nobody could look at.
pub fn unread(case: &Case, number: u16) -> Judgement {
    match case.unreadable::<Tcp>() {
        Some(record) => Judgement::unreadable(record),
        None => {
            Judgement::unknown(Reason::NotCollected, format!("TCP {number} of {} was not tried.", case.target.display))
        }
    }
}

/// A check of one port that must be open.
pub fn required_port(case: &Case, number: u16, service: &str, id: &str) -> Judgement {
    let name = &case.target.display;
    match port(case.scene, &case.target.key, number) {
        Port::Open => Judgement::pass(format!("{service} (TCP {number}) of {name} is reachable.")),
        Port::Closed(how) => Judgement::fail(format!("{service} (TCP {number}) of {name} is not reachable: {how}."))
            .with("port", number)
            .step(try_port(name, number, id)),
        Port::Unread => unread(case, number),
    }
}

/// Try a port by hand, then run the check again.
pub fn try_port(name: &str, number: u16, id: &str) -> Step {
    Step {
        text: format!(
            "Try the port, then open TCP {number} from the sync server to {name}, or start the service there."
        ),
        command: Some(format!("Test-NetConnection {name} -Port {number}")),
        run_on: Some("sync server".to_owned()),
        verify_with: Some(format!("Test-PasswordWritebackDirectory -Check {id}")),
        ..Step::default()
    }
}

/// Whether LDAP of a controller answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// Not within the time-out, or with an error of LDAP; the reason in words.
    No(String),
    Unread,
}

/// LDAP of the controller with this target key (PW403).
pub fn answers_ldap(scene: &Scene, key: &str) -> Answer {
    match port(scene, key, LDAP) {
        Port::Closed(how) => return Answer::No(format!("TCP {LDAP}: {how}")),
        Port::Unread => return Answer::Unread,
        Port::Open => {}
    }
    if !scene.evidence.facts_at::<RootDse>(key).is_empty() {
        return Answer::Yes;
    }
    match scene.evidence.records_at(Kind::RootDse, key).next() {
        // The collector saw that LDAP gives no answer; every other reason is a look that did not succeed.
        Some(record) if is_ldap_refusal(record.state, record.error.as_ref()) => {
            Answer::No("TCP connects, but LDAP does not answer the rootDSE search".to_owned())
        }
        _ => Answer::Unread,
    }
}

fn is_ldap_refusal(state: State, error: Option<&RecordError>) -> bool {
    matches!(state, State::Timeout | State::NotReadable) && error.is_some_and(|error| error.class == "ldap")
}

/// The inventory of a controller.
pub fn inventory<'a>(scene: &Scene<'a>, key: &str) -> Option<&'a DcInventory> {
    scene.evidence.facts_at::<DcInventory>(key).first().map(|fact| fact.data)
}

pub fn has_role(inventory: &DcInventory, role: &str) -> bool {
    inventory.roles.iter().any(|known| known == role)
}

/// Capability of a controller that holds only part of the secrets: read-only ([MS-ADTS] 3.1.1.3.4.3.5).
const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";

/// True, false, or not known, from either source.
pub fn is_read_only(scene: &Scene, key: &str) -> Option<bool> {
    let capabilities =
        scene.evidence.facts_at::<RootDse>(key).into_iter().find_map(|fact| fact.data.supported_capabilities.as_ref());
    let by_capability = capabilities.map(|list| list.iter().any(|oid| oid == PARTIAL_SECRETS));
    let by_inventory = inventory(scene, key).and_then(|inventory| inventory.is_rodc);
    match (by_capability, by_inventory) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{NOW, Stage};
    use crate::checks::directory::testing::*;

    #[test]
    fn a_port_is_open_when_one_address_connects_and_closed_when_every_attempt_ended() {
        for (results, expected) in [
            (&["Connected"][..], Port::Open),
            (&["Timeout", "Connected"], Port::Open),
            (&["Refused"], Port::Closed("192.0.2.1 refuses the connection".to_owned())),
            (&["Cancelled"], Port::Unread),
            (&[], Port::Unread),
        ] {
            let stage = results.iter().fold(Stage::new(), |stage, result| stage.add(&dc1(), tcp(389, result)));
            let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
            assert_eq!(port(&scene, &dc1().key, 389), expected, "{results:?}");
        }
    }

    #[test]
    fn silence_of_ldap_is_an_answer_and_a_cut_off_probe_is_none() {
        for (class, expected) in [("ldap", true), ("deadline", false), ("panic", false)] {
            let stage = Stage::new().add(&dc1(), tcp(389, "Connected")).add_failed(
                &dc1(),
                Kind::RootDse,
                State::Timeout,
                class,
            );
            let scene = Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW };
            assert_eq!(matches!(answers_ldap(&scene, &dc1().key), Answer::No(_)), expected, "{class}");
        }
    }
}
