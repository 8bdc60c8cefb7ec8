#!/usr/bin/env bash
# Scans of all users that something is in the way of: a subtree that may not be read, a domain that nobody
# reaches, a process that ends, a controller that falls silent half way. Each says exactly what is missing.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common network directory; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$part.sh"
done
((EUID == 0)) || die "root is needed: the lab makes network namespaces"

users=4000
choose_instance "faults-$$"
root=$HERE/../..
target=${CARGO_TARGET_DIR:-$root/target}/debug
"${CARGO:-cargo}" build --locked --quiet --lib --manifest-path "$root/Cargo.toml"

work=$(mktemp -d)
finish() {
    "$HERE/lab.sh" down --name "$NAME" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
compile() { gcc -O2 -std=gnu99 -I"$root/include" "$1" -o "$2" -rdynamic -L"$target" -lpassword_writeback; }
compile "$root/tests/bench/scan.c" "$work/scan"
compile "$HERE/leave.c" "$work/leave"

"$HERE/lab.sh" up --name "$NAME"
eval "$("$HERE/lab.sh" env --name "$NAME")"
on_sync() { "$HERE/lab.sh" exec --name "$NAME" sync env "LD_LIBRARY_PATH=$target" "$@"; }

load_dc1 "$users"
clean_env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$HERE/lib/close_unit.py" "$(local_ldap dc1)" "$LAB_BASE_DN" Closed operator
objects() {
    clean_env timeout 20 ldbsearch -H "$(local_ldap "$1")" -b "$LAB_BASE_DN" '(sAMAccountType=805306368)' dn | grep -c '^dn: '
}
all=$(objects dc1)
# The user of the closed unit is the last that was made.
is_replicated() { (($(objects dc2) == all)) && [[ $(read_attribute dc2 "OU=Closed,$LAB_BASE_DN" uSNChanged) ]]; }
wait_for 120 "replication to dc2" is_replicated
sleep 5 # the access list of the unit was changed after that

request() {
    echo '{"syncServer":true,"knowledgePath":"'"$PWB_LAB_KNOWLEDGE"'","limits":{"probeTimeoutMs":5000},"directory":{"domains":['"$1"'],"connectorAccounts":["MSOL_lab"],"all":true,"summaryOnly":'"$2"'}}'
}
# scan REQUEST PAUSE FILE: the program of the bench; FILE gets its words, "users" its figures.
scan() { on_sync "$work/scan" "$1" "$2" 2>"$3" >"$work/users" || { echo "not ok - a scan ended with code $?" && cat "$3"; }; }
# check WHAT FILE TEXT...: every text stands in the file.
check() {
    local what=$1 file=$2 text
    shift 2
    for text in "$@"; do
        if ! grep -qF -- "$text" "$file"; then
            echo "not ok - $what: no '$text'"
            cat "$file"
            return
        fi
    done
    echo "ok - $what"
}

own='"'$LAB_DOMAIN'"'
scan "$(request "$own" true)" 0 "$work/closed"
check "a subtree that may not be listed is named" "$work/closed" "Not all users of $LAB_DOMAIN could be read (OU=Closed,$LAB_BASE_DN)" \
    "\"users\":$((all - 1))," "this account may not list what is in it"

scan "$(request "$own"',"elsewhere.example.test"' true)" 0 "$work/elsewhere"
check "a domain that nobody reaches is named, and the other is read" "$work/elsewhere" "\"users\":$((all - 1))," \
    "Not all users of elsewhere.example.test could be read" "No controller of elsewhere.example.test answers LDAP"

left=0
for _ in {1..5}; do on_sync "$work/leave" "$(request "$own" true)" 2>"$work/left" && ((++left)) || cat "$work/left"; done
if ((left == 5)); then echo "ok - a process ends well in the middle of a scan"; else echo "not ok - $left of 5 processes ended well"; fi

# A slow reader holds the scan: what waits for it is limited, so the scan stands half way while it sleeps.
scan "$(request "$own" false)" 3000 "$work/silent" &
scan=$!
wait_for 60 "the first users" grep -q 'first users' "$work/silent"
sleep 2
silent=()
for dc in dc1 dc2; do
    [[ ! $(inside "$dc" ss -tnH state established '( sport = :389 )' dst 198.51.100.80) ]] || silent+=("$dc")
done
for dc in "${silent[@]}"; do ip netns pids "$NAME-$dc" | xargs kill -STOP; done
if ((${#silent[@]} == 1)); then echo "ok - ${silent[0]} falls silent half way"; else echo "not ok - the scan asked: ${silent[*]}"; fi
wait "$scan"
for dc in "${silent[@]}"; do ip netns pids "$NAME-$dc" | xargs kill -CONT; done
check "the other controller goes on, and everybody is there once" "$work/silent" "\"users\":$((all - 1))," \
    '"gaps":[{"name":"OU=Closed,'"$LAB_BASE_DN"'","value":"this account may not list what is in it"}]'
if [[ $(cut -d' ' -f1 "$work/users") == $((all - 1)) ]]; then echo "ok - each has one answer"; else echo "not ok - $(cat "$work/users")"; fi
