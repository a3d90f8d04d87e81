# shellcheck shell=bash
# Exim. Accepted mail is discarded.

kinds=(plain starttls tls clearauth strict)
packages=(exim4-daemon-heavy)

install_server() { use_layer "${packages[@]}"; }

serve_server() {
    copy_certificates server
    # in base64, because a lookup strips blanks at the end of a line
    printf '%s: %s\n' \
        alice "$(printf %s "$alice_password" | base64 -w0)" \
        bob "$(printf %s "$bob_password" | base64 -w0)" >"$dir/data/users"

    {
        printf '%s=%s\n' PORT_PLAIN "${port[plain]}" PORT_STARTTLS "${port[starttls]}" \
            PORT_TLS "${port[tls]}" PORT_CLEARAUTH "${port[clearauth]}" PORT_STRICT "${port[strict]}"
        cat
    } >"$dir/data/exim4.conf" <<'CONF'
primary_hostname = mail.ehlo.test
qualify_domain = ehlo.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = PORT_PLAIN : PORT_STARTTLS : PORT_TLS : PORT_CLEARAUTH : PORT_STRICT
tls_on_connect_ports = PORT_TLS
tls_certificate = /ehlo/tls/server.crt
tls_privatekey = /ehlo/tls/server.key
tls_advertise_hosts = ${if eq{$received_port}{PORT_CLEARAUTH}{}{*}}
# AUTH: never on PORT_PLAIN, always on PORT_CLEARAUTH, only in TLS on the others
auth_advertise_hosts = ${if or{ {eq{$received_port}{PORT_CLEARAUTH}} \
    {and{ {def:tls_in_cipher}{!eq{$received_port}{PORT_PLAIN}} }} }{*}{}}
prdr_enable = true
pipelining_connect_advertise_hosts = *
message_size_limit = 10M
log_file_path = /ehlo/log/exim-%s.log
notifier_socket =

# no lookups of the peer, no limits that many tests would reach
host_lookup =
helo_lookup_domains =
rfc1413_hosts =
smtp_accept_max = 100
smtp_accept_max_nonmail_hosts =
smtp_max_unknown_commands = 20
smtp_max_synprot_errors = 20
recipients_max = 5
recipients_max_reject = true

acl_smtp_helo = ${if eq{$received_port}{PORT_STRICT}{strict_helo}{accept}}
acl_smtp_mail = ${if eq{$received_port}{PORT_STRICT}{strict_mail}{accept}}
acl_smtp_rcpt = check_rcpt
acl_smtp_data = ${if eq{$received_port}{PORT_STRICT}{strict_data}{accept}}
acl_smtp_data_prdr = accept
acl_smtp_vrfy = accept

begin acl
strict_helo:
  deny   condition = ${if match{$sender_helo_name}{\N^[0-9.]+$\N}}
         message = EHLO with an IP address is not allowed
  deny   condition = ${if eq{$sender_helo_name}{forged.example}}
         message = you are not me
  accept

strict_mail:
  deny   !sender_domains = ehlo.test : client.example : *.example
         !verify = sender
  deny   sender_domains = blocked.example
  deny   sender_domains = listed.example
         message = 192.0.2.1 is listed at zen.spamhaus.org
  defer  sender_domains = greylisted.example
         message = greylisted, try again later
  deny   sender_domains = spf.example
         message = [SPF] 192.0.2.1 is not allowed to send mail from spf.example
  defer  sender_domains = later.example
  deny   senders = nobody@ehlo.test
         !verify = sender
  accept

strict_data:
  deny   condition = ${if match{$h_subject:}{pills}}
         message = This message was classified as spam
  deny   condition = ${if match{$h_subject:}{virus}}
         message = This message contains a virus (EICAR)
  deny   condition = ${if >{$message_size}{2000}}
         message = Message too large for this user
  accept

check_rcpt:
  deny   recipients = full@ehlo.test
         message = Quota exceeded: mailbox for user is full
  deny   recipients = disabled@ehlo.test
         message = Account disabled
  defer  recipients = slow@ehlo.test
         message = rate limit exceeded for this recipient
  deny   recipients = members@ehlo.test
         message = Only members may post to this list
  accept domains = ehlo.test
         endpass
         message = unknown user
         verify = recipient
  accept authenticated = *
  deny   message = relay not permitted

# There are no transports: accepted mail is discarded.
begin routers
unknown_user:
  driver = redirect
  domains = ehlo.test
  local_parts = ! alice : ! bob : ! postmaster
  allow_fail
  data = :fail: no such user
discard:
  driver = redirect
  data = :blackhole:

begin authenticators
PLAIN:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{ {def:auth3} \
      {eq{$auth3}{${base64d:${lookup{$auth2}lsearch{/ehlo/users}}}}} }}
  server_set_id = $auth2
LOGIN:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${if and{ {def:auth2} \
      {eq{$auth2}{${base64d:${lookup{$auth1}lsearch{/ehlo/users}}}}} }}
  server_set_id = $auth1
CRAM_MD5:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${base64d:${lookup{$auth1}lsearch{/ehlo/users}{$value}fail}}
  server_set_id = $auth1
CONF

    serve_in_view bash -c '
        cp /ehlo/exim4.conf /etc/exim4/exim4.conf
        chown -R Debian-exim /ehlo/log
        exec exim4 -bdf'
}
