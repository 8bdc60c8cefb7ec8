#!/usr/bin/env bash
# The product against a real directory: random states, what they allow in truth, and what is said of them.
# oracle.sh [--seed S] [--count N]; the same seed gives the same states.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
if ((EUID != 0)); then echo "skipped: the lab needs root"; exit 0; fi

seed=1 count=500
while (($#)); do
    case $1 in
    --seed) seed=$2 ;;
    --count) count=$2 ;;
    *) die "oracle.sh [--seed S] [--count N]" ;;
    esac
    shift 2
done

bash "$ROOT/tests/lab/install.sh"
need_rust
use_build_cache
"$CARGO" build --locked --quiet --example oracle --example report --manifest-path "$ROOT/Cargo.toml"

plan_lab oracle
start_lab
# shellcheck source=tests/lab/lib/common.sh
PWB_ORACLE_PASSWORD=$(. "$ROOT/tests/lab/lib/common.sh" && echo "$ADMIN_PASSWORD")
export PYTHONDONTWRITEBYTECODE=1 PWB_ORACLE_PASSWORD
# The second controller would copy every change: its time is better spent on the first.
ip netns pids "$name-dc2" | xargs kill -STOP

in_lab() { "$lab" exec --name "$name" sync /usr/bin/python3 "$ROOT/tests/oracle/$1.py" "${@:2}"; }
truth() { in_lab truth "$@"; }
ask() { in_lab ask "$@"; }
compare() { /usr/bin/python3 "$ROOT/tests/oracle/compare.py" "$@"; }

say "oracle: $count states of seed $seed"
truth make --seed "$seed" --count "$count" "$work/states"
for phase in A B; do
    truth phase "$phase"
    # Before anything is tried: every attempt leaves marks.
    ask --phase "$phase" --report "$CARGO_TARGET_DIR/debug/examples/report" "$work/states" "$work/findings"
    # Its errors are full of users that cannot sign in, as planted.
    truth measure --phase "$phase" "$work/states" 2>"$work/measure.log" || { tail "$work/measure.log"; exit 1; }
done
failed=0
say "oracle: the rights engine alone"
"$CARGO_TARGET_DIR/debug/examples/oracle" "$work/states" >"$work/engine"
compare --checks PW505,PW506,PW507,PW509,PW915 "$work/states" "$work/engine" || failed=1
say "oracle: the product"
compare "$work/states" "$work/findings" || failed=1
exit "$failed"
