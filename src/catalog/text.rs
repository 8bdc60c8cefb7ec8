//! Text from outside, made fit to stand in a message.

/// Longest piece of outside text in a message or a line of evidence, in characters.
const LONGEST: usize = 200;

/// `text` on one line: control characters and those that reorder or hide what follows are dropped, and
/// what is too long is cut. A certificate name or a header must not steer a terminal or forge a line.
pub fn clean(text: &str) -> String {
    let text = text.trim();
    // Most are: a scan cleans a dozen names for each user.
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut characters = text.chars().filter(|&character| !is_unfit(character));
    let mut cleaned: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        cleaned.push('…');
    }
    cleaned
}

/// The same without the cut: for sentences that were put together already.
pub fn on_one_line(text: &str) -> String {
    text.chars().filter(|&character| !is_unfit(character)).collect()
}

/// The cleaned texts in one line, separated by commas.
pub fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(clean).collect::<Vec<_>>().join(", ")
}

/// True for control characters and for those that reorder or hide what follows.
pub fn is_unfit(character: char) -> bool {
    // Unicode's zero-width and bidirectional controls are not control characters to `char`.
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_line_breaks_and_hidden_characters_are_dropped() {
        let cases = [
            ("Corp Proxy CA", "Corp Proxy CA"),
            ("\u{1b}[2JCorp\r\nCA\0", "[2JCorpCA"),
            ("safe\u{202e}elbuort", "safeelbuort"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
            ("Zürich Straße", "Zürich Straße"),
        ];
        for (text, expected) in cases {
            assert_eq!((clean(text).as_str(), on_one_line(text).as_str()), (expected, expected));
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let cut = clean(&"ü".repeat(LONGEST + 1));
        assert_eq!(cut, format!("{}…", "ü".repeat(LONGEST)));
        assert_eq!(clean(&"ü".repeat(LONGEST)), "ü".repeat(LONGEST));
    }

    #[test]
    fn a_list_is_cleaned_item_by_item() {
        assert_eq!(list(["a\n", "b"]), "a, b");
    }
}
