#!/usr/bin/env bash
# The loader of a staged module under mono: run.sh DIR, where DIR is what tests/stage.sh was given.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(echo "${1:?run.sh DIR}"/PasswordWriteback/*/)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$module/Native.dll" "$work/"
mcs -langversion:5 "-r:$work/Native.dll" "-out:$work/loader.exe" "$here/Loader.cs"
mono "$work/loader.exe" "$(realpath "$module")/bin/linux-x64/libpassword_writeback.so"
