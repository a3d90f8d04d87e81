# shellcheck shell=bash
# Postfix, with Dovecot for authentication. Accepted mail is discarded.
source "$here/dovecot-auth.sh"

kinds=(plain starttls tls clearauth wronghost expired strict encrypt)
packages=(postfix dovecot-core)

install_server() {
    use_layer "${packages[@]}"
    require_dovecot_2_3
}

serve_server() {
    copy_certificates server wronghost expired
    configure_dovecot_auth

    cat >"$dir/data/dovecot.conf" <<'CONF'
protocols =
ssl = no
# Postfix decides when a password may be sent
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

# who gets mail: two users and the postmaster; other domains need a login
mydestination =
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = ehlo.test
virtual_mailbox_maps = inline:{ {alice@ehlo.test = 1}, {bob@ehlo.test = 1}, {postmaster@ehlo.test = 1} }
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination

# mail is discarded; master.cf has no other transport
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

    cat >"$dir/data/strict_headers" <<'CONF'
/^Subject:.*pills/ REJECT
/^Subject:.*virus/ REJECT Your message contains a virus
CONF

    cat >"$dir/data/master.cf" <<CONF
127.0.0.1:${port[plain]} inet n - n - - smtpd
127.0.0.1:${port[starttls]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
127.0.0.1:${port[tls]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_wrappermode=yes
127.0.0.1:${port[clearauth]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=none
  -o smtpd_tls_auth_only=no -o broken_sasl_auth_clients=yes
127.0.0.1:${port[wronghost]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_cert_file=/ehlo/tls/wronghost.crt -o smtpd_tls_key_file=/ehlo/tls/wronghost.key
127.0.0.1:${port[expired]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_cert_file=/ehlo/tls/expired.crt -o smtpd_tls_key_file=/ehlo/tls/expired.key
127.0.0.1:${port[encrypt]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
127.0.0.1:${port[strict]} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=no
  -o smtpd_helo_required=yes -o disable_vrfy_command=yes -o strict_rfc821_envelopes=yes
  -o smtpd_reject_unlisted_sender=yes -o smtpd_recipient_limit=3 -o message_size_limit=2000
  -o cleanup_service_name=strict-cleanup
  -o { smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname,
       check_helo_access inline:{ { forged.example = REJECT you are not me } } }
  -o smtpd_sender_login_maps=inline:{{alice@ehlo.test=alice},{bob@ehlo.test=bob}}
  -o { smtpd_sender_restrictions = reject_non_fqdn_sender, reject_authenticated_sender_login_mismatch,
       check_sender_access inline:{
         { blocked.example = REJECT }
         { listed.example = 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1 }
         { greylisted.example = DEFER Greylisted, see https://postgrey.schweikert.ch/help/ehlo.test.html }
         { spf.example = 550 5.7.23 SPF validation failed }
         { later.example = DEFER }
         { nosuch.invalid = 450 4.1.8 Sender address rejected: Domain not found } } }
  -o { smtpd_recipient_restrictions = reject_non_fqdn_recipient, reject_unauth_pipelining,
       check_recipient_access inline:{
         { full@ehlo.test = 452 4.2.2 Mailbox full }
         { disabled@ehlo.test = 550 5.2.1 Mailbox disabled }
         { slow@ehlo.test = 450 4.7.1 Recipient address rejected: too many messages, slow down }
         { members@ehlo.test = 550 5.7.2 This list accepts mail from its members only } } }
strict-cleanup unix n - n - 0 cleanup
  -o { header_checks = regexp:/etc/postfix/strict_headers }
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

    # Postfix waits two seconds if main.cf is new, so make it look older. `dovecot` returns
    # when it listens.
    serve_in_view bash -c '
        cp /ehlo/main.cf /ehlo/master.cf /ehlo/strict_headers /etc/postfix/
        touch -d "-1 minute" /etc/postfix/main.cf
        mkdir /run/dovecot
        dovecot -c /ehlo/dovecot.conf
        exec postfix start-fg'
}
