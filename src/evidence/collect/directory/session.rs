//! Who we are to a controller, and how it was agreed.
//!
//! A password crosses the network inside TLS only. By Kerberos, with signing and sealing, the current user
//! signs in, or the credential with a ticket of its own; there is no clear-text bind.

use super::connection::Connection;
use super::gate::{Gate, Pass};
use super::ldap::{Failure, Protection, connect, guarded, reason};
use crate::evidence::collect::{Credential, World};
use crate::evidence::{LdapBind, RootDse};
use ldap3::LdapResult;
use once_cell::sync::OnceCell;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;
use std::time::Duration;

/// invalidCredentials ([RFC 4511] appendix A).
const INVALID_CREDENTIALS: u32 = 49;

/// A channel binding that does not fit (SEC_E_BAD_BINDINGS): Active Directory reports it like a wrong
/// password, but it speaks of the protection.
const BAD_BINDINGS: &str = "80090346";

/// What the sessions of one run share.
#[derive(Default)]
pub struct Access {
    trust: OnceCell<Arc<rustls::ClientConfig>>,
    gate: Gate,
}

impl Access {
    /// Trusts as it is told, not as this machine does.
    #[cfg(test)]
    pub fn trusting(trust: rustls::ClientConfig) -> Access {
        Access { trust: OnceCell::with_value(Arc::new(trust)), gate: Gate::default() }
    }

    /// This machine's trust, as everywhere: `ldap3`'s own default knows no store.
    fn trust(&self) -> Result<Arc<rustls::ClientConfig>, Failure> {
        let made = self.trust.get_or_try_init(|| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_platform_verifier()?
                .with_no_client_auth();
            Ok::<_, rustls::Error>(Arc::new(config))
        });
        made.cloned().map_err(|error| Failure::Broken(error.to_string()))
    }
}

/// A way in that worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Tls(Protection),
    Sealed,
}

/// The best way that the binds of a controller left open; each reads the same, with the same identity.
pub fn way(root: &RootDse) -> Option<Way> {
    let works = |mechanism: &str, tls: &str| {
        let bind = |bind: &LdapBind| bind.mechanism == mechanism && bind.tls == tls && bind.result_code == Some(0);
        root.binds.iter().any(bind)
    };
    [Protection::Ldaps, Protection::StartTls]
        .into_iter()
        .find(|protection| works("simple", protection.name()))
        .map(Way::Tls)
        .or_else(|| works("kerberos", "none").then_some(Way::Sealed))
}

/// A controller as a bind sees it.
pub struct Door<'a> {
    pub host: &'a str,
    /// DNS names of its domain and its forest, where they are known.
    pub domain: Option<&'a str>,
    pub forest: Option<&'a str>,
}

/// Every bind that tells something: the sealed one always (PW417), the others with a credential.
pub async fn try_binds(world: &World, access: &Access, door: &Door<'_>, limit: Duration) -> Vec<LdapBind> {
    let mut binds = Vec::new();
    if let Some(credential) = &world.settings.credential {
        for protection in [Protection::Ldaps, Protection::StartTls] {
            let (bind, _) = bind_over_tls(access, door, protection, credential, limit).await;
            let decided = bind.result_code == Some(0) || bind.credential_refused;
            binds.push(bind);
            if decided {
                break;
            }
        }
    }
    // After them: of a wrong password a controller says more in a simple bind than Kerberos does.
    let (sealed, _) = bind_sealed(world, access, door, limit).await;
    binds.insert(0, sealed);
    binds
}

/// A session that may read, by a way that worked before.
pub async fn open(
    world: &World,
    access: &Access,
    door: &Door<'_>,
    way: Way,
    limit: Duration,
) -> Result<Connection, Failure> {
    let (bind, connection) = match (way, &world.settings.credential) {
        (Way::Tls(protection), Some(credential)) => bind_over_tls(access, door, protection, credential, limit).await,
        _ => bind_sealed(world, access, door, limit).await,
    };
    connection.ok_or_else(|| match (bind.result_code, bind.text) {
        (Some(code), text) => Failure::Refused { code, text: text.unwrap_or_default() },
        (None, text) => Failure::Broken(text.unwrap_or_default()),
    })
}

/// A bind with the operator's credential inside TLS. The record is made in any case.
async fn bind_over_tls(
    access: &Access,
    door: &Door<'_>,
    protection: Protection,
    credential: &Credential,
    limit: Duration,
) -> (LdapBind, Option<Connection>) {
    let record = LdapBind { mechanism: "simple".to_owned(), tls: protection.name().to_owned(), ..LdapBind::default() };
    let refused = |text: String| LdapBind { text: Some(text), credential_refused: true, ..record.clone() };
    let secret = match usable_secret(credential) {
        Ok(secret) => secret,
        Err(why) => return (refused(why.to_owned()), None),
    };
    let connected = match access.trust() {
        Ok(trust) => connect(door.host, protection, Some(trust), limit).await,
        Err(failure) => Err(failure),
    };
    let mut ldap = match connected {
        Ok(ldap) => ldap,
        Err(failure) => return (LdapBind { text: Some(failure.to_string()), ..record }, None),
    };
    let name = bind_name(&credential.user, door.domain);
    let pass = match access.gate.enter(account_scope(&credential.user, door)).await {
        Pass::Go(turn) => turn,
        Pass::Refused(host) => return (refused(not_again(&host)), None),
    };
    let answer = guarded(limit, ldap.simple_bind(&name, secret)).await;
    let (bind, ldap) = finish(record, answer, ldap);
    pass.report(bind.result_code == Some(0), bind.credential_refused, door.host);
    (bind, ldap)
}

/// Names that Active Directory takes in a simple bind ([MS-ADTS] 5.1.1.1.1): one without any sign of its
/// domain is meant in the domain at hand.
fn bind_name(user: &str, domain: Option<&str>) -> String {
    match domain {
        Some(domain) if !user.contains(['@', '\\', '=']) => format!("{user}@{domain}"),
        _ => user.to_owned(),
    }
}

/// Where a name means the same account: in the whole forest when it names its domain, else in one domain.
fn account_scope<'a>(user: &str, door: &Door<'a>) -> &'a str {
    let forest = door.forest.filter(|_| user.contains(['@', '\\']));
    forest.or(door.domain).unwrap_or(door.host)
}

/// A Kerberos bind that signs and seals what follows: with a ticket of the credential, else as the current
/// user. A credential never falls back to the current user, who may see something else.
#[cfg(feature = "kerberos")]
async fn bind_sealed(
    world: &World,
    access: &Access,
    door: &Door<'_>,
    limit: Duration,
) -> (LdapBind, Option<Connection>) {
    use super::sealed::{Bind, Identity, Peer, Trouble, bind};

    let record = LdapBind {
        mechanism: "kerberos".to_owned(),
        signing: true,
        sealing: true,
        tls: "none".to_owned(),
        ..LdapBind::default()
    };
    let refused = |text: String| LdapBind { text: Some(text), credential_refused: true, ..record.clone() };
    if door.host.parse::<std::net::IpAddr>().is_ok() {
        let text = "Kerberos needs the name of a controller, not its address".to_owned();
        return (LdapBind { text: Some(text), ..record }, None);
    }
    let (identity, turn) = match &world.settings.credential {
        None => (Identity::CurrentUser, None),
        Some(credential) => {
            if let Err(why) = usable_secret(credential) {
                return (refused(why.to_owned()), None);
            }
            // A key distribution centre that is silent must not cost the records of the other binds.
            let entered = access.gate.enter(account_scope(&credential.user, door));
            let turn = match tokio::time::timeout(limit, entered).await {
                Ok(Pass::Go(turn)) => turn,
                Ok(Pass::Refused(host)) => return (refused(not_again(&host)), None),
                Err(_) => {
                    let text = "not tried: the first bind with the credential is not answered yet".to_owned();
                    return (LdapBind { text: Some(text), ..record }, None);
                }
            };
            let (user, secret) = (credential.user.clone(), credential.secret.clone());
            (Identity::Named { user, secret }, Some(turn))
        }
    };
    let peer = Peer { host: door.host.to_owned(), domain: door.domain.map(str::to_owned) };
    let (bind, connection) = match bind(&peer, identity, limit).await {
        Ok(Bind::Bound(connection)) => (LdapBind { result_code: Some(0), ..record }, Some(connection)),
        Ok(Bind::Refused { code, text }) => (answered(record, code, &text), None),
        Err(trouble) => {
            // Without a ticket of its own the trouble is the current user's: it speaks of us, not of the
            // controller. A credential is refused only where somebody said so.
            let ours = match &trouble {
                Trouble::Kerberos { refused, .. } => *refused || turn.is_none(),
                Trouble::Peer(_) => false,
            };
            (LdapBind { text: Some(trouble.to_string()), credential_refused: ours, ..record }, None)
        }
    };
    if let Some(turn) = turn {
        turn.report(bind.result_code == Some(0), bind.credential_refused, door.host);
    }
    (bind, connection)
}

/// A build without Kerberos says so; nothing was tried.
#[cfg(not(feature = "kerberos"))]
async fn bind_sealed(_: &World, _: &Access, _: &Door<'_>, _: Duration) -> (LdapBind, Option<Connection>) {
    let text = Some("this build has no Kerberos".to_owned());
    (LdapBind { mechanism: "kerberos".to_owned(), tls: "none".to_owned(), text, ..LdapBind::default() }, None)
}

/// The password, unless it may not be sent.
fn usable_secret(credential: &Credential) -> Result<&str, &'static str> {
    match credential.secret.reveal() {
        // A controller takes a name without a password for an anonymous bind and says "success"
        // ([RFC 4513] 5.1.2): what is read afterwards would be wrong.
        Some("") => Err("the password is empty; it was not tried"),
        Some(secret) => Ok(secret),
        None => Err("the password is not valid UTF-8; it was not tried"),
    }
}

fn not_again(host: &str) -> String {
    format!("not tried, because {host} refused the credential")
}

fn finish(
    record: LdapBind,
    answer: Result<LdapResult, Failure>,
    connection: Connection,
) -> (LdapBind, Option<Connection>) {
    match answer {
        Ok(result) => {
            let bound = result.rc == 0;
            (answered(record, result.rc, &result.text), bound.then_some(connection))
        }
        Err(failure) => (LdapBind { text: Some(failure.to_string()), ..record }, None),
    }
}

/// The record of a bind that the controller answered.
fn answered(record: LdapBind, code: u32, text: &str) -> LdapBind {
    LdapBind {
        result_code: Some(code),
        text: (code != 0).then(|| reason(text)),
        credential_refused: is_about_the_credential(code, text),
        ..record
    }
}

/// Wrong, expired, disabled or locked: whatever the controller has against the account.
fn is_about_the_credential(code: u32, text: &str) -> bool {
    code == INVALID_CREDENTIALS && !text.contains(BAD_BINDINGS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const DOOR: Door<'static> = Door { host: "127.0.0.1:1", domain: Some("corp.example"), forest: Some("example") };

    fn bind(mechanism: &str, tls: &str, code: Option<u32>) -> LdapBind {
        LdapBind { mechanism: mechanism.to_owned(), tls: tls.to_owned(), result_code: code, ..LdapBind::default() }
    }

    #[test]
    fn tls_comes_before_sealing_and_only_what_worked_counts() {
        let best = |binds: Vec<LdapBind>| way(&RootDse { binds, ..RootDse::default() });
        let sealed = || bind("kerberos", "none", Some(0));
        assert_eq!(best(vec![sealed(), bind("simple", "startTls", Some(0))]), Some(Way::Tls(Protection::StartTls)));
        assert_eq!(best(vec![sealed(), bind("simple", "ldaps", Some(49))]), Some(Way::Sealed));
        assert_eq!(best(vec![bind("kerberos", "none", None), bind("simple", "none", Some(0))]), None);
    }

    #[test]
    fn a_plain_name_is_meant_in_the_domain_at_hand() {
        assert_eq!(bind_name("admin", Some("corp.example")), "admin@corp.example");
        assert_eq!(bind_name("admin", None), "admin");
        for name in ["admin@other.example", "OTHER\\admin", "CN=admin,DC=other"] {
            assert_eq!(bind_name(name, Some("corp.example")), name);
        }
        assert_eq!(account_scope("CORP\\admin", &DOOR), "example");
        assert_eq!(account_scope("admin", &DOOR), "corp.example");
        assert_eq!(account_scope("admin", &Door { domain: None, forest: None, ..DOOR }), DOOR.host);
    }

    #[tokio::test]
    async fn an_empty_password_is_never_sent() {
        for bytes in [&b""[..], b"\xff\xfe"] {
            let credential = Credential { user: "admin".to_owned(), secret: Secret::new(bytes) };
            let limit = Duration::from_millis(200);
            let (bind, ldap) = bind_over_tls(&Access::default(), &DOOR, Protection::Ldaps, &credential, limit).await;
            assert!(bind.credential_refused && bind.result_code.is_none() && ldap.is_none());
            assert!(bind.text.is_some_and(|text| text.contains("not tried")));
        }
    }

    #[test]
    fn a_missing_channel_binding_is_not_a_wrong_password() {
        let is_refused = |text: &str| is_about_the_credential(INVALID_CREDENTIALS, text);
        assert!(is_refused("80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data 52e, v4563"));
        assert!(!is_refused("80090346: LdapErr: DSID-0C090597, comment: AcceptSecurityContext error, data 80090346"));
    }
}
