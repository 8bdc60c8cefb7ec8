//! Where a trusted root comes from: the public programme, or an administrator.
//!
//! Catalog section 1: `PublicProgram` = the root stands in the distribution's own list, `LocalMachineOnly`
//! = it was added here, `Unknown` where the two cannot be told apart.

use super::roots::Found;

/// `PublicProgram`, `GroupPolicy`, `Enterprise`, `LocalMachineOnly`, `NotInStore` or `Unknown`.
pub fn origin(root: Option<&Found>) -> &'static str {
    match root {
        None => "NotInStore",
        Some(root) if !root.in_store => "NotInStore",
        Some(root) => in_store(root),
    }
}

/// The folders that Windows merges into its Root store, each a registry key whose subkeys are named by
/// SHA-1: policy, enterprise (Active Directory), Microsoft's programme, and this machine.
#[cfg(windows)]
fn in_store(root: &Found) -> &'static str {
    const PLACES: [(&str, &str); 4] = [
        (r"SOFTWARE\Policies\Microsoft\SystemCertificates\Root\Certificates", "GroupPolicy"),
        (r"SOFTWARE\Microsoft\EnterpriseCertificates\Root\Certificates", "Enterprise"),
        (r"SOFTWARE\Microsoft\SystemCertificates\AuthRoot\Certificates", "PublicProgram"),
        (r"SOFTWARE\Microsoft\SystemCertificates\ROOT\Certificates", "LocalMachineOnly"),
    ];
    let stands = |place: &str| windows_registry::LOCAL_MACHINE.open(format!(r"{place}\{}", root.sha1)).is_ok();
    PLACES.iter().find(|(place, _)| stands(place)).map_or("Unknown", |(_, origin)| origin)
}

/// The keychains of Apple's list and of the administrator are merged before we see them.
#[cfg(target_os = "macos")]
fn in_store(_: &Found) -> &'static str {
    "Unknown"
}

#[cfg(all(unix, not(target_os = "macos")))]
fn in_store(root: &Found) -> &'static str {
    let named = std::env::var_os("SSL_CERT_FILE").is_some() || std::env::var_os("SSL_CERT_DIR").is_some();
    folders::decide(&root.der, folders::DISTRIBUTION, folders::LOCAL, named)
}

#[cfg(all(unix, not(target_os = "macos")))]
mod folders {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use std::path::{Path, PathBuf};

    /// Lists that the distribution's package brings (update-ca-certificates(8), update-ca-trust(8)):
    /// Debian, Ubuntu and Alpine; Red Hat and Fedora; SUSE.
    pub const DISTRIBUTION: &[&str] =
        &["/usr/share/ca-certificates", "/usr/share/pki/ca-trust-source", "/usr/share/pki/trust"];

    /// Folders for anchors of the administrator, of the same tools and of Arch.
    pub const LOCAL: &[&str] = &[
        "/usr/local/share/ca-certificates",
        "/etc/pki/ca-trust/source/anchors",
        "/etc/pki/trust/anchors",
        "/etc/ca-certificates/trust-source/anchors",
    ];

    /// Bounds of a folder: real ones hold some 150 files of a few kilobytes, or one of 1 MiB.
    const MOST_FILES: usize = 2000;
    const MOST_BYTES: u64 = 8 * 1024 * 1024;

    /// `named`: a file or folder of the environment replaces the system's store.
    pub fn decide(root: &[u8], distribution: &[&str], local: &[&str], named: bool) -> &'static str {
        let public = certificates(distribution);
        if public.iter().any(|der| der.as_ref() == root) {
            return "PublicProgram";
        }
        let added = certificates(local).iter().any(|der| der.as_ref() == root);
        if added || named || !public.is_empty() { "LocalMachineOnly" } else { "Unknown" }
    }

    fn certificates(folders: &[&str]) -> Vec<CertificateDer<'static>> {
        let mut files = Vec::new();
        folders.iter().for_each(|folder| gather(Path::new(folder), 0, &mut files));
        let mut found = Vec::new();
        for file in files {
            if std::fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST_BYTES)
                && let Ok(bytes) = std::fs::read(&file)
            {
                // Other sections of a file (trust attributes of p11-kit, comments) are passed over.
                found.extend(CertificateDer::pem_slice_iter(&bytes).flatten());
            }
        }
        found
    }

    fn gather(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            if files.len() >= MOST_FILES {
                return;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < 3 => gather(&entry.path(), depth + 1, files),
                Ok(kind) if !kind.is_dir() => files.push(entry.path()),
                _ => {}
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use rcgen::generate_simple_self_signed;

        #[test]
        fn the_list_of_the_distribution_decides() {
            let base = std::env::temp_dir().join(format!("pwb-origin-{}", std::process::id()));
            let place = |name: &str| base.join(name).to_string_lossy().into_owned();
            let (distribution, local, none) = (place("distribution"), place("local"), place("none"));
            let certificate = |folder: &str, file: &str| {
                let made = generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap().cert;
                std::fs::create_dir_all(Path::new(folder).join("sub")).unwrap();
                std::fs::write(Path::new(folder).join("sub").join(file), format!("# note\n{}", made.pem())).unwrap();
                made.der().to_vec()
            };
            let public = certificate(&distribution, "public.crt");
            let added = certificate(&local, "added.crt");
            let strange = generate_simple_self_signed(vec![]).unwrap().cert.der().to_vec();
            for (root, distribution, named, expected) in [
                (&public, &distribution, false, "PublicProgram"),
                (&added, &distribution, false, "LocalMachineOnly"),
                (&added, &none, false, "LocalMachineOnly"),
                (&strange, &distribution, false, "LocalMachineOnly"),
                (&strange, &none, true, "LocalMachineOnly"),
                (&strange, &none, false, "Unknown"),
            ] {
                assert_eq!(decide(root, &[distribution], &[&local], named), expected);
            }
            std::fs::remove_dir_all(&base).unwrap();
        }
    }
}
