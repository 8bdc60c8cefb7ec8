#!/usr/bin/env bash
# Counts tests in a log: 'PASSED FAILED SKIPPED', from cargo's results, Pester's summary, 'ok'/'not ok'
# lines and 'skipped:' lines.
set -euo pipefail
awk '
    /^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed;/) p += $i; if ($(i + 1) ~ /^failed;/) f += $i } }
    /^Tests Passed: / { gsub(",", ""); for (i = 1; i <= NF; i++) { if ($i == "Passed:") p += $(i + 1); if ($i == "Failed:") f += $(i + 1); if ($i == "Skipped:") s += $(i + 1) } }
    /^ok / { p++ }
    /^not ok / { f++ }
    /^skipped: / { s++ }
    END { print p + 0, f + 0, s + 0 }
' <(sed 's/\x1b\[[0-9;]*m//g' "$1")
