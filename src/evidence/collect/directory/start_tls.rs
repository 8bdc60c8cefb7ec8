//! StartTLS ([RFC 4511] 4.14) is agreed here: `ldap3` would read the answer, which nobody vouches for yet,
//! without a limit to its size and depth.

use super::answer::{EXTENDED_RESPONSE, ldap_result, read_message};
use super::ldap::{Failure, reason};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// An ExtendedRequest with the name of the operation.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// Whatever travels after it belongs to TLS: nothing more is read than the answer.
pub async fn agree(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<(), Failure> {
    let sent = stream.write_all(REQUEST).await;
    sent.map_err(|_| Failure::Broken("the controller closed the connection".to_owned()))?;
    let message = read_message(stream).await?;
    match ldap_result(&message, EXTENDED_RESPONSE)? {
        (0, ..) => Ok(()),
        (code, text, _) => Err(Failure::Refused { code, text: reason(&text) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, duplex};

    #[tokio::test]
    async fn an_answer_is_taken_to_its_end_and_no_further() {
        let broken = |text: &str| Err(Failure::Broken(text.to_owned()));
        let busy = Failure::Refused { code: 52, text: "busy".to_owned() };
        for (answer, expected) in [
            (&b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"[..], Ok(())),
            (b"\x30\x10\x02\x01\x01\x78\x0b\x0a\x01\x34\x04\x00\x04\x04busy", Err(busy)),
            // Of a bind.
            (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", broken("the answer is not well-formed LDAP")),
            (b"\x30\x84\xff\xff\xff\xff", broken("the answer is announced with 4294967295 bytes")),
        ] {
            let (mut ours, mut peer) = duplex(256);
            peer.write_all(answer).await.expect("sent");
            peer.write_all(b"TLS").await.expect("sent");
            assert_eq!(agree(&mut ours).await, expected);
            let mut request = [0; REQUEST.len()];
            peer.read_exact(&mut request).await.expect("a request");
            assert_eq!(request, REQUEST);
            if expected.is_ok() {
                let mut next = [0; 3];
                ours.read_exact(&mut next).await.expect("the rest");
                assert_eq!(&next, b"TLS");
            }
        }
    }
}
