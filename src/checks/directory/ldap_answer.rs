use super::facts::{self, LDAP, answers_ldap, try_port, unread};
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement};
use crate::checks::targets;
use crate::evidence::RootDse;

crate::declare_check! {
    PW403, "The PDC emulator and the preferred controllers answer LDAP",
    area: Directory, severity: Critical, proof: A, class: DcReach,
    target: Dc via targets::controllers,
    evidence: [Tcp, RootDse],
    runs_at: DomainNetwork,
    blocked_by: [PW401],
    role_rule: ControllerPath,
    remediation: "Open TCP and UDP 389 from the sync server to the PDC emulator of every domain; start the controller.",
    link: "L-PORTS", since: "0.1.0",
    rule: "Pass: TCP 389 connects and rootDSE answers with the expected defaultNamingContext.
Fail: no connection, or no rootDSE within the LDAP time-out, for the PDC emulator or a preferred controller; or the name leads to a controller of another domain.
Warn: the same for another controller.
The PDC emulator is required even when preferred controllers are set: Connect goes there for writeback.",
}

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    match answers_ldap(case.scene, &case.target.key) {
        facts::Answer::Unread => Ok(unreadable(case)),
        facts::Answer::No(how) => {
            Ok(Judgement::fail(format!("{name} does not answer LDAP: {how}.")).step(try_port(name, LDAP, "PW403")))
        }
        facts::Answer::Yes => {
            let root = case.need::<RootDse>()?.data;
            let domain = case.target.within.iter().find_map(|key| key.strip_prefix("domain:")).unwrap_or_default();
            match root.default_naming_context.as_deref() {
                Some(dn) if is_domain(dn, domain) => Ok(Judgement::pass(format!("{name} answers LDAP for {domain}."))),
                Some(dn) => Ok(Judgement::fail(format!(
                    "The name {name} leads to a controller of another domain: it serves {}, not {domain}.",
                    clean(dn)
                ))
                .with("defaultNamingContext", clean(dn))),
                None => Ok(Judgement::unknown(
                    crate::catalog::Reason::NotReadable,
                    format!("{name} answers LDAP, but names no defaultNamingContext."),
                )),
            }
        }
    }
}

fn unreadable(case: &Case) -> Judgement {
    match case.unreadable::<RootDse>() {
        Some(record) => Judgement::unreadable(record),
        None => unread(case, LDAP),
    }
}

/// `DC=corp,DC=example` is `corp.example`.
fn is_domain(dn: &str, dns: &str) -> bool {
    let labels: Option<Vec<String>> = dn
        .split(',')
        .map(|part| part.split_once('=').filter(|(attribute, _)| attribute.trim().eq_ignore_ascii_case("dc")))
        .map(|part| part.map(|(_, value)| value.trim().to_lowercase()))
        .collect();
    labels.is_some_and(|labels| labels.join(".") == dns.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Reason;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;
    use crate::evidence::{Kind, State};

    fn stage() -> Stage {
        Stage::new().add(&dc1(), listed(&dc1(), "pdc"))
    }

    #[test]
    fn a_controller_that_answers_for_its_domain_passes() {
        let judgement =
            stage().add(&dc1(), tcp(389, "Connected")).add(&dc1(), root_dse()).judge_at("PW403", &dc1().key);
        assert_eq!(verdict(&judgement), PASS);
    }

    #[test]
    fn no_connection_and_no_answer_are_failures() {
        let closed = stage().add(&dc1(), tcp(389, "Timeout"));
        let silent =
            stage().add(&dc1(), tcp(389, "Connected")).add_failed(&dc1(), Kind::RootDse, State::Timeout, "ldap");
        for stage in [closed, silent] {
            assert_eq!(verdict(&stage.judge_at("PW403", &dc1().key)), FAIL);
        }
    }

    #[test]
    fn another_domain_behind_the_name_is_a_failure() {
        let root = RootDse { default_naming_context: Some("DC=other,DC=example".to_owned()), ..root_dse() };
        let judgement = stage().add(&dc1(), tcp(389, "Connected")).add(&dc1(), root).judge_at("PW403", &dc1().key);
        assert_eq!(verdict(&judgement), FAIL);
        assert!(judgement.message.contains("another domain"));
    }

    #[test]
    fn a_look_that_was_cut_off_is_unknown() {
        let cut = stage().add(&dc1(), tcp(389, "Connected")).add_failed(
            &dc1(),
            Kind::RootDse,
            State::NotCollected,
            "cancelled",
        );
        assert_eq!(verdict(&cut.judge_at("PW403", &dc1().key)), unknown(Reason::NotCollected));
        assert_eq!(verdict(&stage().judge_at("PW403", &dc1().key)), unknown(Reason::NotCollected));
    }
}
