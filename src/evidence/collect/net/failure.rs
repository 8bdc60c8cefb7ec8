//! How a conversation with a peer failed: one small vocabulary for all probes.

use std::io::{Error, ErrorKind};

/// What the peer, or the way to it, did instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Refused,
    Reset,
    Timeout,
    Unreachable,
    /// The name of the proxy does not resolve.
    NameUnknown,
    /// The handshake with the host ended early; its `tls` record says how.
    Tls,
    /// What came is not HTTP, or is larger than anything reasonable.
    NotHttp,
}

impl Failure {
    /// The word of the evidence records.
    pub fn word(self) -> &'static str {
        match self {
            Failure::Refused => "Refused",
            Failure::Reset => "Reset",
            Failure::Timeout => "Timeout",
            Failure::Unreachable => "Unreachable",
            Failure::NameUnknown => "NameUnknown",
            Failure::Tls => "Tls",
            Failure::NotHttp => "NotHttp",
        }
    }

    /// The failure that an error of the operating system stands for; `None` when the fault is on our side
    /// (no descriptors, no buffers): then we did not look.
    pub fn of(error: &Error) -> Option<Failure> {
        Some(match error.kind() {
            // A local packet filter answers EPERM, Windows' firewall WSAEACCES: rejected, not lost.
            ErrorKind::ConnectionRefused | ErrorKind::PermissionDenied => Failure::Refused,
            // A peer that closes without an answer is no better than one that resets.
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => Failure::Reset,
            ErrorKind::TimedOut => Failure::Timeout,
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => Failure::Unreachable,
            _ if is_family_missing(error) => Failure::Unreachable,
            _ => return None,
        })
    }
}

/// IPv6 (or IPv4) is switched off on this machine.
fn is_family_missing(error: &Error) -> bool {
    #[cfg(unix)]
    const FAMILY_MISSING: i32 = libc::EAFNOSUPPORT;
    // WSAEAFNOSUPPORT of winsock2.h.
    #[cfg(windows)]
    const FAMILY_MISSING: i32 = 10047;
    error.raw_os_error() == Some(FAMILY_MISSING)
}

/// Why a probe has no stream: the peer's doing, or an error of our own.
#[derive(Debug)]
pub enum Broken {
    Peer(Failure),
    Ours(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        match Failure::of(&error) {
            Some(failure) => Broken::Peer(failure),
            None => Broken::Ours(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_become_words() {
        for (kind, word) in [
            (ErrorKind::ConnectionRefused, Some("Refused")),
            (ErrorKind::PermissionDenied, Some("Refused")),
            (ErrorKind::ConnectionReset, Some("Reset")),
            (ErrorKind::UnexpectedEof, Some("Reset")),
            (ErrorKind::TimedOut, Some("Timeout")),
            (ErrorKind::NetworkUnreachable, Some("Unreachable")),
            (ErrorKind::HostUnreachable, Some("Unreachable")),
            (ErrorKind::OutOfMemory, None),
        ] {
            assert_eq!(Failure::of(&kind.into()).map(Failure::word), word, "{kind:?}");
        }
    }
}
