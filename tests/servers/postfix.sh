# shellcheck shell=bash
source "$here/dovecot-auth.sh"

endpoints=(plain=31025 starttls=31587 tls=31465 clearauth=31027 wronghost=31029 expired=31031)

install_server() {
    install_packages postfix dovecot-core
    require_dovecot_2_3
}

configure_server() {
    copy_certificates server wronghost expired
    configure_dovecot_auth

    cat >"$dir/data/dovecot.conf" <<'CONF'
protocols =
ssl = no
# it is for Postfix to say when a password may be sent
disable_plaintext_auth = no
!include /ehlo/auth.conf
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
CONF

    cat >"$dir/data/main.cf" <<'CONF'
compatibility_level = 3.6
maillog_file = /dev/stdout
myhostname = mail.ehlo.test
mydomain = ehlo.test
myorigin = ehlo.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no

# who gets mail: two users and the postmaster; for other domains one has to log in
mydestination =
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = ehlo.test
virtual_mailbox_maps = inline:{ {alice@ehlo.test = 1}, {bob@ehlo.test = 1}, {postmaster@ehlo.test = 1} }
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination

# where it goes: nowhere; master.cf has no other way of delivery
default_transport = discard:
local_transport = discard:
relay_transport = discard:
virtual_transport = discard:
message_size_limit = 10485760

smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = /ehlo/tls/server.crt
smtpd_tls_key_file = /ehlo/tls/server.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous

# tests open many sessions and make many errors
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
CONF

    cat >"$dir/data/master.cf" <<'CONF'
127.0.0.1:31025 inet n - n - - smtpd
127.0.0.1:31587 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
127.0.0.1:31465 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_wrappermode=yes
127.0.0.1:31027 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=none
  -o smtpd_tls_auth_only=no -o broken_sasl_auth_clients=yes
127.0.0.1:31029 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_cert_file=/ehlo/tls/wronghost.crt -o smtpd_tls_key_file=/ehlo/tls/wronghost.key
127.0.0.1:31031 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_cert_file=/ehlo/tls/expired.crt -o smtpd_tls_key_file=/ehlo/tls/expired.key
anvil    unix       - - n -   1 anvil
bounce   unix       - - n -   0 bounce
cleanup  unix       n - n -   0 cleanup
defer    unix       - - n -   0 bounce
discard  unix       - - n -   - discard
error    unix       - - n -   - error
flush    unix       n - n -   0 flush
pickup   unix       n - n 60  1 pickup
postlog  unix-dgram n - n -   1 postlogd
proxymap unix       - - n -   - proxymap
qmgr     unix       n - n 300 1 qmgr
retry    unix       - - n -   - error
rewrite  unix       - - n -   - trivial-rewrite
showq    unix       n - n -   - showq
tlsmgr   unix       - - n -   1 tlsmgr
trace    unix       - - n -   0 bounce
verify   unix       - - n -   1 verify
CONF
}

start_server() {
    # Postfix waits two seconds for a fresh main.cf to settle, so make it look older.
    # `dovecot` returns when it listens.
    launch_in_overlay bash -c '
        cp /ehlo/main.cf /ehlo/master.cf /etc/postfix/
        touch -d "-1 minute" /etc/postfix/main.cf
        mkdir /run/dovecot
        dovecot -c /ehlo/dovecot.conf
        exec postfix start-fg'
}
