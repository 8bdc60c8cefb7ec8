# shellcheck shell=bash
# The wires: one namespace per host, a router between three segments, and the files under /etc/netns.
# The root namespace takes no part: no interface of the lab and no route ever appears in it.

create_network() {
    local host
    for host in "${LAB_HOSTS[@]}"; do
        ip netns add "$NAME-$host"
        ip netns exec "$NAME-$host" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
        ip -n "$NAME-$host" link set lo up
    done
    # The controllers, the resolver and the proxies share one wire; the others sit alone behind the router, so that
    # every packet between the sync server and anything else passes its filter.
    ip -n "$NAME-router" link add name dcs type bridge
    ip -n "$NAME-router" link set dcs up
    ip -n "$NAME-router" address add 198.51.100.1/26 dev dcs
    plug dc1 to-dc1 "$DC1_ADDRESS/26" 198.51.100.1
    plug dc2 to-dc2 "$DC2_ADDRESS/26" 198.51.100.1
    plug resolver to-resolver "$RESOLVER_ADDRESS/26" 198.51.100.1
    plug proxy to-proxy "$PROXY_ADDRESS/26" 198.51.100.1
    for host in dc1 dc2 resolver proxy; do ip -n "$NAME-router" link set "to-$host" master dcs; done
    plug sync servers "$SYNC_ADDRESS/26" 198.51.100.65
    ip -n "$NAME-router" address add 198.51.100.65/26 dev servers
    plug cloud cloud 203.0.113.2/24 203.0.113.1
    ip -n "$NAME-router" address add 203.0.113.1/24 dev cloud
    local address
    cloud_hosts | while read -r address _; do ip -n "$NAME-cloud" address add "$address/24" dev eth0; done
    ip netns exec "$NAME-router" sysctl -qw net.ipv4.ip_forward=1
}

# A cable from a host to the router, the host's address and its way out.
plug() {
    local host=$1 port=$2 address=$3 gateway=$4
    ip link add name eth0 netns "$NAME-$host" type veth peer name "$port" netns "$NAME-router"
    ip -n "$NAME-router" link set "$port" up
    ip -n "$NAME-$host" link set eth0 up
    ip -n "$NAME-$host" address add "$address" dev eth0
    ip -n "$NAME-$host" route add default via "$gateway"
}

# Files that `ip netns exec` binds over the machine's own. They must exist before a process starts, and
# are always rewritten in place: a bind mount follows the inode, not the name.
create_host_files() {
    local host etc
    for host in "${LAB_HOSTS[@]}"; do
        etc=/etc/netns/$NAME-$host
        mkdir -p "$etc"
        printf 'nameserver %s\noptions timeout:2 attempts:2\n' "$RESOLVER_ADDRESS" >"$etc/resolv.conf"
        printf '127.0.0.1 localhost\n' >"$etc/hosts"
        printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$etc/nsswitch.conf"
    done
    mkdir -p "$SYNC_ETC/ssl/certs"
    cp /etc/ssl/openssl.cnf "$SYNC_ETC/ssl/"
    # dc2 first: when dc1 is frozen or filtered, a client must not wait for it before it gets a ticket.
    cat >"$DIR/krb5.conf" <<-END
	[libdefaults]
	    default_realm = $LAB_REALM
	    dns_lookup_realm = false
	    dns_lookup_kdc = false
	    rdns = false
	    dns_canonicalize_hostname = false
	[realms]
	    $LAB_REALM = {
	        kdc = dc2.$LAB_DOMAIN
	        kdc = dc1.$LAB_DOMAIN
	    }
	[domain_realm]
	    .$LAB_DOMAIN = $LAB_REALM
	    $LAB_DOMAIN = $LAB_REALM
	END
}

namespace_exists() { [[ -e /run/netns/$NAME-$1 ]]; }

# Every process whose network is one of the lab's namespaces, and no other.
lab_pids() {
    local host
    for host in "${LAB_HOSTS[@]}"; do
        if namespace_exists "$host"; then ip netns pids "$NAME-$host"; fi
    done
}

# Ends the processes of the lab: asked first, forced after two seconds. A frozen one must run to hear it.
stop_processes() {
    local pids end=$((SECONDS + 2))
    mapfile -t pids < <(lab_pids)
    ((${#pids[@]})) || return 0
    kill -TERM "${pids[@]}" 2>/dev/null
    kill -CONT "${pids[@]}" 2>/dev/null
    while mapfile -t pids < <(lab_pids) && ((${#pids[@]})); do
        if ((SECONDS > end)); then kill -KILL "${pids[@]}" 2>/dev/null; fi
        sleep 0.05
    done
}

remove_network() {
    local host
    for host in "${LAB_HOSTS[@]}"; do
        if namespace_exists "$host"; then ip netns del "$NAME-$host"; fi
        rm -rf "/etc/netns/$NAME-$host"
    done
    rmdir --ignore-fail-on-non-empty /etc/netns 2>/dev/null || true
}
