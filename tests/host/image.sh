# shellcheck shell=bash
# The guests' kernel, initramfs and disk templates, from Debian packages, unpacked and never installed. Kept in CACHE_DIR.

GUEST_MODULES=(virtio_pci virtio_blk virtio_net virtio_balloon virtio_console evdev button)

image_stamp() { cat "$HOST_SRC/image.sh" "$HOST_SRC"/guest/* | sha256sum | cut -d' ' -f1; }

# Builds what is missing. Safe to call at once from several places.
ensure_image() {
    local stamp
    stamp=$(image_stamp)
    ensure_owned_dir "$CACHE_DIR"
    exec 8>"$CACHE_DIR/lock"
    flock 8
    if [[ $(cat "$CACHE_DIR/stamp" 2>/dev/null) != "$stamp" ]]; then
        [[ $(uname -m) == x86_64 ]] || die "test guests are built for x86_64 only; './dev host up --guests 0' works anywhere"
        local work code
        work=$(mktemp -d "$CACHE_DIR/work.XXXXXX")
        # In a subshell of its own, whose errors end it (in an `if` they would not): a half-built image never gets its place.
        set +e
        (set -e; build_image "$work")
        code=$?
        set -e
        rm -rf "$work"
        ((code == 0)) || die "could not build the guests' image (above is why)"
        printf '%s\n' "$stamp" >"$CACHE_DIR/stamp"
    fi
    exec 8>&-
}

# fetch DIR PACKAGE: downloads and unpacks a package into DIR/root.
fetch() {
    local dir=$1 package=$2
    say "fetching $package"
    download "$dir" "$package" 2>/dev/null || { apt-get -q update && download "$dir" "$package"; } >&2
    dpkg -x "$dir/${package}"_*.deb "$dir/root"
}

# Old package lists name versions that the mirror no longer has: fetch asks again with fresh ones.
download() { (cd "$1" && apt-get -q -o APT::Sandbox::User=root download "$2" >/dev/null); }

kernel_package() {
    apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
}

build_image() {
    local work=$1 package version
    package=$(kernel_package)
    if [[ -z $package ]]; then
        apt-get -q update
        package=$(kernel_package)
    fi
    [[ -n $package ]] || die "found no package linux-image-cloud-amd64: is this Debian?"
    fetch "$work" "$package"
    fetch "$work" qemu-guest-agent
    version=${package#linux-image-}
    say "building the guests' image (kernel $version)"
    build_initramfs "$work" "$version"
    build_templates "$work"
    # Older guests may still run from the files that are replaced: rename, never rewrite.
    install -m 0644 "$work/root/boot/vmlinuz-$version" "$CACHE_DIR/.vmlinuz"
    mv "$CACHE_DIR/.vmlinuz" "$CACHE_DIR/vmlinuz"
    mv "$work/initrd" "$work/initrd-agent" "$work/data.qcow2" "$work/data.raw" "$work/seed.iso" "$CACHE_DIR/"
}

build_initramfs() {
    local work=$1 version=$2 tree=$1/tree agent=$1/agent module file
    mkdir -p "$tree"/{bin,sbin,etc/nova,etc/acpi/PWRF,modules}
    cp /bin/busybox "$tree/bin/busybox"
    "$tree/bin/busybox" true || die "/bin/busybox does not run"
    cp "$HOST_SRC/guest/init" "$tree/init"
    cp "$HOST_SRC/guest/inittab" "$tree/etc/inittab"
    cp "$HOST_SRC"/guest/{setup,lib,dhcp,shell,agent,load} "$tree/etc/nova/"
    cp "$HOST_SRC/guest/shutdown" "$tree/sbin/shutdown"
    cp "$HOST_SRC/guest/shutdown" "$tree/etc/acpi/PWRF/00000080"
    cp "$HOST_SRC/guest/acpid" "$tree/sbin/acpid-nova"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree/etc/passwd"
    printf 'root:x:0:\n' >"$tree/etc/group"

    # Debian 13 puts modules below usr/lib, and compressed.
    [[ -d $work/root/lib/modules/$version ]] || { mkdir -p "$work/root/lib" && mv "$work/root/usr/lib/modules" "$work/root/lib/"; }
    depmod -b "$work/root" "$version"
    for module in "${GUEST_MODULES[@]}"; do
        modprobe -d "$work/root" -S "$version" --show-depends "$module"
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$work/modules"
    while read -r file; do
        module=${file##*/}
        case $file in
        *.ko.xz) module=${module%.xz} && xz -dc "$file" >"$tree/modules/$module" ;;
        *) cp "$file" "$tree/modules/$module" ;;
        esac
        printf '%s\n' "$module" >>"$tree/modules/order"
    done <"$work/modules"
    pack "$tree" "$work/initrd"

    # The guest agent is a second archive behind the first: only the guests that need it load it.
    mkdir -p "$agent/usr/sbin"
    cp "$work/root/usr/sbin/qemu-ga" "$agent/usr/sbin/"
    ! ldd "$agent/usr/sbin/qemu-ga" | grep 'not found' || die "qemu-ga needs libraries that this machine lacks"
    while read -r file; do
        mkdir -p "$agent${file%/*}"
        cp -L "$file" "$agent$file"
    done < <(ldd "$agent/usr/sbin/qemu-ga" | grep -o '/[^ ]*')
    pack "$agent" "$work/agent.cpio"
    cat "$work/initrd" "$work/agent.cpio" >"$work/initrd-agent"
}

# Not compressed: an emulated CPU would have to unpack it.
pack() { (cd "$1" && find . -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0) >"$2"; }

build_templates() {
    local work=$1
    truncate -s 256M "$work/data.raw"
    mkfs.ext4 -q -F -L nova -O '^has_journal' -E lazy_itable_init=1,nodiscard "$work/data.raw"
    qemu-img convert -f raw -O qcow2 "$work/data.raw" "$work/data.qcow2"
    # Not a real CD: a medium to have in a drive.
    truncate -s 1M "$work/seed.iso"
}
