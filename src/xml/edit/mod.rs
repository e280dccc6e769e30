//! A definition with a few things changed: everything else stays byte for byte, whether we know it or not.
//!
//! Each edit looks first whether it is so already, in whatever form; then the text comes back as it was.

mod devices;
mod patch;
mod sizes;
mod spans;
#[cfg(test)]
mod tests;
mod twin;
pub mod write;

use super::XmlError;
use crate::model::hardware::{Device, Edit};
use crate::model::text::clean;
use spans::{At, ROOT, Text};
pub use twin::{DiskAt, NewDisk, Overrides, Twin, Twinned, twin};

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The definition cannot be read.
    #[error("the definition cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// There is no such device.
    #[error("there is no {}", clean(.0))]
    NoDevice(String),
    /// The element is no disk and no NIC.
    #[error("this is no disk with a target, and no NIC with a MAC address")]
    NoKey,
    /// The definition lacks what every definition has.
    #[error("the definition has no <{0}>")]
    Lacks(&'static str),
}

type Edited = Result<String, EditError>;

/// The definition with these edits, made one after the other.
///
/// # Errors
/// When the text is no definition, or an edit is of a device that is not there.
pub fn apply(xml: &str, edits: &[Edit]) -> Edited {
    edits.iter().try_fold(xml.to_owned(), |xml, edit| one(&xml, edit))
}

fn one(xml: &str, edit: &Edit) -> Edited {
    let text = Text::parse(xml, "domain")?;
    match edit {
        Edit::Vcpus { count, max, sockets } => sizes::vcpus(&text, *count, *max, *sockets),
        Edit::Memory { current, max } => sizes::memory(&text, *current, *max),
        Edit::Add { xml } => devices::add(&text, xml),
        Edit::Remove(device) => Ok(devices::remove(&text, device)),
        Edit::Bus { from, to, bus } => devices::bus(&text, from, to, bus),
        Edit::Medium { target, medium } => devices::medium(&text, target, medium.as_ref()),
        Edit::Source { target, medium, format } => devices::source(&text, target, medium, format),
        Edit::Link { mac, up } => devices::link(&text, mac, *up),
        Edit::Plug { mac, to } => devices::plug(&text, mac, to),
        Edit::Boot(boot) => devices::boot(&text, boot),
    }
}

/// The element of a device, as it stands in a definition.
///
/// # Errors
/// When the text is no definition, or the device is not there.
pub fn element(xml: &str, device: &Device) -> Edited {
    let text = Text::parse(xml, "domain")?;
    let at = find(&text, device).ok_or_else(|| EditError::NoDevice(device.name().to_owned()))?;
    Ok(xml[text.whole(at)].to_owned())
}

/// Which device an element is.
///
/// # Errors
/// When it is no disk with a target and no NIC with a MAC address.
pub fn device_of(element: &str) -> Result<Device, EditError> {
    let root = if element.trim_start().starts_with("<disk") { "disk" } else { "interface" };
    let text = Text::parse(element, root).map_err(|_| EditError::NoKey)?;
    key(&text, ROOT).ok_or(EditError::NoKey)
}

/// Whether all these edits are made in a definition.
///
/// # Errors
/// As [`apply`].
pub fn is_so(xml: &str, edits: &[Edit]) -> Result<bool, EditError> {
    Ok(apply(xml, edits)? == xml)
}

fn key(text: &Text<'_>, at: At) -> Option<Device> {
    let of = |child, attribute| {
        let value = text.value(text.child(at, child)?, attribute);
        Some(value.trim().to_owned()).filter(|v| !v.is_empty())
    };
    match text.name(at) {
        "disk" => of("target", "dev").map(Device::Disk),
        "interface" => of("mac", "address").map(|mac| Device::Nic(mac.to_ascii_lowercase())),
        _ => None,
    }
}

fn find(text: &Text<'_>, device: &Device) -> Option<At> {
    let devices = text.child(ROOT, "devices")?;
    text.children(devices).find(|at| key(text, *at).as_ref() == Some(device))
}
