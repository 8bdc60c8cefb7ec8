#!/usr/bin/env bash
# All users of a large domain, judged: what `Test-PasswordWritebackUser -All`, the same with `-SummaryOnly` and
# `Test-PasswordWritebackPermission -All` cost, beside OpenLDAP's client that only fetches the same attributes, in
# the same run. The program that stands for the cmdlet reads every answer, which counts too.
#
#   coverage.sh [--users N]       default 20000
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common network directory scanned; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$part.sh"
done

users=20000
while (($#)); do
    case $1 in
    --users) users=${2:?"--users needs a number"} && shift ;;
    *) die "usage: coverage.sh [--users N]" ;;
    esac
    shift
done
((EUID == 0)) || die "root is needed: the lab makes network namespaces"

choose_instance "coverage-$$"
root=$HERE/../..
"${CARGO:-cargo}" build --release --locked --quiet --example report --manifest-path "$root/Cargo.toml"
report=${CARGO_TARGET_DIR:-$root/target}/release/examples/report

work=$(mktemp -d)
finish() {
    "$HERE/lab.sh" down --name "$NAME" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

"$HERE/lab.sh" up --name "$NAME"
eval "$("$HERE/lab.sh" env --name "$NAME")"
export PWB_LAB_PASSWORD
# It would copy every user while dc1 is measured.
stop_controller dc2
load_dc1 "$users"

# User and system seconds, KiB at the most, seconds by the clock.
measured() { "$HERE/lab.sh" exec --name "$NAME" sync /usr/bin/time -f '%U %S %M %e' -o "$work/$1" "${@:2}"; }

say "the product"
request='{"syncServer":true,"knowledgePath":"'$PWB_LAB_KNOWLEDGE'","directory":{"domains":["'$LAB_DOMAIN'"],"servers":["dc1.'$LAB_DOMAIN'"],"connectorAccounts":["MSOL_lab"],"all":true'
measured users "$report" --diagnostic pwb_test_user "$request}}" >/dev/null
measured summary "$report" --diagnostic pwb_test_user "$request,\"summaryOnly\":true}}" "$work/report.json" >/dev/null
measured rights "$report" --diagnostic pwb_test_permission "$request}}" "$work/rights.json" >/dev/null
python3 - "$work/report.json" "$work/rights.json" <<'END'
import json, sys
for domain in json.load(open(sys.argv[1]))["coverage"]:
    print(domain["message"])
    print(", ".join(f"{bucket['name']} {bucket['count']}" for bucket in domain["buckets"]))
for finding in json.load(open(sys.argv[2]))["findings"]:
    if finding["id"] in ("PW505", "PW506", "PW507", "PW509"):
        print(finding["id"], finding["status"], finding["message"])
END

say "ldapsearch"
# shellcheck disable=SC2086 # one word each
measured rival ldapsearch -Q -Y GSSAPI -LLL -o ldif-wrap=no -H "ldap://dc1.$LAB_DOMAIN" -b "$LAB_BASE_DN" \
    -E pr=500/noprompt -E '!1.2.840.113556.1.4.801=::MAMCAQQ=' '(sAMAccountType=805306368)' $SCANNED >"$work/entries"
echo "ldapsearch: $(grep -c '^dn: ' "$work/entries") users"

cd "$work"
awk '{ cpu[FILENAME] = $1 + $2; printf "%s: %.2f s CPU, %.1f MiB at the most, %.1f s\n", FILENAME, $1 + $2, $3 / 1024, $4 }
     END { printf "CPU is %.2f times that of ldapsearch, of the summary %.2f times, of the rights alone %.2f times\n",
               cpu["users"] / cpu["rival"], cpu["summary"] / cpu["rival"], cpu["rights"] / cpu["rival"] }' users summary rights rival
