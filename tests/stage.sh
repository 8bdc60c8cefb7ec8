#!/usr/bin/env bash
# Builds the library and stages the module: DIR/PasswordWriteback/<version>/, what would go to a gallery.
#   tests/stage.sh DIR [--windows]     --windows adds bin/win-x64, cross-built by tests/windows/build.sh
# Prints the staged folder. CARGO_TARGET_DIR is honoured; PowerShell is taken from PATH, else from
# ../shared/pwsh/pwsh beside the clone.
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
die() { echo "stage: $*" >&2; exit 1; }

destination='' windows=''
for argument; do
    case $argument in
        --windows) windows=1 ;;
        -*) die "unknown option $argument" ;;
        *) [[ ! $destination ]] || die "one folder only"; destination=$argument ;;
    esac
done
[[ $destination ]] || die "usage: tests/stage.sh DIR [--windows]"
mkdir -p "$destination"
destination=$(cd "$destination" && pwd)

pwsh=$(command -v pwsh || true)
[[ $pwsh ]] || pwsh=$home/../shared/pwsh/pwsh
[[ -x $pwsh ]] || die "PowerShell 7 is not on PATH"

case $(uname -s)-$(uname -m) in
    Linux-x86_64) rid=linux-x64 file=libpassword_writeback.so ;;
    Linux-aarch64) rid=linux-arm64 file=libpassword_writeback.so ;;
    Darwin-arm64) rid=osx-arm64 file=libpassword_writeback.dylib ;;
    *) die "no library is built for $(uname -s) on $(uname -m)" ;;
esac
(cd "$home" && cargo build --release --lib >&2)
libraries=("$rid=${CARGO_TARGET_DIR:-$home/target}/release/$file")
if [[ $windows ]]; then
    dll=$("$home/tests/windows/build.sh" | tail -n 1)
    [[ -f $dll ]] || die "tests/windows/build.sh printed no DLL"
    libraries+=("win-x64=$dll")
fi

"$pwsh" -NoProfile -NonInteractive -File "$home/ps-module/Build-Module.ps1" -Destination "$destination" "${libraries[@]}"
