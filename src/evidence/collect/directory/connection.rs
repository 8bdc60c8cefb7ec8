//! A connection to a controller, with the reason why it ended where we ended it ourselves.

use super::ldap::Failure;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

/// Why a connection was ended, if something on our side did.
pub type Ended = Arc<OnceLock<String>>;

/// `ldap3` has no words of its own for a stream that ends below it.
#[derive(Clone)]
pub struct Connection {
    ldap: Ldap,
    ended: Ended,
}

impl Connection {
    /// Opens by these settings; the connection ends when the last handle is dropped.
    pub async fn open(settings: LdapConnSettings, url: &str, ended: Ended) -> Result<Connection, LdapError> {
        let (connection, ldap) = LdapConnAsync::with_settings(settings, url).await?;
        ldap3::drive!(connection);
        Ok(Connection { ldap, ended })
    }

    /// A failure of an operation, in the words of what really ended the connection.
    pub fn explain(&self, failure: Failure) -> Failure {
        match (failure, self.ended.get()) {
            (Failure::Broken(_), Some(reason)) => Failure::Broken(reason.clone()),
            (failure, _) => failure,
        }
    }
}

impl Deref for Connection {
    type Target = Ldap;

    fn deref(&self) -> &Ldap {
        &self.ldap
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Ldap {
        &mut self.ldap
    }
}
