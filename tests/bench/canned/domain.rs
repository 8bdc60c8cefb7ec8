//! The domain that a canned controller holds: its fixed objects, and as many users as wanted, each made
//! when it is asked for.

use super::descriptors::{self, DISTINCT, GRANTED, of_domain, sid};

pub const DNS: &str = "bench.example";
pub const HEAD: &str = "DC=bench,DC=example";
/// Who may sign in, beside anybody for the rootDSE.
pub const OPERATOR: &str = "operator@bench.example";
pub const PASSWORD: &str = "Canned-2026";
/// The account of the connector.
pub const CONNECTOR: &str = "MSOL_bench";

const OPERATOR_RID: u32 = 1150;
const FIRST_RID: u32 = 10_000;
/// Out of so many users one is an administrator, one was, ...
const ROUND: usize = 1000;

pub struct Domain {
    pub users: usize,
    /// Every user has a descriptor of its own.
    pub all_differ: bool,
    /// Every user has another primary group than Domain Users.
    pub all_ask: bool,
    /// Who asks for this user itself gets no answer.
    pub unanswered: Option<usize>,
    /// The users 2 and 3 have the same user principal name.
    pub twins: bool,
    /// The operator may neither read this container nor what is in it.
    pub unreadable: Option<usize>,
    /// The operator may see the name of this user alone.
    pub nameless: Option<usize>,
    /// The operator may not list what is in this container.
    pub unlisted: Option<usize>,
    /// The controller holds another domain by now, and refers whoever asks for this one.
    pub moved: bool,
    fixed: Vec<Entry>,
}

#[derive(Default)]
pub struct Entry {
    pub dn: String,
    /// Without values: the operator may see the name alone.
    pub attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
}

impl Entry {
    fn new(dn: String, classes: &[&str]) -> Entry {
        let category = format!("CN={},CN=Schema,CN=Configuration,{HEAD}", classes.last().unwrap_or(&""));
        Entry { dn, attributes: Vec::new() }.with("objectClass", classes).with("objectCategory", &[&category])
    }

    fn with(mut self, name: &'static str, values: &[&str]) -> Entry {
        self.attributes.push((name, values.iter().map(|value| value.as_bytes().to_vec()).collect()));
        self
    }

    fn with_bytes(mut self, name: &'static str, values: Vec<Vec<u8>>) -> Entry {
        self.attributes.push((name, values));
        self
    }

    pub fn values(&self, name: &str) -> Option<&[Vec<u8>]> {
        self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, values)| values.as_slice())
    }
}

impl Domain {
    pub fn new(users: usize) -> Domain {
        Domain {
            users,
            all_differ: false,
            all_ask: false,
            unanswered: None,
            twins: false,
            unreadable: None,
            nameless: None,
            unlisted: None,
            moved: false,
            fixed: fixed(),
        }
    }

    /// The forest has a domain of this name below this one.
    #[allow(dead_code, reason = "the bench wants one domain")]
    pub fn add_domain(&mut self, name: &str) {
        self.fixed.push(cross_reference(name, &format!("DC={name},{HEAD}")));
    }

    /// All entries: fixed objects, containers, users.
    pub fn count(&self) -> usize {
        self.fixed.len() + DISTINCT as usize + self.users
    }

    /// The entry at a place; `None` for what the operator cannot see.
    pub fn entry(&self, place: usize) -> Option<Entry> {
        if let Some(fixed) = self.fixed.get(place) {
            return Some(Entry { dn: fixed.dn.clone(), attributes: fixed.attributes.clone() });
        }
        match place - self.fixed.len() {
            container if container < DISTINCT as usize => Some(self.container(container)),
            place => self.user(place - DISTINCT as usize),
        }
    }

    /// The place of a name.
    pub fn place(&self, dn: &str) -> Option<usize> {
        let is_it = |place: &usize| self.entry(*place).is_some_and(|entry| entry.dn.eq_ignore_ascii_case(dn));
        let of_user = || {
            let number: usize = dn.get(4..)?.split(',').next()?.parse().ok()?;
            Some(self.fixed.len() + DISTINCT as usize + number).filter(|place| *place < self.count() && is_it(place))
        };
        (0..self.fixed.len() + DISTINCT as usize).find(is_it).or_else(of_user)
    }

    /// True for the name of the user about whom there is no answer.
    pub fn is_unanswered(&self, dn: &str) -> bool {
        self.unanswered.is_some_and(|number| dn.starts_with(&format!("CN=u{number:07},")))
    }

    fn container(&self, number: usize) -> Entry {
        let dn = container_dn(number);
        if self.unreadable == Some(number) {
            return Entry { dn, attributes: Vec::new() };
        }
        let operator = of_domain(OPERATOR_RID);
        let hidden_from = (self.unlisted == Some(number)).then_some(operator.as_slice());
        Entry::new(dn, &["top", "organizationalUnit"])
            .with_bytes("nTSecurityDescriptor", vec![descriptors::container(hidden_from)])
            .with_bytes("objectGUID", vec![guid(number + (1 << 40))])
    }

    fn user(&self, number: usize) -> Option<Entry> {
        let container = number % DISTINCT as usize;
        if [self.unreadable, self.unlisted].contains(&Some(container)) {
            return None;
        }
        let name = format!("u{number:07}");
        if self.nameless == Some(number) {
            return Some(Entry { dn: format!("CN={name},{}", container_dn(container)), attributes: Vec::new() });
        }
        let rid = FIRST_RID + number as u32;
        let (is_marked, group) = match number % ROUND {
            7 => (true, Some("Domain Admins")),
            107 => (true, Some("Helpdesk")),
            207 => (true, None),
            _ => (false, None),
        };
        let flags = if number % 50 == 9 { "514" } else { "512" };
        let primary_group = if self.all_ask || number % (2 * ROUND) == 11 { 1200 } else { 513 };
        let mut descriptor = match is_marked {
            true => descriptors::protected(),
            false => descriptors::user(container as u32),
        };
        if self.all_differ {
            // Behind the last part: it makes the bytes differ and changes no right.
            descriptor.extend(rid.to_le_bytes());
        }
        let upn = if self.twins && number == 3 { "u0000002" } else { &name };
        let mut entry = person(format!("CN={name},{}", container_dn(container)), &name, upn, rid)
            .with("userAccountControl", &[flags])
            .with("msDS-User-Account-Control-Computed", &["0"])
            .with("pwdLastSet", &["133800000000000000"])
            .with("accountExpires", &["9223372036854775807"])
            .with("primaryGroupID", &[&primary_group.to_string()])
            .with_bytes("nTSecurityDescriptor", vec![descriptor])
            .with_bytes("tokenGroups", std::iter::once(of_domain(primary_group)).chain(above(group)).collect());
        if is_marked {
            entry = entry.with("adminCount", &["1"]);
        }
        if let Some(group) = group {
            entry = entry.with("memberOf", &[&group_dn(group)]);
        }
        Some(entry)
    }
}

fn container_dn(number: usize) -> String {
    format!("OU=c{number:02},{HEAD}")
}

fn group_dn(name: &str) -> String {
    let in_users = ["Domain Admins", "Domain Users", "Helpdesk"];
    let container = if in_users.contains(&name) { "Users" } else { "Builtin" };
    format!("CN={name},CN={container},{HEAD}")
}

/// SIDs of a group and of the one that it is nested in.
fn above(group: Option<&str>) -> Vec<Vec<u8>> {
    match group {
        Some("Domain Admins") => vec![of_domain(512), sid(&[32, 544])],
        Some("Helpdesk") => vec![of_domain(1300), sid(&[32, 548])],
        _ => Vec::new(),
    }
}

/// Version 4, the same in every run: numbers far apart.
fn guid(number: usize) -> Vec<u8> {
    let mixed = |salt: u64| (number as u64 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) ^ salt;
    let mut bytes = [mixed(1).to_le_bytes(), mixed(0x5851_F42D_4C95_7F2D).to_le_bytes()].concat();
    bytes[7] = bytes[7] & 0x0F | 0x40;
    bytes
}

fn person(dn: String, name: &str, upn: &str, rid: u32) -> Entry {
    Entry::new(dn, &["top", "person", "organizationalPerson", "user"])
        .with_bytes("objectGUID", vec![guid(rid as usize)])
        .with_bytes("objectSid", vec![of_domain(rid)])
        .with("sAMAccountName", &[name])
        .with("userPrincipalName", &[&format!("{upn}@{DNS}")])
        .with("sAMAccountType", &["805306368"])
}

fn group(name: &str, sid: Vec<u8>, of: &[&str]) -> Entry {
    let of: Vec<String> = of.iter().map(|name| group_dn(name)).collect();
    let entry = Entry::new(group_dn(name), &["top", "group"])
        .with_bytes("objectSid", vec![sid])
        .with_bytes("objectGUID", vec![guid(name.len() + (1 << 41))])
        .with("sAMAccountType", &["268435456"]);
    if of.is_empty() { entry } else { entry.with("memberOf", &of.iter().map(String::as_str).collect::<Vec<_>>()) }
}

/// Of a domain ([MS-ADTS] 6.1.1.2.1.1.1: systemFlags).
fn cross_reference(name: &str, head: &str) -> Entry {
    Entry::new(format!("CN={name},CN=Partitions,CN=Configuration,{HEAD}"), &["top", "crossRef"])
        .with("nCName", &[head])
        .with("nETBIOSName", &[name])
        .with("systemFlags", &["3"])
}

fn fixed() -> Vec<Entry> {
    let configuration = format!("CN=Configuration,{HEAD}");
    let servers = format!("CN=Servers,CN=Main,CN=Sites,{configuration}");
    let container = |dn: String| {
        Entry::new(dn, &["top", "container"]).with_bytes("nTSecurityDescriptor", vec![descriptors::container(None)])
    };
    let root = Entry::default()
        .with("currentTime", &["20261122120000.0Z"])
        .with("dnsHostName", &[&format!("dc1.{DNS}")])
        .with("serverName", &[&format!("CN=DC1,{servers}")])
        .with("dsServiceName", &[&format!("CN=NTDS Settings,CN=DC1,{servers}")])
        .with("defaultNamingContext", &[HEAD])
        .with("rootDomainNamingContext", &[HEAD])
        .with("configurationNamingContext", &[&configuration])
        .with("schemaNamingContext", &[&format!("CN=Schema,{configuration}")])
        .with("namingContexts", &[HEAD, &configuration])
        .with("domainFunctionality", &["7"])
        .with("forestFunctionality", &["7"])
        .with("domainControllerFunctionality", &["7"])
        .with("supportedControl", &["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801"])
        .with("supportedCapabilities", &["1.2.840.113556.1.4.800"])
        .with("isSynchronized", &["TRUE"])
        .with("isGlobalCatalogReady", &["TRUE"])
        .with_bytes("tokenGroups", vec![of_domain(OPERATOR_RID), of_domain(513), sid(&[11]), sid(&[32, 545])]);
    let head = Entry::new(HEAD.to_owned(), &["top", "domain", "domainDNS"])
        .with_bytes("objectSid", vec![sid(&[21, 1, 2, 3])])
        .with_bytes("nTSecurityDescriptor", vec![descriptors::container(None)])
        .with("minPwdAge", &["-864000000000"])
        .with("maxPwdAge", &["-36288000000000"])
        .with("pwdHistoryLength", &["24"])
        .with("minPwdLength", &["7"])
        .with("pwdProperties", &["1"])
        .with("lockoutThreshold", &["0"])
        .with("lockoutDuration", &["-18000000000"])
        .with("lockOutObservationWindow", &["-18000000000"])
        .with("fSMORoleOwner", &[&format!("CN=NTDS Settings,CN=DC1,{servers}")]);
    let everyone = format!("CN=S-1-5-11,CN=ForeignSecurityPrincipals,{HEAD}");
    let policies = format!("CN=Password Settings Container,CN=System,{HEAD}");
    let connector = person(format!("CN={CONNECTOR},CN=Users,{HEAD}"), CONNECTOR, CONNECTOR, GRANTED)
        .with("userAccountControl", &["512"])
        .with("primaryGroupID", &["513"])
        .with_bytes("nTSecurityDescriptor", vec![descriptors::protected()])
        .with_bytes("tokenGroups", vec![of_domain(513), sid(&[32, 545])]);
    vec![
        root,
        head,
        container(format!("CN=Users,{HEAD}")),
        container(format!("CN=System,{HEAD}")),
        container(format!("CN=Builtin,{HEAD}")),
        container(format!("CN=AdminSDHolder,CN=System,{HEAD}")),
        container(format!("CN=Server,CN=System,{HEAD}")),
        container(policies).with("cn", &["Password Settings Container"]),
        Entry::new(format!("CN=DC1,{servers}"), &["top", "server"]).with("dNSHostName", &[&format!("dc1.{DNS}")]),
        Entry::new(format!("CN=Partitions,{configuration}"), &["top", "crossRefContainer"]),
        cross_reference("BENCH", HEAD),
        group("Administrators", sid(&[32, 544]), &[]),
        group("Account Operators", sid(&[32, 548]), &[]),
        group("Domain Admins", of_domain(512), &["Administrators"]),
        group("Domain Users", of_domain(513), &[]),
        group("Helpdesk", of_domain(1300), &["Account Operators"]),
        group("Users", sid(&[32, 545]), &[]).with("member", &[&everyone]),
        group("Pre-Windows 2000 Compatible Access", sid(&[32, 554]), &[]).with("member", &[&everyone]),
        connector,
    ]
}
