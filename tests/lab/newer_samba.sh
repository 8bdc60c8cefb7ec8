#!/usr/bin/env bash
# Runs a command on a copy of this machine whose Samba is the newer one of Debian's backports: at functional level
# 2016, and it enforces channel binding over TLS as a hardened controller does. The copy is an overlay in a mount
# namespace of its own: nothing of it stays, and the machine's packages are not touched.
#
#   newer_samba.sh COMMAND [ARGUMENTS]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [[ ${PWB_NEWER_SAMBA:-} != entered ]]; then
    PWB_NEWER_SAMBA=entered exec unshare --mount --propagation private "$here/newer_samba.sh" "$@"
fi
unset PWB_NEWER_SAMBA

copy=$(mktemp -d)
mount -t tmpfs tmpfs "$copy"
mkdir "$copy"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$copy/upper,workdir=$copy/work" "$copy/root"
# What is not a system's own is the same inside, at the same place.
for folder in /*; do
    case $folder in
    /bin | /sbin | /lib* | /usr | /etc | /var | /boot | /lost+found) continue ;;
    esac
    if [[ -d $folder && ! -L $folder ]]; then mount --rbind "$folder" "$copy/root$folder"; fi
done

mirror=$(grep -hv '^#' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -oE -m 1 'https?://[^ ]+/debian/?( |$)' || true)
[[ -n $mirror ]] || { echo "missing: a Debian mirror in the package sources" >&2; exit 1; }
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")-backports
echo "deb ${mirror% } $suite main" >"$copy/root/etc/apt/sources.list.d/newer.list"
install='apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends -t "$0" samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba winbind smbclient'
log=$copy/apt.log
chroot "$copy/root" sh -c "$install" "$suite" >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    echo "missing: Samba from Debian's backports" >&2
    exit 1
}
status=0
chroot "$copy/root" "$@" || status=$?
umount -R "$copy/root" && umount "$copy" && rmdir "$copy"
exit "$status"
