//! Questions about a domain that need a session: asked at one controller after the other until one
//! answers, in the order in which the controllers let us in.
//!
//! What was tried stands in the evidence: each attempt that failed left one record, so the next attempt
//! is a function of the evidence like everything else.

use super::asked::Asked;
use super::controllers::{Controller, ROLE_OWNER, all_decided, controllers, domains, root_dse, was_asked};
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::session::{Door, Way, way};
use crate::catalog::Target;
use crate::evidence::collect::{Probe, World, probe};
use crate::evidence::{Evidence, Kind, Record, RootDse, State};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Class of the record that says that there is nobody to ask.
pub const NO_SESSION: &str = "session";

/// A controller that let us in, and what it says of itself.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub controller: Controller,
    pub way: Way,
    pub root: RootDse,
}

impl Candidate {
    pub fn door(&self) -> Door<'_> {
        let forest = self.controller.domain.iter().flat_map(|domain| domain.within.iter());
        Door {
            host: &self.controller.fqdn,
            domain: self.controller.domain_name(),
            forest: forest.filter_map(|key| key.strip_prefix("forest:")).next(),
        }
    }
}

/// Time-outs of one attempt: connection, bind, and the searches together.
const LIMITS: u32 = 3;

/// The probes of a kind that is asked once per domain: the attempt that is due, or the word that nobody
/// can be asked.
pub fn questions<F>(
    evidence: &Evidence,
    world: &Arc<World>,
    kind: Kind,
    searches: fn(&Asked) -> Vec<String>,
    ask: impl Fn(Target, Candidate, Duration) -> F,
) -> Vec<Probe>
where
    F: Future<Output = Result<Vec<Record>, Failure>> + Send + 'static,
{
    let limit = world.timeout(LDAP_TIMEOUT);
    let mut probes = Vec::new();
    for domain in domains(evidence, world) {
        let (this, target) = (world.clone(), domain.clone());
        match next(evidence, world, kind, &domain) {
            Next::Wait => {}
            Next::GiveUp(refusal) => {
                probes.push(probe(kind, "none", &target, limit, Vec::new(), async move {
                    vec![this.failed(
                        kind,
                        &domain,
                        Instant::now(),
                        refusal.state,
                        NO_SESSION,
                        refusal.code,
                        refusal.text,
                    )]
                }));
            }
            Next::Ask { attempt, candidate } => {
                let host = candidate.controller.fqdn.clone();
                let asked = Asked::at(&candidate, &domain.display);
                let touches = asked.touched(searches(&asked));
                let whole = limit * LIMITS + Duration::from_millis(500);
                let answer = ask(domain.clone(), *candidate, limit);
                probes.push(probe(kind, &attempt.to_string(), &target, whole, touches, async move {
                    let started = Instant::now();
                    answer.await.unwrap_or_else(|failure| {
                        let text = format!("{host}: {failure}");
                        vec![this.failed(kind, &domain, started, failure.state(), "ldap", failure.code(), text)]
                    })
                }));
            }
        }
    }
    probes
}

/// What to do about a domain now.
enum Next {
    /// It is answered, an attempt is on its way, or more controllers may come.
    Wait,
    Ask {
        /// Part of the probe's key: the number of this attempt.
        attempt: usize,
        candidate: Box<Candidate>,
    },
    /// There is nobody to ask.
    GiveUp(Refusal),
}

/// Why nobody could be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub state: State,
    pub code: &'static str,
    pub text: String,
}

/// Controllers of a domain that let us in, in the order of their answers.
pub fn candidates(evidence: &Evidence, world: &World, domain: &Target) -> Vec<Candidate> {
    let own: Vec<Controller> =
        controllers(evidence, world).into_iter().filter(|controller| controller.is_of(domain)).collect();
    let answered = evidence.facts::<RootDse>().into_iter();
    answered
        .filter_map(|fact| {
            let controller = own.iter().find(|controller| controller.target.key == fact.record.target.key)?;
            Some(Candidate { controller: controller.clone(), way: way(fact.data)?, root: fact.data.clone() })
        })
        .collect()
}

/// Attempts of a kind that failed at a domain.
fn failed(evidence: &Evidence, kind: Kind, domain: &Target) -> usize {
    let is_attempt =
        |record: &&Record| !is_answer(record) && record.error.as_ref().is_none_or(|error| error.class != NO_SESSION);
    evidence.records_at(kind, &domain.key).filter(is_attempt).count()
}

fn is_answer(record: &Record) -> bool {
    matches!(record.state, State::Ok | State::Partial)
}

/// The next attempt to learn `kind` of a domain.
fn next(evidence: &Evidence, world: &World, kind: Kind, domain: &Target) -> Next {
    // The role owner is compared with what DNS says.
    let awaits_dns = kind == Kind::Fsmo && !was_asked(evidence, domain, ROLE_OWNER);
    if awaits_dns || evidence.records_at(kind, &domain.key).any(is_answer) {
        return Next::Wait;
    }
    let mut candidates = candidates(evidence, world, domain);
    let attempt = failed(evidence, kind, domain);
    if attempt < candidates.len() {
        return Next::Ask { attempt, candidate: Box::new(candidates.swap_remove(attempt)) };
    }
    if attempt == 0 && all_decided(evidence, world, domain) {
        return Next::GiveUp(refusal(evidence, world, domain));
    }
    Next::Wait
}

/// True when no further attempt will be made: `kind` of this domain is known, or known to be not readable.
pub fn is_over(evidence: &Evidence, world: &World, kind: Kind, domain: &Target) -> bool {
    if evidence.records_at(kind, &domain.key).any(is_answer) {
        return true;
    }
    evidence.records_at(kind, &domain.key).next().is_some()
        && failed(evidence, kind, domain) >= candidates(evidence, world, domain).len()
        && all_decided(evidence, world, domain)
}

/// Why there is no session, in the words of the controllers.
pub fn refusal(evidence: &Evidence, world: &World, domain: &Target) -> Refusal {
    let own = controllers(evidence, world).into_iter().filter(|controller| controller.is_of(domain));
    let answering: Vec<(Controller, &RootDse)> =
        own.filter_map(|controller| Some((controller.clone(), root_dse(evidence, &controller)?))).collect();
    let name = &domain.display;
    if answering.is_empty() {
        let text = format!("No controller of {name} answers LDAP.");
        return Refusal { state: State::NotReadable, code: "noController", text };
    }
    let has_credential = world.settings.credential.is_some();
    let of_the_credential = |(controller, root): &(Controller, &RootDse)| {
        // A simple bind tells the reason; without one Kerberos does.
        let refused =
            |mechanism: &str| root.binds.iter().find(|bind| bind.mechanism == mechanism && bind.credential_refused);
        let bind = refused("simple").or_else(|| refused("kerberos").filter(|_| has_credential))?;
        Some(format!("{}: {}", controller.fqdn, bind.text.as_deref().unwrap_or("refused")))
    };
    if let Some(why) = answering.iter().find_map(of_the_credential) {
        let text = format!("The controllers of {name} do not accept the credential ({why}).");
        return Refusal { state: State::AccessDenied, code: "credentialRefused", text };
    }
    let why = answering.iter().find_map(|(controller, root)| {
        let bind = root.binds.last()?;
        Some(format!("{}: {}", controller.fqdn, bind.text.as_deref().unwrap_or("refused")))
    });
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let (who, advice) = if has_credential {
        let advice = "It is used over Kerberos, which needs a key distribution centre that answers, or inside TLS, which \
                      needs a certificate that this machine trusts.";
        ("-Credential", advice)
    } else {
        ("the current user", "-Credential adds an account that may read.")
    };
    let text = format!("No controller of {name} lets {who} in{why}. {advice}");
    Refusal { state: State::AccessDenied, code: "noSession", text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::evidence::collect::directory::testing::*;
    use crate::evidence::collect::{Credential, Settings};
    use crate::evidence::{DomainPolicy, LdapBind};
    use crate::secret::Secret;

    fn due(stage: &Stage, settings: Settings) -> String {
        match next(&stage.evidence, &world(settings), Kind::DomainPolicy, &domain()) {
            Next::Wait => "wait".to_owned(),
            Next::Ask { attempt, candidate } => format!("{attempt} {}", candidate.controller.fqdn),
            Next::GiveUp(refusal) => format!("give up: {}", refusal.code),
        }
    }

    fn over(stage: &Stage) -> bool {
        is_over(&stage.evidence, &world(corp()), Kind::DomainPolicy, &domain())
    }

    /// dc2 let us in, dc1 is not decided yet.
    fn one() -> Stage {
        two().add(&dc("dc2"), ldap_port("Connected")).add(&dc("dc2"), root_of("dc2", Some(0)))
    }

    #[test]
    fn the_first_that_lets_us_in_is_asked_at_once() {
        assert_eq!(due(&two(), corp()), "wait");
        assert_eq!(due(&one(), corp()), "0 dc2.corp.example");
        assert!(!over(&one()));
        let answered = one().add(&domain(), DomainPolicy::default());
        assert_eq!(due(&answered, corp()), "wait");
        assert!(over(&answered));
    }

    #[test]
    fn the_others_are_asked_when_one_fails() {
        let failed = |stage: Stage| stage.add_failed(&domain(), Kind::DomainPolicy, State::Timeout, "ldap");
        let stage = failed(one());
        assert_eq!(due(&stage, corp()), "wait", "dc1 may still come");
        assert!(!over(&stage));
        let stage = stage.add(&dc("dc1"), ldap_port("Connected")).add(&dc("dc1"), root_of("dc1", Some(0)));
        assert_eq!(due(&stage, corp()), "1 dc1.corp.example");
        assert!(!over(&stage));
        let stage = failed(stage);
        assert_eq!(due(&stage, corp()), "wait");
        assert!(over(&stage));
    }

    #[test]
    fn nobody_to_ask_is_said_once_and_with_the_reason() {
        let dead = two().add(&dc("dc1"), ldap_port("Timeout")).add(&dc("dc2"), ldap_port("Refused"));
        assert_eq!(due(&dead, corp()), "give up: noController");
        let locked = two()
            .add(&dc("dc1"), ldap_port("Timeout"))
            .add(&dc("dc2"), ldap_port("Connected"))
            .add(&dc("dc2"), root_of("dc2", None));
        assert_eq!(due(&locked, corp()), "give up: noSession");
        let said = locked.add_failed(&domain(), Kind::DomainPolicy, State::AccessDenied, NO_SESSION);
        assert!(over(&said));
        // A controller that is named later (an offered configuration) is still asked.
        let late = said.add(&dc("dc1"), root_of("dc1", Some(0)));
        assert_eq!(due(&late, corp()), "0 dc1.corp.example");
    }

    #[test]
    fn a_refused_credential_is_named() {
        let bind = LdapBind {
            mechanism: "simple".to_owned(),
            tls: "ldaps".to_owned(),
            result_code: Some(49),
            text: Some("data 52e".to_owned()),
            credential_refused: true,
            ..LdapBind::default()
        };
        let mut root = root_of("dc2", None);
        root.binds.push(bind);
        let stage =
            two().add(&dc("dc1"), ldap_port("Timeout")).add(&dc("dc2"), ldap_port("Connected")).add(&dc("dc2"), root);
        let credential = Some(Credential { user: "admin".to_owned(), secret: Secret::new(b"wrong") });
        match next(&stage.evidence, &world(Settings { credential, ..corp() }), Kind::Pso, &domain()) {
            Next::GiveUp(refusal) => {
                assert_eq!((refusal.state, refusal.code), (State::AccessDenied, "credentialRefused"));
                assert!(refusal.text.contains("dc2.corp.example: data 52e"), "{}", refusal.text);
            }
            _ => panic!("nobody lets us in"),
        }
    }

    #[test]
    fn the_role_owner_waits_for_the_record_in_dns() {
        let stage = Stage::new()
            .add(&domain(), service("_ldap._tcp.dc._msdcs.", &["dc2.corp.example"]))
            .add(&dc("dc2"), root_of("dc2", Some(0)));
        let fsmo = |stage: &Stage| matches!(next(&stage.evidence, &world(corp()), Kind::Fsmo, &domain()), Next::Wait);
        assert!(fsmo(&stage));
        assert!(!fsmo(&stage.add(&domain(), service("_ldap._tcp.pdc._msdcs.", &[]))));
    }
}
