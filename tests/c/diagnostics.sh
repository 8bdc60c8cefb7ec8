#!/usr/bin/env bash
# The diagnostics that the header declares, as the list that abi.c includes: diagnostics.sh >DIR/diagnostics.inc
set -euo pipefail
sed -nE 's/^PwbStatus (pwb_[a-z_]+)\(const uint8_t \*request,.*/DIAGNOSTIC(\1)/p' \
    "$(dirname "${BASH_SOURCE[0]}")/../../include/password_writeback.h"
