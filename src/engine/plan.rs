//! Which checks a run judges, and which kinds of evidence that takes.

use crate::catalog::{Area, Check, RoleRule, registry};
use crate::contract::{ContractError, Selection};
use crate::evidence::Kind;
use std::collections::BTreeSet;

/// A diagnostic that judges; each has its own list of checks (catalog 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnostic {
    TestAll,
    TestConnectivity,
    TestDirectory,
    TestPermission,
    TestUser,
}

impl Diagnostic {
    pub const ALL: [Diagnostic; 5] = [
        Diagnostic::TestAll,
        Diagnostic::TestConnectivity,
        Diagnostic::TestDirectory,
        Diagnostic::TestPermission,
        Diagnostic::TestUser,
    ];

    /// Name of its export.
    pub fn export(self) -> &'static str {
        match self {
            Diagnostic::TestAll => "pwb_test_all",
            Diagnostic::TestConnectivity => "pwb_test_connectivity",
            Diagnostic::TestDirectory => "pwb_test_directory",
            Diagnostic::TestPermission => "pwb_test_permission",
            Diagnostic::TestUser => "pwb_test_user",
        }
    }

    pub fn cmdlet(self) -> &'static str {
        match self {
            Diagnostic::TestAll => "Test-PasswordWriteback",
            Diagnostic::TestConnectivity => "Test-PasswordWritebackConnectivity",
            Diagnostic::TestDirectory => "Test-PasswordWritebackDirectory",
            Diagnostic::TestPermission => "Test-PasswordWritebackPermission",
            Diagnostic::TestUser => "Test-PasswordWritebackUser",
        }
    }

    pub fn from_export(name: &str) -> Option<Diagnostic> {
        Diagnostic::ALL.into_iter().find(|diagnostic| diagnostic.export() == name)
    }

    /// True when the check is run without `-Check`.
    pub fn includes(self, check: &Check) -> bool {
        match self {
            Diagnostic::TestAll => true,
            Diagnostic::TestConnectivity => {
                check.area == Area::Network
                    || ["PW711", "PW713", "PW714", "PW715", "PW717", "PW718"].contains(&check.id)
            }
            Diagnostic::TestDirectory => matches!(check.area, Area::Directory | Area::Policy) || check.id == "PW717",
            Diagnostic::TestPermission => check.area == Area::Permission || check.id == "PW919",
            Diagnostic::TestUser => check.area == Area::User || OF_OTHER_AREAS_FOR_A_USER.contains(&check.id),
        }
    }
}

/// Beside the checks of users themselves: license, rights, and the events of the user's own attempts.
const OF_OTHER_AREAS_FOR_A_USER: [&str; 12] =
    ["PW106", "PW505", "PW506", "PW507", "PW512", "PW813", "PW814", "PW815", "PW816", "PW817", "PW818", "PW821"];

/// The checks of one run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub diagnostic: Diagnostic,
    /// Emitted, counted and ranked, in the order of their ids.
    pub selected: Vec<&'static Check>,
    /// `selected` and everything that can block them; the rest is judged silently.
    pub judged: Vec<&'static Check>,
    /// Kinds of record that the judged checks read.
    pub kinds: BTreeSet<Kind>,
    pub include_not_collected: bool,
    /// Each finding says why.
    pub explain: bool,
    /// The ports of every controller are handed out too.
    pub matrix: bool,
}

impl Plan {
    /// Resolves a selection. A pattern that names no check of this build is refused: a misspelt id must
    /// not silently examine nothing.
    pub fn new(diagnostic: Diagnostic, selection: &Selection) -> Result<Plan, ContractError> {
        for (field, patterns) in [("checks", &selection.checks), ("skip", &selection.skip)] {
            for (index, pattern) in patterns.iter().enumerate() {
                if !registry::checks().any(|check| matches(pattern, check.id)) {
                    return Err(ContractError::out_of_range(
                        &format!("selection.{field}[{index}]"),
                        format!("No check of this version matches '{pattern}'; Get-PasswordWritebackCheck lists them."),
                    ));
                }
            }
        }
        let any = |patterns: &[String], id: &str| patterns.iter().any(|pattern| matches(pattern, id));
        let selected: Vec<&'static Check> = registry::checks()
            .filter(|check| match selection.checks.is_empty() {
                true => diagnostic.includes(check),
                false => any(&selection.checks, check.id),
            })
            .filter(|check| !any(&selection.skip, check.id))
            .collect();
        if selected.is_empty() {
            return Err(ContractError::out_of_range(
                "selection",
                "Nothing is left to check: every selected check is skipped too.",
            ));
        }
        let judged = with_blockers(&selected);
        let include_not_collected = selection.include_not_collected;
        Ok(Plan {
            diagnostic,
            kinds: kinds(&judged),
            selected,
            judged,
            include_not_collected,
            explain: false,
            matrix: false,
        })
    }

    /// The same, with an explanation of every finding where it is asked for.
    pub fn explaining(self, explain: bool) -> Plan {
        Plan { explain, ..self }
    }

    /// With the matrix of controllers and ports, whose evidence is that of the checks of ports.
    pub fn with_matrix(mut self, wanted: bool) -> Result<Plan, ContractError> {
        if wanted && self.diagnostic != Diagnostic::TestDirectory {
            let message = format!("Only {} gives the ports of every controller.", Diagnostic::TestDirectory.export());
            return Err(ContractError::out_of_range("output.matrix", message));
        }
        if wanted {
            let of_ports = OF_PORTS.iter().filter_map(|id| registry::find(id));
            self.judged = with_blockers(&self.judged.iter().copied().chain(of_ports).collect::<Vec<_>>());
            self.kinds = kinds(&self.judged);
            self.matrix = true;
        }
        Ok(self)
    }
}

/// Checks of the ports of controllers.
const OF_PORTS: [&str; 4] = ["PW405", "PW406", "PW407", "PW408"];

fn kinds(checks: &[&'static Check]) -> BTreeSet<Kind> {
    checks.iter().flat_map(|check| kinds_read(check)).collect()
}

/// Kinds that a check reads, with those that its targets and its role rule come from.
pub fn kinds_read(check: &Check) -> impl Iterator<Item = Kind> {
    let for_roles: &[Kind] = match check.role_rule {
        RoleRule::None => &[],
        RoleRule::Host => &[Kind::EventLog],
        RoleRule::ControllerPath | RoleRule::ControllerProperty => &[Kind::DcInventory],
    };
    let always = [Kind::OperatorInput];
    check.evidence.iter().copied().chain(for_roles.iter().copied()).chain(always)
}

/// The checks and all that can block them, over any number of steps, in the order of the registry.
pub fn with_blockers(selected: &[&'static Check]) -> Vec<&'static Check> {
    let mut ids: BTreeSet<&'static str> = BTreeSet::new();
    let mut open: Vec<&'static Check> = selected.to_vec();
    while let Some(check) = open.pop() {
        if ids.insert(check.id) {
            open.extend(check.blocked_by.iter().chain(check.blocked_by_all).filter_map(|id| registry::find(id)));
        }
    }
    registry::checks().filter(|check| ids.contains(check.id)).collect()
}

/// Wildcard match as PowerShell does it for ids: `*` any characters, `?` one, case-insensitive.
fn matches(pattern: &str, id: &str) -> bool {
    fn inner(pattern: &[u8], id: &[u8]) -> bool {
        match (pattern.first(), id.first()) {
            (None, None) => true,
            (Some(b'*'), _) => inner(&pattern[1..], id) || (!id.is_empty() && inner(pattern, &id[1..])),
            (Some(b'?'), Some(_)) => inner(&pattern[1..], &id[1..]),
            (Some(p), Some(i)) => p.eq_ignore_ascii_case(i) && inner(&pattern[1..], &id[1..]),
            _ => false,
        }
    }
    // An id has five characters; a long run of stars must not cost exponential time.
    pattern.len() <= 16 && inner(pattern.as_bytes(), id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(checks: &[&str], skip: &[&str]) -> Selection {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Selection { checks: own(checks), skip: own(skip), ..Selection::default() }
    }

    #[test]
    fn wildcards_match_as_in_powershell() {
        for (pattern, id, expected) in [
            ("PW303", "PW303", true),
            ("pw3*", "PW303", true),
            ("PW3?3", "PW303", true),
            ("*", "PW303", true),
            ("PW30", "PW303", false),
            ("PW304", "PW303", false),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern}");
        }
    }

    #[test]
    fn blockers_are_judged_but_not_selected() {
        let plan = Plan::new(Diagnostic::TestAll, &selection(&["PW303"], &[])).unwrap();
        assert_eq!(plan.selected.iter().map(|check| check.id).collect::<Vec<_>>(), ["PW303"]);
        assert_eq!(plan.judged.iter().map(|check| check.id).collect::<Vec<_>>(), ["PW301", "PW303"]);
    }

    #[test]
    fn the_matrix_has_its_evidence_whatever_is_selected_and_belongs_to_one_diagnostic() {
        let plan = |diagnostic| Plan::new(diagnostic, &selection(&["PW601"], &[])).unwrap();
        let with = plan(Diagnostic::TestDirectory).with_matrix(true).unwrap();
        let without = plan(Diagnostic::TestDirectory).with_matrix(false).unwrap();
        assert!(with.kinds.is_superset(&BTreeSet::from([Kind::Tcp, Kind::DcInventory])));
        assert!(!without.kinds.contains(&Kind::DcInventory));
        let refusal = plan(Diagnostic::TestAll).with_matrix(true).unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("output.matrix"));
    }

    #[test]
    fn a_pattern_without_a_check_is_refused_by_its_place() {
        let error = Plan::new(Diagnostic::TestAll, &selection(&["PW303", "PW3O4"], &[])).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("selection.checks[1]"));
        let error = Plan::new(Diagnostic::TestAll, &selection(&["PW303"], &["PW3*"])).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("selection"));
    }
}
