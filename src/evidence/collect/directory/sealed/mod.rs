//! Sign and seal on port 389: the SASL bind and the wrapping are done here, below `ldap3`, which loses
//! messages when it unwraps itself (`LdapCodec::decode` of 0.12.1 drops the rest of an unwrapped buffer
//! when the next buffer is there already). Many controllers have no certificate, so this way has to be
//! whole.
//!
//! TCP -> bind ([`handshake`]) -> two directions ([`pump`]) -> a private pair of streams ([`super::pair`]) ->
//! `ldap3`, which sees plain LDAP.

#[cfg(unix)]
mod ending;
mod handshake;
#[cfg_attr(unix, path = "gss.rs")]
#[cfg_attr(windows, path = "sspi.rs")]
mod kerberos;
mod message;
#[cfg(unix)]
mod principal;
mod pump;
#[cfg(test)]
mod scan;

use super::connection::{Connection, Ended};
use super::controllers::LDAP;
use super::ldap::{Failure, guarded, printable};
use super::pair;
use crate::evidence::collect::net::failure::Broken;
use crate::evidence::collect::net::stream;
use crate::secret::Secret;
use handshake::Outcome;
use std::time::Duration;
use tokio::time::timeout;

/// Signing and sealing of one connection.
trait Seal: Send + 'static {
    /// A token of this text; `conceal` encrypts, else it is only signed.
    fn wrap(&mut self, plain: &[u8], conceal: bool) -> Result<Vec<u8>, String>;
    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String>;
}

/// The exchange of tokens that ends in a [`Seal`].
trait Mechanism: Seal {
    /// Takes a token of the controller; the answer to it, where there is one.
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String>;
    fn is_complete(&self) -> bool;
}

/// Whose ticket is used. A named one gets a ticket of its own in memory: neither the cache of the user
/// nor the environment of the process is touched.
pub enum Identity {
    CurrentUser,
    Named { user: String, secret: Secret },
}

/// The controller to bind to.
#[derive(Clone)]
pub struct Peer {
    pub host: String,
    /// DNS name of its domain, where it is known.
    pub domain: Option<String>,
}

/// What became of the bind.
pub enum Bind {
    Bound(Connection),
    /// The controller answered with this result code.
    Refused {
        code: u32,
        text: String,
    },
}

/// Why there was no answer to the bind.
#[derive(Debug)]
pub enum Trouble {
    /// The network or the peer.
    Peer(Failure),
    /// Kerberos on our side. `refused`: the password itself, or the account, was turned down.
    Kerberos { text: String, refused: bool },
}

impl Trouble {
    fn broken(text: impl Into<String>) -> Trouble {
        Trouble::Peer(Failure::Broken(text.into()))
    }

    fn kerberos(text: &str) -> Trouble {
        Trouble::Kerberos { text: printable(text), refused: false }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Peer(failure) => failure.fmt(f),
            Trouble::Kerberos { text, .. } => f.write_str(text),
        }
    }
}

/// Connects and binds, each within the time-out.
pub async fn bind(peer: &Peer, identity: Identity, limit: Duration) -> Result<Bind, Trouble> {
    let silent = || Trouble::Peer(Failure::NoAnswer(limit));
    let mut stream = match timeout(limit, stream::to_name(&peer.host, LDAP, limit)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(Broken::Peer(failure))) => return Err(Trouble::broken(format!("TCP {LDAP}: {}", failure.word()))),
        Ok(Err(Broken::Ours(error))) => return Err(Trouble::broken(printable(&error.to_string()))),
        Err(_) => return Err(silent()),
    };
    let bound = timeout(limit, async {
        // The Kerberos library asks its servers with blocking calls; a stuck one keeps its thread only.
        let target = peer.clone();
        let started = crate::runtime::blocking(move || kerberos::Context::start(&target, &identity)).await;
        let (mut context, token) =
            started.map_err(|_| Trouble::broken("every thread for blocking calls is stuck"))??;
        let outcome = handshake::agree(&mut stream, &mut context, token).await?;
        Ok((outcome, context))
    });
    let (outcome, context) = bound.await.map_err(|_| silent())??;
    let largest = match outcome {
        Outcome::Agreed { largest } => largest,
        Outcome::Refused { code, text } => return Ok(Bind::Refused { code, text }),
    };
    let (ours, settings, url) = pair::streams().await.map_err(|error| Trouble::broken(error.to_string()))?;
    let ended = Ended::default();
    tokio::spawn(pump::run(stream, ours, context, largest, ended.clone()));
    let connection = guarded(limit, Connection::open(settings, url, ended)).await.map_err(Trouble::Peer)?;
    Ok(Bind::Bound(connection))
}
