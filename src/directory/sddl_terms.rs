//! The words of SDDL ([MS-DTYP] 2.5.1.1): aliases of SIDs, types, flags and rights of ACEs.

use super::descriptor::{Ace, AceKind};
use super::sid::{self, Sid};

/// Aliases that mean the same SID everywhere.
const FIXED: [(&str, Sid); 45] = [
    ("AA", Sid::nt([32, 579])),
    ("AC", Sid::new(15, [2, 1])),
    ("AN", sid::ANONYMOUS),
    ("AO", sid::ACCOUNT_OPERATORS),
    ("AU", sid::AUTHENTICATED_USERS),
    ("BA", sid::ADMINISTRATORS),
    ("BG", sid::GUESTS),
    ("BO", sid::BACKUP_OPERATORS),
    ("BU", sid::USERS),
    ("CD", Sid::nt([32, 574])),
    ("CG", sid::CREATOR_GROUP),
    ("CO", sid::CREATOR_OWNER),
    ("CY", Sid::nt([32, 569])),
    ("ED", sid::ENTERPRISE_DOMAIN_CONTROLLERS),
    ("ER", Sid::nt([32, 573])),
    ("ES", Sid::nt([32, 576])),
    ("HA", Sid::nt([32, 578])),
    ("HO", Sid::nt([32, 584])),
    ("IS", Sid::nt([32, 568])),
    ("IU", sid::INTERACTIVE),
    ("LS", sid::LOCAL_SERVICE),
    ("LU", Sid::nt([32, 559])),
    ("MS", Sid::nt([32, 577])),
    ("MU", Sid::nt([32, 558])),
    ("NO", Sid::nt([32, 556])),
    ("NS", sid::NETWORK_SERVICE),
    ("NU", sid::NETWORK),
    ("OW", sid::OWNER_RIGHTS),
    ("PO", sid::PRINT_OPERATORS),
    ("PS", sid::SELF_SID),
    ("PU", Sid::nt([32, 547])),
    ("RA", Sid::nt([32, 575])),
    ("RC", Sid::nt([12])),
    ("RD", Sid::nt([32, 555])),
    ("RE", sid::REPLICATOR),
    ("RM", Sid::nt([32, 580])),
    ("RU", sid::PRE_WIN2000),
    ("SO", sid::SERVER_OPERATORS),
    ("SU", sid::SERVICE),
    ("SY", sid::LOCAL_SYSTEM),
    ("UD", Sid::nt([84, 0, 0, 0, 0, 0])),
    ("WD", sid::EVERYONE),
    ("WR", Sid::nt([33])),
    ("AS", Sid::new(18, [1])),
    ("SS", Sid::new(18, [2])),
];

/// Aliases that mean an account of the domain at hand: its RID. RO, SA, EA and EK mean the root domain.
const RELATIVE: [(&str, u32); 17] = [
    ("RO", 498),
    ("LA", 500),
    ("LG", 501),
    ("DA", 512),
    ("DU", 513),
    ("DG", 514),
    ("DC", 515),
    ("DD", 516),
    ("CA", 517),
    ("SA", 518),
    ("EA", 519),
    ("PA", 520),
    ("CN", 522),
    ("AP", 525),
    ("KA", 526),
    ("EK", 527),
    ("RS", 553),
];

/// What an alias stands for.
pub enum Alias {
    Fixed(Sid),
    /// A RID of the domain.
    Relative(u32),
}

pub fn alias(text: &str) -> Option<Alias> {
    let fixed = FIXED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, sid)| Alias::Fixed(*sid));
    fixed.or_else(|| {
        RELATIVE.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, rid)| Alias::Relative(*rid))
    })
}

const TYPES: [(&str, AceKind); 7] = [
    ("A", AceKind::Allow),
    ("D", AceKind::Deny),
    ("OA", AceKind::AllowObject),
    ("OD", AceKind::DenyObject),
    ("XA", AceKind::AllowConditional),
    ("XD", AceKind::DenyConditional),
    ("ZA", AceKind::AllowObjectConditional),
];

/// The types that a DACL holds. SDDL has no word for a conditional object ACE that denies.
pub fn ace_type(text: &str) -> Option<AceKind> {
    TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, kind)| *kind)
}

const FLAGS: [(&str, u8); 5] = [
    ("OI", Ace::OBJECT_INHERIT),
    ("CI", Ace::CONTAINER_INHERIT),
    ("NP", Ace::NO_PROPAGATE),
    ("IO", Ace::INHERIT_ONLY),
    ("ID", Ace::INHERITED),
];

pub fn ace_flag(text: &str) -> Option<u8> {
    FLAGS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, bit)| *bit)
}

const RIGHTS: [(&str, u32); 25] = [
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
    ("SD", 0x1_0000),
    ("RC", 0x2_0000),
    ("WD", 0x4_0000),
    ("WO", 0x8_0000),
    // Files and keys, which a value of the registry may be written with.
    ("FA", 0x1F_01FF),
    ("FR", 0x12_0089),
    ("FW", 0x12_0116),
    ("FX", 0x12_00A0),
    ("KA", 0xF_003F),
    ("KR", 0x2_0019),
    ("KW", 0x2_0006),
    ("KX", 0x2_0019),
];

pub fn right(text: &str) -> Option<u32> {
    RIGHTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, bit)| *bit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::right::map_generic;
    use std::collections::HashSet;

    #[test]
    fn every_word_is_listed_once() {
        let aliases: HashSet<&str> =
            FIXED.iter().map(|(name, _)| *name).chain(RELATIVE.iter().map(|(name, _)| *name)).collect();
        assert_eq!(aliases.len(), FIXED.len() + RELATIVE.len());
        assert_eq!(RIGHTS.iter().map(|(name, _)| name).collect::<HashSet<_>>().len(), RIGHTS.len());
    }

    #[test]
    fn full_control_is_the_sum_of_the_words_of_the_directory() {
        let sum = RIGHTS[4..17].iter().fold(0, |all, (_, bit)| all | bit);
        assert_eq!(sum, map_generic(right("ga").unwrap()));
    }
}
