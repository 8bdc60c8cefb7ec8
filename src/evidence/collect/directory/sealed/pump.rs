//! Two directions between a sealed connection and a plain stream: what is wrapped travels as a length of
//! four octets and a token ([RFC 4422] 3.7).

use super::Seal;
use crate::evidence::collect::directory::connection::Ended;
use crate::evidence::collect::directory::walk::Walk;
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};

/// Length of the length.
const HEAD: usize = 4;

/// No token can be longer: a maximum is agreed in three octets ([RFC 4752] 3.1).
const LARGEST_TOKEN: usize = 0xff_ffff;

/// What is read of the plain stream at a time, if the peer takes so much.
const CHUNK: usize = 16 * 1024;

/// Carries both directions until one ends; then both streams are dropped. The reason is kept unless the
/// plain side just went away.
pub async fn run<N, P, S>(network: N, plain: P, seal: S, largest: usize, ended: Ended)
where
    N: AsyncRead + AsyncWrite,
    P: AsyncRead + AsyncWrite,
    S: Seal,
{
    let seal = Mutex::new(seal);
    let (from_network, to_network) = split(network);
    let (from_plain, mut to_plain) = split(plain);
    let reason = tokio::select! {
        reason = seal_up(from_plain, to_network, &seal, largest.min(CHUNK)) => reason,
        reason = unseal(from_network, &mut to_plain, &seal) => reason,
    };
    if let Err(reason) = reason {
        let _ = ended.set(reason);
    }
    // What was unwrapped before is still read; the stream is gone in any case.
    let _ = to_plain.shutdown().await;
}

/// From the plain stream to the network, until the plain stream ends.
async fn seal_up<S: Seal>(
    mut plain: impl AsyncRead + Unpin,
    mut network: impl AsyncWrite + Unpin,
    seal: &Mutex<S>,
    largest: usize,
) -> Result<(), String> {
    let mut chunk = vec![0; largest];
    loop {
        let read = plain.read(&mut chunk).await.map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(());
        }
        let token = locked(seal).wrap(&chunk[..read], true)?;
        let length = u32::try_from(token.len()).map_err(|_| "a sealed message is too long".to_owned())?;
        let frame = [&length.to_be_bytes()[..], &token].concat();
        network.write_all(&frame).await.map_err(|_| closed())?;
    }
}

/// From the network to the plain stream. Memory grows only with what really came.
async fn unseal<S: Seal>(
    mut network: impl AsyncRead + Unpin,
    plain: &mut (impl AsyncWrite + Unpin),
    seal: &Mutex<S>,
) -> Result<(), String> {
    let (mut walk, mut token) = (Walk::default(), Vec::new());
    loop {
        let mut head = [0; HEAD];
        network.read_exact(&mut head).await.map_err(|_| closed())?;
        let length = u32::from_be_bytes(head) as usize;
        if length == 0 || length > LARGEST_TOKEN {
            return Err(format!("the controller announced a sealed message of {length} bytes"));
        }
        token.clear();
        let read = (&mut network).take(length as u64).read_to_end(&mut token).await.map_err(|_| closed())?;
        if read < length {
            return Err("the controller closed the connection within a sealed message".to_owned());
        }
        let text = locked(seal).unwrap(&token)?;
        walk.pass(&text)?;
        plain.write_all(&text).await.map_err(|error| error.to_string())?;
    }
}

/// Never held while something is awaited.
fn locked<S>(seal: &Mutex<S>) -> std::sync::MutexGuard<'_, S> {
    seal.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> String {
    "the controller closed the connection".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::collect::directory::testing::nested;
    use std::time::Duration;
    use tokio::io::{DuplexStream, duplex};

    /// Turns every bit; one token does not verify.
    struct Turned;

    impl Seal for Turned {
        fn wrap(&mut self, plain: &[u8], conceal: bool) -> Result<Vec<u8>, String> {
            assert!(conceal);
            Ok(plain.iter().map(|octet| !octet).collect())
        }

        fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
            match token {
                b"forged" => Err("the checksum is wrong".to_owned()),
                _ => Ok(token.iter().map(|octet| !octet).collect()),
            }
        }
    }

    /// The network's and the plain end of a running pump.
    fn start(largest: usize) -> (DuplexStream, DuplexStream, Ended) {
        // Small buffers: nothing passes in one piece.
        let ((network, peer), (plain, client)) = (duplex(64), duplex(64));
        let ended = Ended::default();
        tokio::spawn(run(network, plain, Turned, largest, ended.clone()));
        (peer, client, ended)
    }

    fn frame(plain: &[u8]) -> Vec<u8> {
        let turned: Vec<u8> = plain.iter().map(|octet| !octet).collect();
        [&(turned.len() as u32).to_be_bytes()[..], &turned].concat()
    }

    /// An LDAP message of these octets.
    fn message(octets: Vec<u8>) -> Vec<u8> {
        let head = |tag: u8, length: usize| [&[tag, 0x84], &(length as u32).to_be_bytes()[..]].concat();
        [head(0x30, octets.len() + 6), head(0x04, octets.len()), octets].concat()
    }

    #[tokio::test]
    async fn nothing_is_lost_when_tokens_and_messages_do_not_fit_each_other() {
        let (mut peer, mut client, ended) = start(1000);
        let text = message((0..100_000_u32).map(|number| number as u8).collect());
        // Many tokens are there before the first is read.
        let sent: Vec<u8> = text.chunks(777).flat_map(frame).collect();
        let server = tokio::spawn(async move {
            peer.write_all(&sent).await.expect("sent");
            peer
        });
        let mut got = vec![0; text.len()];
        client.read_exact(&mut got).await.expect("all of it");
        assert!(got == text, "the bytes arrive in order");
        // A peer that hangs up is named.
        drop(server.await.expect("server"));
        assert_eq!(client.read(&mut got).await.expect("end"), 0);
        assert_eq!(ended.get().map(String::as_str), Some("the controller closed the connection"));
    }

    #[tokio::test]
    async fn what_is_sent_keeps_to_the_size_of_the_peer() {
        let (mut peer, mut client, ended) = start(10);
        client.write_all(&[7; 25]).await.expect("sent");
        for expected in [10, 10, 5] {
            let length = peer.read_u32().await.expect("a length");
            assert_eq!(length, expected);
            let mut token = vec![0; length as usize];
            peer.read_exact(&mut token).await.expect("a token");
            assert!(token.iter().all(|octet| *octet == !7));
        }
        drop(client);
        assert_eq!(peer.read(&mut [0; 1]).await.expect("end"), 0, "the connection goes with the client");
        assert_eq!(ended.get(), None);
    }

    #[tokio::test]
    async fn a_hostile_peer_ends_the_connection_with_a_reason() {
        for (sent, expected) in [
            (b"\xff\xff\xff\xff".to_vec(), "announced a sealed message of 4294967295 bytes"),
            (b"\x00\x00\x00\x00".to_vec(), "announced a sealed message of 0 bytes"),
            (b"\x01\x00\x00\x00".to_vec(), "announced a sealed message of 16777216 bytes"),
            (b"\x00\x00".to_vec(), "closed the connection"),
            (b"\x00\x00\x10\x00abc".to_vec(), "within a sealed message"),
            (b"\x00\x00\x00\x06forged".to_vec(), "the checksum is wrong"),
            (frame(&nested(20_000)), "nested deeper than 32 levels"),
            // An answer in the clear, as from somebody who got between.
            (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec(), "announced a sealed message"),
        ] {
            let (mut peer, mut client, ended) = start(1000);
            peer.write_all(&sent).await.expect("sent");
            drop(peer);
            let mut got = Vec::new();
            let end = tokio::time::timeout(Duration::from_secs(5), client.read_to_end(&mut got)).await;
            assert!(end.is_ok() && got.is_empty());
            let reason = ended.get().cloned().unwrap_or_default();
            assert!(reason.contains(expected), "{reason}");
        }
    }

    #[tokio::test]
    async fn both_directions_full_at_once_do_not_block_each_other() {
        let (peer, client, _) = start(1000);
        let (mut from_peer, mut to_peer) = split(peer);
        let (mut from_client, mut to_client) = split(client);
        let everything = async {
            tokio::join!(
                async { to_client.write_all(&[1; 50_000]).await.expect("sent") },
                async { to_peer.write_all(&frame(&message(vec![2; 50_000]))).await.expect("sent") },
                async { from_client.read_exact(&mut vec![0; 50_000]).await.expect("read") },
                async {
                    let mut left = 50_000;
                    while left > 0 {
                        let length = from_peer.read_u32().await.expect("a length") as usize;
                        from_peer.read_exact(&mut vec![0; length]).await.expect("a token");
                        left -= length;
                    }
                },
            )
        };
        tokio::time::timeout(Duration::from_secs(10), everything).await.expect("no deadlock");
    }
}
