//! Diagnostics that look at the world now.

use super::answers::answer;
use super::scan::{Users, scan};
use super::tables;
use super::values::{bases, credential, hosts, names, proxy_address, sample_size};
use crate::catalog::Target;
use crate::contract::{
    ContractError, Finding, Item, MessageLevel, PlanItem, Report, TestAllRequest, TestConnectivityRequest,
    TestDirectoryRequest, TestPermissionRequest, TestUserRequest,
};
use crate::engine::{Diagnostic, Engine, Finished, Plan, RunHeader, Suppressions, report_with};
use crate::evidence::collect::{Settings, Touched, World, collectors, unix_ms};
use crate::evidence::{Kind, Vantage};
use crate::jobs::{self, End, Outbox};
use crate::{platform, secret};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Catalog 0.6.
const GLOBAL_DEADLINE: Duration = Duration::from_secs(30);

/// As many users may be piped (catalog 4.9).
const MOST_IDENTITIES: usize = 10_000;

/// One account per forest: more is a mistake.
const MOST_ACCOUNTS: usize = 64;

pub fn test_all(request: TestAllRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestAll, request)
}

pub fn test_connectivity(request: TestConnectivityRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestConnectivity, request.into())
}

pub fn test_directory(request: TestDirectoryRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestDirectory, request.into())
}

pub fn test_permission(request: TestPermissionRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestPermission, request.into())
}

pub fn test_user(request: TestUserRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestUser, request.into())
}

/// A live run, ready to go.
pub struct Live {
    pub engine: Engine,
    plan_only: bool,
    /// All users, by `-All`.
    pub scan: Option<Users>,
}

fn start(diagnostic: Diagnostic, request: TestAllRequest) -> Result<u64, ContractError> {
    let expects = request.expects.clone();
    let mut live = Live::prepare(diagnostic, request)?;
    jobs::start(expects, |side| async move {
        let outbox = side.outbox.clone();
        if live.plan_only {
            for (touched, checks) in live.would_touch() {
                if outbox.send(&Item::Plan(PlanItem { touched, checks })).await.is_err() {
                    break;
                }
            }
            return End::done(None);
        }
        for text in live.engine.suppressions.expired(live.engine.world.now_unix_ms) {
            if outbox.send(&Item::Message { level: MessageLevel::Warning, text }).await.is_err() {
                return End::cancelled(None);
            }
        }
        let cancelled = side.cancelled.clone();
        let Ok(finished) = live.engine.run(side).await else {
            return End::cancelled(None);
        };
        match live.scan.take() {
            Some(users) => scan(live, users, outbox, cancelled, finished).await,
            None => jobs::on_one_thread(move || async move { judged(&live, &outbox, &finished).await }).await,
        }
    })
}

/// The end of a run, after its findings.
async fn judged(live: &Live, outbox: &Outbox, finished: &Finished) -> End {
    let report = live.report(finished, Vec::new());
    let scene = live.engine.world.scene(&finished.evidence);
    let (plan, suppressions) = (&live.engine.plan, &live.engine.suppressions);
    let answered = answer(outbox, &scene, plan, suppressions, &report.coverage).await;
    let run = Item::Run { run: Box::new(RunHeader::of(&report)) };
    if answered.is_err() || live.engine.emit_evidence && outbox.send(&run).await.is_err() {
        return End::cancelled(None);
    }
    End::with_streamed_findings(&report)
}

impl Live {
    /// Each thing once, with all its checks.
    fn would_touch(&self) -> Vec<(Touched, Vec<String>)> {
        let mut all: Vec<(Touched, BTreeSet<String>)> = Vec::new();
        let mut places: HashMap<Touched, usize> = HashMap::new();
        let of_scan = self.scan.iter().flat_map(|users| users.would_touch(&self.engine));
        for (touched, checks) in self.engine.would_touch().into_iter().chain(of_scan) {
            let place = *places.entry(touched.clone()).or_insert(all.len());
            match all.get_mut(place) {
                Some((_, known)) => known.extend(checks),
                None => all.push((touched, checks.into_iter().collect())),
            }
        }
        all.into_iter().map(|(touched, checks)| (touched, checks.into_iter().collect())).collect()
    }

    /// Validates a request and takes its secrets. On refusal they are wiped.
    pub fn prepare(diagnostic: Diagnostic, request: TestAllRequest) -> Result<Live, ContractError> {
        let TestAllRequest {
            selection,
            limits,
            knowledge_path,
            sync_server,
            network,
            directory,
            user,
            expects,
            output,
        } = request;
        // Taken first: whatever is refused below, they are wiped with this function.
        let proxy_secret = network.proxy_secret.map(|handle| (handle, secret::take(handle)));
        let directory_secret = directory.secret.map(|handle| (handle, secret::take(handle)));

        let range = |field: &str, value: Option<u32>, least: u32, most: u32| match value {
            Some(ms) if !(least..=most).contains(&ms) => Err(ContractError::out_of_range(
                field,
                format!("{field} is {ms}; it must lie between {least} and {most} milliseconds."),
            )),
            _ => Ok(value.map(|ms| Duration::from_millis(u64::from(ms)))),
        };
        let probe_timeout = range("limits.probeTimeoutMs", limits.probe_timeout_ms, 100, 300_000)?;
        let deadline = range("limits.globalTimeoutMs", limits.global_timeout_ms, 1_000, 3_600_000)?;
        let scan = Users::of(diagnostic, &directory)?;
        let sample_size = if scan.is_some() { 0 } else { sample_size(diagnostic, &directory)? };
        let connector_accounts = names("directory.connectorAccounts", directory.connector_accounts, MOST_ACCOUNTS)?;
        let identities = names("directory.identities", directory.identities, MOST_IDENTITIES)?;
        let search_base = bases("directory.searchBase", directory.search_base)?;
        let domains = hosts("directory.domains", directory.domains, "the DNS name of a domain, such as corp.example")?;
        let servers = "the full DNS name of a domain controller, such as dc1.corp.example";
        let servers = hosts("directory.servers", directory.servers, servers)?;
        let plan = Plan::new(diagnostic, &selection)?.explaining(output.explain).with_matrix(output.matrix)?;
        let suppressions = Suppressions::new(&selection.suppressions)?;
        let tables = Arc::new(tables(knowledge_path.as_deref())?);
        let cloud = network.cloud.unwrap_or_else(|| "Public".to_owned());
        if !tables.clouds.iter().any(|known| known.name.eq_ignore_ascii_case(&cloud)) {
            return Err(ContractError::out_of_range(
                "network.cloud",
                format!("'{cloud}' is not a cloud; use Public, UsGov or China."),
            ));
        }
        let expects = expects
            .iter()
            .enumerate()
            .map(|(index, name)| {
                Kind::from_name(name).ok_or_else(|| {
                    ContractError::out_of_range(
                        &format!("expects[{index}]"),
                        format!("'{name}' is not a kind of evidence."),
                    )
                })
            })
            .collect::<Result<Vec<Kind>, ContractError>>()?;
        let proxy = network.proxy.as_deref().map(proxy_address).transpose()?;
        let settings = Settings {
            sync_server,
            cloud,
            namespaces: network.namespaces,
            allow_list: network.allow_list,
            include_legacy_port: network.include_legacy_port,
            proxy,
            proxy_credential: credential("network.proxyUser", "network.proxySecret", network.proxy_user, proxy_secret)?,
            domains,
            servers,
            credential: credential("directory.user", "directory.secret", directory.user, directory_secret)?,
            all_controller: directory.all_controller,
            connector_accounts,
            identities,
            search_base,
            sample_size,
            operation: user.operation.map(|operation| operation.name().to_owned()),
            expects: expects.clone(),
            probe_timeout,
        };
        let world = Arc::new(World {
            vantage: vantage(sync_server),
            settings,
            tables,
            run_as: platform::account_name().into(),
            server: Target::server(&platform::host_name()),
            now_unix_ms: unix_ms(),
        });
        let engine = Engine {
            suppressions,
            world,
            collectors: collectors(),
            later: scan.as_ref().map_or_else(Vec::new, |users| {
                plan.selected.iter().filter(|check| users.answers(check)).map(|check| check.id).collect()
            }),
            plan,
            expects,
            deadline: deadline.unwrap_or(GLOBAL_DEADLINE),
            emit_evidence: output.evidence,
        };
        Ok(Live { engine, plan_only: output.plan_only, scan })
    }

    /// The report of a run; `scanned` are findings of what left no evidence.
    pub fn report(&self, finished: &Finished, scanned: Vec<Finding>) -> Report {
        let world = &self.engine.world;
        let header = RunHeader {
            host: world.server.display.clone(),
            vantage: world.vantage,
            now_unix_ms: world.now_unix_ms,
            started_unix_ms: world.now_unix_ms,
            duration_ms: (unix_ms() - world.now_unix_ms).clamp(0, i64::from(u32::MAX)) as u32,
            state: finished.state,
            touched: finished.touched.clone(),
        };
        let (plan, suppressions) = (&self.engine.plan, &self.engine.suppressions);
        report_with(&header, plan, suppressions, &finished.evidence, &world.tables, scanned)
    }
}

/// Where this process sees the network from (catalog 0.4).
fn vantage(says_sync_server: bool) -> Vantage {
    if says_sync_server || platform::is_sync_server() {
        Vantage::SyncServer
    } else if platform::is_domain_joined() == Some(true) {
        Vantage::DomainMember
    } else {
        Vantage::Other
    }
}
