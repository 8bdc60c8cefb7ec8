#!/usr/bin/env bash
# The C program against the library, under AddressSanitizer and UndefinedBehaviorSanitizer, with leak check.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
need_packages g++
use_build_cache
cd "$ROOT"
"$CARGO" build --locked --quiet
for standard in c99 c11 c17; do
    gcc "-std=$standard" -Wall -Wextra -Wredundant-decls -pedantic -Werror -fsyntax-only -x c include/password_writeback.h && echo "ok - the header is $standard"
done
for standard in c++11 c++17 c++20; do
    g++ "-std=$standard" -Wall -Wextra -Wredundant-decls -pedantic -Werror -fsyntax-only -x c++ include/password_writeback.h && echo "ok - the header is $standard"
done

tests/c/diagnostics.sh >"$WORK/diagnostics.inc"
gcc -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -pedantic -Werror -g -fsanitize=address,undefined -fno-sanitize-recover=all \
    -Iinclude -I"$WORK" tests/c/abi.c -o "$WORK/abi" -L"$CARGO_TARGET_DIR/debug" -lpassword_writeback -lpthread
code=0
LD_LIBRARY_PATH=$CARGO_TARGET_DIR/debug ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 "$WORK/abi" 2>&1 | tee "$WORK/abi.log" || code=$?
# Whatever else stands there was written by the library, or is a sanitizer's report.
if grep -qvE '^(ok|not ok) - ' "$WORK/abi.log"; then echo "not ok - something else was written to the console"; else echo "ok - nothing else is written to the console"; fi
exit "$code"
