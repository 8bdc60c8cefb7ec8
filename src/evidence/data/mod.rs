//! The data of each kind of evidence, as types. One file per family; the field names in JSON are the
//! field names of the catalog's evidence table.
//!
//! Every field may be missing: what a source did not give is `null`, never a default that looks like
//! an answer.

mod account;
mod adsync;
mod directory;
mod graph;
mod network;
mod operator;
mod server;

pub use account::{AnchorSearch, Bytes, SecurityDescriptor, TokenGroups, User};
pub use adsync::{AdSyncConfig, AdSyncObject, AdSyncRun, AdSyncRuns, Connector, Partition};
pub use directory::{DcInventory, DcPackages, DomainPolicy, Fsmo, LdapBind, Pso, PsoContainer, RootDse};
pub use graph::{GraphToken, TokenError};
pub use network::{
    Certificate, Dns, DnsAnswer, EffectiveProxy, EndpointMap, Environment, Http, MachineConfig, OsTrust, ProxyConfig,
    Tcp, Tls, TlsAlert, WinHttp, WinInet,
};
pub use operator::OperatorInput;
pub use server::{Clock, Event, EventLog, Os, Service, Services};

use super::kind::Kind;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The typed data of one kind.
pub trait Data: Sized {
    const KIND: Kind;
    fn from_payload(payload: &Payload) -> Option<&Self>;
}

macro_rules! payloads {
    ($($kind:ident($data:ty)),+ $(,)?) => {
        /// Data of a record: typed for the kinds that a check of this build reads, as it came for the others.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Payload {
            $($kind(Box<$data>),)+
            /// A kind that no check of this build reads yet, or a record without data.
            Raw(Value),
        }

        impl Payload {
            /// Reads the data of `kind`; unknown fields are ignored, `null` means "no data".
            pub fn from_json(kind: Kind, value: Value) -> Result<Payload, serde_json::Error> {
                if value.is_null() {
                    return Ok(Payload::Raw(value));
                }
                Ok(match kind {
                    $(Kind::$kind => Payload::$kind(serde_json::from_value(value)?),)+
                    _ => Payload::Raw(value),
                })
            }
        }

        impl Serialize for Payload {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Payload::$kind(data) => data.serialize(serializer),)+
                    Payload::Raw(value) => value.serialize(serializer),
                }
            }
        }

        $(
            impl Data for $data {
                const KIND: Kind = Kind::$kind;
                fn from_payload(payload: &Payload) -> Option<&Self> {
                    match payload { Payload::$kind(data) => Some(data), _ => None }
                }
            }
            impl From<$data> for Payload {
                fn from(data: $data) -> Payload {
                    Payload::$kind(Box::new(data))
                }
            }
        )+
    };
}

payloads! {
    Dns(Dns),
    Tcp(Tcp),
    Tls(Tls),
    Http(Http),
    ProxyConfig(ProxyConfig),
    RootDse(RootDse),
    Fsmo(Fsmo),
    DcInventory(DcInventory),
    SecurityDescriptor(SecurityDescriptor),
    TokenGroups(TokenGroups),
    DomainPolicy(DomainPolicy),
    Pso(Pso),
    User(User),
    GraphToken(GraphToken),
    AdSyncConfig(AdSyncConfig),
    AdSyncRuns(AdSyncRuns),
    AdSyncObject(AdSyncObject),
    Services(Services),
    Os(Os),
    Clock(Clock),
    EventLog(EventLog),
    OperatorInput(OperatorInput),
}
