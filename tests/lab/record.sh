#!/usr/bin/env bash
# Records runs of the lab as cases of tests/replay: with the cmdlet, on the sync server, in an instance of its own.
#
#   record.sh CASE...     connector-without-reset, or any other fault of faults.tsv; users-and-rights
#
# The cases' expected.txt and report.txt are written anew by tests/refresh.sh afterwards. PWB_STAGE may name a
# folder with a staged module; else one is built.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
((EUID == 0)) || die "root: the lab makes network namespaces"
(($#)) || die "record.sh CASE...: the name of a fault, or users-and-rights"
find_powershell || die "PowerShell"

work=$(mktemp -d)
lab=$ROOT/tests/lab/lab.sh
name=record$$
trap '"$lab" down --name "$name" >/dev/null 2>&1; rm -rf "$work"' EXIT
stage=${PWB_STAGE:-}
if [[ -z $stage ]]; then
    stage=$work/stage
    "$ROOT/tests/stage.sh" "$stage" >/dev/null
fi

local_ldap() { echo "ldapi://${PWB_LAB_DIR//\//%2F}%2F$1%2Fprivate%2Fldap_priv%2Fldapi"; }

record() {
    mkdir -p "$ROOT/tests/replay/$1"
    # The authorities of this lab, which makes others when its domain is provisioned anew.
    cp -r "$PWB_LAB_KNOWLEDGE" "$ROOT/tests/replay/$1/"
    "$lab" exec --name "$name" sync "$PWSH" -NoProfile -NonInteractive -File "$ROOT/tests/lab/record.ps1" \
        -Module "$stage/PasswordWriteback" -Path "$ROOT/tests/replay/$1/evidence.zip" "${@:2}" </dev/null
}

for case in "$@"; do
    "$lab" up --name "$name"
    eval "$("$lab" env --name "$name")"
    export PWB_LAB_USER PWB_LAB_PASSWORD PWB_LAB_DOMAIN PWB_LAB_CONNECTOR PWB_LAB_KNOWLEDGE
    if [[ $case == users-and-rights ]]; then
        /usr/bin/python3 -B "$ROOT/tests/lab/lib/people.py" "$(local_ldap dc1)"
        timeout 60 bash -c 'until ldbsearch -H "$0" "(cn=jana-old)" cn | grep -q "^cn: "; do sleep 1; done' "$(local_ldap dc2)"
        record "$case" -Identity anna,boris,carla,dora,emil,frida,gert,hanna,ivan,jana,nobody
    else
        "$lab" fault --name "$name" "$case" on
        record "$case"
    fi
    "$lab" down --name "$name"
done
