//! Text from a peer, bounded before it becomes evidence.

/// Longest text of a peer in a record, in characters. A real header or certificate name is far shorter.
const LONGEST: usize = 512;

/// `text` without control characters, at most 512 characters.
pub fn bounded(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

/// An address without what may hold secrets: user information, query and fragment.
pub fn bare_address(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.split_once("//").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = match text.contains("//") {
        true => authority.rsplit_once('@').map_or(authority, |(_, host)| host),
        false => authority,
    };
    let slashes = if text.contains("//") { "//" } else { "" };
    bounded(&format!("{scheme}{slashes}{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_an_address_are_dropped() {
        for (text, expected) in [
            ("https://a.example/x?token=1#frag", "https://a.example/x"),
            ("https://user:secret@a.example:8443/x@y", "https://a.example:8443/x@y"),
            ("//user@a.example/x", "//a.example/x"),
            ("/path?x=1", "/path"),
            ("https://a.example", "https://a.example"),
            ("", ""),
        ] {
            assert_eq!(bare_address(text), expected, "{text}");
        }
    }

    #[test]
    fn text_is_bounded_and_without_controls() {
        assert_eq!(bounded("a\r\nb\u{1b}[0m"), "ab[0m");
        assert_eq!(bounded(&"x".repeat(LONGEST + 9)).len(), LONGEST);
    }
}
