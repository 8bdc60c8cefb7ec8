#!/usr/bin/env bash
# Proves the sealed way on port 389: every user of a large domain is read again and again, and each time all
# of them come. Beside it, in the same run, OpenLDAP's client does the same: who needs how much CPU?
#
#   scan.sh [--users N] [--times N] [--release]
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common network directory; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$part.sh"
done

users=20000
times=20
profile=()
while (($#)); do
    case $1 in
    --users) users=${2:?"--users needs a number"} && shift ;;
    --times) times=${2:?"--times needs a number"} && shift ;;
    --release) profile=(--release) ;;
    *) die "usage: scan.sh [--users N] [--times N] [--release]" ;;
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

# The processes of one controller, and no other.
stop_controller() {
    local pids
    mapfile -t pids < <(ip netns pids "$NAME-$1")
    kill "${pids[@]}" 2>/dev/null || true
    wait_for 20 "the end of $1" controller_is_stopped "$1"
}

controller_is_stopped() { [[ ! $(ip netns pids "$NAME-$1") ]]; }

"$HERE/lab.sh" up --name "$NAME"
# The second controller would copy every user while the first is measured.
stop_controller dc2
stop_controller dc1
say "loading $users users"
inside dc1 /usr/bin/python3 "$HERE/lib/load_users.py" "$DIR/dc1/smb.conf" --count "$users"
start_controller dc1
wait_for 60 "LDAP of dc1" controller_answers dc1
wait_for 60 "a ticket for the operator" inside_with_ticket kinit -R -c "$CCACHE" ||
    wait_for 60 "a ticket for the operator" sign_in_first

say "scanning over 389, sealed"
run() { "$HERE/lab.sh" exec --name "$NAME" sync bash -c "TIMEFORMAT='user CPU %U s'; time \"\$@\"" bash "$@"; }

run env SCAN_HOST="dc1.$LAB_DOMAIN" SCAN_DOMAIN="$LAB_DOMAIN" SCAN_FILTER="$filter" \
    SCAN_ATTRIBUTES="$attributes" SCAN_TIMES="$times" SCAN_ENTRIES="$users" \
    "$scan" --ignored --exact --nocapture evidence::collect::directory::sealed::scan::every_scan_is_complete 2>&1 |
    grep -E 'scan|user CPU' || die "a scan is not complete"
