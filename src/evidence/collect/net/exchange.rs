//! One HTTP/1.1 request and its answer, on any stream.

use super::failure::{Broken, Failure};
use super::head::{Head, Parsed, parse};
use super::limits::{BODY_TIMEOUT, MOST_BODY_BYTES};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Sent with every request: who asks is no secret.
pub const USER_AGENT: &str = concat!("PasswordWriteback/", env!("CARGO_PKG_VERSION"));

/// Interim answers (1xx) that are passed over before the real one.
const MOST_INTERIM: usize = 8;

/// An answer: its head and the beginning of its body.
#[derive(Debug, Default)]
pub struct Answer {
    pub head: Head,
    pub body: Vec<u8>,
}

/// Sends `request` and reads the head of the answer; returns what came behind it, too.
pub async fn ask<S>(stream: &mut S, request: &[u8]) -> Result<Answer, Broken>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // A peer may answer and close before it has read everything: the answer counts, not the failed write.
    let written = async {
        stream.write_all(request).await?;
        stream.flush().await
    };
    let written = written.await;
    match (read_head(stream).await, written) {
        (Ok(answer), _) => Ok(answer),
        (Err(_), Err(error)) => Err(error.into()),
        (Err(broken), Ok(())) => Err(broken),
    }
}

/// A GET of `path` with the beginning of its body. No credential, no cookie.
pub async fn get<S>(stream: &mut S, host: &str, path: &str) -> Result<Answer, Broken>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    let mut answer = ask(stream, request.as_bytes()).await?;
    read_body(stream, &mut answer, BODY_TIMEOUT).await;
    Ok(answer)
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Answer, Broken> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut interim = 0;
    loop {
        match parse(&bytes) {
            Parsed::Complete(head, length) if head.is_interim() && interim < MOST_INTERIM => {
                interim += 1;
                bytes.drain(..length);
            }
            Parsed::Complete(head, length) => return Ok(Answer { head, body: bytes.split_off(length) }),
            Parsed::NotHttp => return Err(Broken::Peer(Failure::NotHttp)),
            // `parse` calls a head that outgrows its bound `NotHttp`, so this loop ends.
            Parsed::Incomplete => {
                let began = !bytes.is_empty();
                match stream.read_buf(&mut bytes).await {
                    Ok(0) if began => return Err(Broken::Peer(Failure::NotHttp)),
                    Ok(0) => return Err(Broken::Peer(Failure::Reset)),
                    Ok(_) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

/// Reads on until the body is complete, large enough, or late. What came counts.
pub async fn read_body<S: AsyncRead + Unpin>(stream: &mut S, answer: &mut Answer, limit: Duration) {
    let Answer { head, body } = answer;
    let whole = length(head);
    let reading = async {
        while body.len() < MOST_BODY_BYTES && !is_complete(head, body, whole) {
            match stream.read_buf(body).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    };
    let _ = timeout(limit, reading).await;
    body.truncate(MOST_BODY_BYTES);
}

/// Length of the body where the head gives it (RFC 9112, 6.3).
fn length(head: &Head) -> Option<usize> {
    match head.status {
        204 | 304 => Some(0),
        _ => head.header("Content-Length").and_then(|value| value.parse().ok()),
    }
}

/// The chunks themselves are not taken apart: the marker of a sender is found inside them all the same.
fn is_complete(head: &Head, body: &[u8], length: Option<usize>) -> bool {
    let chunked = head.header("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    match length {
        _ if chunked => body.ends_with(b"\r\n0\r\n\r\n") || body == b"0\r\n\r\n",
        Some(length) => body.len() >= length,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// What `get` makes of the bytes that a peer sends before it closes.
    async fn answered(bytes: &[u8]) -> Result<(u16, Vec<u8>), &'static str> {
        let (mut ours, mut theirs) = duplex(1024 * 1024);
        theirs.write_all(bytes).await.unwrap();
        theirs.shutdown().await.unwrap();
        match get(&mut ours, "a.example", "/").await {
            Ok(answer) => Ok((answer.head.status, answer.body)),
            Err(Broken::Peer(failure)) => Err(failure.word()),
            Err(Broken::Ours(error)) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn answers_are_read_to_their_end() {
        for (bytes, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiand more", Ok((200, "hiand more"))),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n\r\nx", Ok((404, "x"))),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                Ok((200, "2\r\nhi\r\n0\r\n\r\n")),
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", Ok((204, ""))),
            ("HTTP/1.1 200 OK\r\nServer: x", Err("NotHttp")),
            ("garbage\r\n\r\n", Err("NotHttp")),
            ("", Err("Reset")),
        ] {
            let expected = expected.map(|(status, body)| (status, body.as_bytes().to_vec()));
            assert_eq!(answered(bytes.as_bytes()).await, expected, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn endless_answers_end() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(MOST_INTERIM + 1);
        assert_eq!(answered(interim.as_bytes()).await, Ok((100, Vec::new())));
        let body = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(10 * MOST_BODY_BYTES));
        assert_eq!(answered(body.as_bytes()).await.map(|(_, body)| body.len()), Ok(MOST_BODY_BYTES));
        let head = format!("HTTP/1.1 200 OK\r\na: {}", "x".repeat(200 * 1024));
        assert_eq!(answered(head.as_bytes()).await, Err("NotHttp"));
    }

    #[tokio::test]
    async fn a_late_body_does_not_hold_the_answer_back() {
        let (mut ours, mut theirs) = duplex(4096);
        theirs.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await.unwrap();
        let mut answer = ask(&mut ours, b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        read_body(&mut ours, &mut answer, Duration::from_millis(20)).await;
        assert_eq!(answer.body, b"abc");
    }
}
