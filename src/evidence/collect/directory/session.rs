//! LDAP connections: who we are to a controller, and how it was agreed.
//!
//! A credential crosses the network inside TLS or Kerberos only; there is no clear-text bind.

use crate::evidence::LdapBind;
use crate::evidence::collect::{Credential, World};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry};
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;
use std::time::Duration;

/// LDAP_TIMEOUT of the catalog (0.6), for each operation.
pub const LDAP_TIMEOUT: Duration = Duration::from_secs(5);

/// What protects a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    Plain,
    Ldaps,
    StartTls,
}

impl Protection {
    fn name(self) -> &'static str {
        match self {
            Protection::Plain => "none",
            Protection::Ldaps => "ldaps",
            Protection::StartTls => "startTls",
        }
    }
}

/// Why there is no session, in words without secrets.
pub type Refusal = String;

/// A connection without a bind: enough for rootDSE.
pub async fn connect(host: &str, protection: Protection, limit: Duration) -> Result<Ldap, Refusal> {
    let mut settings = LdapConnSettings::new().set_conn_timeout(limit);
    if protection != Protection::Plain {
        settings = settings.set_config(tls()?).set_starttls(protection == Protection::StartTls);
    }
    let scheme = if protection == Protection::Ldaps { "ldaps" } else { "ldap" };
    let url = format!("{scheme}://{host}");
    let (connection, ldap) = timed(limit, LdapConnAsync::with_settings(settings, &url)).await?;
    ldap3::drive!(connection);
    Ok(ldap)
}

/// This machine's trust, as everywhere: ldap3's own default knows no store.
fn tls() -> Result<Arc<rustls::ClientConfig>, Refusal> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| error.to_string())?
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// ldap3 has no time-out of its own on operations.
async fn timed<T>(limit: Duration, operation: impl Future<Output = ldap3::result::Result<T>>) -> Result<T, Refusal> {
    match tokio::time::timeout(limit, operation).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
    }
}

/// A bind with the operator's credential inside TLS. The record is made in any case.
pub async fn bind_over_tls(
    host: &str,
    protection: Protection,
    credential: &Credential,
    limit: Duration,
) -> (LdapBind, Option<Ldap>) {
    let record = LdapBind { mechanism: "simple".to_owned(), tls: protection.name().to_owned(), ..LdapBind::default() };
    let mut ldap = match connect(host, protection, limit).await {
        Ok(ldap) => ldap,
        Err(refusal) => return (LdapBind { text: Some(refusal), ..record }, None),
    };
    let secret = credential.secret.reveal().unwrap_or_default();
    let answer = timed(limit, ldap.simple_bind(&credential.user, secret)).await;
    finish(record, answer, ldap)
}

/// A Kerberos bind as the current user that signs and seals what follows.
#[cfg(feature = "kerberos")]
pub async fn bind_sealed(host: &str, limit: Duration) -> (LdapBind, Option<Ldap>) {
    let record = LdapBind {
        mechanism: "kerberos".to_owned(),
        signing: true,
        sealing: true,
        tls: "none".to_owned(),
        ..LdapBind::default()
    };
    let mut ldap = match connect(host, Protection::Plain, limit).await {
        Ok(ldap) => ldap,
        Err(refusal) => return (LdapBind { text: Some(refusal), ..record }, None),
    };
    // The Kerberos library asks its servers with blocking calls.
    let runtime = crate::runtime::handle().clone();
    let name = host.to_owned();
    let bind = crate::runtime::blocking(move || {
        let answer = runtime.block_on(ldap.sasl_gssapi_bind(&name)).map_err(|error| error.to_string());
        (answer, ldap)
    });
    match tokio::time::timeout(limit, bind).await {
        Ok(Ok((answer, ldap))) => finish(record, answer, ldap),
        Ok(Err(_)) => (LdapBind { text: Some("every thread for blocking calls is stuck".to_owned()), ..record }, None),
        Err(_) => (LdapBind { text: Some(format!("no answer within {} ms", limit.as_millis())), ..record }, None),
    }
}

/// A build without Kerberos says so; nothing was tried.
#[cfg(not(feature = "kerberos"))]
pub async fn bind_sealed(_: &str, _: Duration) -> (LdapBind, Option<Ldap>) {
    let text = Some("this build has no Kerberos".to_owned());
    (LdapBind { mechanism: "kerberos".to_owned(), tls: "none".to_owned(), text, ..LdapBind::default() }, None)
}

fn finish(record: LdapBind, answer: Result<ldap3::LdapResult, Refusal>, ldap: Ldap) -> (LdapBind, Option<Ldap>) {
    match answer {
        Ok(result) => {
            let bound = result.rc == 0;
            let record = LdapBind {
                result_code: Some(result.rc),
                text: (!bound).then(|| reason(&result.text)),
                // invalidCredentials; an AD that misses a channel binding says the same with 80090346.
                credential_refused: result.rc == 49 && !result.text.contains("80090346"),
                ..record
            };
            (record, bound.then_some(ldap))
        }
        Err(refusal) => {
            (LdapBind { credential_refused: is_about_the_ticket(&refusal), text: Some(refusal), ..record }, None)
        }
    }
}

/// The part of a diagnostic message that tells something: `data 52e` ([MS-ERREF] in hex).
fn reason(text: &str) -> String {
    let printable: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    match printable.find("data ") {
        Some(start) => printable[start..].split(',').next().unwrap_or_default().to_owned(),
        None => printable,
    }
}

/// No ticket, or none that the controller takes: that speaks of us, not of the controller.
fn is_about_the_ticket(refusal: &str) -> bool {
    let lower = refusal.to_lowercase();
    ["credential", "ticket", "cache", "gss", "krb5", "kerberos", "sspi"].iter().any(|word| lower.contains(word))
}

/// A session that may read: with the operator's credential inside TLS, else as the current user.
pub async fn open(world: &World, host: &str) -> Result<Ldap, Refusal> {
    let limit = world.timeout(LDAP_TIMEOUT);
    let Some(credential) = &world.settings.credential else {
        let (record, ldap) = bind_sealed(host, limit).await;
        return ldap.ok_or_else(|| {
            let why = record.text.unwrap_or_else(|| "refused".to_owned());
            format!("{host} does not let the current user in ({why}); -Credential adds an account")
        });
    };
    let mut why = String::new();
    for protection in [Protection::Ldaps, Protection::StartTls] {
        let (record, ldap) = bind_over_tls(host, protection, credential, limit).await;
        if let Some(ldap) = ldap {
            return Ok(ldap);
        }
        why = record.text.unwrap_or_else(|| format!("result code {}", record.result_code.unwrap_or_default()));
        if record.credential_refused {
            break;
        }
    }
    Err(format!("{host} does not accept the credential over TLS: {why}"))
}

/// A base or subtree search that is read whole; for few entries only.
pub async fn search(
    ldap: &mut Ldap,
    limit: Duration,
    base: &str,
    scope: Scope,
    filter: &str,
    attributes: &[&str],
) -> Result<Vec<SearchEntry>, Refusal> {
    let ldap3::SearchResult(entries, result) =
        timed(limit, ldap.search(base, scope, filter, attributes.to_vec())).await?;
    match result.rc {
        // A referral beside entries points to other partitions.
        0 | 10 => Ok(entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect()),
        code => Err(format!("result code {code}: {}", reason(&result.text))),
    }
}

/// First value of an attribute, whatever the case of its name.
pub fn value<'a>(entry: &'a SearchEntry, attribute: &str) -> Option<&'a str> {
    values(entry, attribute)?.first().map(String::as_str)
}

/// All values of an attribute; `None` when it was not returned.
pub fn values<'a>(entry: &'a SearchEntry, attribute: &str) -> Option<&'a [String]> {
    entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute)).map(|(_, values)| values.as_slice())
}
