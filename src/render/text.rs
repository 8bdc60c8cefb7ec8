//! A report as plain text, in the order of the PowerShell view: verdict, probable causes with the fix,
//! what is not Pass, what was not examined.

use crate::catalog::{Severity, Status};
use crate::contract::{Cause, Confidence, Finding, Report, RunState, VerdictState};

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
            page.cause(index + 1, cause);
        }
    }
    let causes: Vec<&String> = verdict.probable_causes.iter().flat_map(|cause| &cause.keys).collect();
    let open = report.findings.iter().filter(|finding| finding.is_open() && !causes.contains(&&finding.key));
    page.findings("ALSO NOT RIGHT", open);
    page.findings("COULD NOT BE READ", report.findings.iter().filter(|finding| finding.status == Status::Unknown));
    page.findings("NOT COUNTED (SUPPRESSED)", report.findings.iter().filter(|finding| finding.suppressed.is_some()));
    page.blocked(report);
    if !verdict.next.is_empty() {
        page.heading("TO COLLECT NEXT");
        for missing in verdict.next.iter().take(3) {
            page.wrapped(
                2,
                4,
                &format!(
                    "{} (for {}), on {}: {}",
                    missing.kind,
                    missing.checks.join(", "),
                    missing.run_on,
                    missing.command
                ),
            );
        }
    }
    if !report.not_examined.is_empty() {
        page.heading("NOT EXAMINED");
        for line in &report.not_examined {
            let how = if line.how.is_empty() { String::new() } else { format!(" Adds it: {}.", line.how) };
            page.wrapped(2, 4, &format!("{}: {}.{how}", line.what, line.why));
        }
    }
    for line in &report.forecast {
        page.wrapped(0, 2, &format!("Ahead: {} ({})", line.what, line.check));
    }
    let counts = &report.counts;
    page.line("");
    page.wrapped(
        0,
        2,
        &format!(
            "{} passed, {} warned, {} failed, {} unknown, {} not applicable, {} suppressed; {:.1} s; version {}",
            counts.pass,
            counts.warn,
            counts.fail,
            counts.unknown,
            counts.not_applicable,
            counts.suppressed,
            f64::from(report.duration_ms) / 1000.0,
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

    fn cause(&mut self, number: usize, cause: &Cause) {
        let head = format!(
            "{number}. {} {}  (confidence {}, score {:.1})",
            cause.id,
            cause.title,
            confidence(cause.confidence),
            cause.score
        );
        self.wrapped(0, 3, &head);
        self.wrapped(3, 3, &cause.explanation);
        self.wrapped(3, 8, &format!("Fix: {}", cause.remediation));
        for step in &cause.steps {
            self.wrapped(3, 5, &format!("- {}", step.text));
            if let Some(command) = &step.command {
                self.line(&format!("       {}", clean(command)));
            }
        }
        if !cause.effects.is_empty() {
            self.wrapped(3, 8, &format!("Explains or blocks: {}", cause.effects.join(", ")));
        }
        self.line(&format!("   {}", cause.link));
    }

    fn findings<'a>(&mut self, heading: &str, findings: impl Iterator<Item = &'a Finding>) {
        let mut findings = findings.peekable();
        if findings.peek().is_none() {
            return;
        }
        self.heading(heading);
        for finding in findings {
            let mark = match finding.status {
                Status::Fail => "fail",
                Status::Warn => "warn",
                Status::Unknown => "?   ",
                Status::Pass => "pass",
                Status::NotApplicable => "n/a ",
            };
            let weight = match finding.status {
                Status::Fail | Status::Warn => format!(" ({})", severity(finding.counts_as)),
                _ => String::new(),
            };
            self.wrapped(
                2,
                7,
                &format!("{mark} {} {}: {}{weight}", finding.id, finding.target.display, finding.message),
            );
        }
    }

    /// One line for everything that waits for something else.
    fn blocked(&mut self, report: &Report) {
        let mut ids: Vec<&str> = report
            .findings
            .iter()
            .filter(|finding| !finding.blocked_by.is_empty())
            .map(|finding| finding.id.as_str())
            .collect();
        ids.dedup();
        if !ids.is_empty() {
            self.heading("WAITING FOR WHAT FAILED FIRST");
            self.wrapped(2, 2, &ids.join(", "));
        }
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

/// Text from outside may hold escape sequences; a terminal must not act on them.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
