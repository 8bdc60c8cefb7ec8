//! Values of a request that a run needs to be right: each is taken, or refused by the name of its field.

use crate::catalog::text::clean;
use crate::contract::{ContractError, DirectoryPart, ErrorKind};
use crate::directory::names::{dns_name, domain_around};
use crate::engine::Diagnostic;
use crate::evidence::collect::Credential;
use crate::ffi::PwbStatus;
use crate::secret;
use std::collections::HashSet;

/// SAMPLE of the catalog (0.6): users per container.
const SAMPLE_SIZE: u32 = 5;

/// Catalog 0.6.
const MOST_SAMPLED: u32 = 500;

/// One container per branch: more is a mistake.
const MOST_BASES: usize = 256;

/// In bytes. The longest name of the directory is a DN; its parts are limited to 255 characters.
const LONGEST_NAME: usize = 4_096;

/// Users of the sample per container. Who asks for named users gets these, and a sample on request.
pub fn sample_size(diagnostic: Diagnostic, directory: &DirectoryPart) -> Result<usize, ContractError> {
    let by_default = diagnostic != Diagnostic::TestUser || !directory.search_base.is_empty();
    let size = directory.sample_size.unwrap_or(if by_default { SAMPLE_SIZE } else { 0 });
    if size > MOST_SAMPLED {
        let message = format!("sampleSize is {size}; it must lie between 0 and {MOST_SAMPLED} users per container.");
        return Err(ContractError::out_of_range("directory.sampleSize", message));
    }
    Ok(size as usize)
}

/// Names of objects in the directory: trimmed, each once. Their form is a matter of the look-up.
pub fn names(field: &str, given: Vec<String>, most: usize) -> Result<Vec<String>, ContractError> {
    if given.len() > most {
        return Err(ContractError::out_of_range(field, format!("{} names; at most {most} are taken.", given.len())));
    }
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(given.len());
    for (index, text) in given.iter().enumerate() {
        let name = text.trim();
        if name.is_empty() || name.len() > LONGEST_NAME {
            let what = if name.is_empty() { "is empty" } else { "is too long for a name" };
            return Err(ContractError::out_of_range(&format!("{field}[{index}]"), format!("The name {what}.")));
        }
        if seen.insert(name.to_lowercase()) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// DNs of containers; a DN without its domain can be looked for nowhere.
pub fn bases(field: &str, given: Vec<String>) -> Result<Vec<String>, ContractError> {
    let bases = names(field, given, MOST_BASES)?;
    match bases.iter().find(|base| domain_around(base).is_none()) {
        Some(base) => {
            let message = format!(
                "'{}' is no distinguished name of a container, such as OU=Staff,DC=corp,DC=example.",
                clean(base)
            );
            Err(ContractError::out_of_range(field, message))
        }
        None => Ok(bases),
    }
}

/// DNS names; of a controller, the domain is read from its name.
pub fn hosts(field: &str, given: Vec<String>, what: &str) -> Result<Vec<String>, ContractError> {
    let is_full = |name: &str| field != "directory.servers" || name.contains('.');
    match given.iter().position(|name| !dns_name(name).is_some_and(|name| is_full(&name))) {
        Some(at) => {
            let message = format!("'{}' is not {what}.", clean(&given[at]));
            Err(ContractError::out_of_range(&format!("{field}[{at}]"), message))
        }
        None => Ok(given),
    }
}

/// `http://host:port` without user information: credentials travel as a secret only.
pub fn proxy_address(text: &str) -> Result<String, ContractError> {
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
pub fn credential(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of(answer: Result<Vec<String>, ContractError>) -> Option<String> {
        answer.err().and_then(|error| error.field)
    }

    #[test]
    fn names_are_taken_once_or_refused_by_their_place() {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(names("n", own(&[" anna ", "Anna", "a*)(b\\\0"]), 3).ok(), Some(own(&["anna", "a*)(b\\\0"])));
        assert_eq!(field_of(names("n", own(&["anna", "\t "]), 3)).as_deref(), Some("n[1]"));
        assert_eq!(field_of(names("n", vec!["x".repeat(LONGEST_NAME + 1)], 3)).as_deref(), Some("n[0]"));
        assert_eq!(field_of(names("n", own(&["a", "b"]), 1)).as_deref(), Some("n"));
    }

    #[test]
    fn a_base_is_a_distinguished_name() {
        let given = |base: &str| bases("b", vec![base.to_owned()]);
        for good in ["OU=Staff,DC=corp,DC=example", " dc=corp , dc=example ", "OU=a\\,b,DC=corp,DC=example"] {
            assert!(given(good).is_ok(), "{good}");
        }
        for bad in ["Staff", "OU=Staff", "corp.example", "OU=Staff,DC=corp,DC=a/b", "corp.example/Staff"] {
            let error = given(bad).expect_err(bad);
            assert!(error.field.as_deref() == Some("b") && error.message.contains(bad), "{}", error.message);
        }
    }

    #[test]
    fn a_controller_is_named_in_full() {
        let given = |field: &str, name: &str| field_of(hosts(field, vec![name.to_owned()], "a name"));
        for (field, name, is_good) in [
            ("directory.domains", "corp.example", true),
            ("directory.domains", "corp", true),
            ("directory.domains", "x y", false),
            ("directory.domains", "", false),
            ("directory.servers", "DC1.corp.example.", true),
            ("directory.servers", "dc1", false),
            ("directory.servers", "dc1/evil.corp", false),
        ] {
            let expected = (!is_good).then(|| format!("{field}[0]"));
            assert_eq!(given(field, name), expected, "{field} {name}");
        }
    }

    #[test]
    fn who_names_users_gets_no_sample_unless_he_asks() {
        let size = |diagnostic, bases: &[&str], size| {
            let search_base = bases.iter().map(|base| (*base).to_owned()).collect();
            let part = DirectoryPart { search_base, sample_size: size, ..DirectoryPart::default() };
            sample_size(diagnostic, &part).ok()
        };
        assert_eq!(size(Diagnostic::TestPermission, &[], None), Some(5));
        assert_eq!(size(Diagnostic::TestUser, &[], None), Some(0));
        assert_eq!(size(Diagnostic::TestUser, &["OU=Staff,DC=corp,DC=example"], None), Some(5));
        assert_eq!(size(Diagnostic::TestUser, &[], Some(500)), Some(500));
        assert_eq!(size(Diagnostic::TestAll, &[], Some(501)), None);
    }
}
