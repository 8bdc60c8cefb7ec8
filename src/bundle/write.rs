//! Writes a bundle under a temporary name, then renames it.

use super::{Entry, MANIFEST, Manifest, RECORDS, REPORT};
use crate::contract::{ContractError, ErrorKind, Report, SCHEMA};
use crate::engine::{RunHeader, tool};
use crate::evidence::{Kind, Record};
use crate::ffi::PwbStatus;
use crate::knowledge::TableInfo;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// Writes records and report; an existing file is replaced only when all of it was written.
pub fn write(
    path: &Path,
    run: &RunHeader,
    knowledge: &[TableInfo],
    records: &[Record],
    report: Option<&Report>,
) -> Result<Manifest, ContractError> {
    let io = |error: std::io::Error| ContractError::io(path, &error);
    if path.metadata().is_ok_and(|known| !known.is_file()) {
        return Err(io(std::io::Error::other("it is there already and is no regular file")));
    }
    let temporary = temporary(path);
    // Never a file or link that is there already, whoever put it there.
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(io)?;
    let written = pack(file, path, run, knowledge, records, report)
        .and_then(|manifest| std::fs::rename(&temporary, path).map(|()| manifest).map_err(io));
    if written.is_err() {
        // The half-written file is ours alone; a failure to remove it changes nothing for the caller.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// A name beside the file that no other export has: two may write to one path at once.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}.tmp", RandomState::new().hash_one(path)));
    PathBuf::from(name)
}

fn pack(
    file: File,
    path: &Path,
    run: &RunHeader,
    knowledge: &[TableInfo],
    records: &[Record],
    report: Option<&Report>,
) -> Result<Manifest, ContractError> {
    let failed =
        |error: String| ContractError::new(PwbStatus::Io, ErrorKind::Io, format!("'{}': {error}", path.display()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut archive = zip::ZipWriter::new(std::io::BufWriter::new(file));
    let mut entries = Vec::new();
    let mut add = |name: &str, content: &[u8], count: usize| -> Result<(), String> {
        archive.start_file(name, options).map_err(|error| error.to_string())?;
        archive.write_all(content).map_err(|error| error.to_string())?;
        if name != MANIFEST {
            entries.push(Entry { name: name.to_owned(), sha256: hex(&Sha256::digest(content)), count: count as u32 });
        }
        Ok(())
    };
    let mut by_kind: BTreeMap<Kind, (Vec<u8>, usize)> = BTreeMap::new();
    for record in records {
        let (lines, count) = by_kind.entry(record.kind).or_default();
        serde_json::to_writer(&mut *lines, record).map_err(|error| failed(error.to_string()))?;
        lines.push(b'\n');
        *count += 1;
    }
    for (kind, (lines, count)) in &by_kind {
        add(&format!("{RECORDS}{}.ndjson", kind.name()), lines, *count).map_err(failed)?;
    }
    if let Some(report) = report {
        let json = serde_json::to_vec(report).map_err(|error| failed(error.to_string()))?;
        add(REPORT, &json, 1).map_err(failed)?;
    }
    let manifest = Manifest {
        schema: SCHEMA,
        tool: tool(),
        run: run.clone(),
        redacted: false,
        knowledge: knowledge.to_vec(),
        entries,
    };
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.to_string()))?;
    archive.start_file(MANIFEST, options).map_err(|error| failed(error.to_string()))?;
    archive.write_all(&json).map_err(|error| failed(error.to_string()))?;
    let mut file = archive.finish().map_err(|error| failed(error.to_string()))?;
    file.flush().map_err(|error| failed(error.to_string()))?;
    Ok(manifest)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::RunState;
    use crate::evidence::Vantage;

    fn run() -> RunHeader {
        RunHeader {
            host: "sync1".to_owned(),
            vantage: Vantage::SyncServer,
            now_unix_ms: 7,
            started_unix_ms: 7,
            duration_ms: 1,
            state: RunState::Done,
            touched: Vec::new(),
        }
    }

    #[test]
    fn exports_to_one_path_share_no_temporary_file() {
        let path = Path::new("a.zip");
        assert_ne!(temporary(path), temporary(path));
    }

    #[test]
    fn only_a_regular_file_is_replaced_and_nothing_is_left_behind() {
        let folder = temporary(&std::env::temp_dir().join("written"));
        let path = folder.join("a.zip");
        std::fs::create_dir_all(&path).unwrap();
        let error = write(&path, &run(), &[], &[], None).unwrap_err();
        assert!(error.message.contains("no regular file"), "{error:?}");
        std::fs::remove_dir(&path).unwrap();
        for _ in 0..2 {
            write(&path, &run(), &[], &[], None).unwrap();
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
