//! What every collector knows: the settings of the run, the data tables, and who is looking from where.

use crate::catalog::{Scene, Target};
use crate::evidence::{Evidence, Kind, Payload, Record, RecordError, State, Vantage};
use crate::knowledge::Tables;
use crate::secret::Secret;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A user name with its secret. Never serialised, never printed.
pub struct Credential {
    /// `user@domain`, `DOMAIN\user` or a plain name, as it was given.
    pub user: String,
    pub secret: Secret,
}

impl Credential {
    pub fn new(user: &str, secret: &[u8]) -> Credential {
        Credential { user: user.to_owned(), secret: Secret::new(secret) }
    }
}

/// The request of a run, as collectors need it.
#[derive(Default)]
pub struct Settings {
    /// "This machine is the sync server".
    pub sync_server: bool,
    /// `Public`, `UsGov` or `China`.
    pub cloud: String,
    pub namespaces: Vec<String>,
    pub allow_list: Vec<String>,
    pub include_legacy_port: bool,
    /// The proxy that the service uses: `http://host:port`.
    pub proxy: Option<String>,
    pub proxy_credential: Option<Credential>,
    pub domains: Vec<String>,
    pub servers: Vec<String>,
    pub credential: Option<Credential>,
    pub all_controller: bool,
    /// Connector accounts by name; empty = those of the sync service, else a guess.
    pub connector_accounts: Vec<String>,
    /// Users to look for, in the operator's words.
    pub identities: Vec<String>,
    /// Containers to take the sample from; empty = each whole domain.
    pub search_base: Vec<String>,
    /// Users of the sample per container; 0 = no sample.
    pub sample_size: usize,
    /// What was tried for the users.
    pub operation: Option<String>,
    /// Kinds that the caller offers while the run is going on; each leaves a record, readable or not.
    pub expects: Vec<Kind>,
    /// Replaces the time-out of every probe.
    pub probe_timeout: Option<Duration>,
}

/// The surroundings of one run.
pub struct World {
    pub settings: Settings,
    pub tables: Arc<Tables>,
    pub vantage: Vantage,
    /// Account name of this process.
    pub run_as: Arc<str>,
    /// The machine this runs on.
    pub server: Target,
    /// Start of the run.
    pub now_unix_ms: i64,
}

/// Milliseconds since 1970, UTC.
pub fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

impl World {
    /// The scene as a check would see it now.
    pub fn scene<'a>(&'a self, evidence: &'a Evidence) -> Scene<'a> {
        Scene { evidence, tables: &self.tables, now_unix_ms: self.now_unix_ms }
    }

    /// The credential for the proxy that the operator named; no other proxy ever gets it.
    pub fn proxy_credential(&self) -> Option<&Credential> {
        self.settings.proxy_credential.as_ref().filter(|_| self.settings.proxy.is_some())
    }

    /// Time-out of one probe: the operator's, else the default of its kind.
    pub fn timeout(&self, default: Duration) -> Duration {
        self.settings.probe_timeout.unwrap_or(default)
    }

    fn envelope(&self, kind: Kind, target: &Target, started: Instant, state: State, data: Payload) -> Record {
        Record {
            kind,
            target: target.clone(),
            collected_at_unix_ms: unix_ms(),
            collector: kind.name().into(),
            vantage: self.vantage,
            run_as: Arc::clone(&self.run_as),
            duration_ms: started.elapsed().as_millis().min(u128::from(u32::MAX)) as u32,
            state,
            error: None,
            origin: None,
            data,
            place: 0,
        }
    }

    /// A record that was read.
    pub fn record<D: crate::evidence::Data + Into<Payload>>(
        &self,
        target: &Target,
        started: Instant,
        data: D,
    ) -> Record {
        self.envelope(D::KIND, target, started, State::Ok, data.into())
    }

    /// A record whose data is not whole, or says only what was asked: why, as for one that failed.
    pub fn troubled<D: crate::evidence::Data + Into<Payload>>(
        &self,
        target: &Target,
        started: Instant,
        data: D,
        state: State,
        error: RecordError,
    ) -> Record {
        let mut record = self.envelope(D::KIND, target, started, state, data.into());
        record.error = Some(error);
        record
    }

    /// A record that could not be read: why, as a class, a code and a text without secrets.
    #[allow(clippy::too_many_arguments, reason = "the fields of an envelope, each once")]
    pub fn failed(
        &self,
        kind: Kind,
        target: &Target,
        started: Instant,
        state: State,
        class: &str,
        code: impl ToString,
        text: impl ToString,
    ) -> Record {
        let mut record = self.envelope(kind, target, started, state, Payload::Raw(serde_json::Value::Null));
        record.error = Some(RecordError { class: class.to_owned(), code: code.to_string(), text: text.to_string() });
        record
    }

    /// A source that this operating system or build does not have: a limit of the tool.
    pub fn not_here(&self, kind: Kind, target: &Target, started: Instant, text: &str) -> Record {
        self.failed(kind, target, started, State::NotCollected, "toolLimit", "", text)
    }

    /// All threads for blocking work are stuck.
    pub fn saturated(&self, kind: Kind, target: &Target, started: Instant) -> Record {
        self.not_here(kind, target, started, "every thread for blocking calls is stuck in one")
    }
}
