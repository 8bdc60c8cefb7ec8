#!/usr/bin/env bash
# Ctrl+C in the Windows build of PowerShell: interrupt.sh PWSH-WINDOWS MODULE
#
# The run would last until the time-outs of a silent peer; after SIGINT `finally` runs, and the partial report
# is there.
set -euo pipefail
windows_pwsh=$1 module=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/run.ps1" <<END
Import-Module 'Z:$module'
Set-Content 'Z:$work/started' 'yes'
try { Test-PasswordWritebackConnectivity -KnowledgePath 'Z:$(dirname "${BASH_SOURCE[0]}")/knowledge' -SyncServer -TimeoutSecond 60 -GlobalTimeoutSecond 120 | Out-Null }
finally { Set-Content 'Z:$work/ended' ('state ' + (Get-PasswordWritebackReport).state) }
END
python3 "$windows_pwsh" -NoProfile -NonInteractive -File "Z:$work/run.ps1" >"$work/output" 2>&1 &
runner=$!
for _ in $(seq 300); do [[ -s $work/started ]] && break; sleep 0.1; done
sleep 4
kill -INT "$runner"
for _ in $(seq 100); do [[ -s $work/ended ]] && break; sleep 0.1; done
if [[ -f $work/ended ]] && grep -q 'state cancelled' "$work/ended"; then
    echo "ok - Ctrl+C ends a run and leaves the partial report"
else
    cat "$work/output"
    echo "not ok - Ctrl+C: $(cat "$work"/ended "$work"/started 2>/dev/null | tr '\r\n' '  ')"
fi
kill "$runner" 2>/dev/null || true
wait "$runner" 2>/dev/null || true
