#!/usr/bin/env bash
# Builds the library and stages the module: stage.sh DIR [--windows]
#
# DIR/PasswordWriteback/<version>/ is what would go to a gallery; its path is printed. With --windows the
# cross-built DLL is in it too. A CARGO_TARGET_DIR of the caller is used.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/lib.sh"

destination=$(realpath -m "${1:?"stage.sh DIR [--windows]"}")
need_rust
need_mono
find_powershell || die "PowerShell: not on PATH, not beside the project, no .NET SDK"
[[ ${CARGO_TARGET_DIR:-} ]] || use_build_cache

say "building the library (release)"
"$CARGO" build --release --lib --locked --quiet --manifest-path "$ROOT/Cargo.toml"
libraries="'linux-x64' = '$CARGO_TARGET_DIR/release/libpassword_writeback.so'"
if [[ ${2:-} == --windows ]]; then
    libraries+="; 'win-x64' = '$("$ROOT/tests/windows/build.sh" | tail -n 1)'"
fi
"$PWSH" -NoProfile -NonInteractive -Command \
    "& '$ROOT/ps-module/Build-Module.ps1' -Destination '$destination' -Library @{ $libraries }"
