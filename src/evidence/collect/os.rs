//! `os`: the machine that the run is on, as far as this operating system has it (catalog section 1).

use super::net::limits::{local, whole};
use super::net::own_dns;
use super::net::roots::Roots;
use super::{Collector, Probe, Touched, World};
use crate::evidence::{Evidence, Kind, Os, Record, State};
use crate::platform;
use crate::runtime::{Saturated, blocking};
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Instant;

pub struct OsCollector;

impl Collector for OsCollector {
    fn kind(&self) -> Kind {
        Kind::Os
    }

    fn needs(&self) -> &'static [Kind] {
        &[]
    }

    fn probes(&self, _: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let world = world.clone();
        vec![Probe {
            key: "os".to_owned(),
            kind: Kind::Os,
            target: world.server.clone(),
            timeout: whole(1, local(&world)),
            touches: self.patterns(&world),
            work: Box::new(move || async move { vec![look(&world).await] }.boxed()),
        }]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        vec![Touched::new(
            if cfg!(windows) { "registry" } else { "file" },
            "system and trust store settings of this machine",
        )]
    }
}

async fn look(world: &World) -> Record {
    let started = Instant::now();
    match blocking(read).await {
        Ok(os) => world.record(&world.server, started, os),
        Err(Saturated) => {
            let text = "no thread is left to read this machine";
            world.failed(Kind::Os, &world.server, started, State::Error, "toolLimit", "threads", text)
        }
    }
}

fn read() -> Os {
    let common = Os {
        is64_bit_process: cfg!(target_pointer_width = "64"),
        elevated: platform::is_elevated(),
        root_store: Roots::load().hashes(),
        dns_servers: own_dns::servers(),
        ..Os::default()
    };
    of_system(common)
}

/// A Kerberos realm says which domain a machine belongs to only where the machine has a key of its own.
#[cfg(unix)]
fn of_system(common: Os) -> Os {
    let joined = std::path::Path::new("/etc/krb5.keytab").exists();
    let realm = || std::fs::read_to_string("/etc/krb5.conf").ok().as_deref().and_then(default_realm);
    Os { domain: if joined { realm() } else { None }, ..common }
}

/// `default_realm` of krb5.conf(5), in lower case.
#[cfg(unix)]
fn default_realm(text: &str) -> Option<String> {
    text.lines().map(str::trim).find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim();
        (name.trim() == "default_realm" && !value.is_empty()).then(|| value.to_lowercase())
    })
}

#[cfg(windows)]
fn of_system(common: Os) -> Os {
    use windows_registry::LOCAL_MACHINE;
    let text = |key: &str, name: &str| {
        LOCAL_MACHINE.open(key).and_then(|key| key.get_string(name)).ok().filter(|text| !text.is_empty())
    };
    // What Windows itself calls the three kinds of installation.
    let product_type = text(r"SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType");
    let product_type = product_type.and_then(|product| match product.as_str() {
        "WinNT" => Some("Workstation".to_owned()),
        "LanmanNT" => Some("DomainController".to_owned()),
        "ServerNT" => Some("Server".to_owned()),
        _ => None,
    });
    let build = text(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "CurrentBuildNumber");
    let joined = platform::is_domain_joined();
    let domain = || text(r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "Domain");
    let site = || text(r"SYSTEM\CurrentControlSet\Services\Netlogon\Parameters", "DynamicSiteName");
    Os {
        product_type,
        build: build.and_then(|build| build.parse().ok()),
        domain_joined: joined,
        domain: if joined == Some(true) { domain().map(|domain| domain.to_lowercase()) } else { None },
        ad_site: if joined == Some(true) { site() } else { None },
        disallowed_store: store("Disallowed"),
        root_store: merged(common.root_store, store("Root")),
        ..common
    }
}

/// SHA-1 of the certificates in a store of the machine.
#[cfg(windows)]
fn store(name: &str) -> Vec<String> {
    use super::net::certificate::sha1_hex;
    let Ok(store) = schannel::cert_store::CertStore::open_local_machine(name) else { return Vec::new() };
    store.certs().map(|certificate| sha1_hex(certificate.to_der())).collect()
}

#[cfg(windows)]
fn merged(mut first: Vec<String>, second: Vec<String>) -> Vec<String> {
    first.extend(second);
    first.sort();
    first.dedup();
    first
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_realm_of_a_joined_machine_is_its_domain() {
        let text = "[libdefaults]\n# default_realm = OLD.EXAMPLE\n\tdefault_realm = CORP.EXAMPLE.TEST\n";
        assert_eq!(default_realm(text).as_deref(), Some("corp.example.test"));
        assert_eq!(default_realm("default_realm =\n[realms]"), None);
    }

    #[test]
    fn this_machine_can_be_read() {
        let os = read();
        assert!(os.elevated.is_some());
        assert!(os.root_store.iter().all(|sha1| sha1.len() == 40));
        assert_eq!(os.disallowed_store, Vec::<String>::new());
    }
}
