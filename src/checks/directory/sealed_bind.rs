use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{LdapBind, RootDse};

crate::declare_check! {
    PW417, "Controllers accept a signed and sealed LDAP bind",
    area: Directory, severity: Medium, proof: A, class: DcCap,
    target: Dc via targets::controllers,
    evidence: [RootDse],
    runs_at: DomainNetwork,
    blocked_by: [PW403],
    role_rule: ControllerProperty,
    remediation: "Align LDAP signing / channel-binding policy with the connector's sign-and-encrypt setting.",
    link: "L-2C", since: "0.1.0",
    rule: "Pass: one SASL bind with sealing succeeded (operator or given credential).
Fail: the controller refused a sealed bind (strength or protocol, not the credential) while another bind with the same credential works.
Warn: no sealed bind was possible from here, one over TLS works.
Unknown: no credential or no bind tried (ToolLimit where this build has no Kerberos); bad credentials are not a finding.",
}

/// LDAP result codes of a controller that has no time now: busy, unavailable ([RFC 4511] 4.1.9).
const NOT_NOW: [u32; 2] = [51, 52];
/// The answer to a bind that is not strong enough (the same section).
const STRONGER_AUTH_REQUIRED: u32 = 8;

fn judge(case: &Case) -> Answer {
    let name = &case.target.display;
    let fact = case.need::<RootDse>()?;
    let binds = &fact.data.binds;
    let works = |bind: &&LdapBind| bind.result_code == Some(0);
    let sealed: Vec<&LdapBind> = binds.iter().filter(|bind| bind.sealing).collect();
    let over_tls = binds.iter().filter(|bind| matches!(bind.tls.as_str(), "ldaps" | "startTls")).find(works);
    // Strength or protocol: an answer that is neither a yes, nor about the credential, nor "later".
    let refusal = |bind: &&LdapBind| {
        let code = bind.result_code.filter(|code| *code != 0 && !NOT_NOW.contains(code));
        code.filter(|_| !bind.credential_refused)
    };
    let refused = sealed.iter().find_map(refusal);
    let judgement = if sealed.iter().any(works) {
        Judgement::pass(format!("{name} accepts a signed and sealed LDAP bind."))
    } else if let (Some(code), Some(_)) = (refused, over_tls) {
        Judgement::fail(format!(
            "{name} refuses a signed and sealed LDAP bind (result code {code}), while a bind over TLS works; the \
             connector's sign-and-encrypt setting then ends in 8023062c."
        ))
        .step(compare(name))
    } else if sealed.is_empty() && binds.iter().any(|bind| bind.mechanism == "kerberos") {
        // The collector notes the bind that it had to leave out. A limit of ours is no finding about the site.
        Judgement::unknown(
            Reason::ToolLimit,
            format!("This build has no Kerberos, so no sealed bind to {name} was tried."),
        )
        .rule("no credential or no bind tried")
    } else if over_tls.is_some() {
        Judgement::warn(format!("No signed and sealed bind to {name} was possible from here; one over TLS works."))
    } else if binds.is_empty() {
        Judgement::unknown(Reason::NotCollected, format!("No bind to {name} was tried."))
            .rule("no credential or no bind tried")
    } else {
        Judgement::unknown(
            Reason::NotReadable,
            format!("No bind to {name} succeeded; that says nothing about what it accepts."),
        )
        .rule("bad credentials are not a finding")
    };
    if binds.is_empty() {
        return Ok(judgement.read(fact.record, "binds"));
    }
    Ok(binds.iter().enumerate().fold(judgement, |judgement, (index, bind)| {
        judgement
            .with("bind", describe(bind))
            .read(fact.record, format!("binds.{index}.sealing"))
            .read(fact.record, format!("binds.{index}.resultCode"))
            .or(0)
            .or(STRONGER_AUTH_REQUIRED)
    }))
}

fn compare(name: &str) -> Step {
    Step {
        text: "See what the controller demands (2 = signing required), then align it with the connector's setting \
               \"Sign and Encrypt LDAP Traffic\"."
            .to_owned(),
        command: Some(
            r"reg query HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters /v LDAPServerIntegrity".to_owned(),
        ),
        run_on: Some(name.to_owned()),
        needs_rights: Some("Administrator of the controller".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW417".to_owned()),
        ..Step::default()
    }
}

fn describe(bind: &LdapBind) -> String {
    let how = match (bind.sealing, bind.tls.as_str()) {
        (true, _) => "signed and sealed on 389",
        (false, "ldaps") => "LDAPS on 636",
        (false, "startTls") => "StartTLS on 389",
        _ => "on 389",
    };
    let result = match (bind.result_code, bind.text.as_deref()) {
        (Some(0), _) => "accepted".to_owned(),
        (Some(code), text) => format!("result code {code} {}", clean(text.unwrap_or_default())),
        (None, text) => clean(text.unwrap_or("no answer")),
    };
    format!("{} {how}: {result}", clean(&bind.mechanism))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::checks::directory::testing::*;

    fn sealed(code: Option<u32>, credential_refused: bool) -> LdapBind {
        LdapBind {
            mechanism: "kerberos".to_owned(),
            signing: true,
            sealing: true,
            tls: "none".to_owned(),
            result_code: code,
            credential_refused,
            text: None,
        }
    }

    fn ldaps(code: u32) -> LdapBind {
        LdapBind {
            mechanism: "simple".to_owned(),
            tls: "ldaps".to_owned(),
            result_code: Some(code),
            ..LdapBind::default()
        }
    }

    #[test]
    fn the_binds_decide() {
        // As the collector writes it in a build without Kerberos; the text goes in a redacted bundle.
        let without = LdapBind { mechanism: "kerberos".to_owned(), tls: "none".to_owned(), ..LdapBind::default() };
        for (binds, expected) in [
            (vec![sealed(Some(0), false)], PASS),
            (vec![sealed(Some(8), false), ldaps(0)], FAIL),
            (vec![sealed(Some(49), true), ldaps(0)], WARN),
            (vec![sealed(None, true), ldaps(0)], WARN),
            (vec![sealed(Some(8), false), ldaps(49)], unknown(Reason::NotReadable)),
            (vec![sealed(Some(8), false)], unknown(Reason::NotReadable)),
            (vec![sealed(Some(49), false), ldaps(0)], FAIL),
            (vec![sealed(Some(51), false), ldaps(0)], WARN),
            (vec![sealed(None, false), ldaps(0)], WARN),
            (vec![ldaps(0)], WARN),
            (vec![sealed(Some(49), true), ldaps(49)], unknown(Reason::NotReadable)),
            (vec![without.clone()], unknown(Reason::ToolLimit)),
            (vec![without, ldaps(0)], unknown(Reason::ToolLimit)),
            (vec![], unknown(Reason::NotCollected)),
        ] {
            let root = RootDse { binds: binds.clone(), ..root_dse() };
            let judgement =
                Stage::new().add(&dc1(), listed(&dc1(), "pdc")).add(&dc1(), root).judge_at("PW417", &dc1().key);
            assert_eq!(verdict(&judgement), expected, "{binds:?}");
        }
    }
}
