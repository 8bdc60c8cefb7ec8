//! The endpoint mapper on TCP 135: which TCP ports an RPC interface listens on ([MS-RPCE] 2.2.1.2).
//!
//! One anonymous bind and one `ept_map` per interface; nothing is called on the interfaces themselves.

mod pdu;
mod tower;

use crate::evidence::EndpointMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One RPC interface: its UUID as it stands on the wire (little-endian parts) and its major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    uuid: [u8; 16],
    version: u16,
}

/// e1af8308-5d1f-11c9-91a4-08002b14a0fa, version 3: the endpoint mapper ([C706] appendix O).
const ENDPOINT_MAPPER: Interface = Interface {
    uuid: [0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa],
    version: 3,
};

/// 12345778-1234-abcd-ef00-0123456789ac, version 1: security accounts ([MS-SAMR] 1.9).
pub const SAMR: Interface = Interface {
    uuid: [0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac],
    version: 1,
};

/// 12345778-1234-abcd-ef00-0123456789ab, version 0: local security authority ([MS-LSAD] 1.9).
pub const LSARPC: Interface = Interface {
    uuid: [0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab],
    version: 0,
};

/// More than any controller lists; the rest of a longer list is left out.
const MOST_PORTS: usize = 8;

/// An answer larger than this is refused.
const MOST_BYTES: usize = 64 * 1024;

/// Asks the endpoint mapper behind a connection. What it could not say stands in `error`.
pub async fn endpoint_map(mut stream: TcpStream, timeout: Duration) -> EndpointMap {
    let mut map = EndpointMap::default();
    let answer = tokio::time::timeout(timeout, async {
        bind(&mut stream).await?;
        map.samr_ports = ports(&mut stream, 2, SAMR).await?;
        map.lsar_ports = ports(&mut stream, 3, LSARPC).await?;
        Ok::<(), String>(())
    });
    map.error = match answer.await {
        Ok(Ok(())) => None,
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some("no answer within the time-out".to_owned()),
    };
    map
}

async fn bind(stream: &mut TcpStream) -> Result<(), String> {
    send(stream, &pdu::bind(1, ENDPOINT_MAPPER)).await?;
    pdu::bind_accepted(&receive(stream).await?)
}

async fn ports(stream: &mut TcpStream, call: u32, interface: Interface) -> Result<Vec<u16>, String> {
    send(stream, &pdu::request(call, tower::MAP, &tower::map_request(interface))).await?;
    let mut stub = Vec::new();
    loop {
        let part = pdu::response(&receive(stream).await?, call)?;
        stub.extend_from_slice(&part.stub);
        if stub.len() > MOST_BYTES {
            return Err("the answer is too long".to_owned());
        }
        if part.last {
            let mut ports = tower::mapped_ports(&stub, interface)?;
            ports.truncate(MOST_PORTS);
            return Ok(ports);
        }
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).await.map_err(|error| error.kind().to_string())
}

/// One whole PDU: its header says how long it is.
async fn receive(stream: &mut TcpStream) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; pdu::HEADER];
    stream.read_exact(&mut bytes).await.map_err(|error| error.kind().to_string())?;
    let length = pdu::length(&bytes)?;
    bytes.resize(length, 0);
    stream.read_exact(&mut bytes[pdu::HEADER..]).await.map_err(|error| error.kind().to_string())?;
    Ok(bytes)
}

/// Reads little-endian numbers one after the other; every read is bounds-checked.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or("the answer ends in the middle of a field")?;
        let part = &self.bytes[self.at..end];
        self.at = end;
        Ok(part)
    }

    fn u16(&mut self) -> Result<u16, String> {
        Ok(self.take(2)?.iter().rev().fold(0, |number, byte| number << 8 | u16::from(*byte)))
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(self.take(4)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// Skips to a multiple of `to`, counted from the start.
    fn align(&mut self, to: usize) -> Result<(), String> {
        self.take(self.at.next_multiple_of(to) - self.at).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that answers every PDU with the next of `answers`, then closes.
    async fn served(answers: Vec<Vec<u8>>) -> EndpointMap {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let address = listener.local_addr().expect("address");
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accept");
            for answer in answers {
                receive(&mut stream).await.expect("a PDU");
                stream.write_all(&answer).await.expect("answer");
            }
        });
        let stream = TcpStream::connect(address).await.expect("connect");
        let map = endpoint_map(stream, Duration::from_secs(5)).await;
        server.await.expect("server");
        map
    }

    #[tokio::test]
    async fn both_interfaces_are_asked_for() {
        let answer = |call, interface, port| pdu::tests::response(call, 3, &tower::tests::answer(interface, &[port]));
        let map = served(vec![pdu::tests::bind_ack(0), answer(2, SAMR, 49667), answer(3, LSARPC, 49664)]).await;
        assert_eq!(map, EndpointMap { samr_ports: vec![49667], lsar_ports: vec![49664], error: None });
    }

    #[tokio::test]
    async fn a_fragmented_answer_is_put_together() {
        let stub = tower::tests::answer(SAMR, &[49667]);
        let (first, second) = stub.split_at(30);
        let both = [pdu::tests::response(2, 1, first), pdu::tests::response(2, 2, second)].concat();
        let lsar = pdu::tests::response(3, 3, &tower::tests::answer(LSARPC, &[]));
        let map = served(vec![pdu::tests::bind_ack(0), both, lsar]).await;
        assert_eq!(map, EndpointMap { samr_ports: vec![49667], lsar_ports: vec![], error: None });
    }

    #[tokio::test]
    async fn a_server_of_another_protocol_is_an_error() {
        let map = served(vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()]).await;
        assert!(map.error.is_some_and(|text| text.contains("RPC")));
        let map = served(vec![]).await;
        assert!(map.error.is_some());
    }
}
