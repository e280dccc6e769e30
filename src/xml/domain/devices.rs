//! A domain's `<devices>`, in one pass.

use super::{disk, nic};
use crate::model::vm::{Graphics, NicSource, VmDefinition};
use crate::xml::tree::Element;

/// The channel the QEMU guest agent listens on.
const AGENT_CHANNEL: &str = "org.qemu.guest_agent.0";

/// Reads all devices.
pub(super) fn read(devices: Element<'_>, vm: &mut VmDefinition) {
    let mut boot: Vec<(u32, String)> = Vec::new();
    for device in devices.children() {
        match device.name() {
            "emulator" => vm.emulator = device.text().map(Into::into),
            "disk" => vm.disks.push(disk::read(device)),
            "interface" => {
                let nic = nic::read(device);
                vm.passthrough += u32::from(nic.source == NicSource::HostDevice);
                vm.nics.push(nic);
            }
            "graphics" => vm.graphics.push(graphics(device)),
            "serial" | "console" => vm.has_console = true,
            "channel" => channel(device, vm),
            "memballoon" => balloon(device, vm),
            "hostdev" => vm.passthrough += 1,
            "tpm" => vm.has_tpm = true,
            _ => continue,
        }
        boot.extend(boot_order(device));
    }
    // libvirt allows either an order for each device or one by class, never both.
    if !boot.is_empty() {
        boot.sort_by_key(|(order, _)| *order);
        vm.boot = boot.into_iter().map(|(_, name)| name).collect();
    }
}

fn boot_order(device: Element<'_>) -> Option<(u32, String)> {
    let order = device.child("boot")?.attr("order")?.parse().ok()?;
    let name = match device.name() {
        "disk" => device.child_attr("target", "dev").unwrap_or_else(|| "hd".into()),
        "interface" => "network".into(),
        other => other.into(),
    };
    Some((order, name))
}

fn graphics(device: Element<'_>) -> Graphics {
    let port = |name| device.attr(name)?.parse().ok().filter(|port: &u16| *port > 0);
    let listen = device.all("listen").find_map(|listen| listen.string("address"));
    Graphics {
        kind: device.string("type").unwrap_or_default(),
        listen: listen.or_else(|| device.string("listen")),
        port: port("port").or_else(|| port("tlsPort")),
    }
}

fn channel(device: Element<'_>, vm: &mut VmDefinition) {
    let Some(target) = device.child("target").filter(|t| t.attr_is("name", AGENT_CHANNEL)) else { return };
    vm.has_agent_channel = true;
    vm.agent_connected = match target.attr("state").as_deref() {
        Some("connected") => Some(true),
        Some("disconnected") => Some(false),
        _ => None,
    };
}

fn balloon(device: Element<'_>, vm: &mut VmDefinition) {
    vm.has_balloon = !device.attr_is("model", "none");
    let period = device.child("stats").and_then(|s| s.attr("period")?.parse().ok());
    vm.balloon_period_s = period.unwrap_or_default();
}
