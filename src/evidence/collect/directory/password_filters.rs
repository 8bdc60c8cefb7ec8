//! `domain-policy` of a controller: what beside the policy may refuse a password there (PW605).
//!
//! Filters are notification packages in the registry of each controller, which remote registry shows to
//! administrators, on Windows alone. The agent of Entra Password Protection registers itself in the directory
//! too, as a connection point below the computer object of its controller.

use super::asked::{base, planned_controllers, subtree};
use super::attempts::{Candidate, candidates};
use super::controllers::{awaits_configuration, domains};
use super::ldap::{Failure, LDAP_TIMEOUT};
use super::query::{Query, ask, entry};
use super::session::{Access, open};
use crate::catalog::Target;
use crate::evidence::collect::{Collector, Probe, Touched, World, probe};
use crate::evidence::{DcPackages, DomainPolicy, Evidence, Kind, Record};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Keyword of the connection point of the agent on a controller.
const AGENT: &str = "(&(objectClass=serviceConnectionPoint)(keywords={2bac71e6-a293-4d5b-ba3b-50b995237946}*))";

/// Time-outs of the question for the agent: connection and bind, the computer object, what is below it.
const LIMITS: u32 = 3;

pub struct PasswordFiltersCollector {
    pub access: Arc<Access>,
}

impl Collector for PasswordFiltersCollector {
    fn kind(&self) -> Kind {
        Kind::DomainPolicy
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        if awaits_configuration(evidence, world) {
            return Vec::new();
        }
        let all = domains(evidence, world).into_iter().flat_map(|domain| candidates(evidence, world, &domain));
        all.flat_map(|candidate| [self.agent(world, candidate.clone()), packages(world, &candidate)]).collect()
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        let touches = |host: &String| [agent_touches(host), registry::touches(host)].concat();
        planned_controllers(world).iter().flat_map(touches).collect()
    }
}

impl PasswordFiltersCollector {
    fn agent(&self, world: &Arc<World>, candidate: Candidate) -> Probe {
        let (this, access, target) = (world.clone(), self.access.clone(), candidate.controller.target.clone());
        let host = candidate.controller.fqdn.clone();
        let limit = world.timeout(LDAP_TIMEOUT);
        let touches = agent_touches(&host);
        let whole = limit * LIMITS + Duration::from_millis(500);
        probe(Kind::DomainPolicy, "agent", &target.clone(), whole, touches, async move {
            let started = Instant::now();
            let about = |agent: bool| DcPackages { protection_agent: Some(agent), ..of(&host) };
            vec![match find_agent(&this, &access, &candidate, limit).await {
                Ok(agent) => record(&this, &target, started, about(agent)),
                Err(failure) => {
                    let text = format!("{host}: {failure}");
                    this.failed(Kind::DomainPolicy, &target, started, failure.state(), "ldap", failure.code(), text)
                }
            }]
        })
    }
}

/// The server object names the computer object.
fn agent_touches(host: &str) -> Vec<Touched> {
    let searches = [base("<its server object>", "serverReference"), subtree("<its computer object>", AGENT, "cn")];
    searches.map(|search| Touched::new("ldap", format!("{host}: {search}"))).to_vec()
}

fn packages(world: &Arc<World>, candidate: &Candidate) -> Probe {
    let (this, host) = (world.clone(), candidate.controller.fqdn.clone());
    let target = candidate.controller.target.clone();
    let (limit, touches) = (world.timeout(LDAP_TIMEOUT), registry::touches(&host));
    probe(Kind::DomainPolicy, "packages", &target.clone(), limit, touches, async move {
        vec![registry::look(&this, &target, &host).await]
    })
}

fn of(host: &str) -> DcPackages {
    DcPackages { dc: host.to_owned(), ..DcPackages::default() }
}

fn record(world: &World, target: &Target, started: Instant, about: DcPackages) -> Record {
    world.record(target, started, DomainPolicy { dc_notification_packages: vec![about], ..DomainPolicy::default() })
}

/// Asks the controller itself, about its own computer object.
async fn find_agent(world: &World, access: &Access, candidate: &Candidate, limit: Duration) -> Result<bool, Failure> {
    let unseen = |what: &str| Failure::Broken(format!("{what} cannot be seen"));
    let mut ldap = open(world, access, &candidate.door(), candidate.way, limit).await?;
    let server = candidate.root.server_name.as_deref().ok_or_else(|| unseen("the name of its server object"))?;
    let found = entry(&mut ldap, limit, server, &["serverReference"]).await?;
    let computer = found.as_ref().and_then(|entry| entry.value("serverReference"));
    let computer = computer.ok_or_else(|| unseen("its computer object"))?;
    let points = ask(&mut ldap, limit, Query::subtree(computer, AGENT, &["cn"]), Vec::new()).await?;
    Ok(!points.is_empty())
}

#[cfg(not(windows))]
mod registry {
    use super::*;

    pub fn touches(_: &str) -> Vec<Touched> {
        Vec::new()
    }

    pub async fn look(world: &World, target: &Target, _: &str) -> Record {
        let text =
            "the notification packages stand in the registry of the controller, which is asked for on Windows only";
        world.not_here(Kind::DomainPolicy, target, Instant::now(), text)
    }
}

#[cfg(windows)]
mod registry {
    use super::*;
    use crate::evidence::State;
    use crate::platform;
    use crate::runtime::{Saturated, blocking};

    const ERROR_ACCESS_DENIED: u32 = 5;

    pub fn touches(host: &str) -> Vec<Touched> {
        vec![Touched::new("registry", format!(r"{host}: HKLM\{}: {}", platform::LSA_KEY, platform::PACKAGES))]
    }

    /// As the current user: remote registry takes no other credential.
    pub async fn look(world: &World, target: &Target, host: &str) -> Record {
        let started = Instant::now();
        let own = world.server.display.split('.').next().unwrap_or_default().to_owned();
        let is_here = host.split('.').next().is_some_and(|label| label.eq_ignore_ascii_case(&own));
        let asked = (!is_here).then(|| host.to_owned());
        match blocking(move || platform::notification_packages(asked.as_deref())).await {
            Ok(Ok(packages)) => record(world, target, started, DcPackages { packages: Some(packages), ..of(host) }),
            Ok(Err(code)) => {
                let state = if code == ERROR_ACCESS_DENIED { State::AccessDenied } else { State::NotReadable };
                let reason = std::io::Error::from_raw_os_error(code as i32);
                let text = format!("{host}: the notification packages in its registry: {reason}");
                world.failed(Kind::DomainPolicy, target, started, state, "io", code.to_string(), text)
            }
            Err(Saturated) => world.saturated(Kind::DomainPolicy, target, started),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::State;
    use crate::evidence::collect::directory::testing::*;

    #[tokio::test]
    async fn each_controller_that_lets_us_in_is_asked_about_itself() {
        let collector = PasswordFiltersCollector { access: Arc::default() };
        assert!(collector.probes(&two().evidence, &world(corp())).is_empty());
        let mut probes = collector.probes(&both().evidence, &world(corp()));
        let keys: Vec<&str> = probes.iter().map(|probe| probe.key.as_str()).collect();
        let expected = ["dc1", "dc2"]
            .map(|name| ["agent", "packages"].map(|part| format!("domain-policy dc:{name}.corp.example {part}")));
        assert_eq!(keys, expected.concat());
        // Wine has no such controller, and others have no remote registry at all.
        let records = (probes.remove(1).work)().await;
        assert_eq!((records[0].kind, records[0].target.key.as_str()), (Kind::DomainPolicy, "dc:dc1.corp.example"));
        let state = if cfg!(windows) { State::NotReadable } else { State::NotCollected };
        assert_eq!(records[0].state, state);
    }
}
