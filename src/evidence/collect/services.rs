//! `services`: the services that writeback rests on. Windows only.

use super::net::limits::{local, whole};
use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Record};
use std::sync::Arc;
use std::time::Instant;

pub struct ServicesCollector;

impl Collector for ServicesCollector {
    fn kind(&self) -> Kind {
        Kind::Services
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let this = world.clone();
        vec![probe(Kind::Services, "", &world.server, whole(1, local(world)), self.patterns(world), async move {
            vec![look(&this).await]
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        #[cfg(windows)]
        return windows::NAMES.iter().map(|name| Touched::new("service", *name)).collect();
        #[cfg(not(windows))]
        return Vec::new();
    }
}

#[cfg(not(windows))]
async fn look(world: &World) -> Record {
    let text = "the services of the sync server exist on Windows only";
    world.not_here(Kind::Services, &world.server, Instant::now(), text)
}

#[cfg(windows)]
async fn look(world: &World) -> Record {
    windows::look(world, Instant::now()).await
}

#[cfg(windows)]
mod windows {
    use super::*;
    use crate::evidence::{Service, Services, State};
    use crate::runtime::{Saturated, blocking};
    use windows_service::Error;
    use windows_service::service::{ServiceAccess, ServiceStartType, ServiceState};
    use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

    /// The synchronisation service and the agent of cloud sync.
    pub const NAMES: [&str; 2] = ["ADSync", "AADConnectProvisioningAgent"];

    const ERROR_ACCESS_DENIED: i32 = 5;
    const ERROR_SERVICE_DOES_NOT_EXIST: i32 = 1060;

    pub async fn look(world: &World, started: Instant) -> Record {
        let failed = |state, class: &str, code: String, text: String| {
            world.failed(Kind::Services, &world.server, started, state, class, code, text)
        };
        match blocking(read).await {
            Ok(Ok(services)) => {
                world.record(&world.server, started, Services { services, cloud_sync_agent_version: None })
            }
            Ok(Err(error)) => match code(&error) {
                ERROR_ACCESS_DENIED => failed(State::AccessDenied, "io", "5".to_owned(), error.to_string()),
                code => failed(State::Error, "io", code.to_string(), error.to_string()),
            },
            Err(Saturated) => world.saturated(Kind::Services, &world.server, started),
        }
    }

    /// Services that do not exist are left out; any other refusal fails the whole record, so that a
    /// service that may not be read never looks like one that is not there.
    fn read() -> Result<Vec<Service>, Error> {
        let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)?;
        let mut services = Vec::new();
        for name in NAMES {
            let access = ServiceAccess::QUERY_CONFIG | ServiceAccess::QUERY_STATUS;
            let service = match manager.open_service(name, access) {
                Ok(service) => service,
                Err(error) if code(&error) == ERROR_SERVICE_DOES_NOT_EXIST => continue,
                Err(error) => return Err(error),
            };
            let config = service.query_config()?;
            let status = service.query_status()?;
            services.push(Service {
                name: name.to_owned(),
                display: Some(config.display_name.to_string_lossy().into_owned()),
                state: Some(state(status.current_state).to_owned()),
                start_type: Some(start_type(config.start_type).to_owned()),
                account: config.account_name.map(|account| account.to_string_lossy().into_owned()),
                image_path: Some(config.executable_path.to_string_lossy().into_owned()),
                file_version: None,
            });
        }
        Ok(services)
    }

    fn code(error: &Error) -> i32 {
        match error {
            Error::Winapi(error) => error.raw_os_error().unwrap_or_default(),
            _ => 0,
        }
    }

    /// The names of PowerShell's `Get-Service`.
    fn state(state: ServiceState) -> &'static str {
        match state {
            ServiceState::Stopped => "Stopped",
            ServiceState::StartPending => "StartPending",
            ServiceState::StopPending => "StopPending",
            ServiceState::Running => "Running",
            ServiceState::ContinuePending => "ContinuePending",
            ServiceState::PausePending => "PausePending",
            ServiceState::Paused => "Paused",
        }
    }

    fn start_type(start: ServiceStartType) -> &'static str {
        match start {
            ServiceStartType::AutoStart => "Automatic",
            ServiceStartType::OnDemand => "Manual",
            ServiceStartType::Disabled => "Disabled",
            ServiceStartType::BootStart => "Boot",
            ServiceStartType::SystemStart => "System",
        }
    }
}
