#!/usr/bin/env bash
# Proves the lab with plain tools: two instances side by side are healthy, every fault has its effect and
# is gone after `off`, each switch takes less than a second, and nothing is left behind.
set -uo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$HERE/lib/common.sh"

# Names of this run alone: another one may be under way.
A=test-$$-a
B=test-$$-b
RELAY=ssprdedicatedsbprodscu.servicebus.windows.net
LOGIN=login.microsoftonline.com
DC1=dc1.$LAB_DOMAIN
DC2=dc2.$LAB_DOMAIN
PROXY=http://proxy.$LAB_DOMAIN:$EXPLICIT_PORT
passed=0
failed=0

check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok     $what"
    else
        failed=$((failed + 1))
        echo "not ok $what"
    fi
}

not() { ! "$@"; }

# Some effects arrive a moment after the switch, like a resolver that reads its file again.
soon() {
    local end=$((SECONDS + 5))
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

lab() {
    local command=$1 name=$2
    shift 2
    "$HERE/lab.sh" "$command" --name "$name" "$@"
}

# On the sync server of the instance under test.
sync() { lab exec "$INSTANCE" sync "$@"; }

# connected, refused or dropped
tcp() {
    local result
    # shellcheck disable=SC2016 # expanded by the inner shell
    sync timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
    result=$?
    case $result in 0) echo connected ;; 124) echo dropped ;; *) echo refused ;; esac
}
tcp_is() { [[ $(tcp "$1" "$2") == "$3" ]]; }

resolves_to() { [[ $(sync getent ahostsv4 "$1" | awk '{print $1; exit}') == "$2" ]]; }
dns_says() { [[ $(sync dig +short "$1" A) == "$2" ]]; }

srv() { [[ $(sync dig +short SRV "$1.$LAB_DOMAIN" | awk '{print $4}' | sort | paste -sd' ') == "$2" ]]; }

# One attribute of the directory, read as the operator over a signed and sealed connection.
attribute() {
    sync timeout 5 ldapsearch -Q -LLL -o ldif-wrap=no -Y GSSAPI -H "ldap://$1" -s base -b "$2" "$3" 2>/dev/null |
        sed -n "s/^$3: //p"
}
# shellcheck disable=SC2053 # the expected value is a pattern
attribute_is() { [[ $(attribute "$1" "$2" "$3") == $4 ]]; }

control_is() { attribute_is "$1" "CN=MSOL_lab,CN=Users,$LAB_BASE_DN" userAccountControl "$2"; }

# A binary attribute in hexadecimal; of a security descriptor the access list, which everybody may read.
bytes() {
    sync timeout 5 ldapsearch -Q -LLL -o ldif-wrap=no -Y GSSAPI -H "ldap://$1" -E '!1.2.840.113556.1.4.801=::MAMCAQQ=' \
        -s base -b "$2,$LAB_BASE_DN" "$3" 2>/dev/null | sed -n "s/^$3:: //p" | base64 -d | od -An -v -tx1 | tr -d ' \n'
}

# On both controllers: the entry for Reset Password (GUID, class of users, connector) has arrived at a user.
reset_reaches() {
    local dc
    for dc in "$DC1" "$DC2"; do
        [[ $(bytes "$dc" "$1" nTSecurityDescriptor) == *"709529006d24d011a76800aa006e0529ba7a96bfe60dd011a28500aa003049e2$(bytes "$dc" CN=MSOL_lab,CN=Users objectSid)"* ]] || return
    done
}

root_dse_has() {
    [[ $(sync timeout 3 ldapsearch -x -LLL -H "ldap://$1" -s base -b '' "$2" 2>/dev/null) == *"$2: $3"* ]]
}

tls_says() { [[ $(sync curl -sS --max-time 5 -o /dev/null "https://$RELAY/" 2>&1) == *"$1"* ]]; }
issuer_is() {
    [[ $(sync openssl s_client -connect "$RELAY:443" -servername "$RELAY" </dev/null 2>/dev/null |
        openssl x509 -noout -issuer) == *"$1"* ]]
}
status_is() { [[ $(sync curl -s --max-time 5 -o /dev/null -w '%{http_code}' "${@:2}") == "$1" ]]; }
connect_is() { [[ $(sync curl -s --max-time 5 -o /dev/null -w '%{http_connect}' -x "$PROXY" "${@:2}") == "$1" ]]; }
speaks() { sync openssl s_client "-$1" -connect "$LOGIN:443" -servername "$LOGIN" </dev/null >/dev/null 2>&1; }

# How far the cloud's clock is ahead of ours, in seconds.
cloud_skew() {
    local date
    date=$(sync curl -sI --max-time 5 "https://$LOGIN/" | tr -d '\r' | sed -n 's/^Date: //p')
    echo $(($(date -d "$date" +%s) - $(date +%s)))
}
skew_is() { local skew && skew=$(cloud_skew) && ((skew >= $1 - 3 && skew <= $1 + 3)); }

has_samr() {
    [[ $(sync rpcclient --use-kerberos=required "ncacn_ip_tcp:$1" -c querydominfo 2>/dev/null) == *"$LAB_NETBIOS"* ]]
}

every_cloud_host_answers() {
    local host
    while read -r _ host; do
        sync curl -s --max-time 5 -o /dev/null "https://$host/" </dev/null || return
    done < <(cloud_hosts)
}

simple_bind_over_tls() {
    sync ldapsearch -x -LLL -D "operator@$LAB_DOMAIN" -w "$OPERATOR_PASSWORD" -H "ldaps://$1" -s base \
        -b "$LAB_BASE_DN" minPwdAge >/dev/null 2>&1
}

healthy() {
    local dc host
    check "$INSTANCE: pdc record names dc1 alone" srv _ldap._tcp.pdc._msdcs "$DC1."
    check "$INSTANCE: both controllers in the dc records" srv _ldap._tcp.dc._msdcs "$DC1. $DC2."
    check "$INSTANCE: both controllers in the Kerberos records" srv _kerberos._tcp.dc._msdcs "$DC1. $DC2."
    check "$INSTANCE: role owner is dc1" attribute_is "$DC1" "$LAB_BASE_DN" fSMORoleOwner 'CN=NTDS Settings,CN=DC1,*'
    for dc in "$DC1" "$DC2"; do
        for port in 53 88 135 389 445 464 636 3268; do
            check "$INSTANCE: $dc answers on $port" tcp_is "$dc" "$port" connected
        done
        check "$INSTANCE: $dc is synchronised" root_dse_has "$dc" isSynchronized TRUE
        check "$INSTANCE: $dc advertises 2239" root_dse_has "$dc" supportedControl 1.2.840.113556.1.4.2239
        check "$INSTANCE: $dc advertises 2066" root_dse_has "$dc" supportedControl 1.2.840.113556.1.4.2066
        check "$INSTANCE: $dc has minimum age 0" attribute_is "$dc" "$LAB_BASE_DN" minPwdAge 0
        check "$INSTANCE: $dc lists SAM over TCP" has_samr "$dc"
        check "$INSTANCE: $dc accepts the operator over LDAPS" simple_bind_over_tls "$dc"
        for host in DC1 DC2; do
            check "$INSTANCE: $dc says $host runs Windows" attribute_is "$dc" \
                "CN=$host,OU=Domain Controllers,$LAB_BASE_DN" operatingSystem 'Windows Server 2022*'
        done
    done
    check "$INSTANCE: the connector's grant reaches a user" reset_reaches CN=anna,OU=Staff
    check "$INSTANCE: it does not reach a protected user" not reset_reaches CN=carla,OU=Staff
    check "$INSTANCE: every cloud host answers over trusted TLS" every_cloud_host_answers
    check "$INSTANCE: cloud speaks TLS 1.2" speaks tls1_2
    check "$INSTANCE: cloud speaks TLS 1.3" speaks tls1_3
    check "$INSTANCE: relay refuses without token" status_is 401 "https://$RELAY/"
    check "$INSTANCE: cloud is under its own authority" issuer_is "Lab Cloud"
    check "$INSTANCE: proxy opens tunnels" connect_is 200 "https://$RELAY/"
    check "$INSTANCE: clocks agree" skew_is 0
    check "$INSTANCE: unknown names are denied" not sync getent hosts www.example.com
    check "$INSTANCE: nothing leads out of the lab" not sync timeout 2 bash -c 'exec 3<>/dev/tcp/192.0.2.1/443' 2>/dev/null
}

# True while the fault has its effect.
effect_of() {
    case $1 in
    cloud-port-dropped) tcp_is "$RELAY" 443 dropped && tcp_is "$LOGIN" 443 dropped ;;
    cloud-port-refused) tcp_is "$RELAY" 443 refused && tcp_is "$LOGIN" 443 refused ;;
    dc-389-dropped) tcp_is "$DC1" 389 dropped ;;
    dc-135-dropped) tcp_is "$DC1" 135 dropped ;;
    dc-445-dropped) tcp_is "$DC1" 445 dropped ;;
    dc-88-dropped) tcp_is "$DC1" 88 dropped ;;
    cloud-name-unknown) dns_says "$RELAY" '' && not sync getent hosts "$LOGIN" >/dev/null ;;
    cloud-name-loopback) dns_says "$RELAY" 127.0.0.1 && resolves_to "$LOGIN" 127.0.0.1 ;;
    cloud-name-hosts-file) dns_says "$RELAY" 203.0.113.11 && resolves_to "$RELAY" 127.0.0.1 ;;
    dc-frozen) tcp_is "$DC1" 389 connected && not root_dse_has "$DC1" isSynchronized TRUE && srv _ldap._tcp.pdc._msdcs "$DC1." ;;
    pdc-role-moved)
        attribute_is "$DC1" "$LAB_BASE_DN" fSMORoleOwner 'CN=NTDS Settings,CN=DC2,*' &&
            attribute_is "$DC2" "$LAB_BASE_DN" fSMORoleOwner 'CN=NTDS Settings,CN=DC2,*' &&
            srv _ldap._tcp.pdc._msdcs "$DC1."
        ;;
    cloud-clock-wrong) skew_is 420 ;;
    cert-expired) tls_says 'certificate has expired' ;;
    cert-wrong-name) tls_says 'no alternative certificate subject name' ;;
    cert-unknown-ca) tls_says 'unable to get local issuer' && issuer_is 'Unknown Org' ;;
    inspecting-proxy) issuer_is 'Corp-Proxy Root' && status_is 401 "https://$RELAY/" ;;
    proxy-auth) connect_is 407 "https://$RELAY/" && connect_is 200 -U "operator:$OPERATOR_PASSWORD" "https://$RELAY/" ;;
    domain-minimum-age)
        attribute_is "$DC1" "$LAB_BASE_DN" minPwdAge -864000000000 &&
            attribute_is "$DC2" "$LAB_BASE_DN" minPwdAge -864000000000
        ;;
    connector-without-reset) not reset_reaches CN=operator,CN=Users && not reset_reaches CN=anna,OU=Staff ;;
    connector-disabled) control_is "$DC1" 66050 && control_is "$DC2" 66050 ;;
    staff-without-inheritance) reset_reaches CN=operator,CN=Users && not reset_reaches CN=anna,OU=Staff ;;
    *) false ;;
    esac
}

# Switches a fault; false when that took a second or more.
quickly() {
    local begun=${EPOCHREALTIME/./}
    lab fault "$INSTANCE" "$1" "$2" && ((${EPOCHREALTIME/./} - begun < 1000000))
}

each_fault() {
    local fault
    while read -r -u 3 fault _; do
        check "$fault: no effect before" not effect_of "$fault"
        check "$fault: on in less than a second" quickly "$fault" on
        check "$fault: has its effect" soon effect_of "$fault"
        check "$fault: off in less than a second" quickly "$fault" off
        check "$fault: effect is gone" soon not effect_of "$fault"
    done 3< <(sed 1d "$HERE/faults.tsv")
}

together() {
    lab fault "$A" dc-frozen on
    lab fault "$A" domain-minimum-age on
    lab fault "$A" cert-expired on
    check "together: frozen" effect_of dc-frozen
    check "together: expired" effect_of cert-expired
    check "together: the other instance is untouched" other_untouched
    check "together: heal" lab heal "$A"
}

other_untouched() (
    INSTANCE=$B
    root_dse_has "$DC1" isSynchronized TRUE && attribute_is "$DC1" "$LAB_BASE_DN" minPwdAge 0 && every_cloud_host_answers
)

# What one instance could leave in the machine.
traces() {
    ip netns list | grep "^$1-"
    ls -d "/etc/netns/$1-"* "/run/passwordwriteback-lab/$1"* 2>/dev/null
    grep -e "/netns/$1-" -e "passwordwriteback-lab/$1" /proc/mounts
    grep -ls "[p]asswordwriteback-lab/$1" /proc/[0-9]*/cmdline
}
has_traces() { [[ $(traces "$1") ]]; }

"$HERE/install.sh" || exit
trap 'lab down "$A"; lab down "$B"' EXIT
links_before=$(ip -o link | cut -d: -f2 | sort)
routes_before=$(ip route)

lab up "$B" &
check "$A: up" lab up "$A"
check "$B: up" wait $!
check "$A: up again does nothing" lab up "$A"
check "no interface in the root namespace" test "$(ip -o link | cut -d: -f2 | sort)" = "$links_before"
check "no route in the root namespace" test "$(ip route)" = "$routes_before"
for INSTANCE in "$A" "$B"; do healthy; done
INSTANCE=$A
each_fault
together
healthy
for name in "$A" "$B"; do
    check "$name: leaves traces while it runs" has_traces "$name"
    check "$name: down" lab down "$name"
    check "$name: nothing left behind" not has_traces "$name"
    check "$name: down again does nothing" lab down "$name"
done

echo "$passed passed, $failed failed"
((failed == 0))
