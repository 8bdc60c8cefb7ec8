#!/usr/bin/env bash
# The Windows library: cross-built, its ABI suite under Wine, and the staged module in the genuine Windows
# build of PowerShell.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"

windows_pwsh=$ROOT/../shared/pwsh/pwsh-windows
if [[ ! -f $windows_pwsh ]]; then echo "skipped: the Windows build of PowerShell is not beside the project"; exit 0; fi
if ((EUID != 0)); then echo "skipped: Wine's own root needs root"; exit 0; fi

need_rust
need_mono
need_packages xz-utils debootstrap python3 iproute2
dll=$("$ROOT/tests/windows/build.sh")
echo "ok - the library is cross-built"

# Only what every Windows has may be imported.
imports=$(x86_64-w64-mingw32-objdump -p "$dll" | sed -n 's/.*DLL Name: //p' | sort -fu | tr '\n' ' ')
echo "imports: $imports"
if [[ $imports == *libgcc* || $imports == *libstdc* || $imports == *libwinpthread* ]]; then
    echo "not ok - the library needs a DLL of the compiler"
else
    echo "ok - the library imports system DLLs only"
fi

mkdir -p "$WORK/win"
cp "$dll" "$WORK/win/"
"$ROOT/tests/c/diagnostics.sh" >"$WORK/win/diagnostics.inc"
x86_64-w64-mingw32-gcc -std=c99 -Wall -Wextra -Werror -D__USE_MINGW_ANSI_STDIO=1 -I"$ROOT/include" -I"$WORK/win" "$ROOT/tests/c/abi.c" "$dll" -o "$WORK/win/abi.exe"

use_build_cache
find_powershell || die "PowerShell"
PATH=$(dirname "$PWSH"):$PATH "$ROOT/tests/stage.sh" "$WORK/stage" --windows >/dev/null

# A prefix of our own, because its server makes the sockets: it belongs to one network namespace.
export WINEPREFIX=$WORK/wine
python3 "$windows_pwsh" --setup
python3 "$windows_pwsh" --wine wineserver -k || true
unshare --net bash "$ROOT/tests/windows/loopback.sh" "$windows_pwsh" "$WORK/win" "$WORK/stage/PasswordWriteback"
