#!/usr/bin/env bash
# Builds the library and stages the module: stage.sh DIR [--windows]
#
# DIR/PasswordWriteback/<version>/ is what would go to a gallery. With --windows the cross-built library is
# in it too.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/lib.sh"

destination=${1:?"stage.sh DIR [--windows]"}
need_rust
need_mono
find_powershell || die "PowerShell: not on PATH, not beside the project, no .NET SDK"
use_build_cache

say "building the library (release)"
"$CARGO" build --release --locked --quiet --manifest-path "$ROOT/Cargo.toml"
libraries="'linux-x64' = '$CARGO_TARGET_DIR/release/libpassword_writeback.so'"
if [[ ${2:-} == --windows ]]; then
    libraries+="; 'win-x64' = '$("$ROOT/tests/windows/build.sh")'"
fi
"$PWSH" -NoProfile -NonInteractive -Command \
    "& '$ROOT/ps-module/Build-Module.ps1' -Destination '$(realpath -m "$destination")' -Library @{ $libraries }"
