#!/usr/bin/env bash
# Catalog, header, schema, worked examples, and the boundary with good and bad input.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
use_build_cache
cd "$ROOT"
"$CARGO" test --locked --quiet --test contract --test abi
