//! The head of an HTTP/1.x answer.

use super::limits::MOST_HEAD_BYTES;
use super::text::bounded;

/// More headers than this are no sane answer.
const MOST_HEADERS: usize = 128;

/// Status line and headers, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub reason: String,
    headers: Vec<(String, String)>,
}

/// What bytes received so far are.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    Incomplete,
    /// The head and its length in bytes.
    Complete(Head, usize),
    NotHttp,
}

impl Head {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every header of a name, in order.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The header of a name, fit for a record; empty ones are none.
    pub fn text(&self, name: &str) -> Option<String> {
        self.header(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// `100 Continue` and its kind: the real answer follows.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status)
    }
}

/// Reads a head from the bytes so far.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(&bytes[..bytes.len().min(MOST_HEAD_BYTES)]) {
        Ok(httparse::Status::Complete(length)) => {
            let Some(status) = response.code else { return Parsed::NotHttp };
            let headers = response.headers.iter().map(|header| {
                let value = String::from_utf8_lossy(header.value);
                (bounded(header.name), bounded(value.trim()))
            });
            let head =
                Head { status, reason: bounded(response.reason.unwrap_or_default()), headers: headers.collect() };
            Parsed::Complete(head, length)
        }
        Ok(httparse::Status::Partial) if bytes.len() < MOST_HEAD_BYTES => Parsed::Incomplete,
        Ok(httparse::Status::Partial) | Err(_) => Parsed::NotHttp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(bytes: &[u8]) -> Head {
        match parse(bytes) {
            Parsed::Complete(head, _) => head,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_usual_head_is_read() {
        let head = complete(
            b"HTTP/1.1 407 Proxy Auth\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate:  Basic realm=x \r\n\r\nbody",
        );
        assert_eq!((head.status, head.reason.as_str()), (407, "Proxy Auth"));
        assert_eq!(head.headers("Proxy-Authenticate").collect::<Vec<_>>(), ["NTLM", "Basic realm=x"]);
        assert_eq!(head.header("Date"), None);
        assert!(complete(b"HTTP/1.1 100 Continue\r\n\r\n").is_interim());
        assert_eq!(complete(b"HTTP/1.0 200\r\n\r\n").status, 200);
    }

    #[test]
    fn hostile_input_is_refused_and_never_panics() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1));
        let long = format!("HTTP/1.1 200 OK\r\na: {}", "x".repeat(MOST_HEAD_BYTES));
        for bytes in [
            &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
            b"\x15\x03\x01\x00\x02\x02\x46",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
            b"HTTP/1.1 200 OK\r\na\0b: c\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            many.as_bytes(),
            long.as_bytes(),
        ] {
            assert_eq!(parse(bytes), Parsed::NotHttp, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\nDate: Thu"), Parsed::Incomplete);
        assert_eq!(parse(b""), Parsed::Incomplete);
        let text = complete(b"HTTP/1.1 200 \xff\r\nServer: \xff\xfe\r\n\r\n");
        assert_eq!(text.header("server"), Some("\u{fffd}\u{fffd}"));
        let wide = complete(format!("HTTP/1.1 200 OK\r\nServer: {}\r\n\r\n", "x".repeat(9000)).as_bytes());
        assert_eq!(wide.header("server").map(str::len), Some(512));
    }
}
