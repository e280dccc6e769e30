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

# Resumes a guest, also one that libvirt wrongly takes for paused (see settle): QEMU is stopped in earnest first.
resume_guest() {
    local tries
    virsh_host resume "$1" >/dev/null
    for ((tries = 0; tries < 10; tries++)); do
        [[ $(domain_state "$1") == paused* ]] || return 0
        sleep 0.1
    done
    virsh_host qemu-monitor-command "$1" '{"execute":"stop"}' >/dev/null
    virsh_host resume "$1" >/dev/null
}

# agent GUEST JSON: asks the guest's agent, for up to 30 s after a start when it is not there yet.
agent() {
    local tries
    for ((tries = 0; tries < 150; tries++)); do
        if virsh_host qemu-agent-command --timeout 10 "$1" "$2" 2>/dev/null; then return 0; fi
        sleep 0.2
    done
    return 1
}

# Leaves the small pool 1 MiB and lets the guest write 16: it is paused by the I/O error. Once it can go on, the guest
# finishes its writing and gives the space back.
fill() {
    local guest=$1 tries free answer
    [[ $(virsh_host domblklist "$guest" | awk '$1 == "vda" { print $2 }') == "$HOST_DIR/small/"* ]] ||
        die "$guest has no disk on the pool small"
    [[ $(domain_state "$guest") == running* ]] || die "$guest is not running, but $(domain_state "$guest")"
    agent "$guest" '{"execute":"guest-ping"}' >/dev/null || die "the agent of $guest does not answer"
    settle
    free=$(inside stat -f -c '%a %S' "$HOST_DIR/small" | awk '{ print int($1 * $2 / 1048576) }')
    ((free < 2)) || inside fallocate -l "$((free - 1))M" "$HOST_DIR/small/ballast"
    answer=$(agent "$guest" '{"execute":"guest-exec","arguments":{"path":"/bin/sh","arg":["-c","dd if=/dev/zero of=/mnt/fill bs=1M count=16 conv=fsync; rm /mnt/fill; sync; fstrim /mnt"]}}')
    sed -n 's/.*"pid":\([0-9]*\).*/\1/p' <<<"$answer" >"$HOST_DIR/fill-$guest"
    for ((tries = 0; tries < 300; tries++)); do
        if [[ $(domain_state "$guest") == paused* ]]; then
            touch "$HOST_DIR/filled"
            return 0
        fi
        sleep 0.05
    done
    inside rm -f "$HOST_DIR/small/ballast"
    die "$guest did not run into the full pool"
}

# QEMU 10 tells of I/O errors once a second at most. One told late finds the guest resumed, and libvirt then takes it for
# paused while it runs; one swallowed leaves libvirt without a reason. So wait until the last one must have been told.
settle() {
    while (($(date +%s) - $(stat -c %Y "$HOST_DIR/filled" 2>/dev/null || echo 0) < 3)); do sleep 0.2; done
}

unfill() {
    local guest=$1 tries pid
    inside rm -f "$HOST_DIR/small/ballast"
    settle
    [[ $(domain_state "$guest") != paused* ]] || resume_guest "$guest"
    pid=$(cat "$HOST_DIR/fill-$guest" 2>/dev/null) || return 0
    for ((tries = 0; tries < 300; tries++)); do
        if agent "$guest" "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":$pid}}" | grep -q '"exited":true'; then
            rm -f "$HOST_DIR/fill-$guest"
            return 0
        fi
        sleep 0.05
    done
    die "$guest does not finish its writing"
}

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
