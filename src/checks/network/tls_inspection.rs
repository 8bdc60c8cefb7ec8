use super::facts::{self, known_authority, proxy_headers};
use super::fields;
use super::hosts;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::checks::targets;
use crate::evidence::{Data, Fact, GraphToken, Kind, Tls};
use crate::knowledge::{AuthorityKind, HostRole};

crate::declare_check! {
    PW308, "Nobody opens the TLS traffic on the way",
    area: Network, severity: High, proof: B, class: Tls,
    target: Host via targets::hosts,
    evidence: [Tls, Http, GraphToken],
    runs_at: Anywhere,
    blocked_by: [PW307],
    role_rule: Host,
    remediation: "Exempt the server from inspection for the Microsoft suffixes; inspection between Connect and Entra ID is unsupported.",
    link: "L-PRE", since: "0.1.0",
    rule: "Signals: (a) neither the root nor an issuer of the chain stands in table 3.3 (as extended); (b) the organisation of the issuer is not Microsoft, DigiCert or GeoTrust; (c) the root came by group policy, from the enterprise store or was added on this machine.
Pass: not (a) (expired legacy roots count, with a note).
Fail: (a), (b) and (c).
Warn: (a) alone, the list may have changed; (a) and (b), very likely inspected; (a) and (c); proxy headers (Via, X-Cache) on a direct path; at the login host AADSTS 50002, 500021 or 500022.
Unknown: no certificate chain was read; or (a), (b) and (c) on the direct path while the proxy setting of the service is a script or not known.
An unknown authority alone is never a Fail.",
}

/// Tenant restrictions, a header that only a decrypting proxy can add (documentation of AADSTS codes).
const RESTRICTION_CODES: [u32; 3] = [50002, 500021, 500022];
const CODE: &str = "AADSTS";
/// A SHA-1 that is no certificate's, to see what depends on the root.
const NOBODYS: &str = "0000000000000000000000000000000000000000";

fn judge(case: &Case) -> Answer {
    let path = facts::path(case.scene, case.target);
    let host = &case.target.display;
    let handshakes = facts::handshakes(case.scene, case.target);
    let shown = presented(&handshakes);
    let chain = shown.map(|fact| fact.data);
    let hints = hints(case, path);
    let because = |judgement: Judgement| {
        let judgement = match shown {
            Some(fact) => because(judgement, case, fact),
            None => judgement.said("certificate chains", 0),
        };
        let judgement = match hints.is_empty() {
            true => judgement,
            false => judgement.said("signs", hints.join("; ")),
        };
        fields::path(judgement, case.scene, case.target)
    };
    if let Some(tls) = chain
        && known_authority(case.scene, tls).is_none()
    {
        let foreign = !is_microsoft_issuer(tls);
        let added = matches!(tls.root_origin.as_str(), "GroupPolicy" | "Enterprise" | "LocalMachineOnly");
        let issuer = clean(tls.chain.first().map_or("", |leaf| leaf.issuer.as_str()));
        let judgement = match (foreign, added) {
            (true, true) => path.settle(Judgement::fail(format!(
                "A device opens the TLS traffic to {host}: the certificate comes from '{issuer}', whose root \
                 was added to this machine."
            ))),
            (true, false) => Judgement::warn(format!(
                "The TLS traffic to {host} is very likely inspected: the certificate comes from '{issuer}', \
                 which is no authority of Microsoft's."
            ))
            .rule("(a) and (b), very likely"),
            (false, _) => Judgement::warn(format!(
                "The authorities behind {host} are not in the list of {}; the list may have changed since.",
                as_of(case)
            ))
            .rule(if added { "(a) and (c)" } else { "(a) alone" }),
        };
        return Ok(describe(because(judgement), tls, &hints));
    }
    let judgement = match (hints.is_empty(), chain) {
        (false, _) => {
            Judgement::warn(format!("Something on the way to {host} reads the traffic: {}.", hints.join("; ")))
                .rule(if hints[0].starts_with(CODE) { "at the login host" } else { "proxy headers" })
        }
        (true, Some(_)) => Judgement::pass(format!("{host} shows a chain of Microsoft's authorities.")),
        (true, None) if handshakes.is_empty() => return Err(facts::missing::<Tls>(case)),
        (true, None) => Judgement::unknown(Reason::NotReadable, format!("{host} showed no certificate."))
            .rule("no certificate chain"),
    };
    let judgement = because(judgement);
    let judgement = match chain.and_then(|tls| known_authority(case.scene, tls)) {
        Some(authority) if authority.expired => {
            judgement.with("note", format!("{} stood in earlier lists and has expired", authority.name))
        }
        Some(authority) => judgement.with("known authority", &authority.name),
        None => judgement,
    };
    Ok(match chain {
        Some(tls) => describe(judgement, tls, &hints),
        None => judgement,
    })
}

/// The chain as it was shown: of the handshakes with a certificate, one whose root was found.
fn presented<'a>(handshakes: &[Fact<'a, Tls>]) -> Option<Fact<'a, Tls>> {
    let shown = || handshakes.iter().copied().filter(|fact| !fact.data.chain.is_empty());
    shown().find(|fact| fact.data.root_sha1.is_some()).or_else(|| shown().next())
}

/// The three signals of the rule.
fn because(judgement: Judgement, case: &Case, fact: Fact<Tls>) -> Judgement {
    let known = case.scene.tables.authorities.iter().find(|row| row.kind == AuthorityKind::Root && !row.expired);
    let stands = known_authority(case.scene, fact.data).is_some();
    let judgement = judgement.said("an authority of the chain is in the table", stands);
    let judgement = judgement.read(fact.record, "rootSha1");
    let judgement = known.into_iter().fold(judgement, |judgement, root| judgement.or(root.sha1.as_str()));
    judgement
        .or(NOBODYS)
        .read(fact.record, "chain.0.issuerOrg")
        .or("Microsoft Corporation")
        .read(fact.record, "rootOrigin")
        .or("PublicProgram")
        .or("GroupPolicy")
}

/// Issuers of Microsoft's endpoints are these three organisations (list of authorities); an issuer
/// without an organisation is none of them.
fn is_microsoft_issuer(tls: &Tls) -> bool {
    let organisation = tls.chain.first().and_then(|leaf| leaf.issuer_org.as_deref()).unwrap_or("").to_lowercase();
    ["microsoft", "digicert", "geotrust"].iter().any(|known| organisation.starts_with(known))
}

/// Signs of a reading device that do not rest on the certificate.
fn hints(case: &Case, path: facts::Path) -> Vec<String> {
    let mut hints = Vec::new();
    if !path.is_proxy() {
        for answer in facts::answers(case.scene, case.target) {
            for header in proxy_headers(answer.data) {
                if !hints.contains(&header) {
                    hints.push(header);
                }
            }
        }
    }
    if hosts::role(case.scene, case.target) == Some(HostRole::Login) {
        for record in case.scene.evidence.records_of(Kind::GraphToken) {
            // A refused token is the data of a record that is not Ok.
            let error = GraphToken::from_payload(&record.data).and_then(|token| token.error.as_ref());
            let codes = error.into_iter().flat_map(|error| &error.aadsts);
            hints.extend(codes.filter(|code| RESTRICTION_CODES.contains(code)).map(|code| format!("{CODE}{code}")));
        }
    }
    hints
}

fn as_of(case: &Case) -> String {
    let table = case.scene.tables.info.iter().rfind(|table| table.table == "certificate-authorities");
    table.map_or("authorities".to_owned(), |table| table.as_of.clone())
}

fn describe(judgement: Judgement, tls: &Tls, hints: &[String]) -> Judgement {
    let mut judgement = judgement;
    for certificate in &tls.chain {
        judgement = judgement
            .with("certificate", format!("{} issued by {}", clean(&certificate.subject), clean(&certificate.issuer)))
            .with("SHA-1", clean(&certificate.sha1));
    }
    judgement = judgement
        .with("root", clean(tls.root_sha1.as_deref().unwrap_or("not found in any store")))
        .with("origin of the root", clean(&tls.root_origin));
    for hint in hints {
        judgement = judgement.with("sign", hint);
    }
    if judgement.outcome == Status::Pass {
        return judgement;
    }
    judgement.step(Step {
        text: "Exempt this server from TLS inspection for the Microsoft suffixes, or rule out that a device \
         inspects it."
            .to_owned(),
        run_on: Some("firewall or proxy".to_owned()),
        verify_with: Some("Test-PasswordWritebackConnectivity -Check PW308".to_owned()),
        ..Step::default()
    })
}

#[cfg(test)]
mod tests {
    use crate::catalog::testing::Stage;
    use crate::catalog::{Reason, Target, TargetKind};
    use crate::checks::network::testing::*;
    use crate::evidence::{GraphToken, Http, Kind, State, Tls, TokenError};
    use crate::knowledge::{Authority, AuthorityKind};

    fn chain(root: Option<&str>, organisation: Option<&str>, origin: &str) -> Tls {
        let mut tls = tls();
        tls.root_sha1 = root.map(str::to_owned);
        tls.root_origin = origin.to_owned();
        tls.chain.iter_mut().for_each(|certificate| certificate.issuer_org = organisation.map(str::to_owned));
        tls
    }

    #[test]
    fn rule_by_the_three_signals() {
        let (known, strange) = (Some(KNOWN_ROOT), Some(STRANGE_ROOT));
        let (corp, microsoft) = (Some("Corp Ltd"), Some("Microsoft Corporation"));
        let rows = [
            (known, microsoft, "PublicProgram", PASS),
            (known, corp, "LocalMachineOnly", PASS),
            // Baltimore CyberTrust Root, expired 2025-05-12.
            (Some("D4DE20D05E66FC53FE1A50882C78DB2852CAE474"), corp, "PublicProgram", PASS),
            (strange, corp, "GroupPolicy", FAIL),
            (strange, corp, "Enterprise", FAIL),
            (strange, None, "LocalMachineOnly", FAIL),
            (strange, microsoft, "PublicProgram", WARN),
            (strange, Some("DigiCert Inc"), "GroupPolicy", WARN),
            (strange, Some("GeoTrust Inc."), "Unknown", WARN),
            (strange, corp, "PublicProgram", WARN),
            (None, corp, "NotInStore", WARN),
            (strange, corp, "Unknown", WARN),
        ];
        for (root, organisation, origin, expected) in rows {
            let stage = stage("none").add(&relay(), chain(root, organisation, origin));
            let judgement = at_relay(&stage, "PW308");
            assert_eq!(verdict(&judgement), expected, "{root:?} {organisation:?} {origin}: {}", judgement.message);
        }
    }

    #[test]
    fn two_signals_are_very_likely_one_may_be_a_new_list() {
        let message = |organisation| {
            at_relay(&stage("none").add(&relay(), chain(None, organisation, "NotInStore")), "PW308").message
        };
        assert!(message(Some("Corp")).contains("very likely inspected"));
        assert!(message(Some("Microsoft Corporation")).contains("list may have changed"));
    }

    #[test]
    fn a_root_added_to_the_table_is_known() {
        let mut stage = stage("none").add(&relay(), chain(Some(STRANGE_ROOT), Some("Lab"), "LocalMachineOnly"));
        stage.tables.authorities.push(Authority {
            sha1: STRANGE_ROOT.to_owned(),
            name: "Lab Root".to_owned(),
            kind: AuthorityKind::Root,
            expired: false,
        });
        assert_eq!(verdict(&at_relay(&stage, "PW308")), PASS);
    }

    #[test]
    fn an_expired_legacy_root_is_noted() {
        let legacy = chain(Some("D4DE20D05E66FC53FE1A50882C78DB2852CAE474"), None, "PublicProgram");
        let judgement = at_relay(&stage("none").add(&relay(), legacy), "PW308");
        assert!(judgement.evidence.iter().any(|line| line.name == "note" && line.value.contains("Baltimore")));
    }

    #[test]
    fn proxy_headers_warn_on_a_direct_path_only() {
        let via = Http { via_header: Some("1.1 box".to_owned()), ..get("/", Some(200)) };
        let direct = |kind| stage(kind).add(&relay(), tls()).add(&relay(), via.clone());
        assert_eq!(verdict(&at_relay(&direct("none"), "PW308")), WARN);
        assert_eq!(verdict(&at_relay(&direct("pac"), "PW308")), WARN);
        let proxied = Http { via: "proxy".to_owned(), ..via };
        let through = Tls { via: "proxy".to_owned(), ..tls() };
        let stage = stage("explicit").add(&relay(), through).add(&relay(), proxied);
        assert_eq!(verdict(&at_relay(&stage, "PW308")), PASS);
    }

    #[test]
    fn tenant_restrictions_warn_at_the_login_host_only() {
        let name = "tenant".to_owned();
        let tenant = Target { kind: TargetKind::Tenant, key: name.clone(), display: name, within: [].into() };
        let token = |code| GraphToken {
            error: Some(TokenError { aadsts: vec![code], ..Default::default() }),
            ..Default::default()
        };
        let stage =
            |code| -> Stage { stage("none").add(&relay(), tls()).add(&host(LOGIN), tls()).add(&tenant, token(code)) };
        assert_eq!(verdict(&stage(500021).judge_at("PW308", &host(LOGIN).key)), WARN);
        assert_eq!(verdict(&stage(500021).judge_at("PW308", &relay().key)), PASS);
        assert_eq!(verdict(&stage(50034).judge_at("PW308", &host(LOGIN).key)), PASS);
    }

    #[test]
    fn an_unsettled_path_and_missing_evidence_are_never_a_failure() {
        let inspected = || chain(Some(STRANGE_ROOT), Some("Corp"), "GroupPolicy");
        assert_eq!(verdict(&at_relay(&stage("pac").add(&relay(), inspected()), "PW308")), unknown(Reason::Ambiguous));
        assert_eq!(verdict(&at_relay(&stage("none"), "PW308")), unknown(Reason::NotCollected));
        let cut = stage("none").add_failed(&relay(), Kind::Tls, State::AccessDenied, "io");
        assert_eq!(verdict(&at_relay(&cut, "PW308")), unknown(Reason::AccessDenied));
        let bare = Tls { chain: vec![], root_sha1: None, version_negotiated: None, ..tls() };
        assert_eq!(verdict(&at_relay(&stage("none").add(&relay(), bare), "PW308")), unknown(Reason::NotReadable));
    }

    #[test]
    fn names_in_certificates_are_untrusted_text() {
        let mut forged = chain(Some(STRANGE_ROOT), Some("Corp"), "GroupPolicy");
        forged.chain[0].issuer = "CN=\u{1b}[31mCorp\nCA".to_owned();
        let judgement = at_relay(&stage("none").add(&relay(), forged), "PW308");
        let shown = format!("{} {:?}", judgement.message, judgement.evidence);
        assert!(!judgement.message.contains(['\u{1b}', '\n']) && !shown.contains("\\u{1b}"));
    }
}
