# shellcheck shell=bash
# Shared by ./dev and tests/host/*: messages, root, where things are.

export LC_ALL=C.UTF-8

# The private host's own folder. QEMU runs as another user and must be able to enter it, so it is not in the checkout.
HOST_DIR=${NOVACRON_HOST_DIR:-/var/tmp/novacron-host}
# Kernel, initramfs and disk templates: shared by every private host of this machine.
CACHE_DIR=${NOVACRON_CACHE_DIR:-/var/tmp/novacron-cache}
HOST_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HOSTCTL=$HOST_SRC/hostctl
SOCKET=$HOST_DIR/run/libvirt-sock
HOST_URI="qemu+unix:///system?socket=$SOCKET"

QUIET=${QUIET:-}

say() { [[ -n $QUIET ]] || printf '» %s\n' "$*" >&2; }
warn() { printf '! %s\n' "$*" >&2; }
die() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: directly, or with sudo. sudo may only ask where somebody can answer.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif ! have sudo; then
        die "this needs root: run it as root, or install sudo"
    elif [[ -t 0 && -z ${CI:-} ]]; then
        sudo -- "$@"
    else
        sudo -n -- "$@"
    fi
}

# Closes what the caller left open: a daemon would hold it, and with it a lock, for as long as it runs.
close_inherited() {
    local fd
    for fd in /proc/"$BASHPID"/fd/*; do
        fd=${fd##*/}
        # 255 is where bash reads its script.
        ((fd <= 2 || fd == 255)) || exec {fd}>&-
    done
}

# The settings that must survive sudo.
host_env() {
    printf '%s\n' "NOVACRON_HOST_DIR=$HOST_DIR" "NOVACRON_CACHE_DIR=$CACHE_DIR" "QUIET=$QUIET"
}

check_paths() {
    local path
    for path in "$HOST_DIR" "$CACHE_DIR"; do
        [[ $path =~ ^/[A-Za-z0-9._/-]+$ && $path != *..* ]] ||
            die "the folder '$path' must be an absolute path of letters, digits, dot, dash and underscore"
    done
    # sun_path holds 107 bytes; the longest socket name below the folder is run/virtlockd-admin-sock.
    ((${#HOST_DIR} <= 80)) || die "the folder '$HOST_DIR' is too long for a socket's path (80 bytes at most)"
}

# ensure_owned_dir DIR: makes a folder of root's. The parent may be writable by all: a foreign one is refused.
ensure_owned_dir() {
    [[ -e $1 || -L $1 ]] || mkdir -p "$1"
    [[ -d $1 && ! -L $1 && $(stat -c %u "$1") == 0 ]] || die "$1 is not a folder of root's: remove it or choose another"
    chmod 0711 "$1"
}
