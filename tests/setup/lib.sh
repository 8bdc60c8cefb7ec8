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

# PowerShell: PATH, the bundle beside the project, a .NET SDK's tool. Sets PWSH; fails when there is none.
# shellcheck disable=SC2034  # read by the scripts that source this
find_powershell() {
    local bundle=$ROOT/../shared/pwsh/pwsh
    if PWSH=$(command -v pwsh); then return 0; fi
    if [[ -f $bundle ]]; then
        need_packages xz-utils libicu72
        PWSH=$(bash "$bundle" --where)/pwsh
        export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off DOTNET_NOLOGO=1
        return 0
    fi
    if command -v dotnet >/dev/null; then
        dotnet tool install --tool-path "$CACHE/dotnet" PowerShell >/dev/null 2>&1 && PWSH=$CACHE/dotnet/pwsh && return 0
    fi
    PWSH=
    return 1
}

# The loader of the module is compiled by mono's compiler outside Windows.
need_mono() { need_packages mono-mcs mono-runtime libmono-cil-dev; }
