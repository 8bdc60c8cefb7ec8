//! Answers that are read before `ldap3` has the connection: to StartTLS, and to the bind that agrees on sealing.
//! Whatever stands on port 389 may have written them.

use super::ldap::Failure;
use tokio::io::{AsyncRead, AsyncReadExt};
use x509_parser::asn1_rs::{Any, Class, FromBer};

/// These answers are small; a larger one is none of them.
const LARGEST: usize = 256 * 1024;

/// Tags of [RFC 4511] appendix B.
const SEQUENCE: u8 = 0x30;
pub const EXTENDED_RESPONSE: u32 = 24;

/// One message, whole. The length is that of the peer: memory grows only with what really came.
pub async fn read_message(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Failure> {
    let closed = |_| broken("the controller closed the connection");
    let mut head = [0_u8; 2];
    stream.read_exact(&mut head).await.map_err(closed)?;
    let mut message = head.to_vec();
    let length = match head {
        [SEQUENCE, short] if short < 0x80 => usize::from(short),
        [SEQUENCE, long @ 0x81..=0x84] => {
            let mut octets = [0_u8; 4];
            let octets = &mut octets[..usize::from(long & 0x7f)];
            stream.read_exact(octets).await.map_err(closed)?;
            message.extend_from_slice(octets);
            octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet))
        }
        _ => return Err(broken("the answer is not LDAP")),
    };
    if length > LARGEST {
        return Err(broken(format!("the answer is announced with {length} bytes")));
    }
    let read = stream.take(length as u64).read_to_end(&mut message).await.map_err(closed)?;
    if read < length { Err(broken("the controller closed the connection")) } else { Ok(message) }
}

/// Code and text of the LDAPResult ([RFC 4511] 4.1.9) in the answer with this tag, and what follows them.
pub fn ldap_result(message: &[u8], tag: u32) -> Result<(u32, String, &[u8]), Failure> {
    let (operation, code, text, rest) = parse(message).ok_or_else(Failure::malformed)?;
    match operation {
        operation if operation == tag => Ok((code, text, rest)),
        // The notice of disconnection ([RFC 4511] 4.4.1).
        EXTENDED_RESPONSE => Err(Failure::Refused { code, text }),
        _ => Err(Failure::malformed()),
    }
}

fn parse(message: &[u8]) -> Option<(u32, u32, String, &[u8])> {
    let (_, message) = Any::from_ber(message).ok()?;
    let (rest, _id) = Any::from_ber(message.data).ok()?;
    let (_, operation) = Any::from_ber(rest).ok()?;
    let (rest, code) = Any::from_ber(operation.data).ok()?;
    let (rest, _matched) = Any::from_ber(rest).ok()?;
    let (rest, text) = Any::from_ber(rest).ok()?;
    let code = code.as_enumerated().ok()?.0;
    let text = String::from_utf8_lossy(text.data).into_owned();
    (operation.class() == Class::Application).then_some((operation.tag().0, code, text, rest))
}

fn broken(text: impl Into<String>) -> Failure {
    Failure::Broken(text.into())
}
