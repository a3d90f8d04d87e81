#!/usr/bin/env bash
# Creates the certificates, keys and token of all test servers in a new folder, with openssl.
#
#   ca.crt ca.key                  the certificate authority
#   server.crt server.key          for mail.ehlo.test, localhost, 127.0.0.1 and ::1
#   wronghost.crt wronghost.key    for another host
#   expired.crt expired.key        like server, but valid only in 2020
#   alice.token                    bearer token for XOAUTH2 and OAUTHBEARER
set -euo pipefail
mkdir -p "$1"
cd "$1"

cat >openssl.cnf <<'CNF'
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = ehlo
[ehlo]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any_name
[any_name]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${ENV::alternative_names}
CNF
touch index.txt
export alternative_names=unset
new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf)

openssl req -x509 "${new_key[@]}" -keyout ca.key -out ca.crt -subj '/CN=ehlo test CA' \
    -extensions authority -days 3650

# issue NAME HOST ALTERNATIVE_NAMES FIRST_DAY LAST_DAY
issue() {
    alternative_names=$3
    openssl req -new "${new_key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$2"
    openssl ca -batch -notext -config openssl.cnf -cert ca.crt -keyfile ca.key -extensions leaf \
        -startdate "${4}000000Z" -enddate "${5}000000Z" -in "$1.csr" -out "$1.crt"
}
names=DNS:mail.ehlo.test,DNS:localhost,IP:127.0.0.1,IP:::1
yesterday=$(date -u -d '-1 day' +%Y%m%d)
in_ten_years=$(date -u -d '+3640 days' +%Y%m%d)
issue server mail.ehlo.test "$names" "$yesterday" "$in_ten_years"
issue wronghost other.example DNS:other.example "$yesterday" "$in_ten_years"
issue expired mail.ehlo.test "$names" 20200101 20210101

# The token is a JWT, signed with the key in dovecot-auth.sh (HS256) and valid until 2100.
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d =; }
token=$(printf %s '{"alg":"HS256","typ":"JWT"}' | base64url).$(
    printf %s '{"sub":"alice","azp":"default","iat":1600000000,"exp":4102444800}' | base64url)
signature=$(printf %s "$token" |
    openssl dgst -sha256 -hmac ehlo-test-jwt-key-0123456789abcdef -binary | base64url)
printf %s "$token.$signature" >alice.token

rm -f ./*.csr ./*.pem index.txt* openssl.cnf
