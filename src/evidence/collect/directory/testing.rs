//! A world and planted evidence for the tests of this folder.

use crate::catalog::Target;
use crate::catalog::testing::{NOW, Stage, server};
use crate::evidence::collect::{Settings, World};
use crate::evidence::{AdSyncConfig, Connector, Dns, DnsAnswer, LdapBind, Partition, RootDse, Tcp, User, Vantage};
use crate::knowledge::Tables;
use std::sync::Arc;

pub fn world(settings: Settings) -> Arc<World> {
    Arc::new(World {
        settings,
        tables: Arc::new(Tables::shipped()),
        vantage: Vantage::SyncServer,
        run_as: "tester".into(),
        server: server(),
        now_unix_ms: NOW,
    })
}

/// A run for `corp.example`.
pub fn corp() -> Settings {
    Settings { domains: vec!["corp.example".to_owned()], ..Settings::default() }
}

pub fn domain() -> Target {
    Target::domain("corp.example", None)
}

pub fn dc(name: &str) -> Target {
    Target::dc(&format!("{name}.corp.example"), &domain())
}

fn answer(value: &str, weight: u16) -> DnsAnswer {
    DnsAnswer { value: value.to_owned(), priority: Some(0), weight: Some(weight), ..DnsAnswer::default() }
}

/// The SRV record of a service of the domain; the first host is the heaviest.
pub fn service(service: &str, hosts: &[&str]) -> Dns {
    let answers = hosts.iter().enumerate();
    Dns {
        name: format!("{service}corp.example"),
        record_type: "SRV".to_owned(),
        rcode: if hosts.is_empty() { "NXDOMAIN" } else { "NOERROR" }.to_owned(),
        answers: answers.map(|(index, host)| answer(host, 1000 - index as u16)).collect(),
        ..Dns::default()
    }
}

/// The answer to a look-up of a host; no address when there is none.
pub fn address(address: Option<&str>) -> Dns {
    let answers = address.iter().map(|address| answer(address, 0)).collect();
    Dns { record_type: "A+AAAA".to_owned(), answers, ..Dns::default() }
}

pub fn ldap_port(result: &str) -> Tcp {
    Tcp { port: 389, result: result.to_owned(), ..Tcp::default() }
}

/// The rootDSE of a controller of `corp.example`; the result code of its sealed bind.
pub fn root_of(name: &str, code: Option<u32>) -> RootDse {
    let bind = LdapBind {
        mechanism: "kerberos".to_owned(),
        tls: "none".to_owned(),
        sealing: true,
        result_code: code,
        text: code.is_none().then(|| "no ticket".to_owned()),
        ..LdapBind::default()
    };
    RootDse {
        dns_host_name: Some(format!("{name}.corp.example")),
        server_name: Some(format!("CN={name},CN=Servers,CN=Main,CN=Sites,CN=Configuration,DC=example")),
        default_naming_context: Some("DC=corp,DC=example".to_owned()),
        root_domain_naming_context: Some("DC=example".to_owned()),
        supported_capabilities: Some(vec!["1.2.840.113556.1.4.800".to_owned()]),
        binds: vec![bind],
        ..RootDse::default()
    }
}

/// A connector with one domain.
pub fn configuration(dn: &str, preferred: &[&str], last: Option<&str>) -> AdSyncConfig {
    let partition = Partition {
        dn: dn.to_owned(),
        is_domain: Some(true),
        selected: Some(true),
        preferred_dcs: preferred.iter().map(|name| (*name).to_owned()).collect(),
        last_dc: last.map(str::to_owned),
        ..Partition::default()
    };
    let connector = Connector { kind: "AD".to_owned(), partitions: vec![partition], ..Connector::default() };
    AdSyncConfig { connectors: vec![connector], ..AdSyncConfig::default() }
}

/// DNS names two controllers; dc1 owns the role. LDAP of neither was tried yet.
pub fn two() -> Stage {
    let both = ["dc1.corp.example", "dc2.corp.example"];
    Stage::new()
        .add(&domain(), service("_ldap._tcp.dc._msdcs.", &both))
        .add(&domain(), service("_ldap._tcp.pdc._msdcs.", &both[..1]))
        .add(&dc("dc1"), address(Some("192.0.2.1")))
        .add(&dc("dc2"), address(Some("192.0.2.2")))
}

/// Both controllers let us in; the domain is a forest of its own.
pub fn both() -> Stage {
    let root =
        |name| RootDse { root_domain_naming_context: Some("DC=corp,DC=example".to_owned()), ..root_of(name, Some(0)) };
    two().add(&dc("dc1"), root("dc1")).add(&dc("dc2"), root("dc2"))
}

/// The connector account, as a look-up for `input` found it.
pub fn connector_account(input: Option<&str>) -> (Target, User) {
    let user = User {
        dn: Some("CN=MSOL_1,CN=Users,DC=corp,DC=example".to_owned()),
        sid: Some("S-1-5-21-1-2-3-1104".to_owned()),
        input: input.map(str::to_owned),
        ..User::default()
    };
    (Target::account("S-1-5-21-1-2-3-1104", "MSOL_1"), user)
}

/// An LDAP message of so many elements, each within the one before it.
pub fn nested(levels: usize) -> Vec<u8> {
    let head = |level| [&[0x30, 0x83], &(5 * (levels - level) as u32 - 3).to_be_bytes()[1..]].concat();
    (1..levels).flat_map(head).chain(*b"\x04\x00").collect()
}
