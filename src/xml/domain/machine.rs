//! What of a definition decides whether hardware can be changed, and how.

use crate::model::hardware::{Boot, Device};
use crate::xml::XmlError;
use crate::xml::tree::{Document, Element};

/// What limits changes of a VM's hardware.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// PCI Express root ports that nothing is plugged into; `None` where devices do not need one.
    pub free_ports: Option<usize>,
    /// vCPUs that can be taken away while it runs.
    pub removable_vcpus: u32,
    /// vCPUs of a socket, where a topology is given.
    pub socket: Option<u32>,
    /// Memory and vCPUs are dealt out to NUMA cells.
    pub numa: bool,
    /// It has a SCSI controller.
    pub scsi: bool,
    /// What it boots from.
    pub boot: Boot,
    /// Something else than disks and NICs has a place in the order of booting.
    pub boots_others: bool,
}

/// Reads it.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<domain>`.
pub fn machine(xml: &str) -> Result<Machine, XmlError> {
    let document = Document::parse(xml, "domain")?;
    let domain = document.root();
    let mut machine = Machine::default();
    if let Some(cpu) = domain.child("cpu") {
        machine.socket = cpu.child("topology").and_then(socket);
        machine.numa = cpu.child("numa").is_some();
    }
    let each = domain.child("vcpus").into_iter().flat_map(|all| all.all("vcpu"));
    machine.removable_vcpus = u32::try_from(
        each.filter(|v| v.attr_is("enabled", "yes") && v.attr_is("hotpluggable", "yes")).count(),
    )
    .unwrap_or(u32::MAX);
    if let Some(os) = domain.child("os") {
        machine.boot.classes = os.all("boot").filter_map(|b| b.string("dev")).collect();
    }
    if let Some(devices) = domain.child("devices") {
        machine.free_ports = free_ports(devices);
        machine.scsi = devices.all("controller").any(|c| c.attr_is("type", "scsi"));
        boot(devices, &mut machine);
    }
    Ok(machine)
}

fn socket(topology: Element<'_>) -> Option<u32> {
    let number = |name| topology.attr(name).map_or(Some(1), |n| n.parse::<u32>().ok());
    let each = ["dies", "clusters", "cores", "threads"].map(number);
    each.into_iter().try_fold(1u32, |all, one| all.checked_mul(one?)).filter(|n| *n > 0)
}

fn free_ports(devices: Element<'_>) -> Option<usize> {
    let pci = || devices.all("controller").filter(|c| c.attr_is("type", "pci"));
    if !pci().any(|c| c.attr_is("model", "pcie-root")) {
        return None;
    }
    let ports = pci().filter(|c| c.attr_is("model", "pcie-root-port"));
    let taken: Vec<u32> = devices.children().filter_map(bus_of).collect();
    let is_free = |port: &Element<'_>| {
        let index = port.attr("index").and_then(|i| i.parse::<u32>().ok());
        index.is_some_and(|index| !taken.contains(&index))
    };
    Some(ports.filter(is_free).count())
}

/// The bus a device's PCI address is on.
fn bus_of(device: Element<'_>) -> Option<u32> {
    let address = device.all("address").find(|a| a.attr_is("type", "pci"))?;
    let bus = address.attr("bus")?;
    match bus.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => bus.parse().ok(),
    }
}

fn boot(devices: Element<'_>, machine: &mut Machine) {
    let mut order: Vec<(u32, Device)> = Vec::new();
    for device in devices.children() {
        let Some(number) = device.child("boot").and_then(|b| b.attr("order")?.parse().ok()) else { continue };
        let key = match device.name() {
            "disk" => device.child_attr("target", "dev").map(Device::Disk),
            "interface" => device.child_attr("mac", "address").map(|m| Device::Nic(m.to_ascii_lowercase())),
            _ => None,
        };
        match key {
            Some(key) => order.push((number, key)),
            None => machine.boots_others = true,
        }
    }
    order.sort_by_key(|(number, _)| *number);
    machine.boot.devices = order.into_iter().map(|(_, device)| device).collect();
}
