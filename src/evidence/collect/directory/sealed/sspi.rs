//! Kerberos by SSPI (Windows).

use super::{Identity, Mechanism, Peer, Seal, Trouble};
use crate::evidence::collect::directory::ldap::printable;
use cross_krb5::{ClientCtx, Cred, InitiateFlags, K5Cred, K5Ctx, PendingClientCtx, Step};

/// SEC_E_LOGON_DENIED: the name or the password is wrong, or the account may not sign in.
const LOGON_DENIED: i32 = 0x8009_030c_u32 as i32;

/// A security context of this side.
pub struct Context(State);

enum State {
    Pending(PendingClientCtx),
    Complete(ClientCtx),
    /// A step failed; nothing more can be done with it.
    Failed,
}

impl Context {
    /// Gets the tickets, which may block, and the first token.
    pub fn start(peer: &Peer, identity: &Identity) -> Result<(Context, Vec<u8>), Trouble> {
        let credential = match identity {
            Identity::CurrentUser => Cred::client_acquire(InitiateFlags::empty(), None).map_err(trouble)?,
            Identity::Named { user, secret } => {
                let secret = secret.reveal().ok_or_else(|| Trouble::kerberos("the password is not valid UTF-8"))?;
                let (domain, user) = match user.split_once('\\') {
                    Some((domain, user)) => (Some(domain), user),
                    // A user principal name says where it belongs.
                    None => (peer.domain.as_deref().filter(|_| !user.contains('@')), user.as_str()),
                };
                let handle = crate::platform::kerberos_credential(user, domain, secret);
                Cred::from(handle.map_err(|error| Trouble::kerberos(&error.to_string()))?)
            }
        };
        let target = format!("ldap/{}", peer.host);
        let (context, token) = ClientCtx::new_with_cred(credential, &target, None).map_err(trouble)?;
        Ok((Context(State::Pending(context)), token.to_vec()))
    }

    fn complete(&mut self) -> Result<&mut ClientCtx, String> {
        match &mut self.0 {
            State::Complete(context) => Ok(context),
            _ => Err("the Kerberos context does not stand".to_owned()),
        }
    }
}

impl Seal for Context {
    fn wrap(&mut self, plain: &[u8], conceal: bool) -> Result<Vec<u8>, String> {
        self.complete()?.wrap(conceal, plain).map(|token| token.to_vec()).map_err(|error| format!("{error:#}"))
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        self.complete()?.unwrap(token).map(|plain| plain.to_vec()).map_err(|error| format!("{error:#}"))
    }
}

impl Mechanism for Context {
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let State::Pending(pending) = std::mem::replace(&mut self.0, State::Failed) else {
            return Err("the Kerberos context takes no token".to_owned());
        };
        match pending.step(token).map_err(|error| format!("{error:#}"))? {
            Step::Finished((context, token)) => {
                self.0 = State::Complete(context);
                Ok(token.map(|token| token.to_vec()))
            }
            Step::Continue((pending, token)) => {
                self.0 = State::Pending(pending);
                Ok(Some(token.to_vec()))
            }
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.0, State::Complete(_))
    }
}

/// The crate hands on the system's message only, in the system's language: it is compared with the
/// system's own words for the code.
fn trouble(error: impl std::fmt::Display) -> Trouble {
    let text = format!("{error:#}");
    let denied = std::io::Error::from_raw_os_error(LOGON_DENIED).to_string();
    let denied = denied.split(" (os error").next().unwrap_or_default().trim();
    Trouble::Kerberos { refused: !denied.is_empty() && text.contains(denied), text: printable(&text) }
}
