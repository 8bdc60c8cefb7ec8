//! `os`: the machine that the run is on, as far as this operating system has it (catalog section 1).

use super::net::limits::{local, whole};
use super::net::names;
use super::net::roots::Roots;
use super::{Collector, Probe, Touched, World, probe};
use crate::evidence::{Evidence, Kind, Os, Record};
use crate::platform;
use crate::runtime::{Saturated, blocking};
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
        let this = world.clone();
        vec![probe(Kind::Os, "", &world.server, whole(1, local(world)), self.patterns(world), async move {
            vec![look(&this).await]
        })]
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        places()
    }
}

async fn look(world: &World) -> Record {
    let started = Instant::now();
    match blocking(read).await {
        Ok(os) => world.record(&world.server, started, os),
        Err(Saturated) => world.saturated(Kind::Os, &world.server, started),
    }
}

fn read() -> Os {
    let common = Os {
        is64_bit_process: cfg!(target_pointer_width = "64"),
        elevated: platform::is_elevated(),
        root_store: Roots::load().hashes(),
        dns_servers: names::servers(),
        ..Os::default()
    };
    of_system(common)
}

/// The files that names and trust come from. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's store.
#[cfg(unix)]
fn places() -> Vec<Touched> {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|name| std::env::var(name).ok());
    let mut files: Vec<String> = named.into_iter().flatten().collect();
    if files.is_empty() {
        files.push("<trust store of this system>".to_owned());
    }
    files.push("/etc/resolv.conf".to_owned());
    files.into_iter().map(|file| Touched::new("file", file)).collect()
}

/// Keys below HKEY_LOCAL_MACHINE, each with its value.
#[cfg(windows)]
mod value {
    pub const PRODUCT: (&str, &str) = (r"SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType");
    pub const BUILD: (&str, &str) = (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "CurrentBuildNumber");
    pub const DOMAIN: (&str, &str) = (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "Domain");
    pub const SITE: (&str, &str) = (r"SYSTEM\CurrentControlSet\Services\Netlogon\Parameters", "DynamicSiteName");
}

#[cfg(windows)]
fn places() -> Vec<Touched> {
    let values = [value::PRODUCT, value::BUILD, value::DOMAIN, value::SITE];
    let values = values.map(|(key, name)| format!(r"HKEY_LOCAL_MACHINE\{key}: {name}"));
    let stores = STORES.map(|store| format!(r"certificate store LocalMachine\{store}"));
    values.into_iter().chain(stores).map(|target| Touched::new("registry", target)).collect()
}

/// Which domain a Unix machine belongs to is not known: a realm in krb5.conf is no membership.
#[cfg(unix)]
fn of_system(common: Os) -> Os {
    common
}

#[cfg(windows)]
fn of_system(common: Os) -> Os {
    use windows_registry::LOCAL_MACHINE;
    let text = |(key, name): (&str, &str)| {
        LOCAL_MACHINE.open(key).and_then(|key| key.get_string(name)).ok().filter(|text| !text.is_empty())
    };
    // What Windows itself calls the three kinds of installation.
    let product_type = text(value::PRODUCT);
    let product_type = product_type.and_then(|product| match product.as_str() {
        "WinNT" => Some("Workstation".to_owned()),
        "LanmanNT" => Some("DomainController".to_owned()),
        "ServerNT" => Some("Server".to_owned()),
        _ => None,
    });
    let build = text(value::BUILD);
    let joined = platform::is_domain_joined();
    let domain = || text(value::DOMAIN);
    let site = || text(value::SITE);
    Os {
        product_type,
        build: build.and_then(|build| build.parse().ok()),
        domain_joined: joined,
        domain: if joined == Some(true) { domain().map(|domain| domain.to_lowercase()) } else { None },
        ad_site: if joined == Some(true) { site() } else { None },
        disallowed_store: store(STORES[1]),
        root_store: merged(common.root_store, store(STORES[0])),
        ..common
    }
}

#[cfg(windows)]
const STORES: [&str; 2] = ["Root", "Disallowed"];

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
    fn this_machine_can_be_read() {
        let os = read();
        assert!(os.elevated.is_some());
        assert!(os.root_store.iter().all(|sha1| sha1.len() == 40));
        assert_eq!(os.disallowed_store, Vec::<String>::new());
    }
}
