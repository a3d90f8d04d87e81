# shellcheck shell=bash
# Functions shared by all test servers; sourced by `run`, which sets
#   here   this folder                 name   the server's name
#   state  the state folder of all     dir    the server's own folder below it
# A server's file sets `endpoints`, an array of KIND=PORT.
#
# In a server's folder: `lock`; `pid` (process id and start time); `endpoints`
# (there only while the server is ready); `data/` (configuration, logs in
# data/log); for a server in an overlay `layer/` and `installed`.

readonly alice_password=$'p@$s\'w"o`r\\d\\0123 \xc3\xbc ' bob_password=simple

say() { printf '%s: %s\n' "$name" "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

unavailable() {
    say "not available on this machine: $*"
    exit 69
}

# --- state -----------------------------------------------------------------

prepare_state() {
    [[ -r /proc/self/stat ]] || unavailable 'needs Linux with /proc'
    local tool
    for tool in flock setsid; do
        command -v "$tool" >/dev/null || unavailable "needs the command $tool"
    done
    if ! mkdir -p "$state" 2>/dev/null || [[ ! -O $state ]]; then
        unavailable "needs a state folder of one's own, not $state (set EHLO_SERVERS)"
    fi
    mkdir -p "$dir/data/log"
}

# Held on descriptor 8 until this script ends, and with it all that it waits for.
lock_server() {
    exec 8>"$dir/lock"
    flock --wait 900 8 || fail "another run has held $dir/lock for too long"
}

# The tail of every log goes to stderr when `up` fails.
report_failure() {
    local status=$1
    ((status != 0 && status != 69)) || return 0
    (stop_server) || true
    tail -n 25 "$dir"/data/log/* >&2 2>/dev/null || true
}

# --- secrets: one CA, certificates, password and token for all servers ------

# With no openssl on the machine it is installed in an overlay and run there.
make_secrets() (
    exec 9>"$state/ca.lock"
    flock --wait 900 9 || fail "another run has held $state/ca.lock for too long"
    [[ ! -d $state/ca ]] || exit 0
    dir=$state/ca.build
    rm -rf "$dir/data"
    mkdir -p "$dir/data/log"
    if command -v openssl >/dev/null; then
        bash "$here/make-secrets.sh" "$dir/data/ca" 2>"$dir/data/log/openssl.log"
    else
        ((EUID == 0)) || unavailable 'needs the command openssl'
        install_packages openssl
        enter bash -s /ehlo/ca <"$here/make-secrets.sh" 2>"$dir/data/log/openssl.log"
    fi || {
        tail "$dir/data/log/"* >&2
        exit 1
    }
    printf %s "$alice_password" >"$dir/data/ca/alice.password"
    mv "$dir/data/ca" "$state/ca"
    rm -rf "$dir"
)

# Copies certificates and keys to where the server finds them. Anybody may read
# these keys: they are worth nothing, and Exim reads its own without being root.
copy_certificates() {
    mkdir -p "$dir/data/tls"
    local certificate
    for certificate in "$@"; do
        install -m 644 "$state/ca/$certificate".{crt,key} "$dir/data/tls/"
    done
}

# --- overlay: Debian packages without touching the machine (see overlay.sh) --

readonly enter_overlay=(unshare --mount --uts --pid --fork --kill-child bash "$here/overlay.sh")

# Runs a command in the server's overlay and waits for it.
enter() { "${enter_overlay[@]}" "$dir" "$@"; }

# Starts a server in its overlay, with no name server to ask.
launch_in_overlay() {
    launch "${enter_overlay[@]}" "$dir" sh -c ': >/etc/resolv.conf; exec "$@"' launch "$@"
}

require_overlay() {
    ((EUID == 0)) || unavailable 'needs root'
    local tool
    for tool in apt-get unshare mount chroot; do
        command -v "$tool" >/dev/null || unavailable "needs the command $tool"
    done
    enter apt-get --version >"$dir/data/log/install.log" 2>&1 ||
        unavailable "cannot mount an overlay over /: $(tail -n 1 "$dir/data/log/install.log")"
}

# Installs Debian packages in the overlay, once. A layer that was not finished is
# thrown away.
install_packages() {
    [[ ! -e $dir/installed || $(<"$dir/installed") != "$*" ]] || return 0
    rm -rf "$dir/layer" "$dir/installed"
    mkdir -p "$dir"/layer/{root,upper,work}
    require_overlay
    say "installing $* (only this once)"
    local install=(apt-get install --yes --no-install-recommends
        -o Dpkg::Options::=--force-unsafe-io
        -o Dpkg::Options::=--path-exclude='/usr/share/man/*'
        -o Dpkg::Options::=--path-exclude='/usr/share/doc/*' "$@")
    {
        # keep the packages from starting their daemons
        enter sh -c 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d'
        # package lists missing or out of date: fetch them and try again
        enter "${install[@]}" || { enter apt-get update && enter "${install[@]}"; }
    } </dev/null >>"$dir/data/log/install.log" 2>&1 || fail 'cannot install the packages'
    printf %s "$*" >"$dir/installed"
}

# --- process -----------------------------------------------------------------

# Starts a command detached from this script, its terminal and its lock. What is
# killed in the end is this one process: an overlay's processes all go with it.
launch() {
    setsid "$@" </dev/null >"$dir/data/log/server.log" 2>&1 8>&- &
    disown
    printf '%s %s\n' $! "$(start_time $!)" >"$dir/pid"
}

# When a running process was started, in clock ticks since boot: field 22 of its stat
# line, counted here from the third, the state; the second may hold blanks.
start_time() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] || return 1 # dead, and only not yet reaped
    printf %s "${fields[19]}"
}

# Whether the recorded process still runs and is not another one of the same number.
is_alive() {
    local recorded started
    { read -r pid recorded <"$dir/pid" && started=$(start_time "$pid"); } 2>/dev/null &&
        [[ $started == "$recorded" ]]
}

is_up() { is_alive && [[ -s $dir/endpoints ]]; }

stop_server() {
    local pid tries=200
    rm -f "$dir/endpoints"
    if is_alive; then
        kill -KILL "$pid"
        while is_alive || any_port_open; do
            ((tries-- > 0)) || fail "cannot stop process $pid"
            sleep 0.05
        done
    fi
    rm -f "$dir/pid"
}

# --- ports -------------------------------------------------------------------
# All are odd, because Linux gives even ones (from 32768 on) to outgoing connections,
# and one that a client has used cannot be listened on for a minute.

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

any_port_open() {
    local endpoint
    for endpoint in "${endpoints[@]}"; do
        ! port_open "${endpoint#*=}" || return 0
    done
    return 1
}

require_free_ports() {
    ! any_port_open || fail "one of its ports is taken: ${endpoints[*]}"
}

# Whether a server greets at the port. Where TLS comes first, connecting is all.
greets() {
    local kind=$1 port=$2 greeting
    (exec 3<>"/dev/tcp/127.0.0.1/$port" &&
        { [[ $kind == tls ]] || { read -r -t 10 greeting <&3 && [[ $greeting == 220* ]]; }; }) 2>/dev/null
}

wait_until_ready() {
    local endpoint deadline=$((SECONDS + 60))
    for endpoint in "${endpoints[@]}"; do
        until greets "${endpoint%=*}" "${endpoint#*=}"; do
            is_alive || fail 'the server has died'
            ((SECONDS < deadline)) || fail "no answer from $endpoint"
            sleep 0.05
        done
    done
}

write_endpoints() {
    {
        printf 'ca=%s\n' "$state/ca/ca.crt"
        printf '%s\n' "${endpoints[@]/=/=127.0.0.1:}"
    } >"$dir/endpoints.new"
    mv "$dir/endpoints.new" "$dir/endpoints"
}
