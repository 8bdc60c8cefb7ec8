//! Runs a diagnostic through the C boundary and prints the report: what the cmdlet does, for a machine
//! without PowerShell.
//!
//! `report [--diagnostic EXPORT] [--secret-from VARIABLE] REQUEST [JSON-FILE]`: EXPORT is `pwb_test_all`
//! when it is not named; REQUEST is the JSON of the request; the secret of `directory.user` is taken from
//! an environment variable; JSON-FILE gets the report with findings.

use password_writeback::ffi::{
    PwbBuffer, PwbStatus, pwb_buffer_release, pwb_job_close, pwb_job_poll, pwb_render, pwb_secret_put, pwb_test_all,
    pwb_test_connectivity, pwb_test_directory, pwb_test_permission, pwb_test_user,
};
use serde_json::{Value, json};

type Start = unsafe extern "C" fn(*const u8, usize, *mut u64, *mut PwbBuffer) -> PwbStatus;

const DIAGNOSTICS: [(&str, Start); 5] = [
    ("pwb_test_all", pwb_test_all),
    ("pwb_test_connectivity", pwb_test_connectivity),
    ("pwb_test_directory", pwb_test_directory),
    ("pwb_test_permission", pwb_test_permission),
    ("pwb_test_user", pwb_test_user),
];

const USAGE: &str = "usage: report [--diagnostic EXPORT] [--secret-from VARIABLE] REQUEST [JSON-FILE]";

fn main() {
    if let Err(message) = run() {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1).peekable();
    let (mut diagnostic, mut secret) = (pwb_test_all as Start, None);
    while let Some(option) = arguments.next_if(|argument| argument.starts_with("--")) {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value; {USAGE}"))?;
        match option.as_str() {
            "--diagnostic" => {
                let known = DIAGNOSTICS.iter().find(|(name, _)| *name == value);
                diagnostic = known.ok_or_else(|| format!("{value} is not a diagnostic of this build"))?.1;
            }
            "--secret-from" => {
                secret = Some(std::env::var(&value).map_err(|_| format!("the variable {value} is not set"))?);
            }
            _ => return Err(format!("{option} is not known; {USAGE}")),
        }
    }
    let request = arguments.next().ok_or(USAGE)?;
    let mut request: Value = serde_json::from_str(&request).map_err(|error| format!("REQUEST: {error}"))?;
    if let Some(secret) = secret {
        request["directory"]["secret"] = json!(put_secret(&secret)?);
    }
    let (mut findings, report) = call(diagnostic, &request)?;
    let mut report = report.ok_or("the job gave no report")?;
    findings.retain(|item| item["kind"] == "finding");
    findings.sort_by_key(|item| (item["id"].to_string(), item["target"]["key"].to_string()));
    report["findings"] = Value::Array(findings);
    if let Some(path) = arguments.next() {
        std::fs::write(&path, report.to_string()).map_err(|error| format!("{path}: {error}"))?;
    }
    let width: u32 = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100);
    let (text, _) = call(pwb_render, &json!({"format": "text", "width": width, "report": report}))?;
    for item in text {
        print!("{}", item["text"].as_str().unwrap_or_default());
    }
    Ok(())
}

/// Starts a job, polls it to its end and returns its items and its report.
fn call(start: Start, request: &Value) -> Result<(Vec<Value>, Option<Value>), String> {
    let request = request.to_string();
    let (mut job, mut buffer) = (0_u64, empty());
    // SAFETY: the request outlives the call; both out pointers are ours.
    let status = unsafe { start(request.as_ptr(), request.len(), &mut job, &mut buffer) };
    if status != PwbStatus::Ok {
        return Err(format!("refused: {}", take(&mut buffer)));
    }
    let mut items = Vec::new();
    loop {
        // SAFETY: the out pointer is ours and was released before.
        let status = unsafe { pwb_job_poll(job, 100, &mut buffer) };
        let mut snapshot = take(&mut buffer);
        if status != PwbStatus::Ok {
            return Err(format!("poll: {snapshot}"));
        }
        if let Value::Array(new) = snapshot["items"].take() {
            items.extend(new);
        }
        if snapshot["state"] != "running" && snapshot["more"] == false {
            pwb_job_close(job);
            return match snapshot.get("error") {
                Some(error) if !error.is_null() => Err(format!("failed: {error}")),
                _ => Ok((items, snapshot.get("report").filter(|report| !report.is_null()).cloned())),
            };
        }
    }
}

fn put_secret(text: &str) -> Result<u64, String> {
    let (mut handle, mut buffer) = (0_u64, empty());
    // SAFETY: the text outlives the call; both out pointers are ours.
    match unsafe { pwb_secret_put(text.as_ptr(), text.len(), &mut handle, &mut buffer) } {
        PwbStatus::Ok => Ok(handle),
        _ => Err(format!("secret: {}", take(&mut buffer))),
    }
}

fn empty() -> PwbBuffer {
    PwbBuffer { data: std::ptr::null_mut(), length: 0, capacity: 0 }
}

/// The JSON of a buffer, which is released.
fn take(buffer: &mut PwbBuffer) -> Value {
    // SAFETY: filled by the library, or empty.
    unsafe {
        let bytes = if buffer.data.is_null() { &[] } else { std::slice::from_raw_parts(buffer.data, buffer.length) };
        let value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        pwb_buffer_release(buffer);
        value
    }
}
