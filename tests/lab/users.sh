#!/usr/bin/env bash
# What is said of a user whose name is given, and of the same user in a scan of all: the same.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
use_build_cache
"$CARGO" build --release --locked --quiet --example report --manifest-path "$ROOT/Cargo.toml"

plan_lab users
start_lab
for part in common directory; do
    # shellcheck source=/dev/null
    . "$ROOT/tests/lab/lib/$part.sh"
done
choose_instance "$name"

examine() {
    "$lab" exec --name "$name" sync "$CARGO_TARGET_DIR/release/examples/report" --diagnostic pwb_test_user \
        "{\"syncServer\":true,\"knowledgePath\":\"$PWB_LAB_KNOWLEDGE\",\"directory\":{\"domains\":[\"$PWB_LAB_DOMAIN\"],\"connectorAccounts\":[\"$PWB_LAB_CONNECTOR\"],$2}}" \
        "$work/$1.json" >"$work/$1.txt" </dev/null
}
# says FILE EXPRESSION: of the report r.
says() { python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' "$work/$1.json" "$2"; }
status() { echo "next(f['status'] for f in r['findings'] if f['id'] == '$1' and 'anna' in f['target']['display'])"; }
bucket() { echo "next((b['count'] for b in r['coverage'][0]['buckets'] if b['name'] == '$1'), 0)"; }

examine before '"all":true,"summaryOnly":true'
# SDProp counts a distribution group; no token holds it (support article 817433). The mark is that of SDProp, which
# does not run here.
modify dc1 <<END
dn: CN=Announcements,CN=Users,$LAB_BASE_DN
changetype: add
objectClass: group
sAMAccountName: Announcements
groupType: 2
member: CN=anna,OU=Staff,$LAB_BASE_DN

dn: CN=Domain Admins,CN=Users,$LAB_BASE_DN
changetype: modify
add: member
member: CN=Announcements,CN=Users,$LAB_BASE_DN

dn: CN=anna,OU=Staff,$LAB_BASE_DN
changetype: modify
replace: adminCount
adminCount: 1
END
# Either controller may be asked.
is_everywhere() {
    local filter="(&(cn=anna)(adminCount=1)(memberOf:1.2.840.113556.1.4.1941:=CN=Domain Admins,CN=Users,$LAB_BASE_DN))"
    ldbsearch -H "$(local_ldap dc2)" "$filter" cn | grep -q '^cn: '
}
wait_for 60 "dc2 to learn of the administrator" is_everywhere
examine named "\"identities\":[\"anna@$PWB_LAB_DOMAIN\"]"
expect "an administrator through a distribution group is protected" says named "$(status PW917) == 'fail'"
expect "the mark of such an administrator is no leftover" says named "$(status PW918) == 'notApplicable'"
examine after '"all":true,"summaryOnly":true'
protected=$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/before.json" "$(bucket 'protected by design')")
expect "a scan counts the same user as protected" says after "$(bucket 'protected by design') == $((protected + 1))"

"$lab" fault --name "$name" connector-disabled on
examine stopped '"all":true,"summaryOnly":true'
expect "nobody can be written back by an account that is disabled" says stopped \
    "r['coverage'][0]['status'] == 'fail' and 'PW502' in r['coverage'][0]['message']"
