//! Writes the C header. The committed copy is compared with this output by a test.

use std::path::PathBuf;

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    for file in ["buffer.rs", "exports.rs", "mod.rs", "status.rs"] {
        println!("cargo:rerun-if-changed=src/ffi/{file}");
    }
    println!("cargo:rerun-if-changed=src/ffi/cbindgen.toml");
    println!("cargo:rerun-if-changed=build.rs");
    let config = cbindgen::Config::from_file(root.join("src/ffi/cbindgen.toml")).expect("src/ffi/cbindgen.toml");
    // The modules that mod.rs names are read with it.
    let builder = cbindgen::Builder::new().with_config(config).with_src(root.join("src/ffi/mod.rs"));
    let header = out.join("password_writeback.h");
    builder.generate().expect("the exports are plain C").write_to_file(&header);
    println!("cargo:rustc-env=PASSWORD_WRITEBACK_HEADER={}", header.display());
}
