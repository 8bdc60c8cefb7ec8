//! Who is a member of a protected group, for a scan: `tokenGroups` comes in a base search only, so the
//! question is turned round. From the protected groups it goes down, level by level, one search for all
//! groups of a level, along a link that every controller keeps an index of. The rule for transitive
//! membership ([MS-ADTS] 3.1.1.3.4.4.3) would say the same, but not which group it is, and some controllers
//! walk the whole domain for each group.

use super::asked::{Asked, base, subtree};
use super::binary::sid;
use super::entry::Entry;
use super::ldap::Failure;
use super::pages::Pages;
use super::query::{Query, ask};
use super::room::Session;
use crate::directory::{Sid, protected_groups};
use ldap3::ldap_escape;
use std::collections::HashMap;

/// Domain Users: the primary group of every user unless somebody changed it.
pub const DOMAIN_USERS: u32 = 513;

/// Groups that one search names.
const MOST_NAMED: usize = 50;

/// The protected groups of members, by the members' objectGUID.
#[derive(Debug, Default, PartialEq)]
pub struct Guarded {
    /// SIDs; a bit of a member stands for each.
    groups: Vec<String>,
    members: HashMap<[u8; 16], u32>,
    /// The groups that all ordinary users are in, through Domain Users.
    of_all: u32,
    /// The groups that only the forest's root domain has were asked too.
    pub is_whole: bool,
}

/// What `read` asks.
pub fn searches(asked: &Asked) -> Vec<String> {
    let protected = any_of("objectSid", ["<each protected group>".to_owned()].into_iter());
    let level = any_of("memberOf", ["<each group of a level>".to_owned()].into_iter());
    vec![
        base(&asked.head, "objectSid"),
        subtree(&asked.head, &protected, "objectSid"),
        subtree(&asked.head, &level, "members and their groups"),
    ]
}

impl Guarded {
    /// Asks the groups of the domain of this session.
    pub async fn read(session: &mut Session, is_root: bool, ds_heuristics: Option<&str>) -> Result<Guarded, Failure> {
        let head = session.head.clone();
        let found = ask(&mut session.ldap, session.limit, Query::base(&head, &["objectSid"]), Vec::new()).await?;
        let domain = found.first().and_then(|head| Sid::from_bytes(head.bytes("objectSid")?).ok());
        let domain = domain.ok_or_else(|| Failure::Broken(format!("the SID of {head} cannot be read")))?;
        let groups = protected_groups(&domain, is_root.then_some(&domain), ds_heuristics);
        let mut tree = Tree::new(groups.iter().map(Sid::to_string).collect(), domain.with_rid(DOMAIN_USERS));
        // Some of these groups came with later versions of the directory.
        let filter = any_of("objectSid", tree.sids.iter().cloned());
        let query = Query::subtree(&head, &filter, &["objectSid"]);
        for entry in ask(&mut session.ldap, session.limit, query, Vec::new()).await? {
            tree.plant(&entry);
        }
        let attributes = ["objectGUID", "objectSid", "objectClass", "memberOf"];
        while let Some(level) = tree.next_level() {
            let filter = any_of("memberOf", level.iter().map(|group| ldap_escape(tree.name(*group)).into_owned()));
            let query = Query::subtree(&head, &filter, &attributes);
            let mut pages = Pages::default();
            while let Some(entries) = pages.next(&mut session.ldap, session.limit, query, Vec::new()).await? {
                entries.iter().for_each(|entry| tree.note(entry, &level));
            }
        }
        Ok(Guarded { is_whole: is_root, ..tree.members() })
    }

    /// The protected groups of a user whose primary group is Domain Users.
    pub fn of(&self, guid: &[u8; 16]) -> Vec<String> {
        let bits = self.of_all | self.members.get(guid).copied().unwrap_or_default();
        let is_in = |place: &usize| bits & 1 << place != 0;
        (0..self.groups.len()).filter(is_in).map(|place| self.groups[place].clone()).collect()
    }
}

/// A filter for any of these values, in which no sign of a filter stands.
pub fn any_of(attribute: &str, values: impl Iterator<Item = String>) -> String {
    let parts: String = values.map(|value| format!("({attribute}={value})")).collect();
    format!("(|{parts})")
}

/// The groups below the protected ones, while they are found.
struct Tree {
    sids: Vec<String>,
    everyone: Option<String>,
    guid_of_everyone: Option<[u8; 16]>,
    /// Names as the controller writes them, and the protected groups that each is in so far.
    groups: Vec<(String, u32)>,
    /// Places of the groups, by names in lower case.
    places: HashMap<String, usize>,
    /// A group, and the group that it is a member of.
    nested: Vec<(usize, usize)>,
    /// A member that may be a user, and the group that it is a member of.
    leaves: Vec<([u8; 16], usize)>,
    /// Groups whose members were asked for.
    asked: usize,
}

impl Tree {
    fn new(sids: Vec<String>, everyone: Option<Sid>) -> Tree {
        Tree {
            sids,
            everyone: everyone.map(|sid| sid.to_string()),
            guid_of_everyone: None,
            groups: Vec::new(),
            places: HashMap::new(),
            nested: Vec::new(),
            leaves: Vec::new(),
            asked: 0,
        }
    }

    fn name(&self, group: usize) -> &str {
        &self.groups[group].0
    }

    fn place(&mut self, dn: &str, bits: u32) -> usize {
        let next = self.groups.len();
        let place = *self.places.entry(dn.to_lowercase()).or_insert(next);
        if place == next {
            self.groups.push((dn.to_owned(), bits));
        }
        place
    }

    /// A protected group itself.
    fn plant(&mut self, group: &Entry) {
        let own = group.bytes("objectSid").and_then(sid);
        if let Some(bit) = self.sids.iter().position(|sid| Some(sid) == own.as_ref()) {
            self.place(&group.dn, 1 << bit);
        }
    }

    /// The groups to ask for next.
    fn next_level(&mut self) -> Option<Vec<usize>> {
        let level: Vec<usize> = (self.asked..self.groups.len()).take(MOST_NAMED).collect();
        self.asked += level.len();
        (!level.is_empty()).then_some(level)
    }

    /// A member of one or more of the groups that were asked for.
    fn note(&mut self, member: &Entry, level: &[usize]) {
        let named = member.values("memberOf").unwrap_or_default();
        let of = named.iter().filter_map(|dn| self.places.get(&dn.to_lowercase()).copied());
        let mut of: Vec<usize> = of.filter(|group| level.contains(group)).collect();
        if of.is_empty() {
            // Of more memberships than a controller lists at once, the one in question is not among the first.
            of = level.to_vec();
        }
        if member.values("objectClass").unwrap_or_default().iter().any(|class| class.eq_ignore_ascii_case("group")) {
            let place = self.place(&member.dn, 0);
            self.nested.extend(of.iter().map(|group| (place, *group)));
        }
        let Some(guid) = member.bytes("objectGUID").and_then(|guid| <[u8; 16]>::try_from(guid).ok()) else { return };
        if self.everyone.is_some() && member.bytes("objectSid").and_then(sid) == self.everyone {
            self.guid_of_everyone = Some(guid);
        }
        self.leaves.extend(of.into_iter().map(|group| (guid, group)));
    }

    fn members(mut self) -> Guarded {
        // Each round carries what is known one step down; groups may be members of each other.
        let mut is_settled = false;
        while !is_settled {
            is_settled = true;
            for &(below, above) in &self.nested {
                let bits = self.groups[below].1 | self.groups[above].1;
                is_settled &= bits == self.groups[below].1;
                self.groups[below].1 = bits;
            }
        }
        let mut members: HashMap<[u8; 16], u32> = HashMap::new();
        for (guid, group) in self.leaves {
            *members.entry(guid).or_default() |= self.groups[group].1;
        }
        let of_all = self.guid_of_everyone.and_then(|guid| members.get(&guid).copied()).unwrap_or_default();
        Guarded { groups: self.sids, members, of_all, is_whole: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, rid: u8, is_group: bool, of: &[&str]) -> Entry {
        let classes = [&b"top"[..], if is_group { b"group" } else { b"user" }];
        let of: Vec<&[u8]> = of.iter().map(|dn| dn.as_bytes()).collect();
        let parts = [21_u32, 1, 2, 3, u32::from(rid)];
        let mut sid = vec![1, 5, 0, 0, 0, 0, 0, 5];
        sid.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
        let attributes: &[(&str, &[&[u8]])] =
            &[("objectClass", &classes), ("memberOf", &of), ("objectGUID", &[&[rid; 16]]), ("objectSid", &[&sid])];
        Entry::with(name, attributes)
    }

    /// Answers every level from these objects, as a controller would.
    fn told(objects: &[Entry]) -> (Guarded, usize) {
        let sid = |rid: u32| format!("S-1-5-21-1-2-3-{rid}");
        let mut tree = Tree::new(vec![sid(1), sid(2), sid(3)], sid(9).parse().ok());
        objects.iter().take(2).for_each(|group| tree.plant(group));
        let mut levels = 0;
        while let Some(level) = tree.next_level() {
            levels += 1;
            for object in objects {
                let of = object.values("memberOf").unwrap_or_default();
                if level.iter().any(|group| of.iter().any(|dn| dn.eq_ignore_ascii_case(tree.name(*group)))) {
                    tree.note(object, &level);
                }
            }
        }
        (tree.members(), levels)
    }

    fn bits(guarded: &Guarded, rid: u8) -> u32 {
        let sids = guarded.of(&[rid; 16]);
        sids.iter()
            .map(|sid| 1 << (sid.rsplit('-').next().and_then(|rid| rid.parse::<u32>().ok()).unwrap_or(0) - 1))
            .sum()
    }

    #[test]
    fn members_are_found_through_groups_in_groups() {
        let (guarded, levels) = told(&[
            entry("CN=Admins", 1, true, &[]),
            entry("CN=Operators", 2, true, &["cn=admins"]),
            entry("CN=Desk", 10, true, &["CN=Operators", "CN=Circle"]),
            entry("CN=Circle", 11, true, &["CN=Desk"]),
            entry("CN=anna", 20, false, &["CN=Desk"]),
            entry("CN=bert", 21, false, &["CN=Admins"]),
            entry("CN=carl", 22, false, &["CN=Circle", "CN=Elsewhere"]),
            entry("CN=dora", 23, false, &["CN=Elsewhere"]),
        ]);
        let found: Vec<u32> = [20, 21, 22, 23].map(|rid| bits(&guarded, rid)).to_vec();
        assert_eq!(found, [0b11, 0b01, 0b11, 0]);
        assert_eq!(levels, 3);
    }

    #[test]
    fn what_domain_users_are_in_counts_for_everyone() {
        let objects = [
            entry("CN=Admins", 1, true, &[]),
            entry("CN=Operators", 2, true, &[]),
            entry("CN=Domain Users", 9, true, &["CN=Operators"]),
            entry("CN=bert", 21, false, &["CN=Admins"]),
        ];
        let (guarded, _) = told(&objects);
        assert_eq!([bits(&guarded, 21), bits(&guarded, 99)], [0b11, 0b10]);
    }

    #[test]
    fn a_list_too_long_to_name_the_group_is_no_way_out() {
        let mut tree = Tree::new(vec!["S-1-5-21-1-2-3-1".to_owned()], None);
        tree.plant(&entry("CN=Admins", 1, true, &[]));
        let level = tree.next_level().expect("the group itself");
        tree.note(&entry("CN=anna", 20, false, &["CN=a", "CN=b"]), &level);
        assert_eq!(bits(&tree.members(), 20), 1);
    }
}
