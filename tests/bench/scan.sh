#!/usr/bin/env bash
# All users of a canned domain: what the product costs beside OpenLDAP's client that only fetches the same
# attributes, from the same controller in the same run (three rounds by turns, the least of each); how it grows;
# and what a slow reader makes of it.
#
#   scan.sh PROGRAM CONTROLLER [USERS...]       compiled from scan.c and controller.rs; default 10000 100000
#
# Runs in a network of its own, because LDAP has fixed ports.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
    (($# >= 2)) || { echo "usage: scan.sh PROGRAM CONTROLLER [USERS...]" >&2; exit 2; }
    exec unshare --user --map-root-user --net --mount bash "$0" --inside "$@"
fi
program=$2 controller=$3
shift 3
# shellcheck source=tests/lab/lib/scanned.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/lib/scanned.sh"
(($#)) || set -- 10000 100000

work=$(mktemp -d)
trap 'kill "${server:-0}" 2>/dev/null || true; rm -rf "$work"' EXIT
ip link set lo up
# No name server here: what is not in the hosts file is not there, at once.
printf '127.0.0.1 localhost dc1.bench.example\n' >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts
mount --bind /dev/null /etc/resolv.conf
export SSL_CERT_FILE=$work/authority.pem LDAPTLS_CACERT=$work/authority.pem PWB_SECRET=Canned-2026

start() {
    rm -f "$work/authority.pem"
    "$controller" "$1" "$work/authority.pem" "${@:2}" >/dev/null &
    server=$!
    until [[ -s $work/authority.pem ]]; do kill -0 "$server" || exit 1; sleep 0.1; done
}

stop() {
    kill "$server"
    wait "$server" 2>/dev/null || true
}

# Users of the pipeline, CPU, seconds, MiB at the start, MiB over it.
product() {
    local request='{"syncServer":true,"directory":{"servers":["dc1.bench.example"],"user":"operator@bench.example","secret":@SECRET@,"connectorAccounts":["MSOL_bench"],"all":true,"summaryOnly":'$1'}}'
    "$program" "$request" "$2" 2>>"$work/coverage"
}

rival() {
    # shellcheck disable=SC2086 # one word each
    /usr/bin/time -f '%U %S %e' -o "$work/rival" ldapsearch -x -LLL -o ldif-wrap=no -H ldaps://dc1.bench.example \
        -D operator@bench.example -w "$PWB_SECRET" -b DC=bench,DC=example -E pr=500/noprompt \
        -E '!1.2.840.113556.1.4.801=::MAMCAQQ=' '(sAMAccountType=805306368)' $SCANNED >"$work/entries"
    echo "$(grep -c '^dn: ' "$work/entries") $(awk '{ print $1 + $2, $3 }' "$work/rival")"
    rm "$work/entries"
}

report() {
    awk -v what="$1" -v users="$2" '{ printf "%-28s %8d users: %6.2f s CPU, %5.1f s, %5.1f MiB over the %.1f at the start\n", what, users, $2, $3, $5, $4 }' <<<"$3"
}

# The round that other work on the machine disturbed least, of those in a file.
least() { sort -k2,2n "$1" | head -n 1; }

# How many times the CPU of the first the second takes.
times() { awk -v theirs="$(cut -d' ' -f2 <<<"$1")" -v ours="$(cut -d' ' -f2 <<<"$2")" 'BEGIN { printf "%.2f", ours / theirs }'; }

for users in "$@"; do
    start "$users"
    rival >/dev/null # the first to come pays for the warm-up
    rm -f "$work"/rounds.*
    for _ in 1 2 3; do
        rival >>"$work/rounds.ldapsearch"
        product true 0 >>"$work/rounds.summary"
        product false 0 >>"$work/rounds.all"
    done
    stop
    ldapsearch=$(least "$work/rounds.ldapsearch") summary=$(least "$work/rounds.summary") all=$(least "$work/rounds.all")
    report "summary" "$users" "$summary"
    report "every user" "$users" "$all"
    printf '%-28s %8d users: %6.2f s CPU; the summary takes %s times that, every user %s times\n' "ldapsearch" \
        "$(cut -d' ' -f1 <<<"$ldapsearch")" "$(cut -d' ' -f2 <<<"$ldapsearch")" \
        "$(times "$ldapsearch" "$summary")" "$(times "$ldapsearch" "$all")"
    largest=$users
done
start "$largest"
report "every user, slow reader" "$largest" "$(product false 10)"
stop
start "$largest" --all-differ
report "all descriptors differ" "$largest" "$(product true 0)"
stop
grep message "$work/coverage" | sort -u
