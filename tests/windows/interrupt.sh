#!/usr/bin/env bash
# Ctrl+C in the Windows build of PowerShell: interrupt.sh PWSH-WINDOWS MODULE
#
# The run would last until the time-outs of silent peers; after SIGINT `finally` runs, and the partial report
# is there.
set -euo pipefail
windows_pwsh=$1 module=$2
script=$(mktemp --suffix=.ps1)
marks=$(mktemp)
trap 'rm -f "$script" "$marks"' EXIT
cat >"$script" <<END
Import-Module 'Z:$module'
Add-Content 'Z:$marks' 'started'
try { Test-PasswordWritebackConnectivity -KnowledgePath 'Z:$(dirname "${BASH_SOURCE[0]}")/knowledge' -SyncServer -TimeoutSecond 60 -GlobalTimeoutSecond 120 | Out-Null }
finally { Add-Content 'Z:$marks' ('state ' + (Get-PasswordWritebackReport).state) }
END
# A session of its own, so that the signal reaches this program and nothing else.
setsid "$windows_pwsh" -NoProfile -NonInteractive -File "Z:$script" </dev/null >/dev/null 2>&1 &
runner=$!
for _ in $(seq 300); do grep -q started "$marks" && break; sleep 0.1; done
sleep 4
kill -INT -- "-$runner"
for _ in $(seq 100); do grep -q state "$marks" && break; sleep 0.1; done
if grep -q 'state cancelled' "$marks"; then echo "ok - Ctrl+C ends a run and leaves the partial report"; else echo "not ok - Ctrl+C: $(tr '\n' ' ' <"$marks")"; fi
kill -- "-$runner" 2>/dev/null || true
wait "$runner" 2>/dev/null || true
