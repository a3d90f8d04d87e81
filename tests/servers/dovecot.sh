# shellcheck shell=bash
# Dovecot's submission service. It takes mail from users who have logged in, and
# only in order to pass it on: here to Postfix's smtp-sink, which throws it away.
source "$here/dovecot-auth.sh"

endpoints=(starttls=32587 tls=32465 clearauth=32027)

install_server() {
    install_packages dovecot-core dovecot-submissiond postfix
    require_dovecot_2_3
}

configure_server() {
    copy_certificates server
    configure_dovecot_auth

    cat >"$dir/data/submission.conf" <<'CONF'
protocols = submission
listen = 127.0.0.1
hostname = mail.ehlo.test
mail_location = maildir:~/mail
!include /ehlo/auth.conf
submission_relay_host = 127.0.0.1
submission_relay_port = 32125
submission_max_mail_size = 10M
mail_max_userip_connections = 0
CONF

    # Two instances, as one cannot offer STARTTLS on some ports only. Dovecot takes
    # passwords in the clear on 32587 too: to it a connection from the same host is secure.
    cat >"$dir/data/tls.conf" <<'CONF'
!include /ehlo/submission.conf
ssl = required
ssl_cert = </ehlo/tls/server.crt
ssl_key = </ehlo/tls/server.key
service submission-login {
  inet_listener submission {
    port = 32587
  }
  inet_listener submissions {
    port = 32465
    ssl = yes
  }
}
CONF
    cat >"$dir/data/clear.conf" <<'CONF'
!include /ehlo/submission.conf
instance_name = clear
base_dir = /run/dovecot-clear
ssl = no
service submission-login {
  inet_listener submission {
    port = 32027
  }
  inet_listener submissions {
    port = 0
  }
}
CONF
}

start_server() {
    # none of the three processes ends while all is well
    launch_in_overlay bash -c '
        mkdir /run/dovecot /run/dovecot-clear
        install -d -o nobody /run/home
        smtp-sink -u nobody -h sink.ehlo.test 127.0.0.1:32125 100 &
        dovecot -F -c /ehlo/tls.conf &
        dovecot -F -c /ehlo/clear.conf &
        wait -n'
}
