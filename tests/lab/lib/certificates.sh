# shellcheck shell=bash
# All key material of the lab, made once and kept in the cache: the cloud's hierarchy, its broken
# variants, the root of the inspecting proxy and the authority of the domain.

# Two years for a leaf, like a real one; the cache is made anew every year, so it never fails of old age.
CA_DAYS=7300
LEAF_DAYS=730

CLOUD_SAN='DNS:*.servicebus.windows.net,DNS:*.microsoftonline.com,DNS:*.passwordreset.microsoftonline.com'

make_certificates() {
    local to=$1
    mkdir -p "$to"
    (
        cd "$to" || exit
        umask 077
        make_root cloud-root "/O=Lab Cloud/CN=Lab Cloud Root CA"
        make_issuing cloud-issuing "/O=Lab Cloud/CN=Lab Cloud TLS Issuing CA 01" cloud-root
        make_leaf good "/O=Lab Cloud/CN=*.microsoftonline.com" "$CLOUD_SAN" cloud-issuing
        make_leaf wrong-name "/O=Lab Cloud/CN=www.cloud.example" "DNS:www.cloud.example" cloud-issuing
        make_expired_leaf expired "/O=Lab Cloud/CN=*.microsoftonline.com" "$CLOUD_SAN" cloud-issuing
        make_root unknown-root "/O=Unknown Org/CN=Unknown Root CA"
        make_issuing unknown-issuing "/O=Unknown Org/CN=Unknown Issuing CA" unknown-root
        make_leaf unknown "/O=Unknown Org/CN=*.microsoftonline.com" "$CLOUD_SAN" unknown-issuing
        make_root inspect-root "/O=Corp Proxy/CN=Corp-Proxy Root"
        make_key inspect-leaf
        make_root ad-root "/O=Corp/CN=Corp Domain CA"
        make_leaf dc1 "/CN=dc1.$LAB_DOMAIN" "DNS:dc1.$LAB_DOMAIN,DNS:$LAB_DOMAIN,IP:$DC1_ADDRESS" ad-root
        make_leaf dc2 "/CN=dc2.$LAB_DOMAIN" "DNS:dc2.$LAB_DOMAIN,DNS:$LAB_DOMAIN,IP:$DC2_ADDRESS" ad-root
        # What a server sends: leaf and issuing authority, never the root.
        cat good.crt cloud-issuing.crt >good.pem
        cat wrong-name.crt cloud-issuing.crt >wrong-name.pem
        cat expired.crt cloud-issuing.crt >expired.pem
        cat unknown.crt unknown-issuing.crt >unknown.pem
    ) || die "openssl could not make the certificates"
}

make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

make_root() {
    make_key "$1"
    openssl req -x509 -new -key "$1.key" -subj "$2" -days "$CA_DAYS" -out "$1.crt" \
        -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

# Signs the request on standard input with the extensions given as lines.
sign() {
    local name=$1 issuer=$2 days=$3 extensions=$4
    openssl x509 -req -CA "$issuer.crt" -CAkey "$issuer.key" -set_serial "0x$(openssl rand -hex 12)" \
        -days "$days" -extfile <(echo "$extensions") -out "$name.crt" 2>/dev/null
}

make_issuing() {
    make_key "$1"
    openssl req -new -key "$1.key" -subj "$2" | sign "$1" "$3" "$CA_DAYS" "basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid"
}

leaf_extensions() {
    echo "basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=$1"
}

make_leaf() {
    make_key "$1"
    openssl req -new -key "$1.key" -subj "$2" | sign "$1" "$4" "$LEAF_DAYS" "$(leaf_extensions "$3")"
}

# `openssl x509` cannot write a validity of the past; `openssl ca` can, at the price of a small database.
make_expired_leaf() {
    local name=$1 subject=$2 san=$3 issuer=$4
    make_key "$name"
    : >index.txt
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\n[p]\norganizationName=optional\ncommonName=supplied\n' >ca.cnf
    openssl req -new -key "$name.key" -subj "$subject" | openssl ca -batch -notext -config ca.cnf -in /dev/stdin \
        -cert "$issuer.crt" -keyfile "$issuer.key" -extfile <(leaf_extensions "$san") \
        -startdate 20250101000000Z -enddate 20260101000000Z -out "$name.crt" 2>/dev/null
    rm -f index.txt* ca.cnf ./*[0-9A-F].pem
}

# What the product is told with -KnowledgePath, so that the lab's cloud counts as the genuine one.
write_knowledge() {
    local certificates=$1 folder=$2
    mkdir -p "$folder"
    cat >"$folder/certificate-authorities.json" <<-END
	{"table":"certificate-authorities","asOf":"2026-11-22","source":"lab","rows":[
	{"sha1":"$(sha1_of "$certificates/cloud-root.crt")","name":"Lab Cloud Root CA","kind":"root","expired":false},
	{"sha1":"$(sha1_of "$certificates/cloud-issuing.crt")","name":"Lab Cloud TLS Issuing CA 01","kind":"issuing","expired":false}
	]}
	END
}

sha1_of() { openssl x509 -in "$1" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'; }
