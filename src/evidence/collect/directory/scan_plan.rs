//! What a scan is to find, and the searches that it takes.

use super::asked::{Asked, base, in_plan, subtree};
use super::count;
use super::room::entering;
use super::sampled_users::bases_of;
use super::unseen;
use super::user_entry::USERS;
use crate::evidence::collect::{Touched, World};

/// What to scan for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// An LDAP filter that users have to match too.
    pub filter: Option<String>,
    /// The containers above them too.
    pub containers: bool,
}

/// The scan of each domain, for a plan.
pub fn planned_scans(world: &World, wanted: &Wanted) -> Vec<Touched> {
    in_plan(world, |asked| searches(asked, &bases_of(world, asked), &wanted.users(), wanted.containers))
}

impl Wanted {
    /// The filter of the search for users.
    pub fn users(&self) -> String {
        self.filter.as_ref().map_or_else(|| USERS.to_owned(), |filter| format!("(&{USERS}{filter})"))
    }
}

/// The searches of one controller.
pub fn searches(asked: &Asked, bases: &[String], filter: &str, containers: bool) -> Vec<String> {
    if bases.is_empty() {
        return Vec::new();
    }
    let mut searches = entering(asked);
    searches.push(base("rootDSE", "tokenGroups"));
    searches.extend(super::guarded::searches(asked));
    for base in bases {
        searches.push(subtree(base, filter, "all users"));
        searches.push(subtree(base, &count::share_of(filter), "about how many there are"));
        searches.push(subtree(base, unseen::CONTAINERS, "their permissions"));
        searches.push(subtree(base, unseen::NAMELESS, "what shows its name alone"));
    }
    let asked_itself = "<each user with a primary group of its own, or a mark without a group>";
    searches.push(base(asked_itself, "attributes of the user"));
    if containers {
        searches.push(base("<each container above the users>", "nTSecurityDescriptor"));
    }
    searches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::collect::Settings;
    use crate::evidence::collect::directory::testing::*;

    #[test]
    fn a_scan_of_a_container_concerns_its_domain_alone() {
        let bases = vec!["OU=Staff,DC=corp,DC=example".to_owned()];
        let plan = planned_scans(&world(Settings { search_base: bases, ..corp() }), &Wanted::default());
        assert!(plan.iter().all(|touched| touched.target.starts_with("<controller of corp.example>: ")), "{plan:#?}");
    }
}
