# shellcheck shell=bash
# aiosmtpd, a server in Python (see aiosmtpd_server.py), in a virtual environment of its
# own. Needs no root, unless Python's venv module has to be installed: that is done
# in an overlay, where the server then runs too.

endpoints=(plain=38025 starttls=38587 tls=38465 clearauth=38027)

install_server() {
    if python3 -c 'import ensurepip, venv' 2>/dev/null; then
        in_place=() data=$dir/data
    else
        ((EUID == 0)) || unavailable 'needs python3 with the module venv'
        in_place=("${enter_overlay[@]}" "$dir") data=/ehlo
        install_packages python3 python3-venv ca-certificates
    fi
    # The environment is tied to its path: one made in the other place is of no use.
    local made=$dir/data/venv/made-as
    if [[ ! -e $made || $(<"$made") != "$data" ]]; then
        say 'installing aiosmtpd (only this once)'
        {
            "${in_place[@]}" python3 -m venv --clear "$data/venv" &&
                "${in_place[@]}" "$data/venv/bin/python" -m pip install aiosmtpd==1.4.6
        } >"$dir/data/log/install.log" 2>&1 || fail 'cannot install aiosmtpd'
        printf %s "$data" >"$made"
    fi
}

configure_server() {
    copy_certificates server
    cp "$here/aiosmtpd_server.py" "$dir/data/"
    printf %s "$alice_password" >"$dir/data/alice.password"
    printf %s "$bob_password" >"$dir/data/bob.password"
}

start_server() {
    launch "${in_place[@]}" "$data/venv/bin/python" -I "$data/aiosmtpd_server.py" "$data" "${endpoints[@]}"
}
