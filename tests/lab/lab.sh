#!/usr/bin/env bash
# The lab: a small internet with a real Active Directory in network namespaces. See README.md.
set -euo pipefail

LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common network certificates directory provision services faults; do
    # shellcheck source=/dev/null
    . "$LAB_HOME/lib/$part.sh"
done

usage() {
    cat <<-'END'
	lab.sh up    [--name N]                  start, or do nothing when it runs
	lab.sh down  [--name N]                  stop and leave nothing behind
	lab.sh exec  [--name N] HOST CMD...      run a command on a host: sync dc1 dc2 router resolver cloud proxy
	lab.sh env   [--name N]                  print what a test needs to know, as shell exports
	lab.sh fault [--name N] FAULT on|off     switch a fault of faults.tsv
	lab.sh heal  [--name N]                  switch all faults off
	END
}

# One change at a time for each instance; another name is another lab. `down` removes the lock's file:
# who waited for it meanwhile holds a file without a name, and has to take the new one.
lock_instance() {
    while
        mkdir -p "${DIR%/*}"
        exec 9>"$DIR.lock"
        flock 9
        [[ ! $DIR.lock -ef /dev/fd/9 ]]
    do :; done
}

# Finished starting, and no host has lost its processes since.
is_ready() {
    local host
    [[ -e $DIR/ready ]] || return
    for host in dc1 dc2 resolver cloud proxy; do [[ $(ip netns pids "$NAME-$host") ]] || return; done
}

need_running() { [[ -e $DIR/ready ]] || die "lab $NAME is not up: run tests/lab/lab.sh up --name $NAME"; }

up() {
    ((EUID == 0)) || die "root is needed: namespaces are made"
    "$LAB_HOME/install.sh" --check
    lock_instance
    if is_ready; then
        say "already up"
        return
    fi
    local started=$SECONDS
    tear_down
    mkdir -p "$DIR"/{log,faults}
    trap give_up EXIT
    create_network
    create_host_files
    draw_router
    draw_names
    draw_hosts_file
    start_resolver
    ensure_cache
    cp -a "$(cache_folder)"/{certificates,dc1,dc2} "$DIR/"
    if [[ $(lab_pids | wc -l) -eq 0 ]]; then start_resolver; fi
    draw_trust
    write_knowledge "$DIR/certificates" "$DIR/knowledge"
    start_cloud
    start_proxies
    start_controller dc1
    start_controller dc2
    wait_until_healthy
    : >"$DIR/ready"
    trap - EXIT
    say "up in $((SECONDS - started)) s; knowledge for the product: $DIR/knowledge"
}

# Whatever stopped `up`: no half a lab keeps running, and the reason can be read.
give_up() {
    stop_processes
    say "could not start; logs: $DIR/log"
}

wait_until_healthy() {
    local dc
    wait_for 60 "the cloud" cloud_answers
    for dc in dc1 dc2; do wait_for 60 "LDAP of $dc" controller_answers "$dc"; done
    wait_for 60 "a ticket for the operator" sign_in_operator
    for dc in dc1 dc2; do wait_for 60 "SAM over RPC of $dc" samr_answers "$dc"; done
}

tear_down() {
    stop_processes
    remove_network
    rm -rf "$DIR"
}

down() {
    ((EUID == 0)) || die "root is needed: namespaces are removed"
    lock_instance
    tear_down
    rm -f "$DIR.lock"
    rmdir --ignore-fail-on-non-empty "${DIR%/*}"
}

# As a person on that host: with the operator's ticket, and without what the outer machine prescribes.
run_inside() {
    local host=$1 variable unset=()
    shift
    for variable in {http,https,ftp,all,no}_proxy {HTTP,HTTPS,FTP,ALL,NO}_PROXY \
        SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE; do
        unset+=(-u "$variable")
    done
    exec env "${unset[@]}" KRB5CCNAME="$CCACHE" KRB5_CONFIG="$DIR/krb5.conf" \
        LDAPTLS_CACERT=/etc/ssl/certs/ca-certificates.crt ip netns exec "$NAME-$host" "$@"
}

print_env() {
    local key value
    while read -r key value; do printf 'export %s=%q\n' "$key" "$value"; done <<-END
	PWB_LAB_NAME $NAME
	PWB_LAB_DIR $DIR
	PWB_LAB_DOMAIN $LAB_DOMAIN
	PWB_LAB_DC1 dc1.$LAB_DOMAIN
	PWB_LAB_DC2 dc2.$LAB_DOMAIN
	PWB_LAB_KNOWLEDGE $DIR/knowledge
	PWB_LAB_USER operator@$LAB_DOMAIN
	PWB_LAB_PASSWORD $OPERATOR_PASSWORD
	PWB_LAB_CONNECTOR MSOL_lab@$LAB_DOMAIN
	PWB_LAB_PROXY http://proxy.$LAB_DOMAIN:$EXPLICIT_PORT
	KRB5CCNAME $CCACHE
	KRB5_CONFIG $DIR/krb5.conf
	END
}

command=${1:-help}
shift || true
instance=lab
if [[ ${1:-} == --name ]]; then
    instance=${2:?"--name needs a name"}
    shift 2
fi
choose_instance "$instance"

case $command in
up) up ;;
down) down ;;
exec)
    need_running
    (($# >= 2)) || die "usage: lab.sh exec [--name N] HOST CMD..."
    [[ " ${LAB_HOSTS[*]} " == *" $1 "* ]] || die "no such host: $1 (there are: ${LAB_HOSTS[*]})"
    run_inside "$@"
    ;;
env)
    need_running
    print_env
    ;;
fault)
    need_running
    (($# == 2)) || die "usage: lab.sh fault [--name N] FAULT on|off"
    lock_instance
    switch_fault "$1" "$2"
    ;;
heal)
    need_running
    lock_instance
    heal
    ;;
help | --help | -h) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac
