#!/usr/bin/env bash
# Proves the sealed way on port 389: every user of a large domain is read again and again, and each time all
# of them come. Beside it, in the same run, OpenLDAP's client does the same: who needs how much CPU?
#
#   scan.sh [--users N] [--times N] [--rival N] [--release]
#
# --times and --rival: how often the product and ldapsearch read; --release: the product as it is shipped.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common network directory; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$part.sh"
done

users=20000
times=20
rival=5
profile=()
while (($#)); do
    case $1 in
    --users) users=${2:?"--users needs a number"} && shift ;;
    --times) times=${2:?"--times needs a number"} && shift ;;
    --rival) rival=${2:?"--rival needs a number"} && shift ;;
    --release) profile=(--release) ;;
    *) die "usage: scan.sh [--users N] [--times N] [--rival N] [--release]" ;;
    esac
    shift
done
((EUID == 0)) || die "root is needed: the lab makes network namespaces"

choose_instance "scan-$$"
attributes="objectSid sAMAccountName userAccountControl adminCount pwdLastSet nTSecurityDescriptor"
filter="(&(objectCategory=person)(objectClass=user)(sAMAccountName=load*))"

"${CARGO:-cargo}" test "${profile[@]}" --locked --quiet --lib --no-run --manifest-path "$HERE/../../Cargo.toml"
scan=$("${CARGO:-cargo}" test "${profile[@]}" --locked --lib --no-run --message-format=json \
    --manifest-path "$HERE/../../Cargo.toml" 2>/dev/null |
    python3 -c 'import json, sys; print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable")][-1])')

work=$(mktemp -d)
finish() {
    "$HERE/lab.sh" down --name "$NAME" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

"$HERE/lab.sh" up --name "$NAME"
# It would copy every user while dc1 is measured.
stop_controller dc2
load_dc1 "$users"

# The operator's tickets are there since `up`. What a command costs goes to a file of its own.
as_operator() { "$HERE/lab.sh" exec --name "$NAME" sync "$@"; }
# shellcheck disable=SC2016 # expanded by the inner shell
measured='TIMEFORMAT="%U %R"; exec 3>"$1"; shift; { time "$@" 2>&4; } 4>&2 2>&3'

say "scanning over 389, sealed: the product"
scan_of=(SCAN_HOST="dc1.$LAB_DOMAIN" SCAN_DOMAIN="$LAB_DOMAIN" SCAN_FILTER="$filter"
    SCAN_ATTRIBUTES="$attributes" SCAN_ENTRIES="$users")
run=("$scan" --ignored --exact --nocapture
    evidence::collect::directory::sealed::scan::every_scan_is_complete)
as_operator bash -c "$measured" bash "$work/product" env "${scan_of[@]}" SCAN_TIMES="$times" "${run[@]}" \
    >"$work/out" 2>&1 || { cat "$work/out" >&2 && die "a scan is not complete"; }
grep -oE '[0-9]+ of [0-9]+ scans complete.*' "$work/out"

# Once with a ticket of its own, and without the cache that the operator has.
say "scanning with the credential's own ticket"
as_operator env KRB5CCNAME="FILE:$work/no-cache" "${scan_of[@]}" SCAN_TIMES=1 \
    SCAN_USER="operator@$LAB_DOMAIN" SCAN_PASSWORD="$OPERATOR_PASSWORD" "${run[@]}" >"$work/out" 2>&1 ||
    { cat "$work/out" >&2 && die "the scan with the credential is not complete"; }
[[ ! -e $work/no-cache ]] || die "the credential left a ticket in a cache"
grep -oE '[0-9]+ of [0-9]+ scans complete.*' "$work/out"

say "the same with ldapsearch"
cat >"$work/rival.sh" <<'END'
for ((turn = 0; turn < $1; turn++)); do
    ldapsearch -Q -Y GSSAPI -LLL -o ldif-wrap=no -H "$2" -b "$3" -E pr=500/noprompt \
        -E '!1.2.840.113556.1.4.801=::MAMCAQQ=' "$4" $5 >"$6" || exit
    grep -c '^dn: ' "$6" >&2
done
END
as_operator bash -c "$measured" bash "$work/rival" bash "$work/rival.sh" "$rival" "ldap://dc1.$LAB_DOMAIN" \
    "$LAB_BASE_DN" "$filter" "$attributes" "$work/entries" 2>"$work/counts"
echo "ldapsearch: $(grep -cx "$users" "$work/counts") of $rival scans complete"

per_scan() { awk -v n="$2" '{ printf "%.2f s user CPU, %.1f s elapsed", $1 / n, $2 / n }' "$work/$1"; }
echo "each scan: product $(per_scan product "$times"); ldapsearch $(per_scan rival "$rival")"
