# shellcheck shell=bash
# The private host: a libvirtd in its own namespaces with its own folders. Runs as root.

# --- processes -------------------------------------------------------------------------------------------------------

# start_time PID: prints when a process started (clock ticks since boot); fails if it is gone or a zombie.
start_time() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s' "${fields[19]}"
}

# The namespaces' first process, as recorded by us: a pid counts only together with its start time.
holder_pid() {
    local pid started
    [[ -r $HOST_DIR/holder ]] || return 1
    read -r pid started <"$HOST_DIR/holder" || return 1
    [[ $(start_time "$pid") == "$started" ]] || return 1
    printf '%s' "$pid"
}

inside() {
    local holder
    holder=$(holder_pid) || die "the private host is not up (./dev host up)"
    nsenter --target "$holder" --mount --uts --net --pid --ipc --root -- "$@"
}

# daemon_pid NAME: the pid, as seen from here, of a daemon of ours.
daemon_pid() {
    local holder inner pid last
    holder=$(holder_pid) || return 1
    inner=$(cat "$HOST_DIR/run/$1.pid" 2>/dev/null) || return 1
    for pid in $(pgrep --ns "$holder" --nslist pid -x "$1"); do
        last=$(awk '/^NSpid:/ { print $NF }' "/proc/$pid/status" 2>/dev/null) || continue
        if [[ $last == "$inner" ]] && start_time "$pid" >/dev/null; then
            printf '%s' "$pid"
            return 0
        fi
    done
    return 1
}

virsh_host() { virsh --quiet --connect "$HOST_URI" "$@"; }

# answers SECONDS
answers() { timeout "$1" virsh --quiet --connect "$HOST_URI" version >/dev/null 2>&1; }

# --- up --------------------------------------------------------------------------------------------------------------

# One at a time. Who waited while `down` removed the folder holds a lock on nothing, and takes a new one.
lock_host() {
    while :; do
        ensure_owned_dir "$HOST_DIR"
        exec 9>"$HOST_DIR/lock"
        flock 9
        [[ $HOST_DIR/lock -ef /proc/self/fd/9 ]] && return 0
        exec 9>&-
    done
}

make_folders() {
    local part
    ensure_owned_dir "$HOST_DIR"
    [[ -e $HOST_DIR/.novacron-host || -z $(find "$HOST_DIR" -mindepth 1 -maxdepth 1 ! -name lock -print -quit) ]] ||
        die "$HOST_DIR holds something else: choose another folder with NOVACRON_HOST_DIR"
    touch "$HOST_DIR/.novacron-host"
    for part in etc lib log cache run empty small dev images cold define; do
        mkdir -p "$HOST_DIR/$part"
        chmod 0755 "$HOST_DIR/$part"
    done
    mkdir -p "$HOST_DIR/log/serial" "$HOST_DIR/lib/images" "$HOST_DIR/lib/qemu"
    mkdir -p /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /run/libvirt
    [[ -s $HOST_DIR/uuid ]] || cat /proc/sys/kernel/random/uuid >"$HOST_DIR/uuid"
    printf '%s\n' "${SUDO_UID:-0}" >"$HOST_DIR/owner"
    printf '127.0.0.1 localhost\n127.0.1.1 novacron-test\n' >"$HOST_DIR/hosts"
    [[ -e /etc/hosts ]] || touch /etc/hosts
    [[ ! -e $CACHE_DIR/seed.iso ]] || cp "$CACHE_DIR/seed.iso" "$HOST_DIR/images/"
}

write_config() {
    cat >"$HOST_DIR/etc/libvirtd.conf" <<CONF
host_uuid = "$(cat "$HOST_DIR/uuid")"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0700"
unix_sock_rw_perms = "0700"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
CONF
    # Own namespaces already part this host from the machine; inside, nothing may depend on what the machine offers.
    cat >"$HOST_DIR/etc/qemu.conf" <<'CONF'
security_driver = "none"
cgroup_controllers = []
namespaces = []
remember_owner = 0
max_core = 0
CONF
    printf 'log_outputs = "3:file:/var/log/libvirt/virtlogd.log"\n' >"$HOST_DIR/etc/virtlogd.conf"
}

start_namespace() {
    local outer pid='' tries
    make_folders
    write_config
    rm -f "$HOST_DIR/run/namespace-ready"
    say "making the private host's namespaces in $HOST_DIR"
    # An empty environment: what the caller's holds is none of the daemons' business.
    (
        close_inherited
        exec env -i --chdir=/ PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 setsid \
            unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc \
            "$HOST_SRC/namespace-init" "$HOST_DIR"
    ) </dev/null >"$HOST_DIR/namespace.log" 2>&1 &
    outer=$!
    for ((tries = 0; tries < 100; tries++)); do
        pid=$(pgrep -P "$outer" | head -n 1 || true)
        [[ -z $pid || ! -e $HOST_DIR/run/namespace-ready ]] || break
        kill -0 "$outer" 2>/dev/null || die "could not make the namespaces: $(tail -n 3 "$HOST_DIR/namespace.log")"
        sleep 0.05
    done
    [[ -n $pid && -e $HOST_DIR/run/namespace-ready ]] || die "the namespaces did not come up: $(tail -n 3 "$HOST_DIR/namespace.log")"
    printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$HOST_DIR/holder"
}

# Starts what is not running. Guests that run are found again by a new libvirtd.
start_daemons() {
    local name started=
    for name in virtlogd libvirtd; do
        ! daemon_pid "$name" >/dev/null || continue
        say "starting $name"
        (
            close_inherited
            inside env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
                "$name" -d --pid-file "/run/libvirt/$name.pid"
        ) </dev/null >"$HOST_DIR/$name.out" 2>&1 ||
            die "$name did not start: $(tail -n 3 "$HOST_DIR/$name.out" "$HOST_DIR/log/$name.log" 2>/dev/null)"
        started=1
    done
    [[ -z $started ]] || chown "$(cat "$HOST_DIR/owner")" "$SOCKET" "$SOCKET-ro"
    answers 10 || die "the private libvirtd does not answer (stalled? try: $HOSTCTL cont)"
}

# batch FILE: many virsh commands over one connection; ends with the first errors.
batch() {
    local errors
    errors=$(virsh_host <"$1" 2>&1 >/dev/null) || true
    [[ -z $errors ]] || die "libvirt said: $(head -n 3 <<<"$errors")"
}

ensure_networks_and_pools() {
    local name folder active present commands=$HOST_DIR/define/base.virsh
    : >"$commands"
    present=" $(virsh_host net-list --all --name | tr '\n' ' ') "
    active=" $(virsh_host net-list --name | tr '\n' ' ') "
    for name in default isolated offline; do
        if [[ $present != *" $name "* ]]; then
            network_xml "$name" >"$HOST_DIR/define/net-$name.xml"
            printf 'net-define "%s"\n' "$HOST_DIR/define/net-$name.xml" >>"$commands"
            [[ $name == offline ]] || printf 'net-autostart %s\n' "$name" >>"$commands"
        fi
        [[ $name == offline || $active == *" $name "* ]] || printf 'net-start %s\n' "$name" >>"$commands"
    done
    present=" $(virsh_host pool-list --all --name | tr '\n' ' ') "
    active=" $(virsh_host pool-list --name | tr '\n' ' ') "
    for name in default small cold; do
        folder=$name
        [[ $name != default ]] || folder=images
        if [[ $present != *" $name "* ]]; then
            pool_xml "$name" "$folder" >"$HOST_DIR/define/pool-$name.xml"
            printf 'pool-define "%s"\n' "$HOST_DIR/define/pool-$name.xml" >>"$commands"
            [[ $name == cold ]] || printf 'pool-autostart %s\n' "$name" >>"$commands"
        fi
        [[ $name == cold || $active == *" $name "* ]] || printf 'pool-start %s\n' "$name" >>"$commands"
    done
    batch "$commands"
}

# Prints "NAME<tab>STATE" of every domain (1 running, 3 paused, 5 shut off).
domain_states() {
    virsh_host domstats --state | awk -F"'" '/^Domain:/ { name = $2 } /state.state=/ { sub(/.*=/, ""); print name "\t" $0 }'
}

# ensure_guests RUNNING DEFINED: defines and starts what is missing, never takes anything away.
ensure_guests() {
    local running=$1 defined=$2 paused=0 index row name disk extras kind count
    local commands=$HOST_DIR/define/guests.virsh starting=()
    local -A state=()
    while IFS=$'\t' read -r name kind; do state[$name]=$kind; done < <(domain_states)
    : >"$commands"
    ((defined == 0)) || paused=1
    local -a rows=()
    for ((index = 0; index < running; index++)); do rows+=("running|$(table_row running "$index")"); done
    for ((index = 0; index < paused; index++)); do rows+=("paused|$(table_row paused "$index")"); done
    for ((index = 0; index < defined - paused; index++)); do rows+=("off|$(table_row off "$index")"); done
    count=0
    for row in "${rows[@]}"; do
        kind=${row%%|*}
        row=${row#*|}
        IFS='|' read -r name _ _ _ _ disk _ extras _ <<<"$row"
        if [[ ${state[$name]:-5} == 5 ]]; then
            make_disk "$name" "$disk"
            [[ " $extras " != *" second "* ]] || make_disk "$name-data" qcow2
        fi
        if [[ -z ${state[$name]:-} ]]; then
            domain_xml "$row" >"$HOST_DIR/define/$name.xml"
            printf 'define "%s"\n' "$HOST_DIR/define/$name.xml" >>"$commands"
            [[ " $extras " != *" autostart "* ]] || printf 'autostart %s\n' "$name" >>"$commands"
            count=$((count + 1))
        fi
        case $kind:${state[$name]:-5} in
        running:5)
            starting+=("$name")
            printf 'start %s\n' "$name" >>"$commands.start"
            ;;
        running:3)
            say "resuming $name"
            resume_guest "$name"
            ;;
        paused:5) printf 'start --paused %s\n' "$name" >>"$commands.start" ;;
        paused:1) printf 'suspend %s\n' "$name" >>"$commands.start" ;;
        esac
    done
    if ((count)); then
        say "defining $count guests"
        printf 'pool-refresh default\n' | cat - "$commands" >"$commands.all"
        batch "$commands.all"
    fi
    if [[ -s $commands.start ]]; then
        ((${#starting[@]} == 0)) || say "starting ${#starting[@]} guests: ${starting[*]}"
        for name in "${starting[@]}"; do rm -f "$HOST_DIR/log/serial/$name.log"; done
        batch "$commands.start"
    fi
    rm -f "$commands" "$commands.all" "$commands.start"
    wait_booted "${starting[@]}"
}

# Waits until each guest has said on its serial console that it is up.
wait_booted() {
    local name waiting=("$@") still deadline=$((SECONDS + 60 + 20 * $#))
    (($#)) || return 0
    say "waiting until they have booted"
    while ((${#waiting[@]})); do
        still=()
        for name in "${waiting[@]}"; do
            grep -qs "nova: .* ready" "$HOST_DIR/log/serial/$name.log" || still+=("$name")
        done
        waiting=("${still[@]}")
        ((SECONDS < deadline)) || die "did not boot in time: ${waiting[*]} (see $HOST_DIR/log/serial)"
        ((${#waiting[@]} == 0)) || sleep 0.25
    done
}

host_up() {
    local running=6 defined=14
    while (($#)); do
        case $1 in
        --guests | --defined)
            [[ ${2:-} =~ ^[0-9]{1,4}$ ]] || die "$1 needs a number"
            [[ $1 == --guests ]] && running=$2 || defined=$2
            shift 2
            ;;
        --bench) running=20 defined=200 && shift ;;
        *) die "host up: unknown option '$1' (there are --guests N, --defined N, --bench)" ;;
        esac
    done
    check_memory "$running"
    lock_host
    ((running + defined == 0)) || ensure_image
    holder_pid >/dev/null || start_namespace
    start_daemons
    ensure_networks_and_pools
    ensure_guests "$running" "$defined"
    exec 9>&-
    say "the private host is up: $HOST_URI"
}

check_memory() {
    local free
    free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    holder_pid >/dev/null || ((free > 300 + 250 * $1)) ||
        die "$1 guests need about $((300 + 250 * $1)) MiB of memory, $free MiB are available (--guests N takes fewer)"
}

# --- down, status ----------------------------------------------------------------------------------------------------

# Ends this host and the scratch hosts made beside it.
host_down() {
    local dir
    for dir in "$HOST_DIR"-scratch-*; do
        [[ ! -e $dir/.novacron-host ]] || NOVACRON_HOST_DIR=$dir "$HOSTCTL" down
    done
    end_host
}

end_host() {
    local holder tries
    [[ -d $HOST_DIR ]] || { say "there is no private host in $HOST_DIR" && return 0; }
    [[ -e $HOST_DIR/.novacron-host && ! -L $HOST_DIR && $(stat -c %u "$HOST_DIR") == 0 ]] ||
        die "$HOST_DIR is not a folder of the private host"
    lock_host
    if holder=$(holder_pid); then
        say "ending the private host in $HOST_DIR"
        # The kernel ends every process inside before the first one, and the mounts go with them.
        kill -KILL "$holder"
        for ((tries = 0; tries < 200; tries++)); do
            start_time "$holder" >/dev/null || break
            sleep 0.05
        done
    fi
    rm -rf --one-file-system "$HOST_DIR"
    exec 9>&-
    say "the private host is down (its kernel and templates stay in $CACHE_DIR)"
}

host_status() {
    local pid
    if ! holder_pid >/dev/null; then
        printf 'private host: down (%s)\n' "$HOST_DIR"
        return 3
    fi
    printf 'private host: up (%s)\nuri: %s\n' "$HOST_DIR" "$HOST_URI"
    if ! pid=$(daemon_pid libvirtd); then
        printf 'libvirtd: not running (%s start)\n' "$HOSTCTL"
        return 4
    fi
    printf 'libvirtd: pid %s, %s\n' "$pid" "$(awk '/^State:/ { $1 = ""; print substr($0, 2) }' "/proc/$pid/status")"
    if ! answers 2; then
        printf 'libvirtd does not answer\n'
        return 4
    fi
    virsh_host version --daemon | sed -n 's/^Using library: /client: /p; s/^Running hypervisor: /hypervisor: /p; s/^Running against daemon: /daemon: /p'
    domain_states | awk -F'\t' '{ n[$2]++ } END { printf "guests: %d running, %d paused, %d shut off\n", n[1], n[3], n[5] }'
}
