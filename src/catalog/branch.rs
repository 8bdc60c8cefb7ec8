//! The branches of a rule text: what stands between its label and the next semicolon, for one outcome.

use super::terms::Status;

/// The branches for an outcome, with their label: `Fail: disabled`. A line says the outcome by its label
/// (`Warn (low): ...`), or each branch says its own (`User: Pass when granted; Fail when denied`).
pub fn branches(rule: &str, outcome: Status) -> Vec<String> {
    let mut found = Vec::new();
    for line in rule.lines() {
        let (label, body) = line.split_once(": ").map_or((None, line), |(label, body)| (Some(label), body));
        let of_line = label.and_then(status);
        for piece in pieces(body) {
            let own = status(piece);
            if own.or(of_line) == Some(outcome) {
                // A branch that says another outcome than its line stands for itself.
                found.push(match label.filter(|_| own.is_none() || of_line.is_none()) {
                    Some(label) => format!("{label}: {piece}"),
                    None => piece.to_owned(),
                });
            }
        }
    }
    found
}

/// The branch for an outcome that has these words. `None` when none has, or several have.
pub fn branch(rule: &str, outcome: Status, words: Option<&str>) -> Option<String> {
    let mut fitting = branches(rule, outcome).into_iter().filter(|branch| branch.contains(words.unwrap_or_default()));
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Parts between semicolons, as far as these do not stand in parentheses.
fn pieces(body: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let parts = body.split(move |character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ';' && depth == 0
    });
    parts.map(|part| {
        let part = part.trim().trim_end_matches('.');
        part.strip_prefix("or ").or_else(|| part.strip_prefix("and ")).unwrap_or(part)
    })
}

/// The outcome that a text begins with.
fn status(text: &str) -> Option<Status> {
    let word = text.split(|character: char| !character.is_ascii_alphabetic()).next()?;
    Some(match word {
        "Pass" => Status::Pass,
        "Warn" => Status::Warn,
        "Fail" => Status::Fail,
        "Unknown" => Status::Unknown,
        "NotApplicable" => Status::NotApplicable,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "Read: the port; all of it.
Pass: it opens (fast; or slow).
Fail: refused; or timed out, for the first; Warn for others.
Warn (low): nobody asked.
User: Pass when granted; Fail (high) when not.
Unknown: it was not tried.";

    #[test]
    fn a_branch_ends_at_a_semicolon_outside_parentheses() {
        for (outcome, expected) in [
            (Status::Pass, &["Pass: it opens (fast; or slow)", "User: Pass when granted"][..]),
            (Status::Fail, &["Fail: refused", "Fail: timed out, for the first", "User: Fail (high) when not"]),
            (Status::Warn, &["Warn for others", "Warn (low): nobody asked"]),
            (Status::Unknown, &["Unknown: it was not tried"]),
            (Status::NotApplicable, &[]),
        ] {
            assert_eq!(branches(RULE, outcome), expected);
        }
    }

    #[test]
    fn words_name_one_branch_or_none() {
        for (outcome, words, expected) in [
            (Status::Fail, Some("refused"), Some("Fail: refused")),
            (Status::Fail, Some("when not"), Some("User: Fail (high) when not")),
            (Status::Fail, None, None),
            (Status::Fail, Some("opens"), None),
            (Status::Unknown, None, Some("Unknown: it was not tried")),
        ] {
            assert_eq!(branch(RULE, outcome, words).as_deref(), expected, "{words:?}");
        }
    }
}
