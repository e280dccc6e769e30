//! The definition of a VM that is installed.

use std::fmt::Write;

use quick_xml::escape::escape;

use crate::xml::capabilities::Machine;

/// What a new VM has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh<'f> {
    /// Name.
    pub name: &'f str,
    /// UUID.
    pub uuid: &'f str,
    /// What it runs on.
    pub machine: &'f Machine,
    /// vCPUs.
    pub vcpus: u32,
    /// Bytes of memory.
    pub memory: u64,
    /// UEFI.
    pub uefi: bool,
    /// Disks: path, whether it is a block device, format, and whether it is only read.
    pub disks: &'f [FreshDisk],
    /// Path of what lies in the drive.
    pub medium: Option<&'f str>,
    /// Network and MAC address.
    pub nic: Option<(&'f str, &'f str)>,
}

/// A disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshDisk {
    /// Its path.
    pub path: String,
    /// Whether that is a block device.
    pub block: bool,
    /// Format.
    pub format: String,
    /// Only read.
    pub read_only: bool,
}

/// Writes it.
pub fn fresh(vm: &Fresh<'_>) -> String {
    let m = vm.machine;
    let mut xml = format!("<domain type='{}'>\n", escape(m.accel.as_str()));
    let _ = writeln!(xml, "  <name>{}</name>\n  <uuid>{}</uuid>", escape(vm.name), vm.uuid);
    let _ = writeln!(xml, "  <memory unit='KiB'>{}</memory>\n  <vcpu>{}</vcpu>", vm.memory >> 10, vm.vcpus);
    let kind = |name, value: &Option<String>| {
        value.as_deref().map(|v| format!(" {name}='{}'", escape(v))).unwrap_or_default()
    };
    let firmware = if vm.uefi { " firmware='efi'" } else { "" };
    let _ = writeln!(
        xml,
        "  <os{firmware}>\n    <type{}{}>hvm</type>\n    <boot dev='hd'/>\n    <boot dev='cdrom'/>\n  </os>",
        kind("arch", &m.arch),
        kind("machine", &m.machine)
    );
    let x86 = m.arch.as_deref() == Some("x86_64");
    let _ =
        writeln!(xml, "  <features>\n    <acpi/>{}\n  </features>", if x86 { "\n    <apic/>" } else { "" });
    if m.host_cpu {
        xml.push_str("  <cpu mode='host-passthrough'/>\n");
    }
    xml.push_str("  <clock offset='utc'/>\n  <devices>\n");
    if let Some(path) = &m.emulator {
        let _ = writeln!(xml, "    <emulator>{}</emulator>", escape(path.as_str()));
    }
    disks(&mut xml, vm);
    if let Some((network, mac)) = vm.nic {
        let _ = writeln!(
            xml,
            "    <interface type='network'>\n      <mac address='{}'/>\n      <source network='{}'/>\n      <model type='virtio'/>\n    </interface>",
            escape(mac),
            escape(network)
        );
    }
    xml.push_str("    <serial type='pty'/>\n    <console type='pty'/>\n");
    xml.push_str(
        "    <channel type='unix'>\n      <target type='virtio' name='org.qemu.guest_agent.0'/>\n    </channel>\n",
    );
    if m.vnc {
        xml.push_str("    <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>\n");
    }
    if m.rng {
        xml.push_str(
            "    <rng model='virtio'>\n      <backend model='random'>/dev/urandom</backend>\n    </rng>\n",
        );
    }
    xml.push_str("    <memballoon model='virtio'/>\n  </devices>\n</domain>\n");
    xml
}

fn disks(xml: &mut String, vm: &Fresh<'_>) {
    for (letter, disk) in ('a'..='z').zip(vm.disks) {
        let (kind, place) = if disk.block { ("block", "dev") } else { ("file", "file") };
        let _ = writeln!(
            xml,
            "    <disk type='{kind}' device='disk'>\n      <driver name='qemu' type='{}'/>\n      <source {place}='{}'/>\n      <target dev='vd{letter}' bus='virtio'/>{}\n    </disk>",
            escape(disk.format.as_str()),
            escape(disk.path.as_str()),
            if disk.read_only { "\n      <readonly/>" } else { "" }
        );
    }
    let Some(medium) = vm.medium else { return };
    let machine = vm.machine.machine.as_deref().unwrap_or_default();
    let (target, bus) = match machine {
        m if m.contains("q35") => ("sda", "sata"),
        m if m.contains("i440fx") || m == "pc" => ("hda", "ide"),
        _ => ("sda", "scsi"),
    };
    if bus == "scsi" {
        xml.push_str("    <controller type='scsi' model='virtio-scsi'/>\n");
    }
    let kind = if medium.starts_with("/dev/") { ("block", "dev") } else { ("file", "file") };
    let _ = writeln!(
        xml,
        "    <disk type='{}' device='cdrom'>\n      <driver name='qemu' type='raw'/>\n      <source {}='{}'/>\n      <target dev='{target}' bus='{bus}'/>\n      <readonly/>\n    </disk>",
        kind.0,
        kind.1,
        escape(medium)
    );
}
