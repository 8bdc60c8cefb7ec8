use super::facts::{self, answers_ldap, controller_key, is_read_only, located, locator, our_site, site_in_words};
use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::checks::targets;
use crate::directory::names::domain_of_dn;
use crate::evidence::{AdSyncConfig, DcInventory, Fsmo};

crate::declare_check! {
    PW420, "Every synchronised domain and the forest root have a reachable writable controller",
    area: Directory, severity: High, proof: B, class: DcReach,
    target: Domain via targets::domains_and_roots,
    evidence: [Fsmo, DcInventory, RootDse, AdSyncConfig, Os],
    runs_at: DomainNetwork,
    blocked_by: [PW401],
    remediation: "Open the path to the missing domain; Connect needs all configured domains and each forest root.",
    link: "L-PRE", since: "0.1.0",
    rule: "Judged: each selected domain and the forest root.
Fail: no writable controller answers LDAP.
Warn: only one of several answers, or none of those in the server's own site.
Pass: otherwise.
Unknown: no controller is known, or what was not looked at could change the answer.
NotApplicable: neither the forest root nor selected in a connector.",
}

fn judge(case: &Case) -> Answer {
    let domain = clean(&case.target.display);
    let scene = case.scene;
    if !is_forest_root(case) && is_selected(case) == Some(false) {
        let message =
            format!("{domain} is neither a forest root nor selected in a connector; Connect does not need it.");
        return Err(Judgement::not_applicable(Reason::NotConfigured, message)
            .said("forest root", false)
            .said("selected in a connector", false));
    }
    let inventory = scene.evidence.facts::<DcInventory>();
    let controllers: Vec<_> = inventory.iter().filter(|fact| fact.record.target.is_in(&case.target.key)).collect();
    let (mut answering, mut silent, mut unread) = (Vec::<&DcInventory>::new(), Vec::<&DcInventory>::new(), Vec::new());
    for fact in &controllers {
        let key = &fact.record.target.key;
        match (answers_ldap(scene, key), is_read_only(scene, key)) {
            (_, Some(true)) => {}
            (facts::Answer::Yes, Some(false)) => answering.push(fact.data),
            (facts::Answer::Yes, None) | (facts::Answer::Unread, _) => unread.push(fact.data.fqdn.as_str()),
            (facts::Answer::No(_) | facts::Answer::OtherDomain(_), _) => silent.push(fact.data),
        }
    }
    // Of a large domain only some controllers are looked at.
    let is_known = |host: &str| controllers.iter().any(|fact| fact.record.target.key == controller_key(host));
    let in_dns = locator(case, "_ldap._tcp.dc._msdcs.").ok().and_then(|fact| located(fact.data)).unwrap_or_default();
    unread.extend(in_dns.into_iter().filter(|host| !is_known(host)));

    let site = our_site(scene);
    let in_site = |data: &DcInventory| data.site.as_deref() == site;
    let site_is_silent =
        site.is_some() && silent.iter().any(|data| in_site(data)) && !answering.iter().any(|data| in_site(data));
    let names = |all: &[&DcInventory]| list(all.iter().map(|data| data.fqdn.as_str()));
    let counts = (answering.len(), silent.len(), unread.len());
    let judgement = match served(counts, controllers.is_empty(), site_is_silent) {
        Served::NotKnown => {
            let unknown = Judgement::unknown(Reason::NotCollected, format!("No controller of {domain} is known."));
            return Err(unknown.said("controllers known", 0));
        }
        Served::ReadOnly => Judgement::fail(format!("Every controller of {domain} that is known is read-only.")),
        Served::ByNone => {
            Judgement::fail(format!("No writable controller of {domain} answers LDAP.")).step(look(&domain))
        }
        Served::ByOne => Judgement::warn(format!(
            "Only {} of {domain} answers LDAP; {} does not.",
            names(&answering),
            names(&silent)
        ))
        .step(look(&domain)),
        Served::FromElsewhere => Judgement::warn(format!(
            "No controller of {domain} in this server's AD site answers LDAP; another site has to serve it."
        ))
        .step(look(&domain)),
        Served::Perhaps => Judgement::unknown(
            Reason::Partial,
            format!("Not every controller of {domain} was looked at, and no writable one is known to answer."),
        ),
        Served::PerhapsByOne => Judgement::unknown(
            Reason::Partial,
            format!("{} of {domain} answers LDAP; whether it is the only one is not known.", names(&answering)),
        ),
        Served::Well => Judgement::pass(format!("{} writable controller(s) of {domain} answer LDAP.", answering.len())),
    };
    let judgement = judgement
        .said(ANSWERING, answering.len())
        .said("controllers that do not answer", silent.len())
        .said("controllers not looked at", unread.len())
        .said("own AD site without an answer", site_is_silent);
    let judgement = match turn(counts, controllers.is_empty(), site_is_silent) {
        Some((count, status)) => judgement.turn(ANSWERING, count, status),
        None => judgement,
    };
    let lines =
        [("answering", names(&answering)), ("silent", names(&silent)), ("not looked at", list(unread.iter().copied()))];
    let judgement = lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(judgement, |judgement, (name, value)| judgement.with(name, value));
    Ok(judgement.with("AD site of this server", site_in_words(site)))
}

const ANSWERING: &str = "writable controllers that answer LDAP";

/// How a domain is served.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Served {
    NotKnown,
    ReadOnly,
    ByNone,
    ByOne,
    FromElsewhere,
    Perhaps,
    PerhapsByOne,
    Well,
}

/// By the counts of controllers that answer, are silent, and were not looked at.
fn served(counts: (usize, usize, usize), none_known: bool, site_is_silent: bool) -> Served {
    match counts {
        (0, 0, 0) if none_known => Served::NotKnown,
        (0, 0, 0) => Served::ReadOnly,
        (0, _, 0) => Served::ByNone,
        (1, 1.., 0) => Served::ByOne,
        (1.., _, _) if site_is_silent => Served::FromElsewhere,
        (0, _, _) => Served::Perhaps,
        (1, 1.., _) => Served::PerhapsByOne,
        _ => Served::Well,
    }
}

/// How many would have to answer for another status, when one after the other falls silent or wakes up.
fn turn(
    (answering, silent, unread): (usize, usize, usize),
    none_known: bool,
    site_is_silent: bool,
) -> Option<(usize, Status)> {
    let status = |answering, silent| match served((answering, silent, unread), none_known, site_is_silent) {
        Served::ReadOnly | Served::ByNone => Status::Fail,
        Served::ByOne | Served::FromElsewhere => Status::Warn,
        Served::NotKnown | Served::Perhaps | Served::PerhapsByOne => Status::Unknown,
        Served::Well => Status::Pass,
    };
    let all = answering + silent;
    let mut counts = (answering + 1..=all).chain((0..answering).rev()).map(|count| (count, status(count, all - count)));
    counts.find(|(_, other)| *other != status(answering, silent))
}

/// True for the root domain of a forest: Connect needs it even when it is not selected.
fn is_forest_root(case: &Case) -> bool {
    let said = case.facts::<Fsmo>().iter().any(|fact| fact.data.is_forest_root == Some(true));
    said || targets::forest_roots(case.scene).iter().any(|root| root.key == case.target.key)
}

/// Whether a connector selects the domain; `None` when no configuration says (then it counts as selected).
fn is_selected(case: &Case) -> Option<bool> {
    let configs = case.scene.evidence.facts::<AdSyncConfig>();
    let mut partitions = configs
        .iter()
        .flat_map(|fact| &fact.data.connectors)
        .filter(|connector| connector.kind == "AD")
        .flat_map(|connector| &connector.partitions)
        .peekable();
    let own = |dn: &str| domain_of_dn(dn).is_some_and(|name| case.target.key == format!("domain:{name}"));
    partitions.peek()?;
    Some(partitions.any(|partition| own(&partition.dn) && partition.selected != Some(false)))
}

fn look(domain: &str) -> Step {
    Step {
        text: "See which controller Windows finds, then open TCP and UDP 389 to the silent ones or start them."
            .to_owned(),
        command: Some(format!("nltest /dsgetdc:{domain} /writable /force")),
        run_on: Some("sync server".to_owned()),
        verify_with: Some("Test-PasswordWritebackDirectory -Check PW420".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
#[path = "domain_coverage_tests.rs"]
mod tests;
