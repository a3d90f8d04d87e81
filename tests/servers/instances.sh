# shellcheck shell=bash
# Instances: running servers, each with its own folder, processes and ports.
#
# An instance is a folder below $state/runs: NAME if `run NAME up` started it, NAME-PID-START if
# the process PID, which was started at START, holds it. In it:
#   pid        process id and start time of the server's main process
#   ports      KIND=PORT for each kind in `kinds`
#   endpoints  what `run` prints; exists only while the server is ready
#   data/      configuration; logs in data/log. A server in a view sees it as /ehlo.
# `dir` is the folder of the instance at hand.

# Locks the instance of `run NAME up` on descriptor 8 until this script ends.
lock_instance() {
    exec 8>"$dir.lock"
    flock --wait 900 8 || fail "another process has held $dir.lock for 15 minutes"
}

# Starts a new instance in `dir`.
start() {
    remove_instance
    mkdir -p "$dir/data/log"
    install_server
    make_secrets
    launch
    wait_until_ready
    {
        printf 'ca=%s\n' "$state/ca/ca.crt"
        printf '%s\n' "${endpoints[@]/=/=127.0.0.1:}"
    } >"$dir/endpoints.new"
    mv "$dir/endpoints.new" "$dir/endpoints"
}

# Starts `run NAME serve` detached from this script, its terminal, its input and its lock.
launch() {
    setsid perl "$here/hold-ports.pl" "$dir/ports" "${kinds[@]}" -- \
        bash "$here/run" "$name" serve "$dir" $$ "$(start_time $$)" \
        </dev/null >"$dir/data/log/server.log" 2>&1 7<&- 8>&- &
    launched=$!
    disown
}

record_process() {
    printf '%s %s\n' $$ "$(start_time $$)" >"$dir/pid.new"
    mv "$dir/pid.new" "$dir/pid"
}

# Sets `endpoints` to the lines KIND=PORT, and `port` to the ports by kind.
read_ports() {
    local endpoint
    declare -gA port=()
    mapfile -t endpoints <"$dir/ports"
    for endpoint in "${endpoints[@]}"; do
        port[${endpoint%=*}]=${endpoint#*=}
    done
}

# Replaces this process with a command in a view with the layer of `packages`, without DNS.
serve_in_view() {
    exec "${in_view[@]}" use "$(layer_of "${packages[@]}")" "$dir/data" \
        sh -c ': >/etc/resolv.conf; exec "$@"' sh "$@"
}

wait_until_ready() {
    local endpoint deadline=$((SECONDS + 60))
    until [[ -e $dir/ports ]]; do
        check_launched "$deadline" 'a port'
    done
    read_ports
    for endpoint in "${endpoints[@]}"; do
        until greets "${endpoint%=*}" "${endpoint#*=}"; do
            check_launched "$deadline" "$endpoint"
        done
    done
}

check_launched() {
    start_time "$launched" >/dev/null || fail 'the server has ended'
    ((SECONDS < $1)) || fail "timed out waiting for $2"
    sleep 0.05
}

# Whether a server greets on the port. With implicit TLS, connecting is enough.
greets() {
    local kind=$1 port=$2 greeting
    (exec 3<>"/dev/tcp/127.0.0.1/$port" && {
        [[ $kind == tls ]] || { read -r -t 10 greeting <&3 && [[ $greeting == 220* ]]; }
    }) 2>/dev/null
}

# Whether the server's main process runs. Sets `pid` in the caller.
is_alive() {
    local recorded
    { read -r pid recorded <"$dir/pid"; } 2>/dev/null && is_running "$pid" "$recorded"
}

is_up() {
    local pid
    [[ -s $dir/endpoints ]] && is_alive
}

# Prints the end of every log to stderr if `up` or `hold` has failed.
report_failure() {
    (($1 != 0 && $1 != 69)) || return 0
    tail -n 25 "$dir"/data/log/* >&2 2>/dev/null || true
}

# Stops the processes of an instance and removes its folder.
remove_instance() {
    local pid process children tries=200
    rm -f "$dir/endpoints"
    if is_alive; then
        # The children: unshare's child is the first process of the view, and all others end
        # with it. Stopped processes start no more children.
        kill -STOP "$pid" || true
        read -ra children <"/proc/$pid/task/$pid/children" || true
        kill -KILL "$pid" "${children[@]}" || true
        for process in "$pid" "${children[@]}"; do
            while start_time "$process" >/dev/null; do
                ((tries-- > 0)) || fail "cannot stop process $process"
                sleep 0.05
            done
        done
    fi
    rm -rf "$dir"
}

# Removes the instances that killed runs have left. Those of live runs stay untouched.
sweep() { with_lock "$state/runs.lock" remove_orphans; }

remove_orphans() {
    local dir
    for dir in "$state"/runs/*/; do
        dir=${dir%/}
        if [[ $dir =~ -([0-9]+)-([0-9]+)$ ]]; then
            is_running "${BASH_REMATCH[@]:1}" || (remove_instance) || true
        elif [[ -d $dir ]]; then
            # Started by `run NAME up`. If its lock is free and it is not up, a script was killed.
            (
                flock --nonblock 8 || exit 0
                is_up || remove_instance
            ) 8>"$dir.lock" || true
        fi
    done
}
