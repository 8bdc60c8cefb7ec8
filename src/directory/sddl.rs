//! Security descriptors as text ([MS-DTYP] 2.5.1).

use super::descriptor::{Ace, AceKind, Dacl, Descriptor};
use super::guids::Guid;
use super::sddl_terms::{Alias, ace_flag, ace_type, alias, right};
use super::sid::Sid;
use std::fmt;

const DACL_PRESENT: u16 = 0x0004;
const DACL_AUTO_INHERIT_REQ: u16 = 0x0100;
const DACL_AUTO_INHERITED: u16 = 0x0400;
const DACL_PROTECTED: u16 = 0x1000;
const SELF_RELATIVE: u16 = 0x8000;

/// A text that is no SDDL, or means a SID that cannot be known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSddl {
    /// Byte of the text.
    pub position: usize,
    pub what: &'static str,
}

impl fmt::Display for BadSddl {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "not SDDL at byte {}: {}", self.position, self.what)
    }
}

impl Descriptor {
    /// Owner, group and DACL; a SACL is checked for its brackets and left out. Each part may be absent,
    /// and an absent DACL grants everything.
    ///
    /// Aliases like DA are relative to `domain`; without it they are an error. EA, SA, RO and EK mean
    /// the forest's root domain, so texts with them need the SID of that.
    pub fn from_sddl(text: &str, domain: Option<&Sid>) -> Result<Descriptor, BadSddl> {
        let mut reader = Reader { text, at: 0, domain };
        let mut descriptor = Descriptor { control: SELF_RELATIVE, owner: None, dacl: Dacl::Null };
        let mut seen = String::new();
        while reader.at < text.len() {
            let start = reader.at;
            let part = reader.part()?;
            if seen.contains(part) {
                return Err(reader.error(start, "part stands twice"));
            }
            seen.push(part);
            match part {
                'O' => descriptor.owner = Some(reader.sid()?),
                'G' => {
                    reader.sid()?;
                }
                'D' => {
                    let (control, dacl) = reader.dacl()?;
                    descriptor.control |= control;
                    descriptor.dacl = dacl;
                }
                _ => reader.skip_sacl()?,
            }
        }
        Ok(descriptor)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    domain: Option<&'a Sid>,
}

impl<'a> Reader<'a> {
    fn error(&self, position: usize, what: &'static str) -> BadSddl {
        BadSddl { position, what }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// `O:`, `G:`, `D:` or `S:`.
    fn part(&mut self) -> Result<char, BadSddl> {
        let letter = self.rest().chars().next().unwrap_or_default().to_ascii_uppercase();
        if !matches!(letter, 'O' | 'G' | 'D' | 'S') || self.rest().as_bytes().get(1) != Some(&b':') {
            return Err(self.error(self.at, "expected O:, G:, D: or S:"));
        }
        self.at += 2;
        Ok(letter)
    }

    /// The SID of an owner or group: it ends where the next part begins.
    fn sid(&mut self) -> Result<Sid, BadSddl> {
        let rest = self.rest();
        let length = match rest.find(':') {
            // The letter of the next part.
            Some(colon) => rest[..colon].char_indices().next_back().map_or(0, |(at, _)| at),
            None => rest.len(),
        };
        let sid = self.sid_of(self.at, &rest[..length])?;
        self.at += length;
        Ok(sid)
    }

    fn sid_of(&self, position: usize, text: &str) -> Result<Sid, BadSddl> {
        if let Ok(sid) = text.parse() {
            return Ok(sid);
        }
        match alias(text).ok_or(self.error(position, "neither a SID nor a known alias"))? {
            Alias::Fixed(sid) => Ok(sid),
            Alias::Relative(rid) => self
                .domain
                .and_then(|domain| domain.with_rid(rid))
                .ok_or(self.error(position, "alias of a domain's account, and the domain is not known")),
        }
    }

    fn dacl(&mut self) -> Result<(u16, Dacl), BadSddl> {
        let mut control = DACL_PRESENT;
        let mut is_null = false;
        loop {
            // NO_ACCESS_CONTROL means access without control: no list.
            let (word, bit) = [
                ("NO_ACCESS_CONTROL", 0),
                ("P", DACL_PROTECTED),
                ("AI", DACL_AUTO_INHERITED),
                ("AR", DACL_AUTO_INHERIT_REQ),
            ]
            .into_iter()
            .find(|(word, _)| self.rest().starts_with(word))
            .unwrap_or_default();
            if word.is_empty() {
                break;
            }
            self.at += word.len();
            control |= bit;
            is_null |= bit == 0;
        }
        let mut aces = Vec::new();
        while self.rest().starts_with('(') {
            aces.push(self.ace()?);
        }
        if is_null && !aces.is_empty() {
            return Err(self.error(self.at, "ACEs after NO_ACCESS_CONTROL"));
        }
        Ok((control, if is_null { Dacl::Null } else { Dacl::Aces(aces) }))
    }

    fn ace(&mut self) -> Result<Ace, BadSddl> {
        let body = self.bracket()?;
        let mut at = self.at + 1;
        let mut fields = [(0, ""); 6];
        let mut rest = body;
        for (index, field) in fields.iter_mut().enumerate() {
            let end = rest.find(';');
            let text = &rest[..end.unwrap_or(rest.len())];
            *field = (at, text);
            at += text.len() + 1;
            rest = match end {
                Some(end) => &rest[end + 1..],
                None if index == 5 => "",
                None => return Err(self.error(self.at, "ACE has fewer than six fields")),
            };
        }
        let [kind, flags, rights, object, inherited, trustee] = fields;
        let kind = (kind.0, ace_type(kind.1).ok_or(self.error(kind.0, "not an ACE type of a DACL"))?);
        let has_condition = !rest.trim().is_empty();
        if has_condition != kind.1.is_conditional() {
            return Err(self.error(at, "a condition belongs to a conditional ACE, and to no other"));
        }
        let ace = Ace {
            kind: kind.1,
            flags: self.ace_flags(flags)?,
            mask: self.rights(rights)?,
            object_type: self.guid(object, kind.1)?,
            inherited_object_type: self.guid(inherited, kind.1)?,
            sid: self.sid_of(trustee.0, trustee.1)?,
        };
        self.at += body.len() + 2;
        Ok(ace)
    }

    /// What stands in the bracket here. A condition holds brackets of its own, and texts in quotes.
    fn bracket(&self) -> Result<&'a str, BadSddl> {
        let (mut depth, mut quoted) = (0_usize, false);
        for (at, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b'(' if !quoted => depth += 1,
                b')' if !quoted => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(&self.rest()[1..at]);
                    }
                }
                _ => {}
            }
        }
        Err(self.error(self.at, "bracket is not closed"))
    }

    fn ace_flags(&self, (position, text): (usize, &str)) -> Result<u8, BadSddl> {
        self.pairs(position, text, |pair| ace_flag(pair).map(u32::from), "not an inheritance flag of an ACE")
            .map(|bits| bits as u8)
    }

    fn rights(&self, (position, text): (usize, &str)) -> Result<u32, BadSddl> {
        if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            let is_hex = hex.chars().all(|digit| digit.is_ascii_hexdigit());
            return u32::from_str_radix(hex, 16)
                .ok()
                .filter(|_| is_hex)
                .ok_or(self.error(position, "not a hexadecimal mask of 32 bits"));
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return text.parse().map_err(|_| self.error(position, "not a mask of 32 bits"));
        }
        self.pairs(position, text, right, "not an access right")
    }

    /// The bits of words of two letters each.
    fn pairs(
        &self,
        position: usize,
        text: &str,
        bit: impl Fn(&str) -> Option<u32>,
        what: &'static str,
    ) -> Result<u32, BadSddl> {
        let mut bits = 0;
        for at in (0..text.len()).step_by(2) {
            bits |= text.get(at..at + 2).and_then(&bit).ok_or(self.error(position + at, what))?;
        }
        Ok(bits)
    }

    fn guid(&self, (position, text): (usize, &str), kind: AceKind) -> Result<Option<Guid>, BadSddl> {
        if text.is_empty() {
            return Ok(None);
        }
        if !kind.is_object() {
            return Err(self.error(position, "GUID in an ACE that is no object ACE"));
        }
        Guid::try_parse(text).map(Some).map_err(|_| self.error(position, "not a GUID"))
    }

    /// Flags and entries of a SACL, which no access check reads.
    fn skip_sacl(&mut self) -> Result<(), BadSddl> {
        let flags = self.rest().find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        self.at += flags.unwrap_or(self.rest().len());
        while self.rest().starts_with('(') {
            self.at += self.bracket()?.len() + 2;
        }
        Ok(())
    }
}
