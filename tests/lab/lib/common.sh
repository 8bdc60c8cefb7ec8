# shellcheck shell=bash
# Names, addresses and small helpers that every other file of the lab uses. Sourced, never run.
# shellcheck disable=SC2034 # used by the files that source this one

LAB_HOSTS=(router resolver dc1 dc2 sync cloud proxy)
LAB_DOMAIN=corp.example.test
LAB_REALM=CORP.EXAMPLE.TEST
LAB_NETBIOS=CORP
LAB_BASE_DN="DC=corp,DC=example,DC=test"

# Documentation ranges only (RFC 5737): none of them can be a real host of the machine's own network.
CLOUD=203.0.113.0/24
DC1_ADDRESS=198.51.100.11
DC2_ADDRESS=198.51.100.12
RESOLVER_ADDRESS=198.51.100.53
SYNC_ADDRESS=198.51.100.80
PROXY_ADDRESS=198.51.100.40
EXPLICIT_PORT=3128
INSPECT_PORT=8443

# The lab is sealed off and thrown away: fixed passwords keep it usable by hand.
ADMIN_PASSWORD='Lab-Admin-2026'
OPERATOR_PASSWORD='Lab-Operator-2026'
CONNECTOR_PASSWORD='Lab-Connector-2026'

# The real names of the cloud, each with an address of its own.
cloud_hosts() {
    cat <<-END
	203.0.113.11 ssprdedicatedsbprodscu.servicebus.windows.net
	203.0.113.12 ssprdedicatedsbprodncu.servicebus.windows.net
	203.0.113.21 passwordreset.microsoftonline.com
	203.0.113.22 api.passwordreset.microsoftonline.com
	203.0.113.31 login.microsoftonline.com
	203.0.113.41 adminwebservice.microsoftonline.com
	203.0.113.42 provisioningapi.microsoftonline.com
	END
}

# Everything that belongs to one instance hangs on its name. /run keeps the paths of Samba's sockets short.
choose_instance() {
    NAME=$1
    [[ $NAME =~ ^[a-z][a-z0-9-]{0,15}$ ]] || die "the name of a lab is a-z, 0-9 and '-', at most 16 characters: $NAME"
    DIR=/run/passwordwriteback-lab/$NAME
    SYNC_ETC=/etc/netns/$NAME-sync
    CCACHE=$DIR/operator.ccache
    LAB_ENVIRONMENT=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "KRB5_CONFIG=$DIR/krb5.conf")
}

cache_root() { echo "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/passwordwriteback"; }

say() { echo "lab $NAME: $*" >&2; }

die() {
    echo "lab: $*" >&2
    exit 1
}

# The machine's own proxies, trust stores and Kerberos settings must not reach into the lab.
clean_env() { env -i "${LAB_ENVIRONMENT[@]}" "$@"; }

# Runs a command of the lab itself inside a host.
inside() { clean_env ip netns exec "$NAME-$1" "${@:2}"; }

# Starts a service of a host in the background. It must not hold the locks (8 and 9) or the terminal of
# the caller; `exec`, so that no shell stays to wait for it.
start_service() {
    local host=$1 log=$2
    shift 2
    (
        exec 8>&- 9>&- </dev/null >>"$DIR/log/$log.log" 2>&1
        exec env -i "${LAB_ENVIRONMENT[@]}" ip netns exec "$NAME-$host" setsid "$@"
    ) &
}

# Repeats a command until it succeeds; says what was waited for when it never does.
wait_for() {
    local seconds=$1 what=$2 end
    shift 2
    end=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || die "$what: not within $seconds s (logs: $DIR/log)"
        sleep 0.1
    done
}
