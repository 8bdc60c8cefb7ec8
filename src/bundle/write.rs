//! Writes a bundle under a temporary name, then renames it.

use super::{Entry, MANIFEST, Manifest, RECORDS, REPORT};
use crate::contract::{ContractError, ErrorKind, Report, SCHEMA};
use crate::engine::{RunHeader, tool};
use crate::evidence::{Kind, Record};
use crate::ffi::PwbStatus;
use crate::knowledge::TableInfo;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use zip::write::SimpleFileOptions;

/// Writes records and report; an existing file is replaced only when all of it was written.
pub fn write(
    path: &Path,
    run: &RunHeader,
    knowledge: &[TableInfo],
    records: &[Record],
    report: Option<&Report>,
) -> Result<Manifest, ContractError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = Path::new(&name);
    let written = File::create(temporary)
        .map_err(|error| ContractError::io(path, &error))
        .and_then(|file| pack(file, path, run, knowledge, records, report))
        .and_then(|manifest| {
            std::fs::rename(temporary, path).map_err(|error| ContractError::io(path, &error))?;
            Ok(manifest)
        });
    if written.is_err() {
        // The half-written file is ours alone; a failure to remove it changes nothing for the caller.
        let _ = std::fs::remove_file(temporary);
    }
    written
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
