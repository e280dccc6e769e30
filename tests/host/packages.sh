# shellcheck shell=bash
# What a Debian machine must have: to build, and to run the tests. apt runs only if something is missing.

# shellcheck disable=SC2034 # for ./dev
BUILD_PACKAGES=(libvirt-dev pkg-config gcc libc6-dev)
TEST_PACKAGES=(
    libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils ovmf swtpm swtpm-tools
    dnsmasq-base iproute2 nftables iptables
    busybox-static cpio kmod xz-utils e2fsprogs procps tmux
    openssh-server openssh-client netcat-openbsd zsh fish
)
BACKPORTS_FILE=/etc/apt/sources.list.d/novacron-backports.sources
POLICY_FILE=/usr/sbin/policy-rc.d

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing_packages() {
    local package
    for package in "$@"; do
        is_installed "$package" || printf '%s\n' "$package"
    done
}

require_packages() {
    local missing
    have dpkg-query || {
        warn "not a Debian system: install by hand what these Debian packages hold: $*"
        return 0
    }
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    as_root env "${APT_ENV[@]}" bash "$HOST_SRC/packages.sh" "${missing[@]}" ||
        die "could not install ${missing[*]}"
}
APT_ENV=(DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l)

# Prints the suite to install from, empty for the machine's own. A Debian 12 that carries QEMU or libvirt from its
# backports refuses the plain versions ("held broken packages"): there the rest must come from backports too.
wanted_suite() {
    local codename
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    [[ -n $codename ]] || return 0
    # dpkg-query fails where one of the two is not known at all; grep -q would end it early.
    { dpkg-query -W -f '${db:Status-Status} ${Version}\n' 'qemu-*' 'libvirt*' 2>/dev/null || true; } |
        sed -n "/^installed .*~bpo/{s/.*/$codename-backports/p;q}"
}

# Prints the key file (Signed-By) that the machine's own source of a suite names, in either format; empty if none.
signing_key() {
    local suite=$1
    find /etc/apt/sources.list.d -maxdepth 1 -name '*.sources' -exec \
        awk -v RS= -v suite="$suite" '$0 ~ "(^|\n)Suites:[^\n]*[ \t]" suite "([ \t\n]|$)"' {} + 2>/dev/null |
        sed -n 's/^Signed-By:[[:space:]]*\(\/[^[:space:]]*\).*/\1/p' | head -n 1 | grep . && return 0
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | grep -E "^deb .* $suite " |
        sed -n 's/.*signed-by=\([^] ]*\).*/\1/p' | head -n 1
}

# Adds the backports suite of the mirror (and with the key) that the machine's own Debian source names.
ensure_suite() {
    local suite=$1 base=${1%-backports} targets uri key
    targets=$(apt-get indextargets --format "\$(RELEASE)|\$(ORIGIN)|\$(REPO_URI)" 'Created-By: Packages')
    ! grep -q "^$suite|" <<<"$targets" || return 0
    uri=$(sed -n "s/^$base|Debian|//p" <<<"$targets" | head -n 1)
    [[ -n $uri ]] || die "found no Debian source for $base to derive $suite from"
    key=$(signing_key "$base" || true)
    say "adding the suite $suite of this machine's own Debian mirror ($BACKPORTS_FILE)"
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
        [[ -z $key ]] || printf 'Signed-By: %s\n' "$key"
    } >"$BACKPORTS_FILE"
    logged apt-get update
}

# Packages may start their services when installed. Nothing shall run that nobody asked for: say no, for this once.
forbid_services() {
    [[ ! -e $POLICY_FILE && ! -L $POLICY_FILE ]] || return 0
    printf '#!/bin/sh\n# placed by NovaCron for the time of one apt run\nexit 101\n' >"$POLICY_FILE"
    chmod 0755 "$POLICY_FILE"
    trap 'rm -f "$POLICY_FILE" "$APT_LOG"' EXIT
    trap 'exit 130' INT TERM HUP
}

# Nor at the next boot, where that would open a port: this is Debian's own switch for it, to be removed by who wants sshd.
forbid_sshd() {
    [[ " $* " == *" openssh-server "* && ! -d /etc/ssh/sshd_config.d ]] || return 0
    mkdir -p /etc/ssh
    printf 'placed by NovaCron, which needs openssh-server for its tests only\n' >/etc/ssh/sshd_not_to_be_run
}

install_packages() {
    # Nothing that is on the machine goes for our tests.
    local suite options=(-y -qq --no-install-recommends --no-remove -o Dpkg::Options::=--force-confold
        -o DPkg::Lock::Timeout=300 -o APT::Color=0)
    suite=$(wanted_suite)
    [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null) ]] || logged apt-get update
    if [[ -n $suite ]]; then
        ensure_suite "$suite"
        options+=(-t "$suite")
        # libvirt-dev must be of the library's own version.
        ! is_installed libvirt-dev || set -- "$@" libvirt-dev
    fi
    forbid_services
    forbid_sshd "$@"
    logged apt-get install "${options[@]}" "$@" || {
        say "trying again with fresh package lists"
        logged apt-get update
        logged apt-get install "${options[@]}" "$@" || {
            tail -n 20 "$APT_LOG" >&2
            return 1
        }
    }
}

logged() { "$@" </dev/null >>"$APT_LOG" 2>&1; }

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    # shellcheck source=tests/host/lib.sh
    . "$(dirname "$0")/lib.sh"
    APT_LOG=$(mktemp)
    trap 'rm -f "$APT_LOG"' EXIT
    install_packages "$@"
fi
