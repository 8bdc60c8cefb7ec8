//! Reads the shipped tables and the files of `-KnowledgePath`.

use super::{Authority, Cloud, OperatingSystem, TableFile, TableInfo, Tables};
use once_cell::sync::Lazy;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// An added file is not read beyond this size; the largest shipped table is a thousandth of it.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

const ENDPOINTS: &str = "endpoints";
const AUTHORITIES: &str = "certificate-authorities";
const SYSTEMS: &str = "operating-systems";

/// A file that was added, by its path.
#[derive(Clone, Debug)]
pub struct AddedFile(pub PathBuf);

/// What is wrong with a knowledge folder: the file and the reason.
#[derive(Debug)]
pub struct KnowledgeError {
    pub path: PathBuf,
    pub reason: String,
}

static SHIPPED: Lazy<Tables> = Lazy::new(|| {
    let mut tables = Tables { clouds: Vec::new(), authorities: Vec::new(), systems: Vec::new(), info: Vec::new() };
    for (name, text) in [
        (ENDPOINTS, include_str!("endpoints.json")),
        (AUTHORITIES, include_str!("certificate-authorities.json")),
        (SYSTEMS, include_str!("operating-systems.json")),
    ] {
        tables.add(name, text).unwrap_or_else(|reason| panic!("shipped table {name}: {reason}"));
    }
    tables
});

impl Tables {
    /// The tables as they were shipped.
    pub fn shipped() -> Tables {
        SHIPPED.clone()
    }

    /// The shipped tables with the files of a folder added. Files whose name is not that of a table are
    /// an error: a misspelt name must not be silently without effect.
    pub fn with_folder(folder: &Path) -> Result<Tables, KnowledgeError> {
        let mut tables = Tables::shipped();
        let fail = |path: &Path, reason: String| KnowledgeError { path: path.to_owned(), reason };
        let entries = std::fs::read_dir(folder).map_err(|error| fail(folder, error.to_string()))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        for path in paths {
            let size = std::fs::metadata(&path).map_err(|error| fail(&path, error.to_string()))?.len();
            if size > MOST_BYTES {
                return Err(fail(&path, format!("{size} bytes; at most {MOST_BYTES} are read")));
            }
            let text = std::fs::read_to_string(&path).map_err(|error| fail(&path, error.to_string()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            tables.add(&name, &text).map_err(|reason| fail(&path, reason))?;
        }
        Ok(tables)
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        let info = match name {
            ENDPOINTS => merge(&mut self.clouds, name, text, |row: &Cloud| row.name.to_lowercase())?,
            AUTHORITIES => merge(&mut self.authorities, name, text, |row: &Authority| row.sha1.to_uppercase())?,
            SYSTEMS => merge(&mut self.systems, name, text, |row: &OperatingSystem| row.build)?,
            _ => return Err(format!("no table has this name; there are {ENDPOINTS}, {AUTHORITIES}, {SYSTEMS}")),
        };
        self.info.push(info);
        Ok(())
    }
}

fn merge<Row: DeserializeOwned, Key: PartialEq>(
    rows: &mut Vec<Row>,
    name: &str,
    text: &str,
    key: impl Fn(&Row) -> Key,
) -> Result<TableInfo, String> {
    let file: TableFile<Row> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.table != name {
        return Err(format!("field table says '{}', the file's name says '{name}'", file.table));
    }
    for row in file.rows {
        match rows.iter_mut().find(|old| key(old) == key(&row)) {
            Some(old) => *old = row,
            None => rows.push(row),
        }
    }
    Ok(TableInfo { table: file.table, as_of: file.as_of, source: file.source })
}
