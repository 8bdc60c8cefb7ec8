#!/usr/bin/env bash
# Format, lints with warnings denied, unit tests, tests of the collectors against loopback peers.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
use_build_cache
cd "$ROOT"
check() { if "$@" >"$WORK/check.log" 2>&1; then echo "ok - $*"; else cat "$WORK/check.log"; echo "not ok - $*"; fi; }
# A toolchain may come without formatter and lints (rustup's minimal profile).
if "$CARGO" fmt --version >/dev/null 2>&1; then check "$CARGO" fmt --check; else echo "skipped: cargo fmt is not here"; fi
if "$CARGO" clippy --version >/dev/null 2>&1; then
    check "$CARGO" clippy --locked --all-targets --quiet -- -D warnings
else
    echo "skipped: cargo clippy is not here"
fi
"$CARGO" test --locked --quiet --lib --test collect_network --test jobs
