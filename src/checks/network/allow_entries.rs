//! Lines of a firewall allow list, read as far as they name hosts, service tags and ports.

/// What one entry lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Everything,
    /// The service tag `ServiceBus`, of all regions or of one.
    ServiceTag {
        region: bool,
    },
    /// `.servicebus.windows.net`, from `*.servicebus.windows.net`.
    Wildcard(String),
    Name(String),
    /// An address or a range of addresses; what is behind it cannot be told.
    Address,
}

/// How far entries cover a suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    None,
    /// Single names below the suffix only.
    Names,
    Suffix,
}

/// One entry with the port rule of its line.
#[derive(Clone, Debug)]
pub struct Entry {
    pattern: Pattern,
    https: bool,
}

/// The typo of an old support article: `.networks` is no suffix of any cloud (troubleshooting page).
const TYPO: &str = "servicebus.windows.networks";

/// The entries of one line. Words that are neither host, tag nor port (`TCP`, `allow`) are passed over.
pub fn parse(line: &str) -> Vec<Entry> {
    let line = line.split('#').next().unwrap_or_default().to_lowercase();
    let words: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '"' | '\'')).collect();
    let ports: Vec<bool> = words.iter().filter_map(|word| allows_https(word)).collect();
    let https = ports.is_empty() || ports.contains(&true);
    let mut patterns: Vec<Pattern> = words.iter().filter_map(|word| pattern(word)).collect();
    // "any" beside a name is the source of the rule, not its destination.
    if patterns.is_empty() && words.iter().any(|word| matches!(*word, "*" | "any")) {
        patterns.push(Pattern::Everything);
    }
    patterns.into_iter().map(|pattern| Entry { pattern, https }).collect()
}

/// Whether a word that speaks of ports includes 443; `None` for any other word.
fn allows_https(word: &str) -> Option<bool> {
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let port = match word.rsplit_once(':') {
        Some((_, port)) => port.split('/').next().unwrap_or(port),
        None => word.trim_start_matches("tcp/").trim_end_matches("/tcp"),
    };
    let number = |text: &str| text.parse::<u16>().ok();
    match port.split_once('-') {
        Some((low, high)) => Some((number(low)?..=number(high)?).contains(&443)),
        None => number(port).map(|port| port == 443),
    }
}

fn pattern(word: &str) -> Option<Pattern> {
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let word = word.split(['/', ':']).next().unwrap_or(word);
    // Bypass lists of .NET are regular expressions: `.*\.servicebus\.windows\.net$`.
    let word = word.replace('\\', "").replace(".*.", "*.");
    let word = word.trim_start_matches('^').trim_end_matches(['$', '.']);
    match word {
        "servicebus" => return Some(Pattern::ServiceTag { region: false }),
        "" | "*" => return None,
        _ => {}
    }
    if let Some(region) = word.strip_prefix("servicebus.")
        && !region.contains('.')
    {
        return Some(Pattern::ServiceTag { region: true });
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*' | '_');
    if !word.contains('.') || !word.chars().all(fits) {
        return None;
    }
    if word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-')) {
        return Some(Pattern::Address);
    }
    if word.starts_with(['*', '.']) {
        return Some(Pattern::Wildcard(format!(".{}", word.trim_start_matches(['*', '.']))));
    }
    Some(Pattern::Name(word.to_owned()))
}

impl Entry {
    /// How far this entry covers a suffix on port 443; the tag counts for relay suffixes.
    pub fn coverage(&self, suffix: &str, is_relay: bool) -> Coverage {
        if !self.https {
            return Coverage::None;
        }
        match &self.pattern {
            Pattern::Everything => Coverage::Suffix,
            Pattern::ServiceTag { region: false } if is_relay => Coverage::Suffix,
            Pattern::ServiceTag { region: true } if is_relay => Coverage::Names,
            Pattern::Wildcard(wildcard) if suffix.ends_with(wildcard.as_str()) => Coverage::Suffix,
            _ if self.is_below(suffix) => Coverage::Names,
            _ => Coverage::None,
        }
    }

    /// True for the suffix itself and for what stands below it, whatever the port.
    pub fn is_below(&self, suffix: &str) -> bool {
        match &self.pattern {
            Pattern::Wildcard(text) => text.ends_with(suffix),
            Pattern::Name(name) => name.ends_with(suffix) || name == suffix.trim_start_matches('.'),
            _ => false,
        }
    }

    pub fn is_typo(&self) -> bool {
        self.is_below(&format!(".{TYPO}"))
    }

    pub fn is_address(&self) -> bool {
        self.pattern == Pattern::Address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAY: &str = ".servicebus.windows.net";

    fn coverage(line: &str) -> Coverage {
        parse(line).iter().map(|entry| entry.coverage(RELAY, true)).max().unwrap_or(Coverage::None)
    }

    #[test]
    fn a_suffix_is_covered_by_a_wildcard_a_tag_or_everything() {
        for line in [
            "*.servicebus.windows.net",
            "*.ServiceBus.Windows.net.",
            ".servicebus.windows.net",
            "https://*.servicebus.windows.net:443/",
            "TCP 443 *.servicebus.windows.net",
            "allow any *.servicebus.windows.net tcp/443",
            "*.servicebus.windows.net 80, 443",
            "*.servicebus.windows.net 400-500",
            "*.windows.net",
            ".*\\.servicebus\\.windows\\.net$",
            "ServiceBus",
            "*",
            "any 443",
        ] {
            assert_eq!(coverage(line), Coverage::Suffix, "{line}");
        }
    }

    #[test]
    fn single_names_and_one_region_cover_in_part() {
        for line in [
            "ssprdedicatedsbprodscu.servicebus.windows.net",
            "servicebus.windows.net",
            "*.eu.servicebus.windows.net",
            "sspr*.servicebus.windows.net",
            "ServiceBus.WestEurope",
        ] {
            assert_eq!(coverage(line), Coverage::Names, "{line}");
        }
    }

    #[test]
    fn other_names_other_ports_and_comments_cover_nothing() {
        for line in [
            "*.microsoftonline.com",
            "*.servicebus.windows.networks",
            "notservicebus.windows.net",
            "*.servicebus.windows.net 80",
            "*.servicebus.windows.net:9350",
            "# *.servicebus.windows.net",
            "20.190.128.0/18",
            "any dc1.corp.example",
            "allow outbound",
            "",
        ] {
            assert_eq!(coverage(line), Coverage::None, "{line}");
        }
    }

    #[test]
    fn the_tag_says_nothing_about_the_reset_suffix() {
        let entry = &parse("ServiceBus")[0];
        assert_eq!(entry.coverage(".passwordreset.microsoftonline.com", false), Coverage::None);
    }

    #[test]
    fn typo_and_addresses_are_recognised() {
        assert!(parse("*.servicebus.windows.networks")[0].is_typo());
        assert!(parse("servicebus.windows.networks:443")[0].is_typo());
        assert!(!parse("*.servicebus.windows.net")[0].is_typo());
        assert!(parse("20.190.128.0/18")[0].is_address());
        assert!(!parse("ns1.servicebus.windows.net")[0].is_address());
    }
}
