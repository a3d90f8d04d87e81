# shellcheck shell=bash
# aiosmtpd, a server in Python (aiosmtpd_server.py). It is installed from PyPI in a virtual
# environment, and needs no root if Python has the module venv. Otherwise the server is
# installed and runs in a view.

kinds=(plain starttls tls clearauth)
packages=(python3 python3-venv ca-certificates aiosmtpd@1.4.6)
venv=$state/venv-aiosmtpd-1.4.6

install_server() {
    if python3 -c 'import ensurepip, venv' 2>/dev/null; then
        [[ -e $venv/complete ]] || with_lock "$venv.lock" install_venv
    else
        ((EUID == 0)) || unavailable 'needs python3 with the module venv'
        use_layer "${packages[@]}"
    fi
}

install_venv() {
    [[ ! -e $venv/complete ]] || return 0 # another process has installed it meanwhile
    say 'installing aiosmtpd (only this once)'
    { python3 -m venv --clear "$venv" && "$venv/bin/python" -m pip install aiosmtpd==1.4.6; } \
        >"$venv.log" 2>&1 || fail "cannot install aiosmtpd: $(tail -n 25 "$venv.log")"
    touch "$venv/complete"
}

serve_server() {
    copy_certificates server
    cp "$here/aiosmtpd_server.py" "$dir/data/"
    printf %s "$alice_password" >"$dir/data/alice.password"
    printf %s "$bob_password" >"$dir/data/bob.password"
    if [[ -e $venv/complete ]]; then
        exec "$venv/bin/python" -I "$dir/data/aiosmtpd_server.py" "$dir/data" "${endpoints[@]}"
    else
        serve_in_view /opt/venv/bin/python -I /ehlo/aiosmtpd_server.py /ehlo "${endpoints[@]}"
    fi
}
