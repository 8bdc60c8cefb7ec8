//! Reads every user of a real controller again and again: `tests/lab/scan.sh`.

use crate::evidence::collect::directory::entry::Entry;
use crate::evidence::collect::directory::ldap::guarded;
use crate::evidence::collect::directory::query::{DACL_ONLY, descriptor_parts};
use crate::evidence::collect::directory::session::{Access, Door, Way, open};
use crate::evidence::collect::directory::testing::world;
use crate::evidence::collect::{Credential, Settings};
use ldap3::Scope;
use ldap3::adapters::{EntriesOnly, PagedResults};
use std::collections::HashSet;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is set by tests/lab/scan.sh"))
}

#[tokio::test]
#[ignore = "needs the lab: tests/lab/scan.sh"]
async fn every_scan_is_complete() {
    let (host, domain, filter) = (variable("SCAN_HOST"), variable("SCAN_DOMAIN"), variable("SCAN_FILTER"));
    let attributes: Vec<String> = variable("SCAN_ATTRIBUTES").split(' ').map(str::to_owned).collect();
    let number = |name: &str| variable(name).parse::<usize>().unwrap_or_else(|_| panic!("{name} is a number"));
    let (scans, entries) = (number("SCAN_TIMES"), number("SCAN_ENTRIES"));
    // With a password the credential's own ticket is used, else that of the current user.
    let credential =
        std::env::var("SCAN_USER").ok().map(|user| Credential::new(&user, variable("SCAN_PASSWORD").as_bytes()));
    let (world, access) = (world(Settings { credential, ..Settings::default() }), Access::default());
    let door = Door { host: &host, domain: Some(&domain), forest: None };
    let base = format!("DC={}", domain.replace('.', ",DC="));
    let (started, mut complete) = (Instant::now(), 0);
    for scan in 1..=scans {
        let mut ldap = open(&world, &access, &door, Way::Sealed, LIMIT).await.expect("a sealed bind");
        let adapters: Vec<Box<dyn ldap3::adapters::Adapter<_, _>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(500))];
        ldap.with_controls(descriptor_parts(DACL_ONLY));
        let search = ldap.streaming_search_with(adapters, &base, Scope::Subtree, &filter, attributes.clone());
        let mut stream = guarded(LIMIT, search).await.expect("a search");
        let (mut seen, mut descriptors, mut broken) = (HashSet::new(), 0, None);
        loop {
            match guarded(LIMIT, stream.next()).await {
                Ok(Some(entry)) => {
                    let entry = Entry::try_from(entry).expect("an entry");
                    descriptors += usize::from(entry.bytes("nTSecurityDescriptor").is_some());
                    seen.insert(entry.dn);
                }
                Ok(None) => break,
                Err(failure) => {
                    broken = Some(ldap.explain(failure));
                    break;
                }
            }
        }
        if seen.len() == entries && descriptors == entries && broken.is_none() {
            complete += 1;
        } else {
            println!("scan {scan}: {} entries, {descriptors} descriptors, {broken:?}", seen.len());
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{complete} of {scans} scans complete, each {entries} entries, {seconds:.1} s");
    assert_eq!(complete, scans);
}
