//! New devices, as elements of a definition.

use quick_xml::escape::escape;

use crate::model::hardware::{Medium, Plug};

/// What a new disk or drive is.
#[derive(Clone, Copy, Debug)]
pub struct DiskParts<'d> {
    /// A CD-ROM drive.
    pub cdrom: bool,
    /// What it holds; `None` for an empty drive.
    pub medium: Option<&'d Medium>,
    /// Format of that.
    pub format: &'d str,
    /// Its target.
    pub target: &'d str,
    /// Its bus.
    pub bus: &'d str,
    /// The guest may not write to it.
    pub read_only: bool,
    /// Other VMs may use it at the same time.
    pub shareable: bool,
}

/// A `<disk>`, with its lines indented as in a definition.
pub fn disk(disk: DiskParts<'_>) -> String {
    let (kind, source) = match disk.medium {
        Some(Medium::Block(path)) => ("block", format!("      <source dev='{}'/>\n", escape(path.as_str()))),
        Some(Medium::File(path)) => ("file", format!("      <source file='{}'/>\n", escape(path.as_str()))),
        None => ("file", String::new()),
    };
    let flag = |so: bool, name: &str| if so { format!("      <{name}/>\n") } else { String::new() };
    format!(
        "<disk type='{kind}' device='{device}'>
      <driver name='qemu' type='{format}'/>
{source}      <target dev='{target}' bus='{bus}'/>
{read_only}{shareable}    </disk>",
        device = if disk.cdrom { "cdrom" } else { "disk" },
        format = escape(disk.format),
        target = escape(disk.target),
        bus = escape(disk.bus),
        read_only = flag(disk.read_only, "readonly"),
        shareable = flag(disk.shareable, "shareable"),
    )
}

/// Where a disk is copied to, as far as libvirt has to know.
pub fn copy_target(medium: &Medium, format: &str) -> String {
    let (kind, attribute) = match medium {
        Medium::File(_) => ("file", "file"),
        Medium::Block(_) => ("block", "dev"),
    };
    let (format, path) = (escape(format), escape(medium.path()));
    format!("<disk type='{kind}'><driver type='{format}'/><source {attribute}='{path}'/></disk>")
}

/// An `<interface>`, with its lines indented as in a definition.
pub fn nic(to: &Plug, model: &str, mac: &str, up: bool) -> String {
    let kind = match to {
        Plug::Network(_) => "network",
        Plug::Bridge(_) => "bridge",
    };
    format!(
        "<interface type='{kind}'>
      <mac address='{mac}'/>
      <source {kind}='{name}'/>
      <model type='{model}'/>
{link}    </interface>",
        mac = escape(mac),
        name = escape(to.name()),
        model = escape(model),
        link = if up { "" } else { "      <link state='down'/>\n" },
    )
}
