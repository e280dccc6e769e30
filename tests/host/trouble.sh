# shellcheck shell=bash
# Trouble on demand, for tests: a stalled or dead libvirtd, a full pool, a second host to be rough with.

libvirtd_pid() { daemon_pid libvirtd || die "the private libvirtd is not running ($HOSTCTL start)"; }

libvirtd_cpu() {
    local stat fields
    stat=$(cat "/proc/$(libvirtd_pid)/stat")
    read -ra fields <<<"${stat##*) }"
    printf '%d\n' $(((fields[11] + fields[12]) * 1000 / $(getconf CLK_TCK)))
}

signal_libvirtd() {
    local pid
    pid=$(libvirtd_pid)
    kill -s "$1" "$pid"
}

kill_libvirtd() {
    local pid tries
    pid=$(libvirtd_pid)
    kill -KILL "$pid"
    for ((tries = 0; tries < 200; tries++)); do
        start_time "$pid" >/dev/null || return 0
        sleep 0.02
    done
    die "libvirtd ($pid) does not die"
}

domain_state() { virsh_host domstate "$1" --reason | head -n 1; }

# agent GUEST COMMAND ARGS…: runs a command in the guest through its agent and returns at once.
agent_exec() {
    local guest=$1 path=$2 args='' arg
    shift 2
    for arg in "$@"; do args+="${args:+,}\"$arg\""; done
    virsh_host qemu-agent-command --timeout 10 "$guest" \
        "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"$path\",\"arg\":[$args]}}" >/dev/null
}

# Leaves the small pool 1 MiB and lets the guest write 16: it is paused by the I/O error. Once it can go on, the guest
# finishes its writing and gives the space back.
fill() {
    local guest=$1 tries free
    [[ $(virsh_host domblklist "$guest" | awk '$1 == "vda" { print $2 }') == "$HOST_DIR/small/"* ]] ||
        die "$guest has no disk on the pool small"
    [[ $(domain_state "$guest") == running* ]] || die "$guest is not running, but $(domain_state "$guest")"
    free=$(small_mebibytes %a)
    ((free < 2)) || inside fallocate -l "$((free - 1))M" "$HOST_DIR/small/ballast"
    agent_exec "$guest" /bin/sh -c 'dd if=/dev/zero of=/dev/vda bs=1M seek=128 count=16 conv=fsync; blkdiscard -o 134217728 -l 16777216 /dev/vda' ||
        die "the agent of $guest does not answer"
    for ((tries = 0; tries < 300; tries++)); do
        [[ $(domain_state "$guest") != paused* ]] || return 0
        sleep 0.05
    done
    die "$guest did not run into the full pool"
}

unfill() {
    local guest=$1 tries
    inside rm -f "$HOST_DIR/small/ballast"
    [[ $(domain_state "$guest") != paused* ]] || virsh_host resume "$guest"
    for ((tries = 0; tries < 200; tries++)); do
        (($(small_mebibytes %b) - $(small_mebibytes %a) > 8)) || return 0
        sleep 0.05
    done
    die "$guest did not give back the space"
}

# small_mebibytes %a|%b: the free or the whole size of the small pool's file system.
small_mebibytes() { inside stat -f -c "$1 %S" "$HOST_DIR/small" | awk '{ print int($1 * $2 / 1048576) }'; }

# A small host of its own, to be killed, stalled and filled while the main one stays as it is.
scratch() {
    local action=${1:-} name=${2:-}
    [[ $action == up || $action == down ]] || die "scratch up|down NAME"
    [[ $name =~ ^[a-z0-9-]{1,24}$ ]] || die "a scratch host's name is made of small letters, digits and dashes"
    shift 2
    HOST_DIR=$HOST_DIR-scratch-$name
    SOCKET=$HOST_DIR/run/libvirt-sock
    HOST_URI="qemu+unix:///system?socket=$SOCKET"
    check_paths
    if [[ $action == down ]]; then
        host_down
        return
    fi
    host_up --guests 0 --defined 0 "$@"
    printf 'NOVACRON_HOST_DIR=%s\nNOVACRON_TEST_URI=%s\n' "$HOST_DIR" "$HOST_URI"
}
