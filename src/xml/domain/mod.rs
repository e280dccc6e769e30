//! A domain's XML: what a VM is defined as, live or inactive.

mod devices;
mod disk;
mod fresh;
mod machine;
mod metadata;
mod mirror;
mod nic;
mod rename;
pub mod secrets;
#[cfg(test)]
mod tests;
mod uses;

pub use fresh::{Fresh, FreshDisk, fresh};
pub use machine::{Machine, machine};
pub use metadata::{NOVACRON, element as novacron_element};
pub use mirror::{Mirror, mirrors};
pub use rename::renamed;
pub use uses::{Named, Use, uses};

use super::XmlError;
use super::tree::{Document, Element};
use super::value;
use crate::model::vm::{DiskDefinition, Firmware, VmDefinition};

/// Format of the file that keeps a UEFI guest's variables; `None` where there is no such file.
pub fn nvram_format(xml: &str) -> Option<String> {
    let document = Document::parse(xml, "domain").ok()?;
    let os = document.root().child("os")?;
    let flash = os.child("loader").is_some_and(|l| l.attr_is("type", "pflash"));
    let nvram = os.child("nvram");
    if !flash && nvram.is_none() {
        return None;
    }
    Some(nvram.and_then(|n| n.string("format")).unwrap_or_else(|| "raw".into()))
}

/// The disks of a domain inside another document.
pub(super) fn disks(domain: Element<'_>) -> Vec<DiskDefinition> {
    domain.child("devices").map(|d| d.all("disk").map(disk::read).collect()).unwrap_or_default()
}

/// Reads a VM's definition.
///
/// Unknown elements are passed over and missing ones leave defaults.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<domain>`.
pub fn parse(xml: &str) -> Result<VmDefinition, XmlError> {
    let document = Document::parse(xml, "domain")?;
    let domain = document.root();
    let mut vm = VmDefinition {
        virt_type: domain.string("type").unwrap_or_default(),
        title: domain.child_text("title"),
        description: domain.child_text("description"),
        cpu_model: domain.child("cpu").and_then(cpu_model),
        ..VmDefinition::default()
    };
    metadata::read(domain, &mut vm);
    sizes(domain, &mut vm);
    if let Some(os) = domain.child("os") {
        system(os, &mut vm);
    }
    if let Some(devices) = domain.child("devices") {
        devices::read(devices, &mut vm);
    }
    Ok(vm)
}

/// A VM's name; `None` where the text is no such document or gives none.
pub fn name(xml: &str) -> Option<String> {
    Document::parse(xml, "domain").ok()?.root().child_text("name")
}

/// A VM's UUID as it is written; `None` where the text is no such document or gives none.
pub fn uuid(xml: &str) -> Option<String> {
    Document::parse(xml, "domain").ok()?.root().child_text("uuid")
}

/// Where UEFI variables are kept in a file: its path.
pub fn nvram(xml: &str) -> Option<String> {
    let document = Document::parse(xml, "domain").ok()?;
    let nvram = document.root().child("os")?.child("nvram")?;
    match nvram.string("type") {
        None => nvram.text().map(std::borrow::Cow::into_owned),
        Some(kind) if kind == "file" => nvram.child_attr("source", "file"),
        Some(_) => None,
    }
}

fn sizes(domain: Element<'_>, vm: &mut VmDefinition) {
    vm.memory_max = domain.child("memory").and_then(value::bytes).unwrap_or_default();
    vm.memory = domain.child("currentMemory").and_then(value::bytes).unwrap_or(vm.memory_max);
    let vcpu = domain.child("vcpu");
    // libvirt gives a VM one vCPU when nothing is said.
    vm.vcpus_max = vcpu.and_then(|v| v.text()?.parse().ok()).unwrap_or(1);
    vm.vcpus = vcpu.and_then(|v| v.attr("current")?.parse().ok()).unwrap_or(vm.vcpus_max);
}

fn system(os: Element<'_>, vm: &mut VmDefinition) {
    if let Some(kind) = os.child("type") {
        vm.arch = kind.string("arch");
        vm.machine = kind.string("machine");
    }
    vm.firmware = firmware(os);
    vm.boot = os.all("boot").filter_map(|b| b.string("dev")).collect();
}

fn firmware(os: Element<'_>) -> Firmware {
    let loader = os.child("loader");
    let is_uefi = os.attr_is("firmware", "efi")
        || loader.is_some_and(|l| l.attr_is("type", "pflash") || l.text().is_some_and(|p| is_uefi_image(&p)));
    if is_uefi {
        let asked = os
            .child("firmware")
            .and_then(|f| f.all("feature").find(|f| f.attr_is("name", "secure-boot")))
            .map(|f| f.attr_is("enabled", "yes"));
        let secure_boot = asked.unwrap_or_else(|| loader.is_some_and(|l| l.attr_is("secure", "yes")));
        Firmware::Uefi { secure_boot }
    } else if os.child("kernel").is_some_and(|k| k.text().is_some()) {
        Firmware::DirectKernel
    } else {
        Firmware::Bios
    }
}

/// Whether an image given as ROM is UEFI all the same, by the names distributions give it.
fn is_uefi_image(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["ovmf", "aavmf", "edk2", "efi"].iter().any(|part| path.contains(part))
}

fn cpu_model(cpu: Element<'_>) -> Option<String> {
    match cpu.string("mode") {
        Some(mode) if mode != "custom" => Some(mode),
        _ => cpu.child_text("model"),
    }
}
