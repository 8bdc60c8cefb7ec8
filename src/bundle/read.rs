//! Reads bundles and plain NDJSON files of records.

use super::write::hex;
use super::{MANIFEST, MOST_LINE, MOST_RATIO, MOST_UNPACKED, Manifest, RECORDS, REPORT};
use crate::contract::{ContractError, ErrorKind, SCHEMA};
use crate::evidence::Record;
use crate::ffi::PwbStatus;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// Evidence from one file.
#[derive(Debug)]
pub struct Source {
    /// Null for a plain file of records.
    pub manifest: Option<Manifest>,
    pub records: Vec<Record>,
}

/// Reads a bundle (`.zip`) or a file of records, one JSON object a line. Everything is checked before
/// anything is returned.
pub fn read(path: &Path) -> Result<Source, ContractError> {
    let io = |error: std::io::Error| ContractError::io(path, &error);
    // A pipe or a device may never end, or not even open.
    if !path.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::other("it is no regular file")));
    }
    let file = File::open(path).map_err(io)?;
    let bad = |reason: String| {
        ContractError::new(
            PwbStatus::Io,
            ErrorKind::Io,
            format!("'{}' is not a usable bundle: {reason}.", path.display()),
        )
    };
    let mut start = [0_u8; 4];
    let is_zip = (&file).read(&mut start).map_err(io)? == 4 && start == *b"PK\x03\x04";
    let file = File::open(path).map_err(io)?;
    if is_zip {
        archive(file).map_err(bad)
    } else {
        let mut records = Vec::new();
        lines(&mut BufReader::new(file), &mut records).map_err(bad)?;
        Ok(Source { manifest: None, records })
    }
}

fn archive(file: File) -> Result<Source, String> {
    let packed = file.metadata().map_err(|error| error.to_string())?.len();
    let most = MOST_UNPACKED.min(packed.saturating_mul(MOST_RATIO));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    let manifest: Manifest = {
        let entry = archive.by_name(MANIFEST).map_err(|_| "there is no manifest.json in it".to_owned())?;
        serde_json::from_reader(entry.take(MOST_LINE as u64 * 16)).map_err(|error| format!("manifest.json: {error}"))?
    };
    if manifest.schema != SCHEMA {
        return Err(format!("it has schema {}, this version reads {SCHEMA}", manifest.schema));
    }
    let mut records = Vec::new();
    let mut unpacked: u64 = 0;
    for known in &manifest.entries {
        let is_records = known.name.starts_with(RECORDS) && known.name.ends_with(".ndjson");
        if !is_records && known.name != REPORT {
            return Err(format!("entry '{}' is not one of a bundle", known.name));
        }
        let entry = archive.by_name(&known.name).map_err(|error| format!("entry '{}': {error}", known.name))?;
        // The size in the directory of the archive may lie; the reader counts what really comes.
        let mut counted = Counted { inner: entry.take(most - unpacked + 1), hash: Sha256::new(), length: 0 };
        let before = records.len();
        if is_records {
            lines(&mut BufReader::new(&mut counted), &mut records)
                .map_err(|error| format!("entry '{}': {error}", known.name))?;
        } else {
            std::io::copy(&mut counted, &mut std::io::sink())
                .map_err(|error| format!("entry '{}': {error}", known.name))?;
        }
        unpacked += counted.length;
        if unpacked > most {
            return Err(format!("it unpacks to more than {most} bytes"));
        }
        if hex(&counted.hash.finalize()) != known.sha256 {
            return Err(format!("entry '{}' was changed after it was written (SHA-256)", known.name));
        }
        if is_records && records.len() - before != known.count as usize {
            return Err(format!(
                "entry '{}' holds {} records, the manifest says {}",
                known.name,
                records.len() - before,
                known.count
            ));
        }
    }
    Ok(Source { manifest: Some(manifest), records })
}

/// Hashes and counts what is read through it.
struct Counted<R> {
    inner: R,
    hash: Sha256,
    length: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.hash.update(&buffer[..length]);
        self.length += length as u64;
        Ok(length)
    }
}

/// Records, one a line.
fn lines(reader: &mut impl BufRead, records: &mut Vec<Record>) -> Result<(), String> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let length = reader
            .by_ref()
            .take(MOST_LINE as u64 + 1)
            .read_until(b'\n', &mut line)
            .map_err(|error| error.to_string())?;
        if length == 0 {
            break;
        }
        if length > MOST_LINE {
            return Err(format!("line {number} is longer than {MOST_LINE} bytes"));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        records.push(serde_json::from_slice(&line).map_err(|error| format!("line {number}: {error}"))?);
    }
    Ok(())
}
