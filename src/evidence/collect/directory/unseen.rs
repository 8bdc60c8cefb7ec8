//! What of a domain the account of a scan may not see. A search leaves out, without a word, what its account
//! may not list or read ([MS-ADTS] 3.1.1.4.3): so "every user" is proven only when nothing is hidden.
//!
//! A container whose contents may not be listed shows that in its permissions, judged by the token that the
//! controller gave this account. An object that may not be read at all still shows its name where its
//! container may be listed, and is found by an attribute that every object has and this one does not show.

use super::entry::Entry;
use super::ldap::Failure;
use super::query::{Query, ask};
use super::room::Session;
use crate::catalog::NameValue;
use crate::directory::dn::split;
use crate::directory::{Descriptor, Right, Sid, Token, Verdict, decide, guids, parent};
use std::collections::HashSet;

/// Where users may stand.
pub const CONTAINERS: &str =
    "(|(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS))";
pub const OF_A_CONTAINER: [&str; 2] = ["objectClass", "nTSecurityDescriptor"];

/// What shows nothing but its name: an attribute that may not be read is like one that is not there
/// ([MS-ADTS] 3.1.1.4.3), and every object has this one.
pub const NAMELESS: &str = "(!(objectCategory=*))";
pub const OF_THE_NAMELESS: [&str; 1] = ["objectClass"];

/// Below the domain head: no users stand there, and some of it is for administrators only.
const NO_PLACE_OF_USERS: [&str; 3] = ["CN=System", "CN=NTDS Quotas", "CN=Keys"];

/// Gaps that are named; the rest are counted.
const MOST_NAMED: usize = 50;

/// Who the controller takes this session for; `None` where it does not say ([MS-ADTS] 3.1.1.3.2, tokenGroups).
pub async fn own_token(session: &mut Session) -> Result<Option<Token>, Failure> {
    let found = ask(&mut session.ldap, session.limit, Query::base("", &["tokenGroups"]), Vec::new()).await?;
    let sids = found.iter().flat_map(|root| root.all_bytes("tokenGroups"));
    let sids: Vec<Sid> = sids.filter_map(|bytes| Sid::from_bytes(bytes).ok()).collect();
    Ok((!sids.is_empty()).then(|| Token::new(sids, true)))
}

/// What was found hidden in one domain.
#[derive(Debug, Default)]
pub struct Unseen {
    /// Containers that hide something, and why.
    pub gaps: Vec<NameValue>,
    /// Further ones.
    pub more: usize,
    /// Objects in containers, maybe users, of which only the name can be seen; and the first of them.
    pub objects: usize,
    pub first: String,
    /// Containers that can be read, in lower case.
    containers: HashSet<String>,
    /// `more` and `objects` where the current range began.
    before: (usize, usize),
}

impl Unseen {
    /// An answer to [`CONTAINERS`].
    pub fn note_container(&mut self, entry: &Entry, head: &str, token: Option<&Token>) {
        self.containers.insert(entry.dn.to_lowercase());
        if is_no_place_of_users(&entry.dn, head) {
            return;
        }
        let Some(token) = token else { return };
        let Some(bytes) = entry.bytes("nTSecurityDescriptor") else {
            return self.gap(&entry.dn, "its permissions may not be read: some of what is in it may be hidden");
        };
        let Ok(descriptor) = Descriptor::from_bytes(bytes) else {
            return self.gap(&entry.dn, "its permissions are malformed: some of what is in it may be hidden");
        };
        let class = entry.values("objectClass").and_then(|classes| guids::class_named(classes.last()?));
        match decide(&descriptor, token, Right::ListContents, class).verdict {
            Verdict::Granted => {}
            Verdict::Denied | Verdict::NotGranted => self.gap(&entry.dn, "this account may not list what is in it"),
            Verdict::Undecided(_) => self.gap(&entry.dn, "whether this account may list what is in it is not known"),
        }
    }

    /// An answer to [`NAMELESS`], after all containers. What hangs below a computer or another object that is
    /// no container (recovery keys, for instance) is no user.
    pub fn note_nameless(&mut self, entry: &Entry, head: &str) {
        let is_in_container = parent(&entry.dn).is_some_and(|above| self.containers.contains(&above.to_lowercase()));
        if !is_in_container || is_no_place_of_users(&entry.dn, head) {
            return;
        }
        let is_unit = split(&entry.dn).next().is_some_and(|rdn| rdn.to_ascii_lowercase().starts_with("ou="));
        if is_unit {
            return self.gap(&entry.dn, "this account may see its name alone: what is in it may be hidden");
        }
        if self.objects == 0 {
            self.first = entry.dn.clone();
        }
        self.objects += 1;
    }

    fn gap(&mut self, dn: &str, why: &str) {
        // A range that starts again says it again.
        if self.gaps.iter().any(|gap| gap.name == dn) {
            return;
        }
        match self.gaps.len() < MOST_NAMED {
            true => self.gaps.push(NameValue { name: dn.to_owned(), value: why.to_owned() }),
            false => self.more += 1,
        }
    }

    /// A range begins: what was counted before it stays.
    pub fn begin(&mut self) {
        self.before = (self.more, self.objects);
    }

    /// The current range starts again.
    pub fn restart(&mut self) {
        (self.more, self.objects) = self.before;
    }
}

fn is_no_place_of_users(dn: &str, head: &str) -> bool {
    let dn = dn.to_lowercase();
    NO_PLACE_OF_USERS.iter().any(|name| {
        let place = format!("{name},{head}").to_lowercase();
        dn.strip_suffix(&place).is_some_and(|below| below.is_empty() || below.ends_with(','))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::permission::testing::{ACCOUNT, HEAD, TestAce, allow, deny, sd};

    fn entry(dn: &str, descriptor: Option<&[u8]>) -> Entry {
        let class = [&b"organizationalUnit"[..]];
        let attributes = [("objectClass", &class[..]), ("nTSecurityDescriptor", descriptor.as_slice())];
        Entry::with(&format!("{dn},{HEAD}"), &attributes)
    }

    fn container(dn: &str, aces: &[TestAce]) -> Entry {
        let descriptor = sd("container", false, aces).sd_bytes.expect("a descriptor");
        entry(dn, Some(&descriptor.0))
    }

    fn told(containers: &[Entry], nameless: &[&str], token: Option<&Token>) -> Unseen {
        let mut unseen = Unseen::default();
        containers.iter().for_each(|entry| unseen.note_container(entry, HEAD, token));
        nameless.iter().for_each(|dn| unseen.note_nameless(&entry(dn, None), HEAD));
        unseen
    }

    fn names(unseen: &Unseen) -> Vec<&str> {
        unseen.gaps.iter().filter_map(|gap| gap.name.split(',').next()).collect()
    }

    #[test]
    fn a_container_whose_contents_may_not_be_listed_is_named() {
        let token = Token::new([ACCOUNT.parse().unwrap()], true);
        let list = || allow(Right::ListContents);
        let conditional = TestAce { conditional: true, ..list() };
        let containers = [
            container("OU=open", &[list()]),
            container("OU=denied", &[deny(Right::ListContents), list()]),
            container("OU=bare", &[]),
            container("OU=perhaps", &[conditional]),
            entry("OU=unread", None),
            entry("OU=broken", Some(&[1, 0, 4])),
            container("CN=Policies,CN=System", &[]),
        ];
        let found = told(&containers, &[], Some(&token));
        assert_eq!(names(&found), ["OU=denied", "OU=bare", "OU=perhaps", "OU=unread", "OU=broken"]);
        assert!(told(&containers, &[], None).gaps.is_empty(), "who does not know itself judges nothing");
    }

    #[test]
    fn what_shows_its_name_alone_counts_where_users_may_stand() {
        let token = Token::new([ACCOUNT.parse().unwrap()], true);
        let containers = [container("OU=Staff", &[allow(Right::ListContents)])];
        let nameless = [
            "OU=hidden,OU=STAFF",
            "CN=anna,OU=Staff",
            "CN=bert\\,x,OU=Staff",
            "CN=key,CN=pc1,OU=Staff",
            "CN=key,CN=System",
            "CN=NTDS Quotas",
        ];
        let found = told(&containers, &nameless, Some(&token));
        assert_eq!(names(&found), ["OU=hidden"]);
        assert_eq!((found.objects, found.first.as_str()), (2, "CN=anna,OU=Staff,DC=corp,DC=example"));
    }

    #[test]
    fn a_range_that_starts_again_says_nothing_twice_and_the_list_is_short() {
        let mut unseen = told(&[container("OU=Staff", &[])], &[], None);
        for _ in 0..2 {
            unseen.restart();
            (0..MOST_NAMED + 7)
                .for_each(|number| unseen.note_nameless(&entry(&format!("OU=u{number},OU=Staff"), None), HEAD));
            unseen.note_nameless(&entry("CN=anna,OU=Staff", None), HEAD);
        }
        assert_eq!((unseen.gaps.len(), unseen.more, unseen.objects), (MOST_NAMED, 7, 1));
        unseen.begin();
        for _ in 0..2 {
            unseen.restart();
            ["OU=last,OU=Staff", "CN=bert,OU=Staff"].iter().for_each(|dn| unseen.note_nameless(&entry(dn, None), HEAD));
        }
        assert_eq!((unseen.more, unseen.objects), (8, 2), "what an earlier range counted stays");
        assert_eq!(unseen.first, "CN=anna,OU=Staff,DC=corp,DC=example");
    }
}
