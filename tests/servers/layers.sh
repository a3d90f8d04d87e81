# shellcheck shell=bash
# Layers: packages that are installed without changing the machine.
#
# A layer is a folder $state/layers/PACKAGES. `upper` contains the changes to the machine's own
# files that installing the packages makes. A finished layer never changes, so any number of
# processes may use it at the same time. overlay.sh runs commands in a view of both.

# What `tool` can run.
# shellcheck disable=SC2034
readonly tool_packages=(openssl swaks libnet-ssleay-perl curl git msmtp python3)
# What reads passwords in the tests of quoting. A layer of its own: only they need it.
# shellcheck disable=SC2034
readonly quoting_packages=(zsh fish php-cli python3-dotenv python3-yaml)

# Libraries that send mail, with their languages. A layer of its own: only the tests of logs need them.
# shellcheck disable=SC2034
readonly library_packages=(ruby libio-socket-ssl-perl libauthen-sasl-perl nodejs node-nodemailer php-cli
    libphp-phpmailer default-jdk-headless libmail-java)

# Sets `layer` to the folder of a layer with these packages, and installs them if it is missing.
# PACKAGE@VERSION is a package of PyPI, in the virtual environment /opt/venv of the layer.
use_layer() {
    layer=$(layer_of "$@")
    [[ -d $layer ]] || with_lock "$layer.lock" install_layer "$@"
}

layer_of() {
    local IFS=+
    printf %s "$state/layers/$*"
}

# Runs a command in a view with a layer: enter LAYER DATA COMMAND [ARG...].
enter() { "${in_view[@]}" use "$@"; }

readonly in_view=(unshare --mount --uts --pid --fork --kill-child bash "$here/overlay.sh")

install_layer() {
    [[ ! -d $layer ]] || return 0 # another process has installed it meanwhile
    ((EUID == 0)) || unavailable 'needs root'
    require_commands apt-get unshare mount chroot
    local package debian=() pypi=() build=$layer.new log=$layer.log
    for package in "$@"; do
        case $package in
        *@*) pypi+=("${package/@/==}") ;;
        *) debian+=("$package") ;;
        esac
    done
    rm -rf "$build"
    mkdir "$build" "$build"/{upper,work,view}
    "${in_view[@]}" install "$build" apt-get --version >"$log" 2>&1 ||
        unavailable "cannot mount an overlay over /: $(tail -n 1 "$log")"
    say "installing $* (only this once)"
    install_packages </dev/null >>"$log" 2>&1 ||
        fail "cannot install the packages: $(tail -n 25 "$log")"
    # Downloads are of no further use.
    rm -rf "$build"/work "$build"/upper/var/{cache/apt,lib/apt/lists}
    mv "$build" "$layer"
}

# Called by install_layer, whose variables it uses, in a condition: `set -e` has no effect.
install_packages() {
    local apt=("${in_view[@]}" install "$build" apt-get)
    local install=("${apt[@]}" install --yes --no-install-recommends
        -o Dpkg::Options::=--force-unsafe-io
        -o Dpkg::Options::=--path-exclude='/usr/share/man/*'
        -o Dpkg::Options::=--path-exclude='/usr/share/doc/*' "${debian[@]}")
    # Keeps the packages from starting their daemons.
    "${in_view[@]}" install "$build" sh -c \
        'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d' ||
        return
    # If package lists are missing or out of date: fetch them and try again.
    "${install[@]}" || { "${apt[@]}" update && "${install[@]}"; } || return
    ((${#pypi[@]} == 0)) || "${in_view[@]}" install "$build" sh -c \
        'python3 -m venv /opt/venv && /opt/venv/bin/python -m pip install "$@"' sh "${pypi[@]}"
}
