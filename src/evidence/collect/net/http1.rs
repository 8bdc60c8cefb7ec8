//! One HTTP/1.1 request and the start of its answer. Everything is bounded: the peer may be anybody.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A head of more than this is not HTTP as anybody means it.
const MOST_HEAD: usize = 64 * 1024;

/// As much of a body as is looked at for markers.
const MOST_BODY: usize = 16 * 1024;

const MOST_HEADERS: usize = 128;

/// Status and headers of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// First header of this name, lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

pub async fn send(stream: &mut (impl AsyncWrite + Unpin), request: &str) -> io::Result<()> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await
}

/// Reads up to the empty line; returns the head and what came behind it.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(Head, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some((head, length)) = parse(&bytes)? {
            return Ok((head, bytes.split_off(length)));
        }
        if bytes.len() >= MOST_HEAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the head of the answer is longer than 64 KiB"));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            let text = if bytes.is_empty() { "closed without an answer" } else { "closed in the middle of the answer" };
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
    }
}

/// The first part of the body, as text; ends with the peer, the announced length or the bound.
pub async fn read_body(stream: &mut (impl AsyncRead + Unpin), head: &Head, mut bytes: Vec<u8>) -> String {
    let announced = head.header("content-length").and_then(|length| length.trim().parse::<usize>().ok());
    let wanted = announced.unwrap_or(MOST_BODY).min(MOST_BODY);
    // An answer that breaks off is looked at as far as it came.
    while bytes.len() < wanted && matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {}
    bytes.truncate(MOST_BODY);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The head, once it is complete, with its length in bytes.
fn parse(bytes: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => {
            let headers = response
                .headers
                .iter()
                .map(|header| (header.name.to_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned()))
                .collect();
            Ok(Some((Head { status: response.code.unwrap_or(0), headers }, length)))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, format!("not an HTTP answer: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_head_is_read_in_pieces_and_what_follows_is_kept() {
        let (mut near, mut far) = tokio::io::duplex(16);
        let peer = tokio::spawn(async move {
            far.write_all(b"HTTP/1.1 401 Unauthorized\r\nDate: now\r\nContent-Length: 12\r\n\r\nMissingToken").await
        });
        let (head, rest) = read_head(&mut near).await.unwrap();
        assert_eq!((head.status, head.header("date")), (401, Some("now")));
        assert_eq!(read_body(&mut near, &head, rest).await, "MissingToken");
        peer.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_hostile_answer_is_an_error_and_ends() {
        for answer in [&b"SSH-2.0-OpenSSH_9\r\n"[..], b"", b"HTTP/1.1 2", b"\xff\xfe\x00"] {
            assert!(read_head(&mut &answer[..]).await.is_err(), "{answer:?}");
        }
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; 2 * MOST_HEAD]].concat();
        assert!(read_head(&mut &endless[..]).await.is_err());
    }
}
