//! Whose answer a body is: the relay's own, a block page, or neither.

use super::head::Head;

/// `MissingToken`, `HtmlBlockPage` or `None`.
///
/// A relay that wants a token names the error `MissingToken` in its body, reason or challenge. It answers XML or
/// JSON; HTML in its place comes from a device on the way, except the stock pages of Windows' own HTTP
/// driver, which stands in front of the relay and says so in its `Server` header.
pub fn marker(head: &Head, body: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(body);
    let challenge = head.header("WWW-Authenticate").unwrap_or_default();
    if [&text, head.reason.as_str(), challenge].iter().any(|place| place.contains("MissingToken")) {
        return "MissingToken";
    }
    let is_redirect = (300..400).contains(&head.status);
    let is_stock = head.header("Server").is_some_and(|server| server.starts_with("Microsoft-HTTPAPI"));
    if is_html(head, &text) && !text.trim().is_empty() && !is_redirect && !is_stock { "HtmlBlockPage" } else { "None" }
}

fn is_html(head: &Head, text: &str) -> bool {
    let declared = head.header("Content-Type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    declared || start.starts_with("<!doctype html") || start.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::super::head::{Parsed, parse};
    use super::*;

    fn marked(head: &str, body: &str) -> &'static str {
        match parse(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()) {
            Parsed::Complete(head, _) => marker(&head, body.as_bytes()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bodies_are_told_apart() {
        let html = "\r\nContent-Type: text/html; charset=utf-8";
        for (head, body, expected) in [
            ("401 Unauthorized".to_owned(), "<Error><Detail>MissingToken: ...</Detail></Error>", "MissingToken"),
            ("401 MissingToken. TrackingId:1".to_owned(), "", "MissingToken"),
            (format!("403 Forbidden{html}"), "<html>blocked</html>", "HtmlBlockPage"),
            ("200 OK".to_owned(), "  <!DOCTYPE HTML><html>", "HtmlBlockPage"),
            ("200 OK\r\nContent-Type: application/atom+xml".to_owned(), "<feed/>", "None"),
            (format!("302 Found{html}"), "<html>moved</html>", "None"),
            (format!("404 Not Found{html}\r\nServer: Microsoft-HTTPAPI/2.0"), "<!DOCTYPE HTML>", "None"),
            (format!("204 No Content{html}"), "", "None"),
            ("200 OK".to_owned(), "\u{0}\u{1}garbage", "None"),
        ] {
            assert_eq!(marked(&head, body), expected, "{head} {body}");
        }
    }
}
