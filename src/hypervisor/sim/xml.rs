//! Writes the simulated VMs' domain XML, as libvirt would.

use std::fmt::Write;

use super::network;
use super::spec::{DiskKind, DiskSpec, NicSpec, VmSpec};
use crate::xml::domain::NOVACRON;

/// What the XML of a VM depends on besides what it is made of.
pub(crate) struct Live {
    /// Number of the running domain.
    pub(crate) domain_id: Option<u32>,
    /// Period of memory statistics, seconds.
    pub(crate) period: Option<u64>,
    pub(crate) agent_connected: bool,
    /// With passwords.
    pub(crate) secrets: bool,
}

/// Domain XML; the live one when it runs.
pub(crate) fn domain(vm: &VmSpec, live: &Live) -> String {
    let mut out = String::with_capacity(4096);
    let id = live.domain_id.map(|n| format!(" id='{n}'")).unwrap_or_default();
    let kib = vm.memory / 1024;
    let firmware = if vm.uefi { " firmware='efi'" } else { "" };
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<domain type='kvm'{id}>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  {title}{description}<metadata>
    <libosinfo:libosinfo xmlns:libosinfo=\"http://libosinfo.org/xmlns/libvirt/domain/1.0\">
      <libosinfo:os id=\"http://sim.example/{os}\"/>
    </libosinfo:libosinfo>
    {own}
  </metadata>
  <memory unit='KiB'>{kib}</memory>
  <currentMemory unit='KiB'>{kib}</currentMemory>
  <vcpu placement='static'>{vcpus}</vcpu>
  <os{firmware}>
    <type arch='x86_64' machine='pc-q35-10.0'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='host-passthrough' check='none' migratable='on'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
",
        name = escape(&vm.name),
        uuid = vm.id,
        title = words("title", &vm.title),
        description = words("description", &vm.description),
        own = vm.metadata.as_deref().map(namespaced).unwrap_or_default(),
        os = vm.os,
        vcpus = vm.vcpus,
    );
    for (i, d) in vm.disks.iter().enumerate() {
        disk(&mut out, d, i, live.domain_id.is_some());
    }
    for (i, n) in vm.nics.iter().enumerate() {
        nic(&mut out, n, i, live.domain_id.is_some());
    }
    consoles(&mut out, vm, live);
    out.push_str("  </devices>\n</domain>\n");
    out
}

fn disk(out: &mut String, disk: &DiskSpec, index: usize, live: bool) {
    let DiskSpec { target, bus, kind } = disk;
    let alias = if live { format!("\n      <alias name='{bus}-disk{index}'/>") } else { String::new() };
    let _ = match kind {
        DiskKind::EmptyDrive => write!(
            out,
            "    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <target dev='{target}' bus='{bus}'/>
      <readonly/>{alias}
    </disk>\n"
        ),
        DiskKind::Volume { path, block: true, .. } => write!(
            out,
            "    <disk type='block' device='disk'>
      <driver name='qemu' type='raw' cache='none' io='native'/>
      <source dev='{path}'/>
      <target dev='{target}' bus='{bus}'/>{alias}
    </disk>\n",
            path = escape(path),
        ),
        DiskKind::Volume { path, backing, .. } => write!(
            out,
            "    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' discard='unmap'/>
      <source file='{path}'/>{chain}
      <target dev='{target}' bus='{bus}'/>{alias}
    </disk>\n",
            path = escape(path),
            chain = backing_store(backing.as_deref(), live),
        ),
    };
}

/// A line with a text, where there is one.
fn words(element: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<{element}>{}</{element}>\n  ", escape(text)) }
}

/// NovaCron's element with its namespace.
fn namespaced(element: &str) -> String {
    let name = element.find([' ', '/', '>']).unwrap_or(element.len());
    let (head, rest) = element.split_at(name);
    format!("{head} xmlns='{NOVACRON}'{rest}")
}

/// The chain as libvirt tells it of a running VM; of others it does not look.
fn backing_store(backing: Option<&str>, live: bool) -> String {
    match backing {
        _ if !live => String::new(),
        None => "\n      <backingStore/>".to_owned(),
        Some(path) => format!(
            "\n      <backingStore type='file' index='1'><format type='qcow2'/><source file='{}'/><backingStore/></backingStore>",
            escape(path)
        ),
    }
}

fn nic(out: &mut String, nic: &NicSpec, index: usize, live: bool) {
    let device = if live {
        format!("\n      <target dev='{}'/>\n      <alias name='net{index}'/>", nic.device)
    } else {
        String::new()
    };
    let _ = write!(
        out,
        "    <interface type='network'>
      <mac address='{mac}'/>
      <source network='{network}'/>{device}
      <model type='virtio'/>
    </interface>\n",
        mac = nic.mac,
        network = escape(&network::name(nic.network)),
    );
}

fn consoles(out: &mut String, vm: &VmSpec, live: &Live) {
    out.push_str("    <serial type='pty'><target type='isa-serial' port='0'/></serial>\n");
    out.push_str("    <console type='pty'><target type='serial' port='0'/></console>\n");
    if vm.agent {
        let state = match (live.domain_id, live.agent_connected) {
            (None, _) => "",
            (_, true) => " state='connected'",
            (_, false) => " state='disconnected'",
        };
        let _ = writeln!(
            out,
            "    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'{state}/></channel>"
        );
    }
    let port = live.domain_id.map_or(-1, |id| 5900 + i64::from(id));
    let password = if live.secrets { " passwd='secret'" } else { "" };
    let _ =
        writeln!(out, "    <graphics type='vnc' port='{port}' autoport='yes' listen='127.0.0.1'{password}/>");
    let _ = match (vm.balloon, live.period) {
        (false, _) => writeln!(out, "    <memballoon model='none'/>"),
        (_, None) => writeln!(out, "    <memballoon model='virtio'/>"),
        (_, Some(s)) => writeln!(out, "    <memballoon model='virtio'><stats period='{s}'/></memballoon>"),
    };
}

/// Text fit for XML. Characters that XML cannot hold are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
