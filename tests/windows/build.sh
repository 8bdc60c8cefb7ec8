#!/usr/bin/env bash
# Cross-builds the DLL for Windows and prints its path. Debian's compiler and its library sources are used,
# because both must be of one version and rustup has no Windows target here.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"

need_debian_rust rust-web-src
need_packages gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64
export PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
use_build_cache
say "cross-building the Windows library"
cd "$ROOT"
/usr/bin/cargo build --release --locked --quiet "$@" -Zbuild-std=std,panic_unwind --target x86_64-pc-windows-gnu >&2
echo "$CARGO_TARGET_DIR/x86_64-pc-windows-gnu/release/password_writeback.dll"
