//! The graph of causes (catalog 6.1): what a problem explains.

use crate::catalog::Class;
use crate::catalog::Class::*;

/// One row of the catalog's table: each cause explains each effect. An effect with classes is explained
/// only when its finding has one of them.
pub struct Row {
    pub causes: &'static [&'static str],
    pub effects: &'static [(&'static str, &'static [Class])],
}

/// One edge; no classes = every finding of the effect matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub cause: &'static str,
    pub effect: &'static str,
    pub classes: &'static [Class],
}

/// All edges.
pub fn edges() -> impl Iterator<Item = Edge> {
    ROWS.iter().flat_map(|row| {
        row.causes.iter().flat_map(|cause| row.effects.iter().map(|(effect, classes)| Edge { cause, effect, classes }))
    })
}

/// The edges that leave one check.
pub fn edges_from(cause: &str) -> impl Iterator<Item = Edge> {
    edges().filter(move |edge| edge.cause == cause)
}

/// Observations, not causes.
pub fn is_symptom(id: &str) -> bool {
    SYMPTOMS.contains(&id)
}

pub const SYMPTOMS: &[&str] = &[
    "PW204", "PW217", "PW218", "PW325", "PW702", "PW722", "PW802", "PW803", "PW804", "PW806", "PW807", "PW811",
    "PW813", "PW814", "PW815", "PW816", "PW817", "PW818", "PW820", "PW821", "PW990",
];

/// Checks outside the graph: they neither explain nor are explained.
pub const STANDALONE: &[&str] =
    &["PW102", "PW108", "PW201", "PW416", "PW509", "PW515", "PW603", "PW709", "PW731", "PW801", "PW901"];

pub const ROWS: &[Row] = &[
    Row {
        causes: &[
            "PW301", "PW303", "PW304", "PW307", "PW308", "PW309", "PW312", "PW315", "PW711", "PW713", "PW714", "PW715",
            "PW718",
        ],
        effects: &[
            ("PW325", &[]),
            ("PW702", &[]),
            ("PW802", &[]),
            ("PW803", &[]),
            ("PW804", &[]),
            ("PW806", &[]),
            ("PW218", &[Network]),
            ("PW821", &[]),
        ],
    },
    Row { causes: &["PW305", "PW306", "PW313", "PW317"], effects: &[("PW303", &[]), ("PW304", &[])] },
    Row { causes: &["PW711", "PW715"], effects: &[("PW307", &[])] },
    Row { causes: &["PW308", "PW718"], effects: &[("PW309", &[])] },
    Row {
        causes: &[
            "PW101", "PW210", "PW212", "PW301", "PW303", "PW304", "PW307", "PW309", "PW711", "PW714", "PW715", "PW718",
        ],
        effects: &[("PW701", &[Admin]), ("PW807", &[Admin])],
    },
    Row { causes: &["PW215"], effects: &[("PW807", &[Admin])] },
    Row {
        causes: &["PW706", "PW707", "PW810"],
        effects: &[
            ("PW702", &[]),
            ("PW802", &[]),
            ("PW803", &[]),
            ("PW804", &[]),
            ("PW806", &[]),
            ("PW325", &[]),
            ("PW204", &[]),
            ("PW720", &[]),
            ("PW722", &[]),
            ("PW821", &[]),
            ("PW218", &[Network]),
        ],
    },
    Row { causes: &["PW810"], effects: &[("PW706", &[]), ("PW816", &[Engine])] },
    Row {
        causes: &["PW701", "PW704"],
        effects: &[("PW702", &[]), ("PW803", &[]), ("PW821", &[]), ("PW218", &[Switch, Network])],
    },
    Row { causes: &["PW701", "PW206"], effects: &[("PW705", &[])] },
    Row { causes: &["PW701"], effects: &[("PW807", &[Switch])] },
    Row { causes: &["PW206"], effects: &[("PW821", &[]), ("PW218", &[Switch])] },
    Row { causes: &["PW207", "PW209", "PW905"], effects: &[("PW821", &[]), ("PW218", &[Sspr])] },
    Row { causes: &["PW921"], effects: &[("PW821", &[])] },
    Row {
        causes: &["PW224"],
        effects: &[("PW803", &[]), ("PW804", &[]), ("PW806", &[]), ("PW821", &[]), ("PW218", &[Network, Switch])],
    },
    Row { causes: &["PW730"], effects: &[("PW821", &[]), ("PW218", &[Network, Switch])] },
    Row { causes: &["PW401", "PW402"], effects: &[("PW403", &[]), ("PW420", &[])] },
    Row {
        causes: &["PW401", "PW402", "PW403", "PW405", "PW406", "PW407", "PW408", "PW411", "PW414", "PW420"],
        effects: &[("PW811", &[]), ("PW816", &[DcReach]), ("PW722", &[]), ("PW820", &[])],
    },
    Row {
        causes: &["PW422", "PW717"],
        effects: &[("PW811", &[]), ("PW816", &[Clock, DcReach, Engine]), ("PW722", &[]), ("PW820", &[])],
    },
    Row { causes: &["PW501", "PW502"], effects: &[("PW811", &[]), ("PW816", &[Engine]), ("PW722", &[])] },
    Row {
        causes: &["PW510", "PW512", "PW918", "PW919"],
        effects: &[("PW505", &[]), ("PW506", &[]), ("PW507", &[]), ("PW990", &[])],
    },
    Row {
        causes: &["PW505", "PW506", "PW507", "PW508"],
        effects: &[("PW813", &[Rights]), ("PW814", &[Rights]), ("PW218", &[Rights]), ("PW990", &[])],
    },
    Row { causes: &["PW917", "PW918"], effects: &[("PW813", &[Protected]), ("PW218", &[Protected])] },
    Row { causes: &["PW516", "PW520", "PW521"], effects: &[("PW818", &[]), ("PW813", &[Sam]), ("PW218", &[Sam])] },
    Row {
        causes: &["PW710", "PW724"],
        effects: &[("PW813", &[Rights, Sam]), ("PW816", &[Server, Engine]), ("PW818", &[])],
    },
    Row { causes: &["PW601", "PW602"], effects: &[("PW912", &[]), ("PW814", &[Policy]), ("PW218", &[Policy])] },
    Row { causes: &["PW912", "PW605"], effects: &[("PW814", &[Policy]), ("PW218", &[Policy])] },
    Row { causes: &["PW915"], effects: &[("PW814", &[Policy]), ("PW813", &[UserState]), ("PW218", &[Policy])] },
    Row { causes: &["PW727"], effects: &[("PW907", &[]), ("PW815", &[])] },
    Row {
        causes: &["PW902", "PW903", "PW904", "PW906", "PW907", "PW908"],
        effects: &[("PW815", &[]), ("PW218", &[Scope]), ("PW990", &[])],
    },
    Row { causes: &["PW721"], effects: &[("PW815", &[])] },
    Row { causes: &["PW716", "PW417", "PW415"], effects: &[("PW816", &[Server, DcCap])] },
    Row { causes: &["PW418"], effects: &[("PW816", &[DcCap])] },
    Row { causes: &["PW703", "PW719", "PW728"], effects: &[("PW808", &[]), ("PW816", &[Keys])] },
    Row { causes: &["PW808"], effects: &[("PW802", &[]), ("PW806", &[]), ("PW820", &[])] },
    Row { causes: &["PW909", "PW910", "PW911"], effects: &[("PW817", &[]), ("PW218", &[UserState])] },
    Row { causes: &["PW101", "PW104", "PW106"], effects: &[("PW218", &[License])] },
    Row { causes: &["PW203"], effects: &[("PW204", &[]), ("PW821", &[]), ("PW218", &[Switch, Network])] },
    Row { causes: &["PW311", "PW222"], effects: &[("PW804", &[]), ("PW806", &[]), ("PW218", &[Network, Incident])] },
];
