//! Kerberos by the GSS-API of the system (Unix).

use super::principal::{self, Principal};
use super::{Identity, Mechanism, Peer, Seal, Trouble, ending};
use crate::evidence::collect::directory::ldap::printable;
use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_KRB5_ENTERPRISE_NAME, GSS_NT_KRB5_PRINCIPAL, OidSet};
use std::mem::ManuallyDrop;

const ENDS: &str = "the process ends";

/// A security context of this side; none only while it is dropped.
pub struct Context(Option<ClientCtx>);

impl Drop for Context {
    fn drop(&mut self) {
        // Left alone when the process ends.
        let context = ManuallyDrop::new(self.0.take());
        ending::call(|| drop(ManuallyDrop::into_inner(context)));
    }
}

impl Context {
    /// Gets the tickets, which may block, and the first token.
    pub fn start(peer: &Peer, identity: &Identity) -> Result<(Context, Vec<u8>), Trouble> {
        let begun = ending::call(|| begin(peer, identity)).ok_or_else(|| Trouble::kerberos(ENDS))?;
        begun.map(|(context, token)| (Context(Some(context)), token))
    }

    fn call<T>(&mut self, work: impl FnOnce(&mut ClientCtx) -> Result<T, Error>) -> Result<T, String> {
        let context = self.0.as_mut().ok_or("the Kerberos context is gone")?;
        ending::call(|| work(context).map_err(|error| said(&error))).ok_or(ENDS)?
    }
}

fn begin(peer: &Peer, identity: &Identity) -> Result<(ClientCtx, Vec<u8>), Trouble> {
    let domain = peer.domain.as_deref();
    let credential = match identity {
        Identity::CurrentUser => None,
        Identity::Named { user, secret } => {
            let principal = principal::of_user(user, domain).map_err(|text| Trouble::kerberos(&text))?;
            let secret = secret.reveal().ok_or_else(|| Trouble::kerberos("the password is not valid UTF-8"))?;
            Some(sign_in(&principal, secret).map_err(trouble)?)
        }
    };
    let target = Name::new(principal::of_controller(&peer.host, domain).as_bytes(), Some(&GSS_NT_KRB5_PRINCIPAL));
    let target = target.and_then(|name| name.canonicalize(Some(&GSS_MECH_KRB5))).map_err(trouble)?;
    // [RFC 4752] 3.1: mutual authentication and sequence for any layer, confidentiality for this one.
    let flags = CtxFlags::GSS_C_MUTUAL_FLAG
        | CtxFlags::GSS_C_REPLAY_FLAG
        | CtxFlags::GSS_C_SEQUENCE_FLAG
        | CtxFlags::GSS_C_INTEG_FLAG
        | CtxFlags::GSS_C_CONF_FLAG;
    let mut context = ClientCtx::new(credential, target, flags, Some(&GSS_MECH_KRB5));
    let token = context.step(None, None).map_err(trouble)?;
    let token = token.ok_or_else(|| Trouble::kerberos("Kerberos gave no token"))?;
    Ok((context, token.to_vec()))
}

/// A ticket in a cache in memory that ends with the credential.
fn sign_in(principal: &Principal, secret: &str) -> Result<Cred, Error> {
    let name = match principal {
        Principal::Plain(name) => Name::new(name.as_bytes(), Some(&GSS_NT_KRB5_PRINCIPAL)),
        Principal::Enterprise(name) => Name::new(name.as_bytes(), Some(&GSS_NT_KRB5_ENTERPRISE_NAME)),
    }?;
    let mut mechanisms = OidSet::new()?;
    mechanisms.add(&GSS_MECH_KRB5)?;
    Cred::acquire_with_password(Some(&name), secret, None, CredUsage::Initiate, Some(&mechanisms))
}

impl Seal for Context {
    fn wrap(&mut self, plain: &[u8], conceal: bool) -> Result<Vec<u8>, String> {
        self.call(|context| context.wrap(conceal, plain).map(|token| token.to_vec()))
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        self.call(|context| context.unwrap(token).map(|plain| plain.to_vec()))
    }
}

impl Mechanism for Context {
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        self.call(|context| context.step(Some(token), None).map(|answer| answer.map(|token| token.to_vec())))
    }

    fn is_complete(&self) -> bool {
        self.0.as_ref().is_some_and(ClientCtx::is_complete)
    }
}

fn trouble(error: Error) -> Trouble {
    Trouble::Kerberos { text: printable(&said(&error)), refused: is_refusal(error.minor) }
}

/// What Kerberos says, without the general sentence of the GSS-API before it ("No credentials were supplied,
/// or the credentials were unavailable or inaccessible (Preauthentication failed)").
fn said(error: &Error) -> String {
    let text = error.to_string();
    let inner = text.split_once(" (").and_then(|(_, inner)| inner.strip_suffix(')'));
    format!("Kerberos: {}", inner.filter(|_| error.minor != 0).unwrap_or(&text))
}

/// Errors of a key distribution centre about the account or its password ([RFC 4120] 7.5.9): expired,
/// not allowed (KDC_ERR_POLICY), locked or disabled, password expired, password wrong. An unknown name is
/// none of them: it may be right in another form.
fn is_refusal(minor: u32) -> bool {
    /// ERROR_TABLE_BASE_krb5 of MIT and Heimdal.
    const BASE: i32 = -1_765_328_384;
    matches!((minor as i32).wrapping_sub(BASE), 1 | 12 | 18 | 23 | 24 | 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_account_and_its_password_count_as_refused() {
        // KRB5KDC_ERR_PREAUTH_FAILED and KRB5KDC_ERR_CLIENT_REVOKED of krb5.h.
        assert!(is_refusal(-1_765_328_360_i32 as u32) && is_refusal(-1_765_328_366_i32 as u32));
        // Unknown client, no key distribution centre, no cache, a code of another mechanism.
        for code in [-1_765_328_378_i32, -1_765_328_228, -1_765_328_189, 0, 24] {
            assert!(!is_refusal(code as u32), "{code}");
        }
    }
}
