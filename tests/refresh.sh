#!/bin/sh
# Writes what is generated and committed: the C header, the JSON Schemas, what recorded runs say.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --message-format=json-render-diagnostics >/dev/null
header=$(find "${CARGO_TARGET_DIR:-target}/debug/build" -name password_writeback.h -exec ls -t {} + | head -n 1)
cp "$header" include/password_writeback.h
PASSWORD_WRITEBACK_REFRESH=1 cargo test --quiet --test contract schema >/dev/null
PASSWORD_WRITEBACK_REFRESH=1 cargo test --quiet --test replay recorded >/dev/null
PASSWORD_WRITEBACK_REFRESH=1 cargo test --quiet --test replay as_text >/dev/null
echo "include/password_writeback.h and tests/contract/schema and tests/replay are fresh"
