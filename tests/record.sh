#!/usr/bin/env bash
# Records every case of tests/replay anew in the lab, then writes what it says. For changes of evidence or
# of the report; look at the differences of expected.txt before committing.
#
#   record.sh [CASE...]     a case is named after a fault of tests/lab/faults.tsv, or 'healthy'; one with a
#                           file 'arguments' is a run of its own, among the people of OU=Cases
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/lib.sh"

((EUID == 0)) || die "root: the lab makes network namespaces"
find_powershell || die "PowerShell"
cases=("$@")
if ((!${#cases[@]})); then
    for folder in "$ROOT"/tests/replay/*/evidence.zip; do cases+=("$(basename "$(dirname "$folder")")"); done
fi
need_rust
need_mono
use_build_cache
plan_lab record
"$ROOT/tests/stage.sh" "$work/stage" >/dev/null
start_lab
cp "$PWB_LAB_KNOWLEDGE"/* "$ROOT/tests/replay/knowledge/"

# The second controller learns of them by itself.
plant_people() (
    for part in common directory; do
        # shellcheck source=/dev/null
        . "$ROOT/tests/lab/lib/$part.sh"
    done
    choose_instance "$name"
    /usr/bin/python3 -B "$ROOT/tests/lab/lib/people.py" "$(local_ldap dc1)"
    have_come() { ldbsearch -H "$(local_ldap dc2)" "(cn=jana-old)" cn | grep -q "^cn: "; }
    wait_for 60 "dc2 to learn of the people" have_come
)

for case in "${cases[@]}"; do
    say "$case"
    folder=$ROOT/tests/replay/$case
    mkdir -p "$folder"
    arguments=$(awk -F'\t' -v f="$case" '$1 == f { print $3; found = 1 } END { exit !found }' "$ROOT/tests/lab/faults.tsv") && fault=$case || fault=
    [[ ! -f $folder/arguments ]] || { arguments=$(<"$folder/arguments") && plant_people; }
    [[ -z $fault ]] || "$lab" fault --name "$name" "$fault" on </dev/null
    rm -f "$folder/evidence.zip"
    "$lab" exec --name "$name" sync "$PWSH" -NoProfile -NonInteractive \
        -File "$ROOT/tests/demo/examine.ps1" -Module "$work/stage/PasswordWriteback" -Evidence "$folder/evidence.zip" \
        ${arguments:+"-Arguments:$arguments"} </dev/null
    [[ -z $fault ]] || "$lab" fault --name "$name" "$fault" off </dev/null
    # The other cases are recorded without these people.
    [[ ! -f $folder/arguments ]] || { "$lab" down --name "$name" && "$lab" up --name "$name"; }
done
sh "$ROOT/tests/refresh.sh"
