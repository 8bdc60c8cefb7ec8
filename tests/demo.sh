#!/usr/bin/env bash
# From a fresh machine to the main job: installs what is missing, builds, stages, starts the lab, runs
# Test-PasswordWriteback healthy and with faults, prints each report, ends with a table.
#
#   demo.sh [--json DIR] [FAULT...]     without names: eight faults; 'all' = every fault
#
# Without PowerShell the same diagnostics run through the C boundary and print the library's own text.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/lib.sh"

json=
faults=()
while (($#)); do
    case $1 in
        --json) json=$(realpath -m "${2:?"--json needs a folder"}"); shift ;;
        *) faults+=("$1") ;;
    esac
    shift
done
((EUID == 0)) || die "root: the lab makes network namespaces"
table=$ROOT/tests/lab/faults.tsv
if ((!${#faults[@]})); then
    faults=(cloud-port-dropped cloud-name-hosts-file cert-unknown-ca inspecting-proxy proxy-auth dc-frozen dc-445-dropped domain-minimum-age)
elif [[ ${faults[0]} == all ]]; then
    mapfile -t faults < <(tail -n +2 "$table" | cut -f1)
fi

say "1/4 what is needed"
need_packages python3 iproute2
bash "$ROOT/tests/lab/install.sh"
need_rust
use_build_cache
plan_lab demo
reports=${json:-$work/reports}
mkdir -p "$reports"

say "2/4 building (some minutes the first time)"
if find_powershell && need_mono; then
    "$ROOT/tests/stage.sh" "$work/stage" >/dev/null
else
    say "the cmdlets are not shown: PowerShell is not on PATH and not beside the project, there is no .NET SDK, and its release cannot be downloaded"
    "$CARGO" build --release --locked --quiet --example report --manifest-path "$ROOT/Cargo.toml"
fi

say "3/4 starting the lab: two domain controllers, the cloud, proxies"
start_lab

# One run on the sync server of the lab: examine NAME [ARGUMENTS of the cmdlet]
examine() {
    local report=$reports/$1.json arguments=${2:-}
    if [[ -n $PWSH ]]; then
        "$lab" exec --name "$name" sync "$PWSH" -NoProfile -NonInteractive \
            -File "$ROOT/tests/demo/examine.ps1" -Module "$work/stage/PasswordWriteback" -Report "$report" ${arguments:+"-Arguments:$arguments"} </dev/null
    else
        local proxy=
        [[ $arguments != *-Proxy* ]] || proxy=",\"network\":{\"proxy\":\"${arguments#*-Proxy }\"}"
        "$lab" exec --name "$name" sync env COLUMNS=100 \
            "$CARGO_TARGET_DIR/release/examples/report" --secret-from PWB_LAB_PASSWORD \
            "{\"syncServer\":true,\"knowledgePath\":\"$PWB_LAB_KNOWLEDGE\",\"directory\":{\"domains\":[\"$PWB_LAB_DOMAIN\"],\"user\":\"$PWB_LAB_USER\",\"connectorAccounts\":[\"$PWB_LAB_CONNECTOR\"]}$proxy}" "$report" </dev/null
    fi
}

# The id of the first probable cause; 'none' when there is none.
first_cause() {
    python3 -c 'import json, sys; causes = json.load(open(sys.argv[1], encoding="utf-8-sig"))["verdict"]["probableCauses"]; print(causes[0]["id"] if causes else "none")' "$1"
}

wrong=0
rows=()
judge() {
    local got word=ok
    got=$(first_cause "$reports/$1.json")
    if [[ $got != "$2" ]]; then word=WRONG; wrong=1; fi
    rows+=("$(printf '%-24s %-9s %-9s %s' "$1" "$2" "$got" "$word")")
}

say "4/4 Test-PasswordWriteback: healthy, then ${#faults[@]} faults"
printf '\n---------- healthy ----------\n'
examine healthy
judge healthy none
for fault in "${faults[@]}"; do
    IFS=$'\t' read -r _ cause arguments meaning < <(awk -F'\t' -v OFS='\t' -v f="$fault" '$1 == f { print $1, $2, ($3 == "" ? "-" : $3), $4 }' "$table")
    [[ -n ${cause:-} ]] || die "a fault named '$fault'; tests/lab/faults.tsv lists them"
    [[ $arguments != - ]] || arguments=
    printf '\n---------- %s: %s ----------\n' "$fault" "$meaning"
    "$lab" fault --name "$name" "$fault" on </dev/null
    examine "$fault" "$arguments"
    "$lab" fault --name "$name" "$fault" off </dev/null
    judge "$fault" "$cause"
done

printf '\n%-24s %-9s %-9s\n' fault expected first
printf '%s\n' "${rows[@]}"
exit $wrong
