# shellcheck shell=bash
# The faults. One that is on is a file in $DIR/faults. Most parts of the lab are drawn from the set of
# those files: switching a fault draws the parts that it touches anew, so that faults may be on together
# and in any order. The cloud and the proxy look at the files themselves.

is_on() { [[ -e $DIR/faults/$1 ]]; }

fault_names() { sed '1d' "$LAB_HOME/faults.tsv" | cut -f1; }

# Draws or does what belongs to one fault.
apply_fault() {
    case $1 in
    cloud-port-* | dc-*-dropped) draw_router ;;
    cloud-name-unknown | cloud-name-loopback) draw_names ;;
    cloud-name-hosts-file) draw_hosts_file ;;
    inspecting-proxy) draw_router && draw_trust ;;
    dc-frozen) freeze_or_thaw ;;
    pdc-role-moved) thawed place_pdc_role ;;
    domain-minimum-age) thawed set_minimum_age ;;
    connector-without-reset | staff-without-inheritance) thawed draw_rights ;;
    connector-disabled) thawed set_connector_state ;;
    cloud-clock-wrong | cert-* | proxy-auth) ;;
    *) die "fault $1 is listed but nothing does it" ;;
    esac
}

switch_fault() {
    local fault=$1 state=$2 before=off
    fault_names | grep -Fqx -- "$fault" || die "no such fault: $fault (there are: $(fault_names | paste -sd' '))"
    [[ $state == on || $state == off ]] || die "a fault is switched on or off, not $state"
    if is_on "$fault"; then before=on; fi
    note_fault "$fault" "$state"
    # What could not be done must not be noted as done.
    if ! apply_fault "$fault"; then
        note_fault "$fault" "$before"
        die "fault $fault could not be switched $state"
    fi
}

note_fault() {
    if [[ $2 == on ]]; then : >"$DIR/faults/$1"; else rm -f "$DIR/faults/$1"; fi
}

# The frozen controller is thawed first: what comes after may need its answer.
heal() {
    local fault
    if is_on dc-frozen; then switch_fault dc-frozen off; fi
    for fault in "$DIR"/faults/*; do
        if [[ -e $fault ]]; then switch_fault "${fault##*/}" off; fi
    done
}

# The whole ruleset in one transaction; no packet ever sees half of it.
draw_router() {
    local port
    {
        echo "table ip lab"
        echo "delete table ip lab"
        echo "table ip lab {"
        echo "chain forwarded { type filter hook forward priority filter; policy accept;"
        if is_on cloud-port-dropped; then echo "ip daddr $CLOUD tcp dport 443 drop"; fi
        if is_on cloud-port-refused; then echo "ip daddr $CLOUD tcp dport 443 reject with tcp reset"; fi
        for port in 88 135 389 445; do
            if is_on "dc-$port-dropped"; then
                echo "ip saddr $SYNC_ADDRESS ip daddr $DC1_ADDRESS meta l4proto { tcp, udp } th dport $port drop"
            fi
        done
        echo "}"
        echo "chain redirected { type nat hook prerouting priority dstnat;"
        if is_on inspecting-proxy; then
            echo "ip saddr $SYNC_ADDRESS ip daddr $CLOUD tcp dport 443 dnat to $PROXY_ADDRESS:$INSPECT_PORT"
        fi
        echo "}"
        echo "}"
    } | inside router nft -f -
}

# What the resolver says of the cloud. SIGHUP makes dnsmasq read the file again.
draw_names() {
    {
        echo "$SYNC_ADDRESS sync.$LAB_DOMAIN"
        echo "$PROXY_ADDRESS proxy.$LAB_DOMAIN"
        if is_on cloud-name-loopback; then
            cloud_hosts | sed 's/^[^ ]*/127.0.0.1/'
        elif ! is_on cloud-name-unknown; then
            cloud_hosts
        fi
    } >"$DIR/resolver.hosts"
    if [[ -s $DIR/resolver.pid ]]; then kill -HUP "$(<"$DIR/resolver.pid")"; fi
}

draw_hosts_file() {
    {
        echo "127.0.0.1 localhost"
        if is_on cloud-name-hosts-file; then cloud_hosts | sed 's/^[^ ]*/127.0.0.1/'; fi
    } >"$SYNC_ETC/hosts"
}

# The store of the sync server: what the distribution ships, the lab's cloud and the domain's authority.
draw_trust() {
    {
        find /usr/share/ca-certificates -name '*.crt' -exec cat {} +
        cat "$DIR/certificates/cloud-root.crt" "$DIR/certificates/ad-root.crt"
        if is_on inspecting-proxy; then cat "$DIR/certificates/inspect-root.crt"; fi
    } >"$SYNC_ETC/ssl/certs/ca-certificates.crt"
}

# A stopped controller keeps its sockets: connections open, and nobody answers.
freeze_or_thaw() {
    if is_on dc-frozen; then signal_dc1 STOP; else signal_dc1 CONT; fi
}

signal_dc1() {
    local pids
    mapfile -t pids < <(ip netns pids "$NAME-dc1")
    kill "-$1" "${pids[@]}"
}

# A change of the directory needs both controllers: a frozen one gets the moment that it takes.
thawed() {
    local result=0
    if is_on dc-frozen; then signal_dc1 CONT; fi
    "$@" || result=1
    freeze_or_thaw
    return "$result"
}

# Only the role moves. The locator record of the PDC keeps naming dc1, as after a seizure without
# working dynamic updates.
place_pdc_role() {
    local target=dc1
    if is_on pdc-role-moved; then target=dc2; fi
    if [[ $(pdc_role_owner "$target") == "CN=NTDS Settings,CN=${target^^},"* ]]; then return; fi
    modify "$target" <<-END
	dn:
	changetype: modify
	add: becomePdc
	becomePdc: 1
	END
}

pdc_role_owner() { read_attribute "$1" "$LAB_BASE_DN" fSMORoleOwner; }

# Written on both controllers, so that no reader has to wait for replication. In units of 100 ns.
set_minimum_age() {
    local age=0 dc
    if is_on domain-minimum-age; then age=-864000000000; fi
    for dc in dc1 dc2; do
        modify "$dc" <<-END || return
		dn: $LAB_BASE_DN
		changetype: modify
		replace: minPwdAge
		minPwdAge: $age
		END
    done
}

# The access lists that the connector's rights come from, on both controllers.
draw_rights() {
    local options=()
    if is_on connector-without-reset; then options+=(--without-reset); fi
    if is_on staff-without-inheritance; then options+=(--without-inheritance); fi
    clean_env timeout 20 /usr/bin/python3 "$LAB_HOME/lib/rights.py" "${options[@]}" "$LAB_BASE_DN" \
        "$(local_ldap dc1)" "$(local_ldap dc2)"
}

# [MS-ADTS] 2.2.16: an ordinary account whose password never expires; the 2 disables it.
set_connector_state() {
    local control=66048 dc
    if is_on connector-disabled; then control=66050; fi
    for dc in dc1 dc2; do
        modify "$dc" <<-END || return
		dn: CN=MSOL_lab,CN=Users,$LAB_BASE_DN
		changetype: modify
		replace: userAccountControl
		userAccountControl: $control
		END
    done
}
