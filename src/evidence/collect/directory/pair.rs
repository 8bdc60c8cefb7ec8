//! A pair of connected streams that nobody else reaches: one end for the pump, one for `ldap3`, which
//! takes streams of the standard library only.

use ldap3::{LdapConnSettings, StdStream};
use std::io::Result;

/// Our end, and the settings and the URL by which `ldap3` takes the other.
#[cfg(unix)]
pub async fn streams() -> Result<(tokio::net::UnixStream, LdapConnSettings, &'static str)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(theirs));
    Ok((tokio::net::UnixStream::from_std(ours)?, settings, "ldapi:///"))
}

/// Windows has no pairs: a connection over loopback, taken only from our own end.
#[cfg(windows)]
pub async fn streams() -> Result<(tokio::net::TcpStream, LdapConnSettings, &'static str)> {
    use tokio::net::{TcpListener, TcpStream};

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let theirs = TcpStream::connect(listener.local_addr()?).await?;
    let expected = theirs.local_addr()?;
    loop {
        let (ours, from) = listener.accept().await?;
        if from == expected {
            ours.set_nodelay(true)?;
            theirs.set_nodelay(true)?;
            let settings = LdapConnSettings::new().set_std_stream(StdStream::Tcp(theirs.into_std()?));
            return Ok((ours, settings, "ldap://localhost"));
        }
    }
}
