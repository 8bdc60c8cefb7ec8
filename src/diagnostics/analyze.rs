//! Judges recorded evidence: the same path as a live run, without collectors.

use super::answers::answer;
use super::tables;
use crate::bundle;
use crate::catalog::Scene;
use crate::contract::{AnalyzeRequest, ContractError, Item, MessageLevel, Report, RunState};
use crate::engine::{Diagnostic, Plan, RunHeader, Suppressions, report};
use crate::evidence::{Evidence, Record, Vantage};
use crate::jobs::{self, Closed, End, JobSide, Outbox, Stop};
use std::path::PathBuf;

/// The word in `expects` and `end` for offered records of any kind.
pub const OFFERED: &str = "records";

pub fn analyze(request: AnalyzeRequest) -> Result<u64, ContractError> {
    let AnalyzeRequest { diagnostic, selection, evidence_paths, as_of_unix_ms, knowledge_path, expects, output } =
        request;
    let diagnostic = Diagnostic::from_export(&diagnostic).ok_or_else(|| {
        ContractError::out_of_range("diagnostic", format!("'{diagnostic}' is not a diagnostic that judges evidence."))
    })?;
    let plan = Plan::new(diagnostic, &selection)?.explaining(output.explain).with_matrix(output.matrix)?;
    let suppressions = Suppressions::new(&selection.suppressions)?;
    let tables = tables(knowledge_path.as_deref())?;
    check_sources(&evidence_paths, &expects)?;
    jobs::start(expects.clone(), move |mut side| async move {
        let read = match gather(&mut side, &evidence_paths, &expects).await {
            Ok(read) => read,
            Err(stop) => return stop.into(),
        };
        let outbox = side.outbox.clone();
        let judge = move || async move {
            let mut header = header(&read);
            header.now_unix_ms = as_of_unix_ms.unwrap_or(header.now_unix_ms);
            let evidence: Evidence = read.records.into_iter().collect();
            let report = report(&header, &plan, &suppressions, &evidence, &tables);
            let scene = Scene { evidence: &evidence, tables: &tables, now_unix_ms: header.now_unix_ms };
            let warnings = suppressions.expired(header.now_unix_ms);
            let emitted = emit(&outbox, &report, output.evidence.then_some((&evidence, &header)), &warnings).await;
            if emitted.is_err() || answer(&outbox, &scene, &plan, &suppressions, &report.coverage).await.is_err() {
                return End::cancelled(None);
            }
            End::with_streamed_findings(&report)
        };
        side.unless_cancelled(jobs::on_one_thread(judge)).await.unwrap_or_else(End::from)
    })
}

/// Evidence and the run that it came from.
pub struct Gathered {
    pub run: Option<RunHeader>,
    pub records: Vec<Record>,
}

/// Evidence has to come from somewhere.
pub fn check_sources(paths: &[String], expects: &[String]) -> Result<(), ContractError> {
    if let Some(index) = expects.iter().position(|name| name != OFFERED) {
        return Err(ContractError::out_of_range(
            &format!("expects[{index}]"),
            format!("Only '{OFFERED}' can be expected here."),
        ));
    }
    if paths.is_empty() && expects.is_empty() {
        return Err(ContractError::out_of_range(
            "evidencePaths",
            "No evidence is named: neither a file nor offered records.",
        ));
    }
    Ok(())
}

/// Reads files and takes offers until their end. What is there before the end is no evidence of anything: a job that
/// is cancelled or closed gets nothing.
pub async fn gather(side: &mut JobSide, paths: &[String], expects: &[String]) -> Result<Gathered, Stop> {
    let mut gathered = Gathered { run: None, records: Vec::new() };
    for (index, path) in paths.iter().enumerate() {
        let file = PathBuf::from(path);
        let read = side.unless_cancelled(jobs::blocking(move || bundle::read(&file))).await??;
        let source = read.map_err(|error| error.field(format!("evidencePaths[{index}]")))?;
        let origin = (paths.len() > 1).then(|| path.clone());
        gathered.records.extend(source.records.into_iter().map(|mut record| {
            record.origin = record.origin.or_else(|| origin.clone());
            record
        }));
        if let Some(manifest) = source.manifest {
            // Of several bundles the newest gives the time; ages of the others count from it.
            if gathered.run.as_ref().is_none_or(|run| run.now_unix_ms < manifest.run.now_unix_ms) {
                gathered.run = Some(manifest.run);
            }
        }
    }
    let mut open = !expects.is_empty();
    while open {
        tokio::select! {
            biased;
            _ = side.cancelled.wait_for(|cancelled| *cancelled) => return Err(Stop::Cancelled),
            offer = side.offers.recv() => match offer {
                Some(offer) => {
                    gathered.records.extend(offer.records);
                    open = !offer.end.iter().any(|name| name == OFFERED);
                }
                None => return Err(Stop::Cancelled),
            },
        }
    }
    Ok(gathered)
}

/// The run's own header, or one made from the records: their newest collection time is "now".
pub fn header(read: &Gathered) -> RunHeader {
    read.run.clone().unwrap_or_else(|| {
        let newest = read.records.iter().map(|record| record.collected_at_unix_ms).max().unwrap_or(0);
        let server = read.records.iter().find_map(|record| {
            let server = record.target.key.strip_prefix("server:")?;
            Some(server.to_owned())
        });
        RunHeader {
            host: server.unwrap_or_default(),
            vantage: read.records.first().map_or(Vantage::Other, |record| record.vantage),
            now_unix_ms: newest,
            started_unix_ms: newest,
            duration_ms: 0,
            state: RunState::Done,
            touched: Vec::new(),
        }
    })
}

async fn emit(
    outbox: &Outbox,
    report: &Report,
    evidence: Option<(&Evidence, &RunHeader)>,
    warnings: &[String],
) -> Result<(), Closed> {
    for text in warnings {
        outbox.send(&Item::Message { level: MessageLevel::Warning, text: text.clone() }).await?;
    }
    if let Some((evidence, run)) = evidence {
        for record in evidence.records() {
            outbox.send(&Item::Evidence { record: Box::new(record.clone()) }).await?;
        }
        outbox.send(&Item::Run { run: Box::new(run.clone()) }).await?;
    }
    for finding in &report.findings {
        outbox.send(&Item::Finding(Box::new(finding.clone()))).await?;
    }
    Ok(())
}
