#!/usr/bin/env bash
# What runs under Wine, in a network namespace that has a loopback interface and nothing else:
# loopback.sh PWSH-WINDOWS FOLDER-OF-ABI-EXE MODULE
set -euo pipefail
windows_pwsh=$1 programs=$2 module=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

ip link set lo up
python3 "$here/peers.py" &
peers=$!
stop() {
    kill "$peers" 2>/dev/null || true
    python3 "$windows_pwsh" --wine wineserver -k >/dev/null 2>&1 || true
}
trap stop EXIT
for _ in $(seq 50); do (: </dev/tcp/127.0.0.1/443) 2>/dev/null && break; sleep 0.1; done

(cd "$programs" && python3 "$windows_pwsh" --wine abi.exe) | tr -d '\r'
python3 "$windows_pwsh" -NoProfile -NonInteractive -File "Z:$here/module.ps1" \
    -Module "Z:$module" -Knowledge "Z:$here/knowledge" | tr -d '\r'
bash "$here/interrupt.sh" "$windows_pwsh" "$module"
