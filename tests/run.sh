#!/usr/bin/env bash
# Every test: run.sh [PART...] [--seed S] [--count N], parts: unit contract replay c powershell lab windows
# oracle hardened bench; the options are the oracle's. Without a name all but the last three. Installs what is
# missing; closes with 'N passed, N failed, N skipped'.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/lib.sh"

parts=() options=()
while (($#)); do
    case $1 in
    --seed | --count)
        options+=("$1" "${2:?"$1 needs a number"}")
        shift
        ;;
    *) parts+=("$1") ;;
    esac
    shift
done
((${#parts[@]})) || parts=(unit contract replay c powershell lab windows)
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT

passed=0 failed=0 skipped=0
for part in "${parts[@]}"; do
    script=$ROOT/tests/parts/$part.sh
    if [[ ! -f $script ]]; then
        echo "not ok - there is no part '$part'"
        failed=$((failed + 1))
        continue
    fi
    say "part $part"
    log=$WORK/$part.log
    code=0
    started=$SECONDS
    bash "$script" "${options[@]}" 2>&1 | tee "$log" || code=$?
    # Each runner's own closing lines are counted; a part that counts nothing has failed.
    counts=$("$ROOT/tests/setup/count.sh" "$log")
    read -r p f s <<<"$counts"
    if ((code != 0 && f == 0)) || ((p + f + s == 0)); then
        echo "not ok - part $part ended with exit code $code and counted $p passed, $f failed, $s skipped"
        f=$((f + 1))
    fi
    say "part $part: $p passed, $f failed, $s skipped, $((SECONDS - started)) s"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

# On the build machines a skipped test is a failure: everything can be had there.
if [[ ${CI:-} == true ]]; then
    failed=$((failed + skipped))
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
