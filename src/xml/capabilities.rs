//! What a host can run, as libvirt tells it for one kind of machine.

use super::XmlError;
use super::tree::{Document, Element};

/// A kind of machine that a host can run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one thing whether it is offered")]
pub struct Machine {
    /// Path of the emulator.
    pub emulator: Option<String>,
    /// `kvm`, `qemu`.
    pub accel: String,
    /// Machine type (`pc-q35-10.0`).
    pub machine: Option<String>,
    /// Architecture (`x86_64`).
    pub arch: Option<String>,
    /// vCPUs at most.
    pub max_vcpus: Option<u32>,
    /// UEFI is chosen by libvirt where asked for.
    pub uefi: bool,
    /// The host's own processor can be passed on as it is.
    pub host_cpu: bool,
    /// VNC.
    pub vnc: bool,
    /// A source of random numbers.
    pub rng: bool,
}

/// Reads what a host can run.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<domainCapabilities>`.
pub fn parse(xml: &str) -> Result<Machine, XmlError> {
    let document = Document::parse(xml, "domainCapabilities")?;
    let root = document.root();
    let devices = root.child("devices");
    let cpu = root.child("cpu");
    let passes =
        |mode: &Element<'_>| mode.attr_is("name", "host-passthrough") && mode.attr_is("supported", "yes");
    Ok(Machine {
        emulator: root.child_text("path"),
        accel: root.child_text("domain").unwrap_or_default(),
        machine: root.child_text("machine"),
        arch: root.child_text("arch"),
        max_vcpus: root.child_attr("vcpu", "max").and_then(|n| n.parse().ok()),
        uefi: root.child("os").is_some_and(|os| offers(os, "firmware", "efi")),
        host_cpu: cpu.is_some_and(|cpu| cpu.all("mode").any(|m| passes(&m))),
        vnc: devices.and_then(|d| d.child("graphics")).is_some_and(|g| offers(g, "type", "vnc")),
        rng: devices.and_then(|d| d.child("rng")).is_some_and(|r| r.attr_is("supported", "yes")),
    })
}

fn offers(owner: Element<'_>, name: &'static str, value: &str) -> bool {
    owner
        .all("enum")
        .filter(|e| e.attr_is("name", name))
        .any(|e| e.all("value").any(|v| v.text().is_some_and(|t| t == value)))
}
