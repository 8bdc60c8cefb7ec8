#!/usr/bin/env bash
# Controllers that enforce channel binding over TLS: the newer Samba of Debian's backports.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
if ((EUID != 0)); then echo "skipped: the lab needs root"; exit 0; fi
bash "$ROOT/tests/lab/install.sh"
need_rust
use_build_cache
"$CARGO" build --locked --quiet --example report --manifest-path "$ROOT/Cargo.toml"
"$ROOT/tests/lab/newer_samba.sh" "$ROOT/tests/lab/hardened.sh" "$CARGO_TARGET_DIR/debug/examples/report"
