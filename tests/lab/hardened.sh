#!/usr/bin/env bash
# The product against controllers that enforce channel binding: with a credential (simple, inside TLS) and as the
# signed-in user (Kerberos, signed and sealed on 389). Run by tests/parts/hardened.sh on a newer Samba.
#
#   hardened.sh REPORT     the built example 'report'
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
report=$1
plan_lab hardened
start_lab

sync() { "$lab" exec --name "$name" sync "$@" </dev/null; }

# Kerberos inside TLS, with and without the binding to the certificate.
inside_tls() {
    sync env LDAPTLS_REQCERT=never timeout 10 ldapsearch -LLL -Q -Y GSSAPI -N -O maxssf=0 -o "SASL_CBINDING=$1" \
        -H "ldaps://$PWB_LAB_DC1" -s base -b '' dnsHostName 2>&1
}
is_refused() { [[ $(inside_tls none) == *80090346* ]]; }
is_accepted() { [[ $(inside_tls tls-endpoint) == *"dnsHostName: $PWB_LAB_DC1"* ]]; }
expect "the controller refuses Kerberos inside TLS without channel binding" is_refused
expect "it accepts it with channel binding" is_accepted

# examine credential: with a name and a password; examine user: with the ticket of the signed-in user.
examine() {
    local with=() named=
    if [[ $1 == credential ]]; then
        with=(--secret-from PWB_LAB_PASSWORD)
        named=",\"user\":\"$PWB_LAB_USER\""
    fi
    sync "$report" "${with[@]}" \
        "{\"syncServer\":true,\"knowledgePath\":\"$PWB_LAB_KNOWLEDGE\",\"directory\":{\"domains\":[\"$PWB_LAB_DOMAIN\"],\"connectorAccounts\":[\"$PWB_LAB_CONNECTOR\"]$named}}" \
        "$work/$1.json" >"$work/$1.txt"
}
# States of a check, sorted and once each.
states() {
    python3 -c 'import json, sys; print(*sorted({f["status"] for f in json.load(open(sys.argv[1]))["findings"] if f["id"] == sys.argv[2]}))' "$work/$1.json" "$2"
}
for who in credential user; do
    examine "$who"
    expect "$who: both controllers accept the bind (PW417)" test "$(states "$who" PW417)" = pass
    expect "$who: rights are read (PW505)" test "$(states "$who" PW505)" = pass
    expect "$who: the minimum age is read (PW601)" test "$(states "$who" PW601)" = pass
done
