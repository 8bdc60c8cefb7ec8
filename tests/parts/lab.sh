#!/usr/bin/env bash
# The lab itself, then the product in it: every fault by name gives its first cause, two at once give both.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
if ((EUID != 0)); then echo "skipped: the lab needs root"; exit 0; fi
bash "$ROOT/tests/lab/install.sh"
bash "$ROOT/tests/lab/selftest.sh"
bash "$ROOT/tests/demo.sh" all | tee "$WORK/demo.log" || true
awk '/ ok$/ { print "ok - " $1 " gives " $2 } / WRONG$/ { print "not ok - " $1 ": expected " $2 ", got " $3 }' "$WORK/demo.log"
# One row for the healthy run and one for each fault; fewer mean that the demo ended early.
rows=$(grep -cE ' (ok|WRONG)$' "$WORK/demo.log" || true)
if ((rows == $(wc -l <"$ROOT/tests/lab/faults.tsv"))); then echo "ok - every fault was tried"; else echo "not ok - only $rows runs were judged"; fi
bash "$ROOT/tests/lab/product.sh"
bash "$ROOT/tests/lab/users.sh"
need_rust
use_build_cache
bash "$ROOT/tests/lab/scan_faults.sh"
