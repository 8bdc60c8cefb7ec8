//! A chain that the machine trusts, by a root that was added here.
//!
//! The store is named by an environment variable that must be there before the process starts, so each
//! test runs itself again as a child.

use crate::runner::{LOGIN, RELAY, about, through};
use crate::servers::{Authority, BOTH, Host, Proxy, answer, host, proxy};
use password_writeback::evidence::collect::{Settings, unix_ms};
use password_writeback::evidence::{Clock, Tls};
use sha1::{Digest, Sha1};

/// The file that the child fills and that its `SSL_CERT_FILE` names: never one of somebody else.
const STORE: &str = "PWB_TEST_STORE";

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn a_root_that_was_added_here_is_trusted_and_named() {
    let store = std::env::temp_dir().join(format!("pwb-store-{}.pem", std::process::id()));
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "trust::with_a_store_of_its_own", "--ignored", "--nocapture"])
        .env(STORE, &store)
        .env("SSL_CERT_FILE", &store)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let _ = std::fs::remove_file(&store);
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

#[tokio::test]
#[ignore = "run by a_root_that_was_added_here_is_trusted_and_named, with a store of its own"]
async fn with_a_store_of_its_own() {
    let Some(store) = std::env::var_os(STORE) else { return };
    let authority = Authority::new();
    let other = Authority::new();
    let sent = answer("200 OK", "", "");
    let identity = authority.identity(&[RELAY, LOGIN], 2099);
    let (far, _) = host(Host::Https(identity, &BOTH, sent)).await;
    let (port, _) = proxy(Proxy::Opens(far)).await;
    let sha1 = |der: &[u8]| -> String { Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect() };

    // The store may change between two runs of one process: nothing is remembered.
    std::fs::write(&store, other.pem()).unwrap();
    let before = through(port, Settings::default()).await;
    std::fs::write(&store, authority.pem()).unwrap();
    let after = through(port, Settings::default()).await;

    for tls in about::<Tls>(&before, RELAY) {
        assert_eq!(tls.os_trust.unwrap().result, "NotTrusted");
    }
    assert_eq!(about::<Clock>(&before, LOGIN).len(), 0);
    let trusted: Vec<Tls> = about(&after, RELAY);
    assert_eq!(trusted.len(), 2);
    for tls in trusted {
        let trust = tls.os_trust.unwrap();
        assert_eq!((trust.result.as_str(), trust.errors.len()), ("Trusted", 0));
        assert_eq!(tls.root_sha1, Some(sha1(authority.der())));
        assert_eq!(tls.root_origin, "LocalMachineOnly");
    }
    let clock = about::<Clock>(&after, LOGIN).pop().unwrap();
    assert_eq!(clock.reference, LOGIN);
    // The answer carries the time at which the server was set up.
    assert!(clock.skew_seconds.unwrap().abs() <= 30, "{clock:?}");
    assert!((unix_ms() - clock.local_unix_ms.unwrap()).abs() < 60_000);
}
