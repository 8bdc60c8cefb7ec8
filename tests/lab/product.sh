#!/usr/bin/env bash
# The product in the lab beyond single faults: two at once, a controller without answer in a hurry, and no
# secret in anything that was written.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
use_build_cache
"$CARGO" build --release --locked --quiet --example report --manifest-path "$ROOT/Cargo.toml"

plan_lab product
start_lab

examine() {
    "$lab" exec --name "$name" sync "$CARGO_TARGET_DIR/release/examples/report" --secret-from PWB_LAB_PASSWORD \
        "{\"syncServer\":true,\"knowledgePath\":\"$PWB_LAB_KNOWLEDGE\",\"directory\":{\"domains\":[\"$PWB_LAB_DOMAIN\"],\"user\":\"$PWB_LAB_USER\",\"connectorAccounts\":[\"$PWB_LAB_CONNECTOR\"]},\"output\":{\"evidence\":true}}" \
        "$work/$1.json" >"$work/$1.txt" </dev/null
}
causes() { python3 -c 'import json, sys; print(*[c["id"] for c in json.load(open(sys.argv[1]))["verdict"]["probableCauses"]])' "$work/$1.json"; }
# both NAME FAULT ID FAULT ID
both() {
    "$lab" fault --name "$name" "$2" on && "$lab" fault --name "$name" "$4" on
    examine "$1"
    "$lab" fault --name "$name" "$2" off && "$lab" fault --name "$name" "$4" off
    local found=" $(causes "$1") "
    [[ $found == *" $3 "* && $found == *" $5 "* ]]
}
expect "a filtered cloud and a frozen controller are both among the causes" both first cloud-port-dropped PW303 dc-frozen PW403
expect "an inspecting proxy and a wrong PDC record are both among the causes" both second inspecting-proxy PW308 pdc-role-moved PW402
expect "a filtered SMB port and a minimum age are both among the causes" both third dc-445-dropped PW406 domain-minimum-age PW601
examine healthy
expect "afterwards healthy is healthy" test -z "$(causes healthy)"
no_secret() { ! grep -rqF "$PWB_LAB_PASSWORD" "$work"; }
expect "the password stands in no report" no_secret
