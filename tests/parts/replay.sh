#!/usr/bin/env bash
# Recorded evidence: the same findings, the same report, byte for byte.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
use_build_cache
cd "$ROOT"
"$CARGO" test --locked --quiet --test replay
