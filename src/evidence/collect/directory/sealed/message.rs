//! The two LDAP messages of a bind ([RFC 4511] 4.2). Everything after it is `ldap3`'s affair.

use crate::evidence::collect::directory::answer::{ldap_result, read_message};
use crate::evidence::collect::directory::ldap::Failure;
use ldap3::asn1::{ASNTag, Integer, OctetString, Sequence, Tag, TagClass, write};
use tokio::io::AsyncRead;
use x509_parser::asn1_rs::{Any, Class, FromBer};

/// Tags of [RFC 4511] appendix B.
const BIND_REQUEST: u64 = 0;
const BIND_RESPONSE: u32 = 1;
const SASL: u64 = 3;
const SERVER_SASL_CREDS: u32 = 7;

/// A BindRequest for the mechanism GSSAPI ([RFC 4752]); no credentials are an empty response.
pub fn bind_request(id: i32, credentials: Option<&[u8]>) -> std::io::Result<Vec<u8>> {
    let octets = |bytes: &[u8]| Tag::OctetString(OctetString { inner: bytes.to_vec(), ..OctetString::default() });
    let number = |value: i64| Tag::Integer(Integer { inner: value, ..Integer::default() });
    let mut sasl = vec![octets(b"GSSAPI")];
    sasl.extend(credentials.map(octets));
    let authentication = Tag::Sequence(Sequence { id: SASL, class: TagClass::Context, inner: sasl });
    let request = Tag::Sequence(Sequence {
        id: BIND_REQUEST,
        class: TagClass::Application,
        inner: vec![number(3), octets(b""), authentication],
    });
    let message = Tag::Sequence(Sequence { inner: vec![number(id.into()), request], ..Sequence::default() });
    let mut bytes = Default::default();
    write::encode_into(&mut bytes, message.into_structure())?;
    Ok(bytes.to_vec())
}

/// A BindResponse.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub code: u32,
    pub text: String,
    pub token: Option<Vec<u8>>,
}

/// Reads one message and takes it for the answer to a bind.
pub async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<Answer, Failure> {
    let message = read_message(stream).await?;
    let (code, text, rest) = ldap_result(&message, BIND_RESPONSE)?;
    let token = token(rest).ok_or_else(Failure::malformed)?;
    Ok(Answer { code, text, token })
}

/// `None` when what follows the result is not well-formed.
fn token(mut rest: &[u8]) -> Option<Option<Vec<u8>>> {
    let mut token = None;
    while !rest.is_empty() {
        let (after, element) = Any::from_ber(rest).ok()?;
        if (element.class(), element.tag().0) == (Class::ContextSpecific, SERVER_SASL_CREDS) {
            token = Some(element.data.to_vec());
        }
        rest = after;
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Answer, Failure> {
        read_answer(&mut &bytes[..]).await
    }

    #[tokio::test]
    async fn an_answer_is_read_with_its_code_text_and_token() {
        let bare = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert_eq!(read(bare).await, Ok(Answer { code: 0, text: String::new(), token: None }));
        let token = b"\x30\x10\x02\x01\x01\x61\x0b\x0a\x01\x0e\x04\x00\x04\x00\x87\x02ab";
        assert_eq!(read(token).await, Ok(Answer { code: 14, text: String::new(), token: Some(b"ab".to_vec()) }));
        let long = b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x61\x84\x00\x00\x00\x07\x0a\x01\x31\x04\x00\x04\x00";
        assert_eq!(read(long).await.map(|answer| answer.code), Ok(49));
    }

    #[tokio::test]
    async fn hostile_answers_are_data() {
        let deep = [&b"\x30\x83\x00\x90\x00"[..], &b"\x30\x80".repeat(18432)].concat();
        for bytes in [
            &b""[..],
            b"\x30",
            b"\x30\x00",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x85\x01\x00\x00\x00\x00",
            b"\x30\x05\x02\x01\x01",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\x30\x0c\x02\x01\x01\x64\x07\x0a\x01\x00\x04\x00\x04\x00",
            b"\x30\x0c\x02\x01\x01\x61\x84\xff\xff\xff\xff\x00\x04\x00",
            &deep,
        ] {
            let answer = read(bytes).await;
            assert!(matches!(answer, Err(Failure::Broken(_))), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn a_notice_of_disconnection_keeps_its_reason() {
        let notice = b"\x30\x10\x02\x01\x00\x78\x0b\x0a\x01\x34\x04\x00\x04\x04busy";
        assert_eq!(read(notice).await, Err(Failure::Refused { code: 52, text: "busy".to_owned() }));
    }

    #[test]
    fn a_request_is_written_as_the_specification_says() {
        let empty = bind_request(1, None).expect("bytes");
        assert_eq!(empty, b"\x30\x14\x02\x01\x01\x60\x0f\x02\x01\x03\x04\x00\xa3\x08\x04\x06GSSAPI");
        let with = bind_request(2, Some(b"ab")).expect("bytes");
        assert_eq!(with, b"\x30\x18\x02\x01\x02\x60\x13\x02\x01\x03\x04\x00\xa3\x0c\x04\x06GSSAPI\x04\x02ab");
    }
}
