# shellcheck shell=bash
# Authentication with Dovecot, for Dovecot and Postfix: users, mechanisms, token key.

# The configuration below is for Dovecot 2.3; the syntax of 2.4 differs.
require_dovecot_2_3() {
    local version
    version=$(enter "$layer" "$dir/data" dovecot --version) || fail 'cannot run Dovecot'
    [[ $version == 2.3.* ]] || unavailable "needs Dovecot 2.3, but the system has $version"
}

# Writes data/auth.conf, which a dovecot.conf includes, and the files that it refers to.
configure_dovecot_auth() {
    printf '%s:{PLAIN.b64}%s::::::\n' \
        alice "$(printf %s "$alice_password" | base64 -w0)" \
        bob "$(printf %s "$bob_password" | base64 -w0)" >"$dir/data/users"

    # Dovecot looks for the key of a token without a key name in azp/algorithm/default.
    mkdir -p "$dir/data/token-keys/default/HS256"
    printf %s ehlo-test-jwt-key-0123456789abcdef | base64 -w0 >"$dir/data/token-keys/default/HS256/default"
    cat >"$dir/data/oauth2.conf" <<'CONF'
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=/ehlo/token-keys/
username_attribute = sub
CONF

    cat >"$dir/data/auth.conf" <<'CONF'
base_dir = /run/dovecot
log_path = /ehlo/log/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer
passdb {
  driver = passwd-file
  args = /ehlo/users
  mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
}
passdb {
  driver = oauth2
  args = /ehlo/oauth2.conf
  mechanisms = xoauth2 oauthbearer
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/run/home/%n
}
# Disables the delay that grows with every refused login.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CONF
}
