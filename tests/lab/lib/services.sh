# shellcheck shell=bash
# What the other hosts run: the resolver, the cloud, the explicit and the inspecting proxy.

# Authoritative for the cloud, asks both controllers at once for the domain (a frozen one must not stop
# it), and denies every other name at once: nothing is ever asked outside the lab. Addresses have names
# too: SASL clients turn the address of a controller back into the name they want a ticket for.
start_resolver() {
    start_service resolver resolver dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root \
        --pid-file="$DIR/resolver.pid" --no-resolv --no-hosts --addn-hosts="$DIR/resolver.hosts" \
        --cache-size=0 --all-servers --server="/$LAB_DOMAIN/$DC1_ADDRESS" --server="/$LAB_DOMAIN/$DC2_ADDRESS" \
        --ptr-record="11.100.51.198.in-addr.arpa,dc1.$LAB_DOMAIN" \
        --ptr-record="12.100.51.198.in-addr.arpa,dc2.$LAB_DOMAIN" --address=/#/ \
        --bind-interfaces --listen-address="$RESOLVER_ADDRESS" --log-facility=-
}

start_cloud() {
    start_service cloud cloud /usr/bin/python3 "$LAB_HOME/hosts/cloud.py" "$DIR/certificates" "$DIR/faults"
}

start_proxies() {
    start_service proxy proxy /usr/bin/python3 "$LAB_HOME/hosts/proxy.py" "$EXPLICIT_PORT" "$DIR/faults" \
        "operator:$OPERATOR_PASSWORD"
    mkdir -p "$DIR/minted"
    start_service proxy inspector /usr/bin/python3 "$LAB_HOME/hosts/inspector.py" "$INSPECT_PORT" \
        "$DIR/certificates" "$DIR/minted"
}

cloud_answers() {
    inside sync curl -sS --max-time 3 -o /dev/null https://login.microsoftonline.com/ &&
        inside sync curl -sS --max-time 3 -o /dev/null -x "http://proxy.$LAB_DOMAIN:$EXPLICIT_PORT" \
            https://passwordreset.microsoftonline.com/
}
