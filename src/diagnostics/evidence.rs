//! Bundles: written and checked.

use super::analyze::{check_sources, gather, header};
use super::live::Live;
use crate::bundle;
use crate::contract::{ContractError, ErrorKind, ExportRequest, ImportRequest, Item, RunState};
use crate::engine::{Diagnostic, RunHeader};
use crate::evidence::{Kind, Record};
use crate::ffi::PwbStatus;
use crate::jobs::{self, End, JobSide, Outbox};
use crate::knowledge::Tables;
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
        return jobs::start(expects, |side| async move { collect_and_write(live, side, path, wanted).await });
    }
    check_sources(&evidence_paths, &expects)?;
    jobs::start(expects.clone(), move |mut side| async move {
        let read = match gather(&mut side, &evidence_paths, &expects).await {
            Ok(read) => read,
            Err(stop) => return stop.into(),
        };
        let write = move || {
            let run = header(&read);
            let records: Vec<Record> = read.records.into_iter().filter(wanted).collect();
            bundle::write(&path, &run, &Tables::shipped().info, &records, None).map(|manifest| (path, manifest))
        };
        written(&side.outbox, write).await
    })
}

async fn collect_and_write(
    live: Live,
    side: JobSide,
    path: PathBuf,
    wanted: impl Fn(&Record) -> bool + Send + 'static,
) -> End {
    let outbox = side.outbox.clone();
    let Ok(finished) = live.engine.run(side).await else {
        return End::cancelled(None);
    };
    // A bundle of half a run would stand in the place of a whole one.
    if finished.state == RunState::Cancelled {
        return End::cancelled(None);
    }
    let write = move || {
        let report = live.report(&finished, Vec::new());
        let run = RunHeader::of(&report);
        let records: Vec<Record> = finished.evidence.records().filter(|record| wanted(record)).cloned().collect();
        bundle::write(&path, &run, &live.engine.world.tables.info, &records, Some(&report))
            .map(|manifest| (path, manifest))
    };
    written(&outbox, write).await
}

/// Writes to the end, once it has begun: the file is a whole one whatever happens to the job.
async fn written(
    outbox: &Outbox,
    write: impl FnOnce() -> Result<(PathBuf, bundle::Manifest), ContractError> + Send + 'static,
) -> End {
    match jobs::blocking(write).await {
        Ok(Ok((path, manifest))) => hand_over(outbox, &path, manifest).await,
        Ok(Err(error)) => End::failed(error.field("path")),
        Err(stop) => stop.into(),
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
    jobs::start(Vec::new(), |mut side| async move {
        let file = path.clone();
        let read = match side.unless_cancelled(jobs::blocking(move || bundle::read(&file))).await {
            Ok(Ok(read)) => read.map_err(|error| error.field("path")),
            Ok(Err(stop)) | Err(stop) => return stop.into(),
        };
        match read {
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
