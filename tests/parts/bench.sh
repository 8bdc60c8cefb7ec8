#!/usr/bin/env bash
# Figures, each beside its rival in the same run. Nothing here passes or fails by time.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
need_mono
need_packages gcc ldap-utils time iproute2
find_powershell || die "PowerShell"
use_build_cache
"$ROOT/tests/stage.sh" "$WORK/stage" >/dev/null
library=$CARGO_TARGET_DIR/release/libpassword_writeback.so
gcc -O2 -D_POSIX_C_SOURCE=200809L -I"$ROOT/include" "$ROOT/tests/bench/poll.c" -o "$WORK/poll" -L"$(dirname "$library")" -lpassword_writeback
LD_LIBRARY_PATH=$(dirname "$library") "$WORK/poll" && echo "ok - boundary"
"$CARGO" build --release --locked --quiet --example rights --example controller --manifest-path "$ROOT/Cargo.toml"
examples=$CARGO_TARGET_DIR/release/examples
"$examples/rights" && echo "ok - rights"
gcc -O2 -std=gnu99 -I"$ROOT/include" "$ROOT/tests/bench/scan.c" -o "$WORK/scan" -L"$(dirname "$library")" -lpassword_writeback
LD_LIBRARY_PATH=$(dirname "$library") bash "$ROOT/tests/bench/scan.sh" "$WORK/scan" "$examples/controller" && echo "ok - scan"
"$PWSH" -NoProfile -NonInteractive -File "$ROOT/tests/bench/import.ps1" -Stage "$WORK/stage" && echo "ok - import"
printf 'library %s bytes, needs: %s\n' "$(stat -c %s "$library")" "$(objdump -p "$library" | sed -n 's/ *NEEDED *//p' | tr '\n' ' ')"
echo "ok - size"
