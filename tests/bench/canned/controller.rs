//! A controller that answers from a canned domain, and misbehaves where a test wants it.

use super::ber::{Writer, element, extent, number, text};
use super::domain::{Domain, Entry, OPERATOR, PASSWORD};
use super::search::Search;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const PAGED: &str = "1.2.840.113556.1.4.319";
const DESCRIPTOR_PARTS: &str = "1.2.840.113556.1.4.801";

const OPERATIONS_ERROR: u32 = 1;
const PROTOCOL_ERROR: u32 = 2;
const NOT_SUPPORTED: u32 = 7;
const REFERRAL: u32 = 10;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_CREDENTIALS: u32 = 49;

/// What becomes of a search of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the bench wants a controller that behaves")]
pub enum Turn {
    /// From then on the controller answers nobody.
    Silence,
    /// The same, behind this page.
    SilenceBehind,
    /// The connection ends.
    Farewell,
    /// The page ends early with this result code.
    Code(u32),
    /// Bytes that are no LDAP.
    Noise,
    /// From then on every page is empty, and none is the last.
    Void,
}

pub struct Controller {
    pub domain: Domain,
    /// After so many pages of users in one connection.
    pub turn: Option<(usize, Turn)>,
    is_silent: AtomicBool,
}

impl Controller {
    pub fn new(domain: Domain, turn: Option<(usize, Turn)>) -> Arc<Controller> {
        Arc::new(Controller { domain, turn, is_silent: AtomicBool::new(false) })
    }

    /// Serves whoever connects until the process ends; inside TLS when there is a configuration.
    pub fn serve(self: &Arc<Controller>, listener: TcpListener, tls: Option<Arc<ServerConfig>>) {
        let this = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (this, tls) = (this.clone(), tls.clone());
                std::thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    match tls.map(ServerConnection::new) {
                        Some(Ok(tls)) => Conversation::new(&this).hold(StreamOwned::new(tls, stream)),
                        Some(Err(_)) => {}
                        None => Conversation::new(&this).hold(stream),
                    }
                });
            }
        });
    }
}

/// The state of one connection.
struct Conversation<'a> {
    controller: &'a Controller,
    is_bound: bool,
    /// Pages of users so far.
    pages: usize,
}

impl<'a> Conversation<'a> {
    fn new(controller: &'a Controller) -> Conversation<'a> {
        Conversation { controller, is_bound: false, pages: 0 }
    }

    fn hold(mut self, mut stream: impl Read + Write) {
        let mut waiting: Vec<u8> = Vec::new();
        let mut part = vec![0; 16 * 1024];
        loop {
            while let Some(end) = extent(&waiting).map(|(end, _)| end).filter(|end| *end <= waiting.len()) {
                let message: Vec<u8> = waiting.drain(..end).collect();
                if self.controller.is_silent.load(Ordering::Relaxed) {
                    continue;
                }
                let Some(answer) = self.answer(&message) else { return };
                if stream.write_all(&answer).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            match stream.read(&mut part) {
                Ok(count) if count > 0 => waiting.extend(&part[..count]),
                _ => return,
            }
        }
    }

    /// The bytes to send; `None` ends the connection.
    fn answer(&mut self, mut message: &[u8]) -> Option<Vec<u8>> {
        let (_, mut message) = element(&mut message)?;
        let id = number(element(&mut message)?.1) as u32;
        let (tag, mut body) = element(&mut message)?;
        let mut out = Writer::default();
        match tag {
            0x60 => {
                let result = self.bind(body)?;
                send_result(&mut out, id, 0x61, result, "");
            }
            0x63 => return self.search(id, Search::read(body)?, &controls(message), out),
            // Abandon has no answer.
            0x50 => {}
            0x77 => {
                element(&mut body)?;
                send_result(&mut out, id, 0x78, PROTOCOL_ERROR, "no such operation");
            }
            _ => return None,
        }
        Some(out.0)
    }

    fn bind(&mut self, mut body: &[u8]) -> Option<u32> {
        element(&mut body)?;
        let name = text(element(&mut body)?.1);
        Some(match element(&mut body)? {
            (0x80, b"") if name.is_empty() => 0,
            (0x80, password) if name == OPERATOR && password == PASSWORD.as_bytes() => {
                self.is_bound = true;
                0
            }
            (0x80, _) => INVALID_CREDENTIALS,
            _ => NOT_SUPPORTED,
        })
    }

    fn search(&mut self, id: u32, search: Search, controls: &[(&str, &[u8])], mut out: Writer) -> Option<Vec<u8>> {
        if !self.is_bound && !search.base.is_empty() {
            send_result(&mut out, id, 0x65, OPERATIONS_ERROR, "a successful bind must be completed");
            return Some(out.0);
        }
        let mut early = None;
        if search.is_of_users() {
            early = self.controller.turn.filter(|(pages, _)| *pages == self.pages).map(|(_, turn)| turn);
            self.pages += 1;
        }
        match early {
            Some(Turn::Silence) => {
                self.controller.is_silent.store(true, Ordering::Relaxed);
                return Some(Vec::new());
            }
            Some(Turn::Farewell) => return None,
            Some(Turn::Noise) => return Some(b"\x30\x0c\x02\x01\x01\x64\x07\x02\x01\x05\x30\x02\x04\x00".to_vec()),
            Some(Turn::Void) => {
                self.pages -= 1;
                send_end(&mut out, id, Some("0"));
                return Some(out.0);
            }
            Some(Turn::SilenceBehind) => self.controller.is_silent.store(true, Ordering::Relaxed),
            Some(Turn::Code(_)) | None => {}
        }
        let domain = &self.controller.domain;
        if domain.is_unanswered(search.base) {
            return Some(Vec::new());
        }
        if domain.moved && !search.base.is_empty() {
            send_result(&mut out, id, 0x65, REFERRAL, "0000202B: RefErr");
            return Some(out.0);
        }
        let Some(places) = search.places(domain) else {
            send_result(&mut out, id, 0x65, NO_SUCH_OBJECT, "0000208D: NameErr");
            return Some(out.0);
        };
        let with_descriptor = controls.iter().any(|(kind, _)| *kind == DESCRIPTOR_PARTS);
        let paging = controls.iter().find(|(kind, _)| *kind == PAGED).and_then(|(_, value)| page_of(value));
        let (size, start) = paging.unwrap_or((usize::MAX, 0));
        let mut next = start.max(places.start);
        let mut count = 0;
        while next < places.end && count < size {
            if let Some(entry) = domain.entry(next).filter(|entry| search.takes(entry)) {
                send_entry(&mut out, id, &search, &entry, with_descriptor);
                count += 1;
            }
            next += 1;
        }
        let cookie = if next < places.end { next.to_string() } else { String::new() };
        match early {
            Some(Turn::Code(code)) => send_result(&mut out, id, 0x65, code, "a limit was exceeded"),
            _ => send_end(&mut out, id, paging.is_some().then_some(cookie.as_str())),
        }
        Some(out.0)
    }
}

/// The controls of a message: their types and values.
fn controls(mut rest: &[u8]) -> Vec<(&str, &[u8])> {
    let Some((0xA0, mut list)) = element(&mut rest) else { return Vec::new() };
    let control = |mut body| {
        let (_, kind) = element(&mut body)?;
        let value = std::iter::from_fn(|| element(&mut body)).find(|(tag, _)| *tag == 0x04);
        Some((text(kind), value.map_or(&b""[..], |(_, value)| value)))
    };
    std::iter::from_fn(|| element(&mut list)).filter_map(|(_, body)| control(body)).collect()
}

/// Size and beginning of the page that is asked for ([RFC 2696]).
fn page_of(mut value: &[u8]) -> Option<(usize, usize)> {
    let (_, mut inner) = element(&mut value)?;
    let size = number(element(&mut inner)?.1);
    Some((size, text(element(&mut inner)?.1).parse().unwrap_or(0)))
}

fn send_entry(out: &mut Writer, id: u32, search: &Search, entry: &Entry, with_descriptor: bool) {
    out.nested(0x30, |message| {
        message.number(0x02, id);
        message.nested(0x64, |body| {
            body.bytes(0x04, entry.dn.as_bytes());
            body.nested(0x30, |list| {
                for (name, values) in search.sent(entry, with_descriptor) {
                    list.nested(0x30, |attribute| {
                        attribute.bytes(0x04, name.as_bytes());
                        attribute.nested(0x31, |set| values.iter().for_each(|value| set.bytes(0x04, value)));
                    });
                }
            });
        });
    });
}

fn result(body: &mut Writer, code: u32, diagnosis: &str) {
    body.number(0x0A, code);
    body.bytes(0x04, b"");
    body.bytes(0x04, diagnosis.as_bytes());
}

fn send_result(out: &mut Writer, id: u32, tag: u8, code: u32, diagnosis: &str) {
    out.nested(0x30, |message| {
        message.number(0x02, id);
        message.nested(tag, |body| {
            result(body, code, diagnosis);
            if code == REFERRAL {
                body.nested(0xA3, |list| list.bytes(0x04, b"ldap://elsewhere.example/DC=elsewhere,DC=example"));
            }
        });
    });
}

/// The end of a search; with the cookie of the next page when it was asked in pages.
fn send_end(out: &mut Writer, id: u32, cookie: Option<&str>) {
    out.nested(0x30, |message| {
        message.number(0x02, id);
        message.nested(0x65, |body| result(body, 0, ""));
        let Some(cookie) = cookie else { return };
        message.nested(0xA0, |controls| {
            controls.nested(0x30, |control| {
                control.bytes(0x04, PAGED.as_bytes());
                control.nested(0x04, |value| {
                    value.nested(0x30, |page| {
                        page.number(0x02, 0);
                        page.bytes(0x04, cookie.as_bytes());
                    });
                });
            });
        });
    });
}
