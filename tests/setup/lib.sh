# Shared by the entry points: where things are, how to say what is missing. Sourced, not run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/passwordwriteback
# shellcheck source=tests/setup/cache.sh
. "$ROOT/tests/setup/cache.sh"

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'missing: %s\n' "$*" >&2; exit 1; }

# Installs Debian packages that are not there; silent when all are.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    ((!${#missing[@]})) || install_packages "${missing[@]}"
}

# Installs packages, or newer versions of them. The package lists of a fresh machine may be old: they are
# fetched anew when the first try fails, or at once with LISTS=new.
install_packages() {
    ((EUID == 0)) || die "packages $*; run as root, or install them"
    say "installing $*"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
    [[ ${LISTS:-} == new ]] || { "${install[@]}" >/dev/null 2>&1 && return; }
    apt-get update -qq >/dev/null 2>&1 || true
    "${install[@]}" >/dev/null 2>&1 || die "packages $*: apt-get could not install them"
}

# True when this compiler is there and new enough for the project.
is_new_enough() {
    local least have
    least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
    have=$("$1" --version 2>/dev/null | cut -d' ' -f2 || true)
    [[ -n $have && $(printf '%s\n%s\n' "$least" "$have" | sort -V | head -n 1) == "$least" ]]
}

# The compiler: the one on PATH when it is new enough, else Debian's. Exports CARGO and RUSTC.
need_rust() {
    need_packages gcc libc6-dev pkg-config libkrb5-dev libclang-dev
    if is_new_enough rustc; then
        export RUSTC=${RUSTC:-rustc} CARGO=${CARGO:-cargo}
        return
    fi
    need_debian_rust
    export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo PATH=/usr/bin:/bin:$PATH
}

# Debian's compiler with formatter and lints, and further packages that have to be of its version.
need_debian_rust() {
    local packages=(rustc-web cargo-web rustfmt-web rust-web-clippy "$@")
    need_packages "${packages[@]}"
    is_new_enough /usr/bin/rustc || LISTS=new install_packages "${packages[@]}"
    is_new_enough /usr/bin/rustc || die "a newer Rust compiler; Debian has only $(/usr/bin/rustc --version)"
}

# The official release of PowerShell for Linux. Its SHA-256 is the line for this file in the release's own
# hashes.sha256.
POWERSHELL_ARCHIVE=https://github.com/PowerShell/PowerShell/releases/download/v7.4.6/powershell-7.4.6-linux-x64.tar.gz
POWERSHELL_SHA256=6f6015203c47806c5cc444c19d8ed019695e610fbd948154264bf9ca8e157561

# Unpacks the official release into the cache; fails when it cannot be had or is not the one that was pinned.
unpack_powershell() {
    local folder=$CACHE/powershell-${POWERSHELL_SHA256:0:16} file
    if [[ ! -x $folder/pwsh ]]; then
        [[ $(uname -m) == x86_64 ]] || return 1
        need_packages curl ca-certificates libicu72
        mkdir -p "$CACHE"
        file=$(mktemp "$CACHE/powershell.XXXXXX")
        if ! curl -fsSL --proto '=https' --connect-timeout 10 -o "$file" "$POWERSHELL_ARCHIVE" 2>/dev/null ||
            ! echo "$POWERSHELL_SHA256  $file" | sha256sum --check --status; then
            rm -f "$file"
            return 1
        fi
        rm -rf "$folder.tmp"
        mkdir -p "$folder.tmp"
        tar -xzf "$file" -C "$folder.tmp"
        rm -f "$file"
        chmod +x "$folder.tmp/pwsh"
        mv "$folder.tmp" "$folder"
    fi
    PWSH=$folder/pwsh
}

# PowerShell: PATH, the bundle beside the project, a .NET SDK's tool, the official release. Sets PWSH; fails
# when there is none.
# shellcheck disable=SC2034  # read by the scripts that source this
find_powershell() {
    local bundle=$ROOT/../shared/pwsh/pwsh
    export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off DOTNET_NOLOGO=1
    if PWSH=$(command -v pwsh); then return 0; fi
    if [[ -f $bundle ]]; then
        need_packages xz-utils libicu72
        PWSH=$(bash "$bundle" --where)/pwsh
        return 0
    fi
    if command -v dotnet >/dev/null; then
        dotnet tool install --tool-path "$CACHE/dotnet" PowerShell >/dev/null 2>&1 && PWSH=$CACHE/dotnet/pwsh && return 0
    fi
    if unpack_powershell; then return 0; fi
    PWSH=
    return 1
}

# The loader of the module is compiled by mono's compiler outside Windows.
need_mono() { need_packages mono-mcs mono-runtime libmono-cil-dev; }

# A folder and a lab that end with the script: sets lab, name and work; start_lab starts the lab.
# shellcheck disable=SC2034  # read by the scripts that source this
plan_lab() {
    lab=$ROOT/tests/lab/lab.sh
    name=$1$$
    work=$(mktemp -d)
    trap '"$lab" down --name "$name" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
}

# Exports what a test needs to know of the lab: PWB_LAB_* and the operator's ticket.
start_lab() {
    "$lab" up --name "$name"
    eval "$("$lab" env --name "$name")"
}

# One line of a test: expect WHAT COMMAND...
expect() { if "${@:2}"; then echo "ok - $1"; else echo "not ok - $1"; fi; }
