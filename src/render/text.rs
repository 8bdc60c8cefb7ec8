//! A report as plain text, line by line the default view of the module (ps-module/View.psm1): verdict,
//! probable causes with the fix, what is not Pass, what was not examined.

use crate::catalog::{Severity, Status, Step, text::is_unfit};
use crate::contract::{Cause, Confidence, Explain, Finding, NotExamined, Report, RunState, VerdictState};

/// Renders for a window of `width` columns.
pub fn text(report: &Report, width: usize) -> String {
    let mut page = Page { width, text: String::new() };
    let verdict = &report.verdict;
    page.line(&format!("{}  {}", state(verdict.state), report.host));
    page.wrapped(2, 2, &verdict.summary);
    if report.state == RunState::Cancelled {
        page.wrapped(2, 2, "The run was cancelled; this is what was finished by then.");
    }
    if !verdict.probable_causes.is_empty() {
        page.heading("PROBABLE CAUSES");
        for (index, cause) in verdict.probable_causes.iter().enumerate() {
            if index > 0 {
                page.line("");
            }
            let first = report.findings.iter().find(|finding| cause.keys.first() == Some(&finding.key));
            page.cause(index + 1, cause, first.and_then(|finding| finding.explain.as_ref()));
        }
    }
    page.remainder(report);
    page.gaps(report);
    let counts = &report.counts;
    let tenths = (report.duration_ms + 50) / 100;
    page.line("");
    page.wrapped(
        0,
        2,
        &format!(
            "{} passed, {} warned, {} failed, {} unknown, {} not applicable, {} suppressed; {}.{} s; version {}",
            counts.pass,
            counts.warn,
            counts.fail,
            counts.unknown,
            counts.not_applicable,
            counts.suppressed,
            tenths / 10,
            tenths % 10,
            report.tool.version
        ),
    );
    page.text
}

fn state(state: VerdictState) -> &'static str {
    match state {
        VerdictState::Working => "WORKING",
        VerdictState::AtRisk => "AT RISK",
        VerdictState::Degraded => "DEGRADED",
        VerdictState::NotWorking => "NOT WORKING",
        VerdictState::NotProven => "NOT PROVEN",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

struct Page {
    width: usize,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    fn cause(&mut self, number: usize, cause: &Cause, explain: Option<&Explain>) {
        let head = format!(
            "{number}. {} not met: {}  (confidence {}, score {})",
            cause.id,
            cause.title,
            confidence(cause.confidence),
            cause.score
        );
        self.wrapped(0, 3, &head);
        self.wrapped(3, 3, &cause.explanation);
        self.explain(3, explain);
        self.wrapped(3, 8, &format!("Fix: {}", cause.remediation));
        for step in &cause.steps {
            self.step(step);
        }
        if !cause.effects.is_empty() {
            self.wrapped(3, 8, &format!("Explains or blocks: {}", cause.effects.join(", ")));
        }
        if !cause.needed.is_empty() {
            self.wrapped(3, 8, &format!("To find its cause, examine: {}", cause.needed.join(", ")));
        }
        if let Some(after) = cause.after_fix {
            let text = format!("Once this is repaired (estimate): {}", state(after).to_lowercase());
            self.wrapped(3, 8, &text);
        }
        self.line(&format!("   {}", clean(&cause.link)));
    }

    /// Why a finding has its status, where the run was asked.
    fn explain(&mut self, indent: usize, explain: Option<&Explain>) {
        let Some(explain) = explain else { return };
        let fields: Vec<String> =
            explain.fields.iter().map(|field| format!("{} = {}", field.name, field.value)).collect();
        self.wrapped(indent, indent + 2, &format!("Rule: {}", explain.rule));
        self.wrapped(indent, indent + 2, &format!("Because: {}", fields.join("; ")));
        if let Some(flip) = &explain.flip {
            let text = format!("It would be {} with {} = {}", word(flip.status), flip.name, flip.value);
            self.wrapped(indent, indent + 2, &text);
        }
    }

    fn step(&mut self, step: &Step) {
        self.wrapped(3, 5, &format!("- {}", step.text));
        if let Some(command) = &step.command {
            // Whole, so that it can be copied.
            self.line(&format!("       {}", clean(command)));
        }
        let notes = [
            ("on", &step.run_on),
            ("needs", &step.needs_rights),
            ("then restart", &step.restart_needed),
            ("check with", &step.verify_with),
        ];
        let notes: Vec<String> =
            notes.iter().filter_map(|(word, note)| Some(format!("{word} {}", note.as_ref()?))).collect();
        if !notes.is_empty() {
            self.wrapped(5, 6, &format!("({})", notes.join("; ")));
        }
    }

    /// What is not Pass, and neither stands in a printed cause nor is explained by one.
    fn remainder(&mut self, report: &Report) {
        let named: Vec<&String> =
            report.verdict.probable_causes.iter().flat_map(|cause| cause.keys.iter().chain(&cause.explains)).collect();
        let is_left = |finding: &&Finding| finding.is_open() && !named.contains(&&finding.key);
        let mut open: Vec<&Finding> = report.findings.iter().filter(is_left).collect();
        open.sort_by(|a, b| (b.counts_as, &a.id, &a.key).cmp(&(a.counts_as, &b.id, &b.key)));
        self.findings("ALSO NOT RIGHT", open);
        let of = |is_it: fn(&Finding) -> bool| report.findings.iter().filter(|finding| is_it(finding)).collect();
        self.findings("COULD NOT BE READ", of(|finding| finding.status == Status::Unknown));
        self.findings("NOT COUNTED (SUPPRESSED)", of(|finding| finding.suppressed.is_some()));
        let waiting = report.findings.iter().filter(|finding| !finding.blocked_by.is_empty());
        let mut waiting: Vec<&str> = waiting.map(|finding| &*finding.id).collect();
        waiting.dedup();
        if !waiting.is_empty() {
            self.heading("WAITING FOR WHAT FAILED FIRST");
            self.wrapped(2, 2, &waiting.join(", "));
        }
    }

    /// Findings of one check and status on one line: the first in full, of the others their targets.
    fn findings(&mut self, heading: &str, findings: Vec<&Finding>) {
        if findings.is_empty() {
            return;
        }
        self.heading(heading);
        for group in alike(findings, |finding| (finding.id.clone(), finding.status, finding.counts_as)) {
            let one = group[0];
            let mut text = format!("{} {}: {}", one.id, one.target.display, one.message);
            if matches!(one.status, Status::Fail | Status::Warn) {
                text.push_str(&format!(" ({})", severity(one.counts_as)));
            }
            if group.len() > 1 {
                let others: Vec<&str> = group[1..].iter().map(|finding| finding.target.display.as_str()).collect();
                text.push_str(&format!(" Also: {}.", names(&others, 4)));
            }
            self.marked(mark(one.status), &text);
            self.explain(7, one.explain.as_ref());
        }
    }

    /// What would tell more: evidence to collect, and what this run did not look at.
    fn gaps(&mut self, report: &Report) {
        if !report.verdict.next.is_empty() {
            self.heading("TO COLLECT NEXT");
            for missing in report.verdict.next.iter().take(3) {
                let (kind, checks) = (&missing.kind, missing.checks.join(", "));
                self.wrapped(2, 4, &format!("{kind} (for {checks}), on {}: {}", missing.run_on, missing.command));
            }
        }
        if !report.not_examined.is_empty() {
            self.heading("NOT EXAMINED");
            // What has one reason and one remedy stands in one line.
            let lines: Vec<&NotExamined> = report.not_examined.iter().collect();
            for group in alike(lines, |line| (line.why.clone(), line.how.clone())) {
                let what: Vec<&str> = group.iter().map(|line| line.what.as_str()).collect();
                let NotExamined { why, how, .. } = group[0];
                let how = if how.is_empty() { String::new() } else { format!(" Adds it: {how}.") };
                self.wrapped(2, 4, &format!("{}: {why}.{how}", what.join("; ")));
            }
        }
        if !report.forecast.is_empty() {
            self.line("");
        }
        for line in &report.forecast {
            self.wrapped(0, 2, &format!("Ahead: {} ({})", line.what, line.check));
        }
    }

    /// A finding behind its mark, which keeps its width also when it ends with blanks.
    fn marked(&mut self, mark: &str, text: &str) {
        let start = self.text.len();
        self.wrapped(7, 7, text);
        self.text.replace_range(start..start + 7, &format!("  {mark} "));
    }

    /// Words wrapped to the window; a longer word stands alone.
    fn wrapped(&mut self, first: usize, rest: usize, text: &str) {
        let text = clean(text);
        let mut line = " ".repeat(first);
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > self.width {
                self.line(&line);
                line = " ".repeat(rest);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&line);
    }
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Fail => "fail",
        Status::Warn => "warn",
        Status::Unknown => "?   ",
        Status::Pass => "pass",
        Status::NotApplicable => "n/a ",
    }
}

/// A status in the spelling of JSON.
fn word(status: Status) -> &'static str {
    match status {
        Status::Fail => "fail",
        Status::Warn => "warn",
        Status::Unknown => "unknown",
        Status::Pass => "pass",
        Status::NotApplicable => "notApplicable",
    }
}

/// Things with the same key together, in the order in which the keys first come.
fn alike<T, K: PartialEq>(items: Vec<&T>, key: impl Fn(&T) -> K) -> Vec<Vec<&T>> {
    let mut groups: Vec<(K, Vec<&T>)> = Vec::new();
    for item in items {
        let own = key(item);
        match groups.iter_mut().find(|(known, _)| *known == own) {
            Some((_, group)) => group.push(item),
            None => groups.push((own, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// `a, b, c and 4 more`
fn names(names: &[&str], most: usize) -> String {
    if names.len() <= most {
        return names.join(", ");
    }
    format!("{} and {} more", names[..most].join(", "), names.len() - most)
}

/// Text from outside may hold escape sequences, and marks that reorder or hide text; a terminal must not
/// act on them.
fn clean(text: &str) -> String {
    text.chars().map(|character| if is_unfit(character) { ' ' } else { character }).collect()
}
