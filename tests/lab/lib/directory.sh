# shellcheck shell=bash
# The two domain controllers: their configuration, start, and the local door for administrative changes.

# Written anew at each start, because Samba wants absolute paths and each instance has its own folder.
# `dnsupdate` is left out: it would re-register the locator records and so repair the stale ones of the
# fault pdc-role-moved behind our back.
write_samba_config() {
    local dc=$1 home=$DIR/$1 tls=$DIR/certificates
    cat >"$home/smb.conf" <<-END
	[global]
	    netbios name = ${dc^^}
	    workgroup = $LAB_NETBIOS
	    realm = $LAB_REALM
	    server role = active directory domain controller
	    server services = s3fs, rpc, nbt, wrepl, ldap, cldap, kdc, drepl, winbindd, ntp_signd, kcc, dns
	    idmap_ldb:use rfc2307 = yes
	    interfaces = lo eth0
	    bind interfaces only = yes
	    allow dns updates = secure only
	    private dir = $home/private
	    state directory = $home/state
	    cache directory = $home/cache
	    lock directory = $home/state
	    pid directory = $home/run
	    ncalrpc dir = $home/run/ncalrpc
	    winbindd socket directory = $home/run/winbindd
	    ntp signd socket directory = $home/run/ntp_signd
	    log file = $DIR/log/$dc.samba.log
	    posix:eadb = $home/state/eadb.tdb
	    tls certfile = $tls/$dc.crt
	    tls keyfile = $tls/$dc.key
	    tls cafile = $tls/ad-root.crt
	    load printers = no
	    printcap name = /dev/null
	    disable spoolss = yes
	[sysvol]
	    path = $home/state/sysvol
	    read only = no
	[netlogon]
	    path = $home/state/sysvol/$LAB_DOMAIN/scripts
	    read only = no
	END
    mkdir -p "$home"/{run,cache,state}
}

start_controller() {
    write_samba_config "$1"
    start_service "$1" "$1" samba -F --no-process-group -s "$DIR/$1/smb.conf"
}

# SYSTEM's door: a socket that only root reaches. Works from any namespace and needs no ticket. Samba's
# own tools are used because they do not bind: any bind would replace SYSTEM by whoever signs in.
local_ldap() { echo "ldapi://${DIR//\//%2F}%2F$1%2Fprivate%2Fldap_priv%2Fldapi"; }

# Applies LDIF from standard input on one controller.
modify() { clean_env timeout 20 ldbmodify -H "$(local_ldap "$1")" >/dev/null; }

# Long values are folded at a leading space: put together again first.
read_attribute() {
    local dc=$1 dn=$2 attribute=$3
    clean_env timeout 5 ldbsearch -H "$(local_ldap "$dc")" -s base -b "$dn" "$attribute" |
        sed -n ':a; N; $!ba; s/\n //g; p' | sed -n "s/^$attribute: //p"
}

controller_answers() {
    [[ $(inside sync timeout 3 ldapsearch -x -LLL -H "ldap://$1.$LAB_DOMAIN" -s base -b '' isSynchronized) == *TRUE* ]]
}

# The security accounts manager over TCP, found through the endpoint mapper: the slowest part of a start.
samr_answers() {
    inside sync timeout 5 rpcclient --use-kerberos=required --use-krb5-ccache="$CCACHE" \
        "ncacn_ip_tcp:$1.$LAB_DOMAIN" -c querydominfo
}

# The operator's ticket and, ready in the cache like on any member that has worked for a while, the
# service tickets of both controllers.
sign_in_operator() {
    echo "$OPERATOR_PASSWORD" | inside_with_ticket kinit "operator@$LAB_REALM" &&
        inside_with_ticket kvno -q "ldap/dc1.$LAB_DOMAIN" "ldap/dc2.$LAB_DOMAIN" \
            "cifs/dc1.$LAB_DOMAIN" "cifs/dc2.$LAB_DOMAIN"
}

inside_with_ticket() { inside sync env KRB5CCNAME="$CCACHE" "$@"; }

# The processes of one controller, and no other.
stop_controller() {
    local pids
    mapfile -t pids < <(ip netns pids "$NAME-$1")
    kill "${pids[@]}" 2>/dev/null || true
    wait_for 20 "the end of $1" controller_is_stopped "$1"
}

controller_is_stopped() { [[ ! $(ip netns pids "$NAME-$1") ]]; }

# Fills dc1 offline with so many users and starts it again; dc2 gets them by replication, while it runs.
load_dc1() {
    stop_controller dc1
    say "loading $1 users"
    inside dc1 /usr/bin/python3 "$HERE/lib/load_users.py" "$DIR/dc1/smb.conf" --count "$1"
    start_controller dc1
    wait_for 60 "LDAP of dc1" controller_answers dc1
}
