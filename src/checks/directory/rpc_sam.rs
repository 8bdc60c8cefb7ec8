use super::facts::{Port, port, try_port, unread};
use super::fields;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, common};
use crate::checks::targets;
use crate::directory::ports::ENDPOINT_MAPPER;
use crate::evidence::{EndpointMap, Tcp};
use serde_json::Value;

/// SMB, over which SAM can be had as a named pipe.
const SMB: u16 = 445;

crate::declare_check! {
    PW405, "RPC to the security accounts manager is reachable",
    area: Directory, severity: High, proof: A, class: DcReach,
    target: Dc via targets::controllers,
    evidence: [Tcp],
    runs_at: DomainNetwork,
    blocked_by: [PW401, PW403],
    role_rule: ControllerPath,
    remediation: "Open TCP 135 and the dynamic range 49152-65535 (or the fixed RPC port) to the controllers.",
    link: "L-RPC", since: "0.1.0",
    rule: "Pass: 135 connects, the endpoint mapper lists a SAM remote (samr) TCP port, and that port connects.
Fail: 135 fails, the listed port fails, or samr is not listed over TCP and 445 fails.
Warn: samr is not listed over TCP (named pipes only) while 445 connects; another controller than the PDC emulator or a preferred one.
Unknown: the endpoint mapper answers with an error.",
}

fn judge(case: &Case) -> Answer {
    let judgement = verdict(case);
    let mut ports: Vec<u16> = vec![ENDPOINT_MAPPER];
    let tried = case.facts::<Tcp>();
    for map in tried.iter().filter_map(|fact| fact.data.epm.as_ref()) {
        ports.extend(if map.samr_ports.is_empty() { &[SMB][..] } else { &map.samr_ports });
    }
    ports.sort_unstable();
    ports.dedup();
    let judgement =
        ports.iter().fold(judgement, |judgement, port| fields::port(judgement, case.scene, &case.target.key, *port));
    Ok(tried.iter().filter(|fact| fact.data.epm.is_some()).fold(judgement, |judgement, fact| {
        judgement
            .read(fact.record, "epm.samrPorts")
            .or(Vec::<u16>::new())
            .read(fact.record, "epm.error")
            .or(Value::Null)
    }))
}

fn verdict(case: &Case) -> Judgement {
    let name = &case.target.display;
    match port(case.scene, &case.target.key, ENDPOINT_MAPPER) {
        Port::Unread => return unread(case, ENDPOINT_MAPPER),
        Port::Closed(how) => {
            return Judgement::fail(format!("The RPC endpoint mapper (TCP 135) of {name} is not reachable: {how}."))
                .step(try_port(name, ENDPOINT_MAPPER, "PW405"));
        }
        Port::Open => {}
    }
    let ports = case.facts::<Tcp>();
    let maps: Vec<&EndpointMap> = ports.iter().filter_map(|fact| fact.data.epm.as_ref()).collect();
    // The controller is one machine whatever its addresses: one full answer is enough.
    let error = || maps.iter().find_map(|map| map.error.as_deref());
    let listed = maps.iter().find(|map| !map.samr_ports.is_empty());
    let Some(map) = listed.or(maps.first().filter(|_| error().is_none())) else {
        return match error() {
            Some(error) => Judgement::unknown(
                Reason::NotReadable,
                format!("The endpoint mapper of {name} gave no usable answer: {}.", clean(error)),
            ),
            None => Judgement::unknown(Reason::NotCollected, format!("The endpoint mapper of {name} was not asked."))
                .common(common::UNREAD),
        };
    };
    if map.samr_ports.is_empty() {
        return match port(case.scene, &case.target.key, SMB) {
            Port::Open => Judgement::warn(format!(
                "{name} offers the security accounts manager over named pipes only, not over a TCP port of its own."
            ))
            .rule("named pipes only"),
            Port::Closed(how) => Judgement::fail(format!(
                "{name} offers no TCP port for the security accounts manager, and SMB (TCP 445) is not reachable: {how}."
            ))
            .step(try_port(name, SMB, "PW405")),
            Port::Unread => unread(case, SMB),
        };
    }
    let states: Vec<(u16, Port)> =
        map.samr_ports.iter().map(|number| (*number, port(case.scene, &case.target.key, *number))).collect();
    let listed = map.samr_ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    let judgement = if let Some((number, _)) = states.iter().find(|(_, state)| *state == Port::Open) {
        Judgement::pass(format!("The security accounts manager of {name} is reachable (TCP 135, then {number})."))
    } else if let Some((number, _)) = states.iter().find(|(_, state)| *state == Port::Unread) {
        unread(case, *number)
    } else {
        let how = |state: &Port| match state {
            Port::Closed(how) => Some(how.clone()),
            Port::Open | Port::Unread => None,
        };
        let all = states.iter().filter_map(|(_, state)| how(state)).collect::<Vec<_>>().join(", ");
        Judgement::fail(format!(
            "The endpoint mapper of {name} names TCP {listed} for the security accounts manager, which is not reachable: {all}."
        ))
        .step(try_port(name, map.samr_ports[0], "PW405"))
    };
    judgement.with("samr ports", listed)
}

#[cfg(test)]
mod tests {
    use crate::catalog::Reason;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;
    use crate::evidence::{EndpointMap, Kind, State, Tcp};

    fn mapper(ports: &[u16], error: Option<&str>) -> Tcp {
        let map = EndpointMap { samr_ports: ports.to_vec(), error: error.map(str::to_owned), ..EndpointMap::default() };
        Tcp { epm: Some(map), ..tcp(135, "Connected") }
    }

    #[test]
    fn the_mapper_and_the_port_that_it_names_decide() {
        let with_port = || Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), mapper(&[49153], None));
        let pipes = || Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), mapper(&[], None));
        let bare = || Stage::new().add(&dc1(), listed(&dc1(), "pdc"));
        for (stage, expected) in [
            (with_port().add(&dc1(), tcp(49153, "Connected")), PASS),
            (with_port().add(&dc1(), tcp(49153, "Timeout")), FAIL),
            (with_port(), unknown(Reason::NotCollected)),
            (pipes().add(&dc1(), tcp(445, "Connected")), WARN),
            (pipes().add(&dc1(), tcp(445, "Refused")), FAIL),
            (bare().add(&dc1(), tcp(135, "Timeout")), FAIL),
            (bare().add(&dc1(), mapper(&[], Some("fault 5"))), unknown(Reason::NotReadable)),
            (bare().add(&dc1(), tcp(135, "Connected")), unknown(Reason::NotCollected)),
            (pipes(), unknown(Reason::NotCollected)),
            (pipes().add(&dc1(), tcp(445, "Cancelled")), unknown(Reason::Partial)),
            (bare(), unknown(Reason::NotCollected)),
            (bare().add(&dc1(), tcp(135, "Cancelled")), unknown(Reason::Partial)),
            (bare().add_failed(&dc1(), Kind::Tcp, State::Timeout, "deadline"), unknown(Reason::Timeout)),
        ] {
            let judgement = stage.judge_at("PW405", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{}", judgement.message);
        }
    }

    #[test]
    fn of_several_listed_ports_one_is_enough_and_a_failure_takes_all() {
        let two = || Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), mapper(&[49152, 49153], None));
        let closed = |stage: Stage| stage.add(&dc1(), tcp(49152, "Timeout"));
        for (stage, expected) in [
            (closed(two()).add(&dc1(), tcp(49153, "Connected")), PASS),
            (closed(two()).add(&dc1(), tcp(49153, "Refused")), FAIL),
            (closed(two()), unknown(Reason::NotCollected)),
        ] {
            assert_eq!(verdict(&stage.judge_at("PW405", &dc1().key)), expected);
        }
    }

    #[test]
    fn the_answer_over_another_address_makes_up_for_an_error() {
        let stage = Stage::new()
            .add(&dc1(), listed(&dc1(), "pdc"))
            .add(&dc1(), mapper(&[], Some("fault 5")))
            .add(&dc1(), mapper(&[49153], None))
            .add(&dc1(), tcp(49153, "Connected"));
        assert_eq!(verdict(&stage.judge_at("PW405", &dc1().key)), PASS);
    }
}
