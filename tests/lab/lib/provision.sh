# shellcheck shell=bash
# Makes the domain once: two joined, replicated controllers and all certificates, kept in the cache
# under a key of the recipe. Runs inside an instance whose network is already up.

# The recipe is these files, the version of Samba and the year: a change of any makes a new cache.
recipe_key() {
    { cat "$LAB_HOME"/lib/{provision,directory,certificates}.sh "$LAB_HOME"/lib/{accounts,rights}.py; samba --version; date +%Y; } |
        sha256sum | cut -c1-12
}

cache_folder() { echo "$(cache_root)/lab-$(recipe_key)"; }

# Two labs that start at once must not provision twice: the second waits and finds the cache.
ensure_cache() {
    local cache
    cache=$(cache_folder)
    if [[ -d $cache ]]; then return; fi
    mkdir -p "$(cache_root)"
    exec 8>"$(cache_root)/lab.lock"
    flock -w 180 8 || die "another lab has been provisioning for three minutes"
    if [[ ! -d $cache ]]; then
        build_domain
        rm -rf "$cache.new"
        mkdir "$cache.new"
        cp -a "$DIR/certificates" "$DIR/dc1" "$DIR/dc2" "$cache.new/"
        mv "$cache.new" "$cache"
        rm -rf "$DIR/certificates" "$DIR/dc1" "$DIR/dc2"
    fi
    exec 8>&-
}

build_domain() {
    say "nothing provisioned yet: making certificates and the first controller"
    make_certificates "$DIR/certificates"
    provision_first
    name_services dc1
    start_controller dc1
    wait_for 120 "dc1 after provisioning" build_answers dc1
    say "joining the second controller"
    join_second
    write_samba_config dc2
    name_services dc2
    start_controller dc2
    wait_for 120 "dc2 after joining" build_answers dc2
    say "replicating"
    name_operating_system dc1
    register_second
    replicate
    stop_processes
    add_stage_props
    rm -rf "$DIR"/dc?/run "$DIR"/dc?/cache
}

build_answers() { [[ $(read_attribute "$1" '' dnsHostName) ]]; }

# None of these follow --targetdir. The generated certificate has no subjectAltName, hence our own.
samba_options() {
    local home=$DIR/$1
    printf -- '--option=%s\n' "interfaces=lo eth0" "bind interfaces only=yes" "pid directory=$home/run" \
        "ncalrpc dir=$home/run/ncalrpc" "winbindd socket directory=$home/run/winbindd" \
        "ntp signd socket directory=$home/run/ntp_signd" "log file=$DIR/log/$1.samba.log" \
        "posix:eadb=$home/state/eadb.tdb"
}

# -s with an empty file: else the machine's own smb.conf is copied in.
provision_first() {
    local options
    mkdir -p "$DIR"/dc1/{run,state}
    : >"$DIR/empty.conf"
    mapfile -t options < <(samba_options dc1)
    inside dc1 samba-tool domain provision -s "$DIR/empty.conf" --targetdir="$DIR/dc1" --realm="$LAB_REALM" \
        --domain="$LAB_NETBIOS" --server-role=dc --dns-backend=SAMBA_INTERNAL --use-rfc2307 \
        --adminpass="$ADMIN_PASSWORD" --host-name=dc1 --host-ip="$DC1_ADDRESS" --function-level=2008_R2 \
        "${options[@]}" >"$DIR/log/provision.log" 2>&1 || die "provisioning failed: $DIR/log/provision.log"
    write_samba_config dc1
    inside dc1 /usr/bin/python3 -B "$LAB_HOME/lib/accounts.py" "$DIR/dc1/smb.conf" "$OPERATOR_PASSWORD" \
        "$CONNECTOR_PASSWORD" >>"$DIR/log/provision.log" 2>&1 || die "accounts failed: $DIR/log/provision.log"
}

join_second() {
    local options
    mkdir -p "$DIR"/dc2/{run,state}
    mapfile -t options < <(samba_options dc2)
    inside dc2 samba-tool domain join "$LAB_DOMAIN" DC -s "$DIR/empty.conf" --targetdir="$DIR/dc2" \
        --server="dc1.$LAB_DOMAIN" --dns-backend=SAMBA_INTERNAL -U "Administrator%$ADMIN_PASSWORD" \
        --option="netbios name=DC2" "${options[@]}" >"$DIR/log/join.log" 2>&1 || die "join failed: $DIR/log/join.log"
}

# The service principals that replication signs in to; Samba's own updater is switched off here.
name_services() {
    inside "$1" samba_spnupdate -s "$DIR/$1/smb.conf" >"$DIR/log/spnupdate-$1.log" 2>&1 ||
        die "service principals failed: $DIR/log/spnupdate-$1.log"
}

# Samba writes no Windows version; without one the product cannot judge the age of a controller.
name_operating_system() {
    local dc
    for dc in DC1 DC2; do
        modify "$1" <<-END
		dn: CN=$dc,OU=Domain Controllers,$LAB_BASE_DN
		changetype: modify
		replace: operatingSystem
		operatingSystem: Windows Server 2022 Standard
		-
		replace: operatingSystemVersion
		operatingSystemVersion: 10.0 (20348)
		END
    done
}

# The locator records of the second controller. It does not hold the PDC role, so it writes no pdc record.
# Two of the names exist since the join, which counts as a failure there: the result is judged by a look.
register_second() {
    inside dc2 samba_dnsupdate -s "$DIR/dc2/smb.conf" --all-names --use-samba-tool \
        >"$DIR/log/dnsupdate.log" 2>&1 || true
    [[ $(inside dc2 dig +short "@$DC2_ADDRESS" SRV "_kerberos._tcp.dc._msdcs.$LAB_DOMAIN") == *"dc2."* ]] ||
        die "registering dc2 failed: $DIR/log/dnsupdate.log"
}

# The controllers do not know yet that they are partners: the consistency checker tells them, a moment
# after it says that it is done.
replicate() {
    local part
    wait_for 60 "consistency check of dc1" drs kcc "dc1.$LAB_DOMAIN"
    wait_for 60 "consistency check of dc2" drs kcc "dc2.$LAB_DOMAIN"
    for part in "$LAB_BASE_DN" "CN=Configuration,$LAB_BASE_DN" "DC=DomainDnsZones,$LAB_BASE_DN" \
        "DC=ForestDnsZones,$LAB_BASE_DN"; do
        wait_for 60 "replication to dc2" drs replicate "dc2.$LAB_DOMAIN" "dc1.$LAB_DOMAIN" "$part"
        wait_for 60 "replication to dc1" drs replicate "dc1.$LAB_DOMAIN" "dc2.$LAB_DOMAIN" "$part"
    done
}

drs() {
    inside dc1 samba-tool drs "$@" -s "$DIR/dc1/smb.conf" -U "Administrator%$ADMIN_PASSWORD" \
        >>"$DIR/log/replicate.log" 2>&1
}

# A stage prop: Samba does not implement the password policy hints controls (2239 and 2066), but a
# healthy controller advertises them, so rootDSE is made to. Nothing in the lab uses the controls.
add_stage_props() {
    local dc
    for dc in dc1 dc2; do
        ldbmodify -H "$DIR/$dc/private/sam.ldb" >"$DIR/log/props.log" 2>&1 <<-END || die "rootDSE: $DIR/log/props.log"
		dn: @ROOTDSE
		changetype: modify
		add: supportedControl
		supportedControl: 1.2.840.113556.1.4.2239
		supportedControl: 1.2.840.113556.1.4.2066
		END
    done
}
