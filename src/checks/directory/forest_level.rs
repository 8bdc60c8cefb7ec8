use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::{Fsmo, RootDse};

/// Windows Server 2003, the least that Connect takes (onprem 1 (14)).
const LEAST: i32 = 2;

crate::declare_check! {
    PW418, "Forest level and domain names meet the minimum",
    area: Directory, severity: Medium, proof: B, class: DcCap,
    target: Domain via targets::domains,
    evidence: [RootDse, Fsmo],
    runs_at: DomainNetwork,
    blocked_by_all: [PW403],
    remediation: "Raise the level; a dotted NetBIOS name cannot be used with Connect.",
    link: "L-PRE", since: "0.1.0",
    rule: "Pass: forestFunctionality >= 2 and the NetBIOS name has no dot (values 8, 9 or above 10 with a note).
Fail: below 2, or a dot in the NetBIOS name (unsupported).
Unknown: the level or the name could not be read.",
}

fn judge(case: &Case) -> Answer {
    let domain = &case.target.display;
    let roots = case.scene.evidence.facts::<RootDse>();
    let of_domain = roots.iter().filter(|fact| fact.record.target.is_in(&case.target.key));
    let of_domain: Vec<_> = of_domain.collect();
    let lowest = of_domain.iter().min_by_key(|fact| fact.data.forest_functionality.unwrap_or(i32::MAX));
    let level = lowest.and_then(|fact| fact.data.forest_functionality);
    let fsmo = case.facts::<Fsmo>();
    let netbios = fsmo.iter().find_map(|fact| fact.data.netbios_name.as_deref());
    let because = |judgement: Judgement| {
        let judgement = match lowest {
            Some(fact) => judgement.read(fact.record, "forestFunctionality").or(LEAST).or(LEAST - 1),
            None => judgement.said("forest functional level", "not read"),
        };
        match fsmo.first() {
            Some(fact) => judgement.read(fact.record, "netbiosName").or("CORP").or("CORP.EXAMPLE"),
            None => judgement,
        }
    };
    let unread = |what: &str| match case.unreadable::<Fsmo>() {
        Some(record) => Judgement::unreadable(record),
        None => because(Judgement::unknown(Reason::NotReadable, format!("The {what} of {domain} could not be read."))),
    };
    if let Some(name) = netbios.filter(|name| name.contains('.')) {
        return Ok(because(Judgement::fail(format!(
            "The NetBIOS name '{}' of {domain} has a dot; Connect does not support that.",
            clean(name)
        ))));
    }
    if let Some(level) = level.filter(|level| *level < LEAST) {
        return Ok(because(Judgement::fail(format!(
            "The forest functional level of {domain} is {level}, below Windows Server 2003."
        ))));
    }
    let level = level.ok_or_else(|| unread("forest functional level"))?;
    let netbios = netbios.ok_or_else(|| unread("NetBIOS name"))?;
    let note = if matches!(level, 8 | 9) || level > 10 { " (a level that this version does not know)" } else { "" };
    Ok(because(Judgement::pass(format!(
        "Forest functional level {level}{note} and NetBIOS name '{}' of {domain} are supported.",
        clean(netbios)
    ))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;
    use crate::evidence::{Kind, State};

    fn stage(level: Option<i32>, netbios: Option<&str>) -> Stage {
        let root = RootDse { forest_functionality: level, ..root_dse() };
        let fsmo = Fsmo { netbios_name: netbios.map(str::to_owned), ..Fsmo::default() };
        Stage::new().add(&dc1(), root).add(&domain(), fsmo)
    }

    #[test]
    fn level_and_name_decide() {
        for (level, netbios, expected) in [
            (Some(7), Some("CORP"), PASS),
            (Some(2), Some("CORP"), PASS),
            (Some(8), Some("CORP"), PASS),
            (Some(9), Some("CORP"), PASS),
            (Some(10), Some("CORP"), PASS),
            (Some(11), Some("CORP"), PASS),
            (Some(0), Some("CORP"), FAIL),
            (Some(1), Some("CORP"), FAIL),
            (Some(7), Some("CORP.X"), FAIL),
            (Some(1), None, FAIL),
            (None, Some("CORP"), unknown(Reason::NotReadable)),
            (Some(7), None, unknown(Reason::NotReadable)),
        ] {
            let judgement = stage(level, netbios).judge_at("PW418", &domain().key);
            assert_eq!(verdict(&judgement), expected, "{level:?} {netbios:?}");
        }
    }

    #[test]
    fn a_name_that_may_not_be_read_is_unknown() {
        let stage = Stage::new().add(&dc1(), root_dse()).add_failed(&domain(), Kind::Fsmo, State::AccessDenied, "ldap");
        assert_eq!(verdict(&stage.judge_at("PW418", &domain().key)), unknown(Reason::AccessDenied));
    }

    #[test]
    fn a_level_of_the_future_is_noted_and_the_lowest_answer_of_a_domain_counts() {
        for (level, noted) in [(7, false), (8, true), (9, true), (10, false), (11, true)] {
            let judgement = stage(Some(level), Some("CORP")).judge_at("PW418", &domain().key);
            assert_eq!(judgement.message.contains("does not know"), noted, "{level}");
        }
        let behind = stage(Some(7), Some("CORP")).add(&dc2(), RootDse { forest_functionality: Some(1), ..root_dse() });
        assert_eq!(verdict(&behind.judge_at("PW418", &domain().key)), FAIL);
    }
}
