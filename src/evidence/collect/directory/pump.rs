//! Two directions between a connection in the clear and the stream that `ldap3` reads, which gets only what its
//! parser survives.

use super::connection::Ended;
use super::walk::Walk;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};

/// What is read of the network at a time.
const CHUNK: usize = 16 * 1024;

/// Carries both directions until one ends; then both streams are dropped. The reason is kept unless the
/// side of `ldap3` just went away.
pub async fn run<N, P>(network: N, plain: P, ended: Ended)
where
    N: AsyncRead + AsyncWrite,
    P: AsyncRead + AsyncWrite,
{
    let (from_network, mut to_network) = split(network);
    let (mut from_plain, mut to_plain) = split(plain);
    let reason = tokio::select! {
        sent = copy(&mut from_plain, &mut to_network) => sent.map(drop).map_err(|_| closed()),
        reason = look(from_network, &mut to_plain) => reason,
    };
    if let Err(reason) = reason {
        let _ = ended.set(reason);
    }
    // What was passed on before is still read.
    let _ = to_plain.shutdown().await;
}

/// From the network to `ldap3`.
async fn look(mut network: impl AsyncRead + Unpin, plain: &mut (impl AsyncWrite + Unpin)) -> Result<(), String> {
    let (mut walk, mut chunk) = (Walk::default(), vec![0; CHUNK]);
    loop {
        let read = network.read(&mut chunk).await.map_err(|_| closed())?;
        if read == 0 {
            return Err(closed());
        }
        walk.pass(&chunk[..read])?;
        plain.write_all(&chunk[..read]).await.map_err(|error| error.to_string())?;
    }
}

fn closed() -> String {
    "the controller closed the connection".to_owned()
}
