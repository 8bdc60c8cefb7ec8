use super::facts::{self, LDAP, Port, answers_ldap, port, try_port, unread};
use super::fields;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
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
Unknown: the port was not tried, or the look was cut off, or rootDSE names no defaultNamingContext.
The PDC emulator is required even when preferred controllers are set: Connect goes there for writeback.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let domain = domain(case);
    let judgement = match answers_ldap(case.scene, &case.target.key) {
        facts::Answer::Unread => return Ok(unreadable(case, &name)),
        facts::Answer::Yes => Judgement::pass(format!("{name} answers LDAP for {domain}.")),
        facts::Answer::No(how) => Judgement::fail(format!("{name} does not answer LDAP: {how}."))
            .rule("no connection")
            .step(try_port(&name, LDAP, "PW403")),
        facts::Answer::OtherDomain(dn) => Judgement::fail(format!(
            "The name {name} leads to a controller of another domain: it serves {}, not {domain}.",
            clean(&dn)
        ))
        .rule("a controller of another domain")
        .with("defaultNamingContext", clean(&dn))
        .step(ask_name(&name)),
    };
    Ok(fields::ldap(judgement, case.scene, &case.target.key))
}

fn domain(case: &Case) -> String {
    clean(case.target.within.iter().find_map(|key| key.strip_prefix("domain:")).unwrap_or("its domain"))
}

fn unreadable(case: &Case, name: &str) -> Judgement {
    let because = |judgement: Judgement| fields::ldap(judgement, case.scene, &case.target.key);
    if !case.facts::<RootDse>().is_empty() {
        return because(Judgement::unknown(
            Reason::NotReadable,
            format!("{name} answers LDAP, but does not say which domain it serves."),
        ));
    }
    match case.unreadable::<RootDse>() {
        Some(record) => Judgement::unreadable(record),
        None if port(case.scene, &case.target.key, LDAP) == Port::Open => because(Judgement::unknown(
            Reason::NotCollected,
            format!("LDAP of {name} was not asked, although TCP {LDAP} connects."),
        )),
        None => unread(case, LDAP),
    }
}

fn ask_name(name: &str) -> Step {
    Step {
        text: "See which address the name has and whose it is, then correct the record or the hosts file.".to_owned(),
        command: Some(format!("Resolve-DnsName {name}")),
        run_on: Some("sync server".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW403".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn a_name_without_an_address_is_no_connection() {
        let judgement = stage().add(&dc1(), addresses(&[])).judge_at("PW403", &dc1().key);
        assert_eq!(verdict(&judgement), FAIL);
        assert!(judgement.message.contains("no address"), "{}", judgement.message);
    }

    #[test]
    fn what_nobody_looked_at_to_the_end_is_unknown() {
        let open = || stage().add(&dc1(), tcp(389, "Connected"));
        let of_no_domain = RootDse { default_naming_context: None, ..root_dse() };
        for (stage, reason) in [
            (stage(), Reason::NotCollected),
            (open(), Reason::NotCollected),
            (stage().add(&dc1(), tcp(389, "Cancelled")), Reason::Partial),
            (stage().add_failed(&dc1(), Kind::Tcp, State::Timeout, "deadline"), Reason::Timeout),
            (open().add_failed(&dc1(), Kind::RootDse, State::NotCollected, "cancelled"), Reason::NotCollected),
            (open().add_failed(&dc1(), Kind::RootDse, State::Timeout, "deadline"), Reason::Timeout),
            (open().add_failed(&dc1(), Kind::RootDse, State::Error, "panic"), Reason::ToolLimit),
            (open().add(&dc1(), of_no_domain), Reason::NotReadable),
        ] {
            let judgement = stage.judge_at("PW403", &dc1().key);
            assert_eq!(verdict(&judgement), unknown(reason), "{}", judgement.message);
        }
    }
}
