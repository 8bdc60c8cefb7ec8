//! Diagnostics that look at the world now.

use super::tables;
use crate::catalog::Target;
use crate::contract::{
    ContractError, ErrorKind, Item, MessageLevel, PlanItem, Report, TestAllRequest, TestConnectivityRequest,
    TestDirectoryRequest,
};
use crate::engine::{Diagnostic, Engine, Finished, Plan, RunHeader, Suppressions, report};
use crate::evidence::collect::{Credential, Settings, World, collectors, unix_ms};
use crate::evidence::{Kind, Vantage};
use crate::ffi::PwbStatus;
use crate::jobs::{self, Closed, End, JobSide};
use crate::{platform, secret};
use std::sync::Arc;
use std::time::Duration;

/// Catalog 0.6.
const GLOBAL_DEADLINE: Duration = Duration::from_secs(30);

pub fn test_all(request: TestAllRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestAll, request)
}

pub fn test_connectivity(request: TestConnectivityRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestConnectivity, request.into())
}

pub fn test_directory(request: TestDirectoryRequest) -> Result<u64, ContractError> {
    start(Diagnostic::TestDirectory, request.into())
}

/// A live run, ready to go.
pub struct Live {
    pub engine: Engine,
    plan_only: bool,
}

fn start(diagnostic: Diagnostic, request: TestAllRequest) -> Result<u64, ContractError> {
    let expects = request.expects.clone();
    let live = Live::prepare(diagnostic, request)?;
    jobs::start(expects, |side| async move {
        let outbox = side.outbox.clone();
        if live.plan_only {
            for (touched, checks) in live.engine.would_touch() {
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
        match live.run(side).await {
            Ok((report, _)) => {
                let run = Item::Run { run: Box::new(RunHeader::of(&report)) };
                if live.engine.emit_evidence && outbox.send(&run).await.is_err() {
                    return End::cancelled(None);
                }
                End::with_streamed_findings(&report)
            }
            Err(Closed) => End::cancelled(None),
        }
    })
}

impl Live {
    /// Validates a request and takes its secrets. On refusal they are wiped.
    pub fn prepare(diagnostic: Diagnostic, request: TestAllRequest) -> Result<Live, ContractError> {
        let TestAllRequest { selection, limits, knowledge_path, sync_server, network, directory, expects, output } =
            request;
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
        let plan = Plan::new(diagnostic, &selection)?;
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
            domains: directory.domains,
            servers: directory.servers,
            credential: credential("directory.user", "directory.secret", directory.user, directory_secret)?,
            all_controller: directory.all_controller,
            expects: expects.clone(),
            probe_timeout,
        };
        let world = Arc::new(World {
            vantage: vantage(sync_server),
            settings,
            tables,
            run_as: platform::account_name(),
            server: Target::server(&platform::host_name()),
            now_unix_ms: unix_ms(),
        });
        let engine = Engine {
            plan,
            suppressions,
            world,
            collectors: collectors(),
            expects,
            deadline: deadline.unwrap_or(GLOBAL_DEADLINE),
            emit_evidence: output.evidence,
        };
        Ok(Live { engine, plan_only: output.plan_only })
    }

    /// Runs and judges; returns the report and what it rests on.
    pub async fn run(&self, side: JobSide) -> Result<(Report, Finished), Closed> {
        let world = &self.engine.world;
        let finished = self.engine.run(side).await?;
        let header = RunHeader {
            host: world.server.display.clone(),
            vantage: world.vantage,
            now_unix_ms: world.now_unix_ms,
            started_unix_ms: world.now_unix_ms,
            duration_ms: (unix_ms() - world.now_unix_ms).clamp(0, i64::from(u32::MAX)) as u32,
            state: finished.state,
            touched: finished.touched.clone(),
        };
        let report = report(&header, &self.engine.plan, &self.engine.suppressions, &finished.evidence, &world.tables);
        Ok((report, finished))
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

/// `http://host:port` without user information: credentials travel as a secret only.
fn proxy_address(text: &str) -> Result<String, ContractError> {
    let refused = |message: &str| ContractError::out_of_range("network.proxy", message.to_owned());
    let url = reqwest::Url::parse(text).map_err(|_| refused("The proxy is not a URL of the form http://host:port."))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("The proxy's URL holds a user name; pass it with -ProxyCredential instead."));
    }
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refused("The proxy is not a URL of the form http://host:port."));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A user and a secret belong together.
fn credential(
    user_field: &str,
    secret_field: &str,
    user: Option<String>,
    secret: Option<(u64, Option<secret::Secret>)>,
) -> Result<Option<Credential>, ContractError> {
    match (user, secret) {
        (None, None) => Ok(None),
        (Some(user), Some((_, Some(secret)))) => Ok(Some(Credential { user, secret })),
        (_, Some((handle, None))) => Err(ContractError::new(
            PwbStatus::UnknownSecret,
            ErrorKind::InvalidRequest,
            format!("Field '{secret_field}' names secret {handle}, which does not exist or was used already."),
        )
        .field(secret_field)),
        (Some(_), None) => Err(ContractError::out_of_range(
            secret_field,
            format!("'{user_field}' was given without '{secret_field}'."),
        )),
        (None, Some(_)) => {
            Err(ContractError::out_of_range(user_field, format!("'{secret_field}' was given without '{user_field}'.")))
        }
    }
}
