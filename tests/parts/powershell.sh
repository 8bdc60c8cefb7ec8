#!/usr/bin/env bash
# The staged module in real PowerShell, the static proof for Windows PowerShell 5.1, the loader under mono.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
need_mono
if ! find_powershell; then echo "skipped: PowerShell is not on PATH and not beside the project, there is no .NET SDK, and its release cannot be downloaded"; exit 0; fi
use_build_cache
PATH=$(dirname "$PWSH"):$PATH
export PATH
"$ROOT/tests/stage.sh" "$WORK/stage" >/dev/null
echo "ok - the module is staged"

if "$PWSH" -NoProfile -NonInteractive -File "$ROOT/tests/ps51/run.ps1"; then
    echo "ok - nothing in the sources is unknown to Windows PowerShell 5.1"
else
    echo "not ok - the static proof for Windows PowerShell 5.1"
fi
bash "$ROOT/tests/loader/run.sh" "$WORK/stage"
"$PWSH" -NoProfile -NonInteractive -File "$ROOT/tests/pester/run.ps1" -Stage "$WORK/stage"
