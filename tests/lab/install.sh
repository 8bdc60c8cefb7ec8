#!/usr/bin/env bash
# Installs the Debian packages that the lab runs on. Quiet, and without any effect when all are there.
set -euo pipefail

PACKAGES=(
    samba samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba winbind smbclient
    krb5-user ldap-utils ldb-tools libsasl2-modules libsasl2-modules-gssapi-mit
    dnsmasq-base dnsutils iproute2 nftables procps openssl ca-certificates curl netcat-openbsd time
)

missing=()
for package in "${PACKAGES[@]}"; do
    # shellcheck disable=SC2016 # ${...} is dpkg-query's own syntax
    state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    [[ $state == ii* ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if [[ ${1:-} == --check ]]; then
    echo "lab: packages are missing (run tests/lab/install.sh): ${missing[*]}" >&2
    exit 1
fi
if ((EUID)); then
    echo "lab: root is needed to install: ${missing[*]}" >&2
    exit 1
fi

echo "lab: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { apt-get install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
# The package lists may be absent or old: refresh them only when the first try fails.
if ! install && ! { apt-get update -q >"$log" 2>&1 && install; }; then
    tail -n 20 "$log" >&2
    exit 1
fi
