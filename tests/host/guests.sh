# shellcheck shell=bash
# Who lives on the private host: the tables, and the XML made from them.
# Nothing here comes from outside; a field may not hold '|', '<', '>', '&' or quotes.

# Guests that run, in the order in which --guests takes them.
# name | MiB | vCPUs | machine | load | disk | nets | extras | tags | title | description
RUNNING=(
    "web01|128|1|q35|mixed|chain|default|vnc autostart|web prod|Web front end 1|nginx, public"
    "db01|160|2|pc|disk|raw|default|agent second|db prod|Main database|PostgreSQL primary"
    "mail|128|1|pc|burst|volume|default|agent vnc|mail prod|Post & Büro ✉|Mail for everyone"
    "build07|128|1|q35|cpu|qcow2|default|cdrom|ci|Build worker 🛠 №7|"
    "web02|112|1|q35|net|overlay|default||web prod|Web front end 2|nginx, public"
    "archive|128|1|pc|idle|small|isolated|agent|archive|سجلات قديمة|Lies on the small pool, see hostctl fill"
    "cache01|96|1|pc|net|qcow2|default||cache prod||"
    "cache02|96|1|pc|idle|none|default||cache prod||Diskless"
    "dns01|96|1|pc|idle|qcow2|default isolated||infra||Two networks"
    "dns02|96|1|pc|idle|qcow2|default||infra||"
    "proxy01|96|1|q35|net|qcow2|default isolated||infra prod||"
    "git01|112|1|pc|disk|qcow2|default||ci prod|Git|"
    "ci01|96|1|pc|idle|overlay|isolated||ci||"
    "ci02|96|1|pc|idle|overlay|isolated||ci||"
    "mon01|112|1|pc|mixed|qcow2|default|agent|infra|Monitoring|"
    "log01|112|1|pc|disk|raw|default||infra||"
    "vpn01|96|1|pc|idle|qcow2|default||infra||"
    "queue01|96|1|pc|idle|qcow2|isolated||prod||"
    "queue02|96|1|pc|idle|qcow2|isolated||prod||"
    "web03|112|1|q35|idle|overlay|default||web staging||"
)
# One guest that is paused, and those that are shut off (after these, lab001 and so on).
PAUSED=("legacy-erp|128|1|pc|idle|qcow2|default||legacy|Old ERP, do not touch|Kept for the auditors")
SHUT_OFF=(
    "old-wiki|512|1|pc|idle|qcow2|default||legacy|Wiki until 2019|"
    "win2019|4096|4|q35|idle|qcow2|default|vnc|windows|Windows Server 2019|"
    "dev-anna|2048|2|q35|idle|overlay|default||dev|Anna's machine|"
    "dev-ben|2048|2|q35|idle|overlay|default||dev||"
    "staging-web|512|1|pc|idle|qcow2|isolated||web staging||"
    "staging-db|1024|2|pc|idle|raw|isolated||db staging||"
    "template-debian12|512|1|q35|idle|qcow2|none||template|Debian 12 template|Clone me, never start me"
    "gitlab-old|4096|4|pc|idle|qcow2|default||legacy||"
    "k8s-node1|2048|4|q35|idle|qcow2|offline||k8s||"
    "k8s-node2|2048|4|q35|idle|qcow2|offline||k8s||"
    "k8s-node3|2048|4|q35|idle|none|offline||k8s||Diskless: netboot"
    "café-ünïcode|256|1|pc|idle|none|default||test|名前テスト 👩‍💻|A name that is not ASCII"
    "a-guest-with-a-rather-long-name-as-some-tools-generate-them-0123456789|256|1|pc|idle|none|none||||"
)

# table_row KIND INDEX: prints the row of guest INDEX (from 0) of a kind.
table_row() {
    local kind=$1 index=$2 disk=none
    case $kind in
    running)
        if ((index < ${#RUNNING[@]})); then
            printf '%s\n' "${RUNNING[index]}"
        else
            printf 'vm%03d|96|1|pc|idle|qcow2|default|||||\n' $((index + 1))
        fi
        ;;
    paused) printf '%s\n' "${PAUSED[index]}" ;;
    off)
        if ((index < ${#SHUT_OFF[@]})); then
            printf '%s\n' "${SHUT_OFF[index]}"
        else
            ((index % 2)) || disk=qcow2
            printf 'lab%03d|%d|%d|pc|idle|%s|default||lab||\n' \
                $((index + 1)) $((256 << index % 4)) $((1 + index % 4)) "$disk"
        fi
        ;;
    esac
}

# stable_hash TEXT LENGTH: hex digits that are the same on every run, for UUIDs and MAC addresses.
stable_hash() {
    local hash
    hash=$(printf '%s' "$1" | md5sum)
    printf '%s' "${hash:0:$2}"
}

stable_uuid() {
    local h
    h=$(stable_hash "novacron:$1" 32)
    printf '%s-%s-4%s-8%s-%s' "${h:0:8}" "${h:8:4}" "${h:13:3}" "${h:17:3}" "${h:20:12}"
}

stable_mac() {
    local h
    h=$(stable_hash "$1/nic$2" 6)
    printf '52:54:00:%s:%s:%s' "${h:0:2}" "${h:2:2}" "${h:4:2}"
}

# The replacements are quoted: bash from 5.2 on gives a bare '&' in them a meaning.
escape() {
    local text=${1//&/"&amp;"}
    printf '%s' "${text//</"&lt;"}"
}

disk_file() {
    case $2 in
    raw) printf '%s/images/%s.raw' "$HOST_DIR" "$1" ;;
    small) printf '%s/small/%s.raw' "$HOST_DIR" "$1" ;;
    *) printf '%s/images/%s.qcow2' "$HOST_DIR" "$1" ;;
    esac
}

# make_disk NAME KIND: makes a guest's disk unless it is there. KIND small is made inside (its pool is mounted there).
make_disk() {
    local name=$1 kind=$2 file images=$HOST_DIR/images
    file=$(disk_file "$name" "$kind")
    if [[ $kind == none || ($kind != small && -e $file) ]]; then return 0; fi
    case $kind in
    qcow2 | volume) cp "$CACHE_DIR/data.qcow2" "$file" ;;
    raw) cp --sparse=always "$CACHE_DIR/data.raw" "$file" ;;
    small) inside cp --no-clobber --sparse=always "$CACHE_DIR/data.raw" "$file" ;;
    overlay | chain)
        [[ -e $images/base-debian12.qcow2 ]] || cp "$CACHE_DIR/data.qcow2" "$images/base-debian12.qcow2"
        if [[ $kind == overlay ]]; then
            overlay "$images/base-debian12.qcow2" "$file"
        else
            [[ -e $images/web-golden.qcow2 ]] || overlay "$images/base-debian12.qcow2" "$images/web-golden.qcow2"
            overlay "$images/web-golden.qcow2" "$file"
        fi
        ;;
    esac
}

overlay() { qemu-img create -q -f qcow2 -F qcow2 -b "$1" "$2" >/dev/null; }

disk_xml() {
    local name=$1 kind=$2 file format=qcow2
    file=$(disk_file "$name" "$kind")
    case $kind in
    none) return 0 ;;
    raw | small) format=raw ;;
    esac
    if [[ $kind == volume ]]; then
        printf "<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='default' volume='%s'/>" "${file##*/}"
    else
        printf "<disk type='file' device='disk'><driver name='qemu' type='%s' discard='unmap'/><source file='%s'/>" "$format" "$file"
    fi
    printf "<target dev='vda' bus='virtio'/></disk>\n"
}

nic_xml() {
    local name=$1 index=0 network
    shift
    for network in "$@"; do
        [[ $network != none ]] || continue
        printf "<interface type='network'><mac address='%s'/><source network='%s'/><model type='virtio'/></interface>\n" \
            "$(stable_mac "$name" "$index")" "$network"
        index=$((index + 1))
    done
}

metadata_xml() {
    local tags=$1 description=$2 tag
    [[ -n $tags ]] || return 0
    printf "<metadata><novacron:vm xmlns:novacron='urn:novacron:vm:1'>"
    for tag in $tags; do printf '<tag>%s</tag>' "$tag"; done
    [[ -z $description ]] || printf '<description>%s</description>' "$(escape "$description")"
    printf '</novacron:vm></metadata>\n'
}

# What else a guest has: agent, VNC, CD-ROM, a second disk.
extras_xml() {
    local name=$1 extra
    shift
    for extra in "$@"; do
        case $extra in
        agent) printf "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\n" ;;
        vnc) printf "<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/><video><model type='vga'/></video>\n" ;;
        cdrom) printf "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='%s/images/seed.iso'/><target dev='sda' bus='sata'/><readonly/></disk>\n" "$HOST_DIR" ;;
        second) printf "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vdb' bus='virtio'/></disk>\n" \
            "$(disk_file "$name-data" qcow2)" ;;
        esac
    done
}

# domain_xml ROW: prints the domain. Makes no files.
domain_xml() {
    local name memory vcpus machine load disk nets extras tags title description initrd=initrd
    IFS='|' read -r name memory vcpus machine load disk nets extras tags title description <<<"$1"
    local -a words net_list extra_list
    read -ra net_list <<<"$nets"
    read -ra extra_list <<<"$extras"
    words=('console=ttyS0,115200' quiet loglevel=3 mitigations=off nokaslr no_timer_check random.trust_cpu=on panic=1
        "nova.name=${name//[^a-z0-9-]/_}" "nova.load=$load" "nova.peer=192.168.122.1")
    [[ " $extras " != *" agent "* ]] || initrd='initrd-agent'
    ((memory > 160)) || words+=("nova.mem=$((memory / 8))")
    cat <<XML
<domain type='qemu'>
<name>$name</name><uuid>$(stable_uuid "$name")</uuid>
${title:+<title>$(escape "$title")</title>}
${description:+<description>$(escape "$description")</description>}
$(metadata_xml "$tags" "$description")
<memory unit='MiB'>$memory</memory><vcpu>$vcpus</vcpu>
<os><type arch='x86_64' machine='$machine'>hvm</type><kernel>$CACHE_DIR/vmlinuz</kernel><initrd>$CACHE_DIR/$initrd</initrd>
<cmdline>${words[*]}</cmdline></os>
<features><acpi/></features>
<on_crash>destroy</on_crash>
<devices>
$(disk_xml "$name" "$disk")
$(nic_xml "$name" "${net_list[@]}")
<serial type='pty'><log file='/var/log/libvirt/serial/$name.log' append='off'/><target port='0'/></serial>
<console type='pty'><target type='serial' port='0'/></console>
$(extras_xml "$name" "${extra_list[@]}")
<memballoon model='virtio'/>
</devices>
</domain>
XML
}

network_xml() {
    case $1 in
    default)
        printf "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>\n"
        ;;
    isolated)
        printf "<network><name>isolated</name><bridge name='virbr1'/><ip address='192.168.150.1' netmask='255.255.255.0'><dhcp><range start='192.168.150.2' end='192.168.150.254'/></dhcp></ip></network>\n"
        ;;
    offline)
        printf "<network><name>offline</name><bridge name='virbr2'/><ip address='192.168.160.1' netmask='255.255.255.0'/></network>\n"
        ;;
    esac
}

pool_xml() { printf "<pool type='dir'><name>%s</name><target><path>%s/%s</path></target></pool>\n" "$1" "$HOST_DIR" "$2"; }
