# shellcheck shell=bash
# Dovecot's submission service. It accepts mail only from users who have logged in, and relays
# it: here to Postfix's smtp-sink, which discards it.
source "$here/dovecot-auth.sh"

kinds=(starttls tls clearauth sink)
packages=(dovecot-core dovecot-submissiond postfix)

install_server() {
    use_layer "${packages[@]}"
    require_dovecot_2_3
}

serve_server() {
    copy_certificates server
    configure_dovecot_auth

    cat >"$dir/data/submission.conf" <<CONF
protocols = submission
listen = 127.0.0.1
hostname = mail.ehlo.test
mail_location = maildir:~/mail
!include /ehlo/auth.conf
submission_relay_host = 127.0.0.1
submission_relay_port = ${port[sink]}
submission_max_mail_size = 10M
mail_max_userip_connections = 0
CONF

    # Two instances, because one cannot offer STARTTLS on some ports only. Dovecot accepts
    # passwords in clear on the first port too: it considers loopback secure.
    cat >"$dir/data/tls.conf" <<CONF
!include /ehlo/submission.conf
ssl = required
ssl_cert = </ehlo/tls/server.crt
ssl_key = </ehlo/tls/server.key
service submission-login {
  inet_listener submission {
    port = ${port[starttls]}
  }
  inet_listener submissions {
    port = ${port[tls]}
    ssl = yes
  }
}
CONF
    cat >"$dir/data/clear.conf" <<CONF
!include /ehlo/submission.conf
instance_name = clear
base_dir = /run/dovecot-clear
ssl = no
service submission-login {
  inet_listener submission {
    port = ${port[clearauth]}
  }
  inet_listener submissions {
    port = 0
  }
}
CONF

    # The view ends with the first of the three processes that ends.
    serve_in_view bash -c '
        mkdir /run/dovecot /run/dovecot-clear
        install -d -o nobody /run/home
        smtp-sink -u nobody -h sink.ehlo.test 127.0.0.1:'"${port[sink]}"' 100 &
        dovecot -F -c /ehlo/tls.conf &
        dovecot -F -c /ehlo/clear.conf &
        wait -n'
}
