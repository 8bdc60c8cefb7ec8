//! The Kerberos names of a credential and of a controller.

/// A name that a key distribution centre understands.
#[derive(Debug, PartialEq, Eq)]
pub enum Principal {
    /// `user@REALM`.
    Plain(String),
    /// `user@suffix@REALM`: a user principal name, which the realm turns into the account and, if need be,
    /// into the realm of the account ([RFC 6806] 5 and 7).
    Enterprise(String),
}

/// The name of a user as it was given. `domain` is that of the controller at hand, whose realm is asked.
pub fn of_user(user: &str, domain: Option<&str>) -> Result<Principal, String> {
    let realm = domain.map(str::to_uppercase);
    if user.contains('=') {
        return Err("Kerberos needs a user name, not a distinguished name; it was not tried".to_owned());
    }
    if let Some((netbios, name)) = user.split_once('\\') {
        // Nothing here translates a NetBIOS name; it is the first label of the domain unless somebody
        // chose otherwise.
        let is_first_label = |realm: &&String| realm.split('.').next().is_some_and(|l| l.eq_ignore_ascii_case(netbios));
        let realm = realm.as_ref().filter(is_first_label).ok_or_else(|| {
            format!("Kerberos needs the DNS domain that stands behind {netbios} (user@domain); it was not tried")
        })?;
        return Ok(Principal::Plain(format!("{}@{realm}", escaped(name))));
    }
    match (user.rsplit_once('@'), realm) {
        (Some((_, suffix)), realm) => {
            let realm = realm.unwrap_or_else(|| suffix.to_uppercase());
            Ok(Principal::Enterprise(format!("{}@{realm}", user.replace('\\', "\\\\"))))
        }
        (None, Some(realm)) => Ok(Principal::Plain(format!("{}@{realm}", escaped(user)))),
        (None, None) => Err("Kerberos needs the domain of the user (user@domain); it was not tried".to_owned()),
    }
}

/// The service of a controller. Its realm is that of its domain; where that is not known, the Kerberos
/// configuration decides.
pub fn of_controller(host: &str, domain: Option<&str>) -> String {
    match domain {
        Some(domain) => format!("ldap/{host}@{}", domain.to_uppercase()),
        None => format!("ldap/{host}"),
    }
}

/// What separates the parts of a principal is part of the name here.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('/', "\\/").replace('@', "\\@")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_name_has_its_principal() {
        let plain = |name: &str| Ok(Principal::Plain(name.to_owned()));
        let enterprise = |name: &str| Ok(Principal::Enterprise(name.to_owned()));
        for (user, domain, expected) in [
            ("admin", Some("corp.example"), plain("admin@CORP.EXAMPLE")),
            ("CORP\\admin", Some("corp.example"), plain("admin@CORP.EXAMPLE")),
            ("corp\\ad/min", Some("corp.example"), plain("ad\\/min@CORP.EXAMPLE")),
            ("admin@corp.example", Some("corp.example"), enterprise("admin@corp.example@CORP.EXAMPLE")),
            ("admin@brand.example", Some("corp.example"), enterprise("admin@brand.example@CORP.EXAMPLE")),
            ("admin@corp.example", None, enterprise("admin@corp.example@CORP.EXAMPLE")),
        ] {
            assert_eq!(of_user(user, domain), expected, "{user}");
        }
        for (user, domain) in
            [("admin", None), ("OTHER\\admin", Some("corp.example")), ("CN=admin,DC=corp", Some("corp.example"))]
        {
            assert!(of_user(user, domain).is_err_and(|text| text.contains("not tried")), "{user}");
        }
    }

    #[test]
    fn the_service_is_asked_of_the_realm_of_the_controller() {
        assert_eq!(of_controller("dc1.corp.example", Some("corp.example")), "ldap/dc1.corp.example@CORP.EXAMPLE");
        assert_eq!(of_controller("dc1.corp.example", None), "ldap/dc1.corp.example");
    }
}
