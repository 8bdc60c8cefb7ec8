//! Bundles: written and checked.

use super::analyze::{Gathered, check_sources, gather, header};
use super::live::Live;
use crate::bundle;
use crate::contract::{ContractError, ErrorKind, ExportRequest, ImportRequest, Item};
use crate::engine::{Diagnostic, RunHeader};
use crate::evidence::{Kind, Record};
use crate::ffi::PwbStatus;
use crate::jobs::{self, End, JobSide, Outbox};
use crate::knowledge::{TableInfo, Tables};
use std::path::{Path, PathBuf};

pub fn export_evidence(request: ExportRequest) -> Result<u64, ContractError> {
    let ExportRequest { path, no_redact, kinds, evidence_paths, expects, live } = request;
    if !no_redact {
        return Err(ContractError::out_of_range(
            "noRedact",
            "This version cannot redact names. Export with -NoRedact, and treat the file as confidential.",
        ));
    }
    let path = PathBuf::from(path);
    if path.file_name().is_none() {
        return Err(ContractError::out_of_range("path", "The path names no file."));
    }
    let kinds = kinds
        .iter()
        .enumerate()
        .map(|(index, name)| {
            Kind::from_name(name).ok_or_else(|| {
                ContractError::out_of_range(&format!("kinds[{index}]"), format!("'{name}' is not a kind of evidence."))
            })
        })
        .collect::<Result<Vec<Kind>, ContractError>>()?;
    let wanted = move |record: &Record| kinds.is_empty() || kinds.contains(&record.kind);
    if let Some(live) = live {
        if !evidence_paths.is_empty() || !expects.is_empty() {
            return Err(ContractError::out_of_range("live", "Evidence is either collected now or given, not both."));
        }
        let expects = live.expects.clone();
        let live = Live::prepare(Diagnostic::TestAll, live)?;
        return jobs::start(expects, |side| async move { collect_and_write(live, side, &path, wanted).await });
    }
    check_sources(&evidence_paths, &expects)?;
    jobs::start(expects.clone(), move |mut side| async move {
        match gather(&mut side, &evidence_paths, &expects).await {
            Ok(read) => {
                let run = header(&read);
                let Gathered { records, .. } = read;
                let records: Vec<Record> = records.into_iter().filter(wanted).collect();
                write(&side.outbox, &path, &run, &Tables::shipped().info, &records).await
            }
            Err(error) => End::failed(error),
        }
    })
}

async fn collect_and_write(live: Live, side: JobSide, path: &Path, wanted: impl Fn(&Record) -> bool) -> End {
    let outbox = side.outbox.clone();
    let Ok((report, finished)) = live.run(side).await else {
        return End::cancelled(None);
    };
    let run = RunHeader::of(&report);
    let records: Vec<Record> = finished.evidence.records().filter(|record| wanted(record)).cloned().collect();
    match bundle::write(path, &run, &live.engine.world.tables.info, &records, Some(&report)) {
        Ok(manifest) => hand_over(&outbox, path, manifest).await,
        Err(error) => End::failed(error),
    }
}

async fn write(outbox: &Outbox, path: &Path, run: &RunHeader, knowledge: &[TableInfo], records: &[Record]) -> End {
    match bundle::write(path, run, knowledge, records, None) {
        Ok(manifest) => hand_over(outbox, path, manifest).await,
        Err(error) => End::failed(error),
    }
}

async fn hand_over(outbox: &Outbox, path: &Path, manifest: bundle::Manifest) -> End {
    let item = Item::Manifest { path: path.display().to_string(), manifest: Box::new(manifest) };
    match outbox.send(&item).await {
        Ok(_) => End::done(None),
        Err(_) => End::cancelled(None),
    }
}

pub fn import_evidence(request: ImportRequest) -> Result<u64, ContractError> {
    let path = PathBuf::from(request.path);
    jobs::start(Vec::new(), |side| async move {
        match bundle::read(&path) {
            Ok(bundle::Source { manifest: Some(manifest), .. }) => hand_over(&side.outbox, &path, manifest).await,
            Ok(_) => End::failed(ContractError::new(
                PwbStatus::Io,
                ErrorKind::Io,
                format!("'{}' is a list of records, not a bundle; pass it to -EvidencePath.", path.display()),
            )),
            Err(error) => End::failed(error),
        }
    })
}
