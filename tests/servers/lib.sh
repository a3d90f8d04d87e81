# shellcheck shell=bash
# Functions that `run` and `tool` share. Both set
#   here   this folder
#   name   the name of the server or tool, for messages
# This file sets `state`, the state folder (README.md describes its contents).

state=${EHLO_SERVERS:-${TMPDIR:-/tmp}/ehlo-servers$( ((EUID == 0)) || printf -- '-%s' "$EUID")}
[[ $state == /* ]] || state=$PWD/$state

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

require_commands() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || unavailable "needs the command $command"
    done
}

prepare_state() {
    [[ -r /proc/self/stat ]] || unavailable 'needs Linux with /proc'
    require_commands flock setsid perl
    if ! mkdir -p "$state"/{layers,runs} 2>/dev/null || [[ ! -O $state ]]; then
        unavailable "needs a state folder of its own, not $state (set EHLO_SERVERS)"
    fi
}

# with_lock FILE COMMAND [ARG...] runs a command while no other process holds FILE. Processes
# that the command starts inherit the lock: it is free only after the last of them has ended.
with_lock() (
    exec 9>"$1"
    flock --wait 900 9 || fail "another process has held $1 for 15 minutes"
    "${@:2}"
)

# Prints the start time of a running process in clock ticks since boot: field 22 of its stat
# line. Field 2, the command, may contain blanks; so the fields after it are counted from 3.
start_time() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] || return 1 # a zombie has ended
    printf %s "${fields[19]}"
}

# is_running PID START: a process that got the same PID later has another start time.
is_running() { [[ $(start_time "$1") == "$2" ]]; }

# --- secrets: one CA, certificates, password and token for all servers ------

make_secrets() {
    [[ -d $state/ca ]] || with_lock "$state/ca.lock" build_secrets
}

build_secrets() {
    [[ ! -d $state/ca ]] || return 0 # another process has made it meanwhile
    local data=$state/ca.build log=$state/ca.log folder=$state/ca.build shell=(bash)
    if ! command -v openssl >/dev/null; then
        ((EUID == 0)) || unavailable 'needs the command openssl'
        use_layer "${tool_packages[@]}"
        shell=(enter "$layer" "$data" bash) folder=/ehlo
    fi
    rm -rf "$data"
    mkdir "$data"
    "${shell[@]}" -s "$folder/ca" <"$here/make-secrets.sh" 2>"$log" ||
        fail "cannot make the certificates: $(tail "$log")"
    printf %s "$alice_password" >"$data/ca/alice.password"
    mv "$data/ca" "$state/ca"
    rmdir "$data"
}

# Copies certificates and keys to the folder of the server. All users may read the keys: they
# protect nothing, and Exim reads its key without being root.
copy_certificates() {
    mkdir -p "$dir/data/tls"
    local certificate
    for certificate in "$@"; do
        install -m 644 "$state/ca/$certificate".{crt,key} "$dir/data/tls/"
    done
}
