#!/usr/bin/env bash
# The C program against the library, under AddressSanitizer and UndefinedBehaviorSanitizer, with leak check.
set -euo pipefail
# shellcheck source=tests/setup/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup/lib.sh"
need_rust
use_build_cache
cd "$ROOT"
"$CARGO" build --locked --quiet
for standard in c99 c17; do
    gcc "-std=$standard" -Wall -Wextra -pedantic -Werror -fsyntax-only -x c include/password_writeback.h && echo "ok - the header is $standard"
done
g++ -std=c++11 -Wall -Wextra -pedantic -Werror -fsyntax-only -x c++ include/password_writeback.h && echo "ok - the header is C++11"
gcc -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -g -fsanitize=address,undefined -fno-sanitize-recover=all \
    -Iinclude tests/c/abi.c -o "$WORK/abi" -L"$CARGO_TARGET_DIR/debug" -lpassword_writeback -lpthread
# Kerberos and libc keep a few blocks for the life of the process; ours are what counts.
LD_LIBRARY_PATH=$CARGO_TARGET_DIR/debug ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 "$WORK/abi"
