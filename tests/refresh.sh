#!/bin/sh
# Writes what is generated and committed: the C header and the JSON Schemas.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --message-format=json-render-diagnostics >/dev/null
header=$(find "${CARGO_TARGET_DIR:-target}/debug/build" -name password_writeback.h -exec ls -t {} + | head -n 1)
cp "$header" include/password_writeback.h
PASSWORD_WRITEBACK_REFRESH=1 cargo test --quiet --test contract schema >/dev/null
echo "include/password_writeback.h and tests/contract/schema are fresh"
