//! Accounts and groups that SDProp guards ([MS-ADTS] 3.1.1.6.1).

use super::sid::{
    ACCOUNT_OPERATORS, ADMINISTRATORS, BACKUP_OPERATORS, PRINT_OPERATORS, REPLICATOR, SERVER_OPERATORS, Sid,
};

/// Domain Admins, Domain Controllers, Read-only Domain Controllers, Key Admins.
const IN_EVERY_DOMAIN: [u32; 4] = [512, 516, 521, 526];
/// Schema Admins, Enterprise Admins, Enterprise Key Admins.
const IN_THE_ROOT_DOMAIN: [u32; 3] = [518, 519, 527];
/// The groups that dwAdminSDExMask can take out, by its bits ([MS-ADTS] 6.1.1.2.4.1.2).
const OPERATORS: [(u32, Sid); 4] =
    [(1, ACCOUNT_OPERATORS), (2, SERVER_OPERATORS), (4, PRINT_OPERATORS), (8, BACKUP_OPERATORS)];

/// The protected groups of a domain. Without the SID of the root domain, its three groups are missing:
/// then a user of none of the others is not proven to be unprotected.
///
/// `ds_heuristics` is the attribute of `CN=Directory Service`; absent, no group is excluded. A character
/// that is no hexadecimal digit excludes nothing.
pub fn protected_groups(domain: &Sid, root_domain: Option<&Sid>, ds_heuristics: Option<&str>) -> Vec<Sid> {
    let excluded =
        ds_heuristics.and_then(|text| text.chars().nth(15)).and_then(|digit| digit.to_digit(16)).unwrap_or(0);
    let operators = OPERATORS.iter().filter(|(bit, _)| excluded & bit == 0).map(|(_, group)| *group);
    let own = IN_EVERY_DOMAIN.iter().filter_map(|rid| domain.with_rid(*rid));
    let of_root = IN_THE_ROOT_DOMAIN.iter().filter_map(|rid| root_domain?.with_rid(*rid));
    [ADMINISTRATORS, REPLICATOR].into_iter().chain(operators).chain(own).chain(of_root).collect()
}

/// Administrator and krbtgt are protected themselves, whatever they are members of.
pub fn is_protected_rid(rid: u32) -> bool {
    matches!(rid, 500 | 502)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    #[test]
    fn groups_of_the_domain_of_the_root_and_of_builtin_are_protected() {
        let groups = protected_groups(&sid("S-1-5-21-1-1-1"), Some(&sid("S-1-5-21-9-9-9")), None);
        assert_eq!(groups.len(), 13);
        for (text, listed) in [
            ("S-1-5-32-544", true),
            ("S-1-5-32-552", true),
            ("S-1-5-32-545", false),
            ("S-1-5-21-1-1-1-512", true),
            ("S-1-5-21-1-1-1-526", true),
            ("S-1-5-21-1-1-1-513", false),
            ("S-1-5-21-9-9-9-519", true),
            ("S-1-5-21-1-1-1-519", false),
        ] {
            assert_eq!(groups.contains(&sid(text)), listed, "{text}");
        }
        assert_eq!(protected_groups(&sid("S-1-5-21-1-1-1"), None, None).len(), 10);
    }

    #[test]
    fn the_sixteenth_character_excludes_operators() {
        for (heuristics, missing) in [
            (None, &[][..]),
            (Some(""), &[]),
            (Some("0000000001000000"), &[]),
            (Some("000000000100000"), &[]),
            (Some("0000000001000001"), &[ACCOUNT_OPERATORS]),
            (Some("000000000100000a"), &[SERVER_OPERATORS, BACKUP_OPERATORS]),
            (Some("000000000100000F0002"), &[ACCOUNT_OPERATORS, SERVER_OPERATORS, PRINT_OPERATORS, BACKUP_OPERATORS]),
            (Some("000000000100000x"), &[]),
        ] {
            let groups = protected_groups(&sid("S-1-5-21-1-1-1"), None, heuristics);
            assert_eq!(groups.len(), 10 - missing.len(), "{heuristics:?}");
            assert!(missing.iter().all(|group| !groups.contains(group)), "{heuristics:?}");
        }
    }

    #[test]
    fn administrator_and_krbtgt_are_protected_by_their_rid() {
        for (rid, protected) in [(500, true), (502, true), (501, false), (512, false), (1105, false)] {
            assert_eq!(is_protected_rid(rid), protected);
        }
    }
}
