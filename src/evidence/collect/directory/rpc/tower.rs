//! `ept_map` and its protocol towers ([C706] appendices L and O, [MS-RPCE] 2.2.1.2.5).

use super::pdu::NDR;
use super::{Interface, Reader};

/// Operation number of `ept_map`.
pub const MAP: u16 = 3;

/// Status "no such endpoint is registered" (`ept_s_not_registered`).
const NOT_REGISTERED: u32 = 0x16c9_a0d6;

/// Towers that are asked for at once.
const MOST_TOWERS: u32 = 16;

/// Protocol identifiers of the floors ([C706] appendix I).
const UUID_FLOOR: u8 = 0x0d;
const CONNECTION_ORIENTED: u8 = 0x0b;
const TCP: u8 = 0x07;
const IP: u8 = 0x09;

fn floor(tower: &mut Vec<u8>, left: &[u8], right: &[u8]) {
    for side in [left, right] {
        tower.extend_from_slice(&(side.len() as u16).to_le_bytes());
        tower.extend_from_slice(side);
    }
}

fn uuid_floor(tower: &mut Vec<u8>, interface: Interface) {
    let left = [&[UUID_FLOOR], &interface.uuid[..], &interface.version.to_le_bytes()].concat();
    floor(tower, &left, &[0, 0]);
}

/// The five floors "interface in NDR over connection-oriented RPC over TCP/IP"; the port is big-endian.
fn tower(interface: Interface, port: u16) -> Vec<u8> {
    let mut tower = vec![5, 0];
    uuid_floor(&mut tower, interface);
    uuid_floor(&mut tower, NDR);
    floor(&mut tower, &[CONNECTION_ORIENTED], &[0, 0]);
    floor(&mut tower, &[TCP], &port.to_be_bytes());
    floor(&mut tower, &[IP], &[0; 4]);
    tower
}

/// A tower in NDR: its length twice (once for the conformant array), the bytes, padding to four.
fn push_tower(stub: &mut Vec<u8>, tower: &[u8]) {
    for _ in 0..2 {
        stub.extend_from_slice(&(tower.len() as u32).to_le_bytes());
    }
    stub.extend_from_slice(tower);
    stub.resize(stub.len().next_multiple_of(4), 0);
}

/// Arguments of `ept_map`: no object, the tower with port 0, an empty handle, the largest number of towers.
pub fn map_request(interface: Interface) -> Vec<u8> {
    let mut stub = vec![0; 4];
    stub.extend_from_slice(&1u32.to_le_bytes());
    push_tower(&mut stub, &tower(interface, 0));
    stub.extend_from_slice(&[0; 20]);
    stub.extend_from_slice(&MOST_TOWERS.to_le_bytes());
    stub
}

/// The TCP ports of an answer, each once, in their order. An interface that is not registered has none.
pub fn mapped_ports(stub: &[u8], interface: Interface) -> Result<Vec<u16>, String> {
    let mut reader = Reader::new(stub);
    reader.take(20)?; // handle
    let number = reader.u32()?;
    let (_largest, _offset, given) = (reader.u32()?, reader.u32()?, reader.u32()?);
    if number > MOST_TOWERS || given > MOST_TOWERS {
        return Err(format!("{} towers, more than were asked for", number.max(given)));
    }
    let mut present = 0;
    for _ in 0..given {
        present += usize::from(reader.u32()? != 0);
    }
    let mut ports = Vec::new();
    for _ in 0..present {
        reader.align(4)?;
        let (size, length) = (reader.u32()?, reader.u32()?);
        if size != length {
            return Err("a tower with two lengths".to_owned());
        }
        let length = usize::try_from(length).map_err(|error| error.to_string())?;
        if let Some(port) = port_of(reader.take(length)?, interface)?.filter(|port| !ports.contains(port)) {
            ports.push(port);
        }
    }
    reader.align(4)?;
    match reader.u32()? {
        0 => Ok(ports),
        NOT_REGISTERED => Ok(Vec::new()),
        status => Err(format!("status 0x{status:08x}")),
    }
}

/// The port of a tower, when it leads to `interface` over TCP.
fn port_of(tower: &[u8], interface: Interface) -> Result<Option<u16>, String> {
    let mut reader = Reader::new(tower);
    let floors = reader.u16()?;
    let mut matches = false;
    let mut port = None;
    for number in 0..floors {
        let left = reader.u16()?;
        let left = reader.take(usize::from(left))?;
        let right = reader.u16()?;
        let right = reader.take(usize::from(right))?;
        if number == 0 {
            matches = left.first() == Some(&UUID_FLOOR) && left.get(1..17) == Some(&interface.uuid[..]);
        }
        if let ([TCP], [high, low]) = (left, right) {
            port = Some(u16::from_be_bytes([*high, *low]));
        }
    }
    Ok(port.filter(|port| matches && *port != 0))
}

#[cfg(test)]
pub mod tests {
    use super::super::{LSARPC, SAMR};
    use super::*;

    /// An answer of `ept_map` with one tower per port.
    pub fn answer(interface: Interface, ports: &[u16]) -> Vec<u8> {
        let number = ports.len() as u32;
        let mut stub = vec![0; 20];
        for field in [number, MOST_TOWERS, 0, number] {
            stub.extend_from_slice(&field.to_le_bytes());
        }
        for index in 0..number {
            stub.extend_from_slice(&(index + 3).to_le_bytes());
        }
        for port in ports {
            push_tower(&mut stub, &tower(interface, *port));
        }
        let status = if ports.is_empty() { NOT_REGISTERED } else { 0 };
        stub.extend_from_slice(&status.to_le_bytes());
        stub
    }

    #[test]
    fn the_request_is_the_one_that_windows_sends() {
        let stub = map_request(SAMR);
        // object, referent, two lengths, 75 bytes of tower and one of padding, handle, number of towers
        assert_eq!(stub.len(), 4 + 4 + 8 + 76 + 20 + 4);
        assert_eq!(stub[8..18], [75, 0, 0, 0, 75, 0, 0, 0, 5, 0]);
    }

    #[test]
    fn ports_are_read_each_once() {
        assert_eq!(mapped_ports(&answer(SAMR, &[49667, 49668, 49667]), SAMR), Ok(vec![49667, 49668]));
        assert_eq!(mapped_ports(&answer(SAMR, &[]), SAMR), Ok(vec![]));
    }

    #[test]
    fn a_tower_of_another_interface_is_no_answer() {
        assert_eq!(mapped_ports(&answer(LSARPC, &[49664]), SAMR), Ok(vec![]));
    }

    #[test]
    fn another_status_is_an_error() {
        let mut stub = answer(SAMR, &[]);
        let end = stub.len();
        stub[end - 4..].copy_from_slice(&[1, 0, 0, 0]);
        assert_eq!(mapped_ports(&stub, SAMR), Err("status 0x00000001".to_owned()));
    }

    #[test]
    fn no_truncated_answer_is_accepted_or_panics() {
        let stub = answer(SAMR, &[49667, 49668]);
        for end in 0..stub.len() {
            assert!(mapped_ports(&stub[..end], SAMR).is_err(), "{end}");
        }
    }

    #[test]
    fn no_changed_byte_panics_or_makes_more_ports() {
        let stub = answer(SAMR, &[49667, 49668]);
        for index in 0..stub.len() {
            for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut changed = stub.clone();
                changed[index] = value;
                assert!(mapped_ports(&changed, SAMR).map_or(0, |ports| ports.len()) <= 2, "{index} {value}");
            }
        }
    }

    #[test]
    fn a_flood_of_towers_is_refused() {
        let mut stub = answer(SAMR, &[49667]);
        stub[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(mapped_ports(&stub, SAMR).is_err());
    }
}
