//! Connection-oriented PDUs of DCE/RPC: bind, request, and their answers ([C706] 12.6, [MS-RPCE] 2.2.2).

use super::{Interface, Reader};

/// Length of the header that all PDUs share.
pub const HEADER: usize = 16;

const REQUEST: u8 = 0;
const RESPONSE: u8 = 2;
const FAULT: u8 = 3;
const BIND: u8 = 11;
const BIND_ACK: u8 = 12;
const BIND_NAK: u8 = 13;

const FIRST_FRAGMENT: u8 = 1;
const LAST_FRAGMENT: u8 = 2;

/// Largest fragment that is offered and asked for.
const FRAGMENT: u16 = 4280;

/// 8a885d04-1ceb-11c9-9fe8-08002b104860, version 2: NDR ([C706] 14).
pub const NDR: Interface = Interface {
    uuid: [0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60],
    version: 2,
};

fn pdu(kind: u8, call: u32, body: &[u8]) -> Vec<u8> {
    let length = (HEADER + body.len()) as u16;
    // Version 5.0; little-endian, ASCII, IEEE floats.
    let mut bytes = vec![5, 0, kind, FIRST_FRAGMENT | LAST_FRAGMENT, 0x10, 0, 0, 0];
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]); // no authentication
    bytes.extend_from_slice(&call.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn syntax(interface: Interface) -> Vec<u8> {
    [&interface.uuid[..], &u32::from(interface.version).to_le_bytes()].concat()
}

/// Offers one context: `interface` in NDR.
pub fn bind(call: u32, interface: Interface) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&FRAGMENT.to_le_bytes());
    body.extend_from_slice(&FRAGMENT.to_le_bytes());
    body.extend_from_slice(&[0; 4]); // a new association
    body.extend_from_slice(&[1, 0, 0, 0]); // one context
    body.extend_from_slice(&[0, 0, 1, 0]); // number 0, one transfer syntax
    body.extend_from_slice(&syntax(interface));
    body.extend_from_slice(&syntax(NDR));
    pdu(BIND, call, &body)
}

pub fn request(call: u32, operation: u16, stub: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&(stub.len() as u32).to_le_bytes());
    body.extend_from_slice(&[0, 0]); // context 0
    body.extend_from_slice(&operation.to_le_bytes());
    body.extend_from_slice(stub);
    pdu(REQUEST, call, &body)
}

/// Length of the whole PDU, by its header.
pub fn length(header: &[u8]) -> Result<usize, String> {
    let mut reader = Reader::new(header);
    if reader.take(2)? != [5, 0] {
        return Err("the answer is not RPC".to_owned());
    }
    reader.take(2)?;
    if reader.take(4)?[0] & 0xf0 != 0x10 {
        return Err("the answer is not little-endian".to_owned());
    }
    let length = usize::from(reader.u16()?);
    if length < HEADER { Err("the answer is shorter than its header".to_owned()) } else { Ok(length) }
}

/// Checks the answer to a bind.
pub fn bind_accepted(bytes: &[u8]) -> Result<(), String> {
    let mut reader = Reader::new(bytes);
    let kind = reader.take(HEADER)?[2];
    if kind == BIND_NAK {
        return Err(format!("bind refused, reason {}", reader.u16()?));
    }
    if kind != BIND_ACK {
        return Err(format!("unexpected answer of type {kind}"));
    }
    reader.take(8)?; // fragment sizes, association
    let address = reader.u16()?;
    reader.take(usize::from(address))?;
    reader.align(4)?;
    let results = reader.take(4)?[0];
    if results != 1 {
        return Err(format!("{results} results to one context"));
    }
    match (reader.u16()?, reader.u16()?) {
        (0, _) => Ok(()),
        (result, reason) => Err(format!("context refused, result {result}, reason {reason}")),
    }
}

/// One fragment of an answer.
pub struct Part {
    pub stub: Vec<u8>,
    pub last: bool,
}

/// The stub of a response to `call`; a fault is an error.
pub fn response(bytes: &[u8], call: u32) -> Result<Part, String> {
    let mut reader = Reader::new(bytes);
    let header = reader.take(HEADER)?;
    let (kind, flags, authentication) = (header[2], header[3], u16::from_le_bytes([header[10], header[11]]));
    if header[12..16] != call.to_le_bytes() {
        return Err("answer to another call".to_owned());
    }
    reader.take(8)?; // allocation hint, context, cancel count
    match kind {
        FAULT => Err(format!("fault 0x{:08x}", reader.u32()?)),
        RESPONSE if authentication == 0 => {
            Ok(Part { stub: bytes[reader.at..].to_vec(), last: flags & LAST_FRAGMENT != 0 })
        }
        _ => Err(format!("unexpected answer of type {kind}")),
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::{ENDPOINT_MAPPER, SAMR};
    use super::*;

    pub fn bind_ack(result: u16) -> Vec<u8> {
        let mut body = vec![0xb8, 0x10, 0xb8, 0x10, 1, 0, 0, 0];
        body.extend_from_slice(&[4, 0]);
        body.extend_from_slice(b"135\0");
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(&[1, 0, 0, 0]);
        body.extend_from_slice(&result.to_le_bytes());
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(&syntax(NDR));
        pdu(BIND_ACK, 1, &body)
    }

    pub fn response(call: u32, flags: u8, stub: &[u8]) -> Vec<u8> {
        let mut body = (stub.len() as u32).to_le_bytes().to_vec();
        body.extend_from_slice(&[0; 4]);
        body.extend_from_slice(stub);
        let mut bytes = pdu(RESPONSE, call, &body);
        bytes[3] = flags;
        bytes
    }

    #[test]
    fn a_bind_is_72_bytes() {
        let bytes = bind(1, ENDPOINT_MAPPER);
        assert_eq!(bytes.len(), 72);
        assert_eq!(length(&bytes), Ok(72));
        assert_eq!(bytes[..4], [5, 0, 11, 3]);
        assert_eq!(bytes[32..48], ENDPOINT_MAPPER.uuid);
        assert_eq!(request(2, 3, &[1, 2]).len(), HEADER + 8 + 2);
    }

    #[test]
    fn only_an_accepted_context_is_accepted() {
        assert_eq!(bind_accepted(&bind_ack(0)), Ok(()));
        assert!(bind_accepted(&bind_ack(2)).is_err());
        assert!(bind_accepted(&pdu(BIND_NAK, 1, &[4, 0])).is_err_and(|text| text.contains("reason 4")));
        assert!(bind_accepted(&request(1, 0, &[])).is_err());
    }

    #[test]
    fn a_fault_is_named() {
        let mut body = vec![0; 8];
        body.extend_from_slice(&5u32.to_le_bytes());
        assert!(super::response(&pdu(FAULT, 2, &body), 2).is_err_and(|text| text == "fault 0x00000005"));
    }

    #[test]
    fn no_truncated_answer_is_accepted_or_panics() {
        let ack = bind_ack(0);
        // The transfer syntax at the end is not looked at.
        for end in 0..ack.len() - 20 {
            assert!(bind_accepted(&ack[..end]).is_err(), "{end}");
        }
        for end in 0..HEADER + 8 {
            assert!(super::response(&response(2, 3, b"stub")[..end], 2).is_err(), "{end}");
        }
        for end in 0..10 {
            assert!(length(&bind(1, SAMR)[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn foreign_headers_are_refused() {
        let mut bytes = bind_ack(0);
        bytes[4] = 0; // big-endian
        assert!(length(&bytes).is_err());
        let mut bytes = bind_ack(0);
        bytes[8] = 15; // shorter than its own header
        bytes[9] = 0;
        assert!(length(&bytes).is_err());
        assert!(super::response(&response(9, 3, b"stub"), 2).is_err());
        let mut long = bind_ack(0);
        long[24..26].copy_from_slice(&[0xff, 0xff]); // secondary address beyond the end
        assert!(bind_accepted(&long).is_err());
    }
}
