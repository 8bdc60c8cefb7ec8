//! Proxy settings of the environment, without credentials.

use crate::evidence::Environment;
use crate::evidence::collect::net::text::bounded;

/// Reads both spellings; lower case first, as curl does.
pub fn read(variable: impl Fn(&str) -> Option<String>) -> Environment {
    let either = |name: &str| {
        [name.to_owned(), name.to_uppercase()]
            .iter()
            .find_map(|name| variable(name))
            .filter(|value| !value.trim().is_empty())
    };
    let proxy = |name: &str| either(name).and_then(|value| address(&value));
    Environment {
        http: proxy("http_proxy"),
        https: proxy("https_proxy").or_else(|| proxy("all_proxy")),
        no: either("no_proxy").map(|list| bounded(&list)),
    }
}

/// `scheme://host:port` of a proxy setting; without a scheme it is http. User information is dropped.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = reqwest::Url::parse(&with_scheme).ok().filter(|url| url.host_str().is_some())?;
    // Both only fail for addresses that cannot hold them.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(bounded(url.as_str().trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normal_and_without_credentials() {
        for (text, expected) in [
            ("http://proxy.corp.example:8080/", Some("http://proxy.corp.example:8080")),
            ("proxy.corp.example:8080", Some("http://proxy.corp.example:8080")),
            ("http://user:s3cret@proxy:3128", Some("http://proxy:3128")),
            ("user:s3cret@proxy:3128", Some("http://proxy:3128")),
            ("socks5://u:s3cret@proxy:1080", Some("socks5://proxy:1080")),
            (" http://[2001:db8::1]:8080 ", Some("http://[2001:db8::1]:8080")),
            ("http://", None),
            ("", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn both_spellings_are_read() {
        let set = [("HTTPS_PROXY", "http://a:1"), ("http_proxy", "b:2"), ("HTTP_PROXY", "c:3"), ("NO_PROXY", ".x")];
        let read = read(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()));
        assert_eq!(read.https.as_deref(), Some("http://a:1"));
        assert_eq!(read.http.as_deref(), Some("http://b:2"));
        assert_eq!(read.no.as_deref(), Some(".x"));
        assert_eq!(super::read(|_| None), Environment::default());
        assert_eq!(super::read(|_| Some(" ".to_owned())), Environment::default());
    }
}
