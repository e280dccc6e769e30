//! Disks, NICs, and what of them a VM boots from.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::patch::Patch;
use super::spans::{At, ROOT, Text};
use super::{EditError, Edited, device_of, find, key};
use crate::model::hardware::{Boot, Device, Medium, Plug};

/// Attributes of a disk's driver that virtio alone has.
const OF_VIRTIO: [&str; 8] =
    ["iothread", "queues", "queue_size", "ioeventfd", "event_idx", "packed", "page_per_vq", "iommu"];

pub(super) fn add(text: &Text<'_>, element: &str) -> Edited {
    let device = device_of(element)?;
    if find(text, &device).is_some() {
        return Ok(text.xml.to_owned());
    }
    let devices = text.child(ROOT, "devices").ok_or(EditError::Lacks("devices"))?;
    let kind = match device {
        Device::Disk(_) => "disk",
        Device::Nic(_) => "interface",
    };
    let mut patch = Patch::new(text);
    let last = text.all(devices, kind).last().or_else(|| {
        // libvirt writes controllers before NICs, and disks first.
        let before = if kind == "disk" { "emulator" } else { "controller" };
        text.all(devices, before).last()
    });
    match last {
        Some(at) => patch.behind(at, element.trim()),
        None => patch.append(devices, element.trim()),
    }
    Ok(patch.done())
}

pub(super) fn remove(text: &Text<'_>, device: &Device) -> String {
    let mut patch = Patch::new(text);
    if let Some(at) = find(text, device) {
        patch.remove(at);
    }
    patch.done()
}

pub(super) fn bus(text: &Text<'_>, from: &str, to: &str, bus: &str) -> Edited {
    let disk = |target: &str| {
        let disk = find(text, &Device::Disk(target.to_owned()))?;
        Some((disk, text.child(disk, "target")?))
    };
    let is_so = disk(to).is_some_and(|(_, target)| text.value(target, "bus") == bus);
    if is_so && (from == to || disk(from).is_none()) {
        return Ok(text.xml.to_owned());
    }
    let (disk, target) = disk(from).ok_or_else(|| EditError::NoDevice(from.to_owned()))?;
    let mut patch = Patch::new(text);
    patch.set(target, "dev", to);
    patch.set(target, "bus", bus);
    // Its place on the old bus means nothing on the new one.
    for at in text.all(disk, "address") {
        patch.remove(at);
    }
    if let Some(driver) = text.child(disk, "driver")
        && bus != "virtio"
    {
        for name in OF_VIRTIO {
            patch.unset(driver, name);
        }
    }
    Ok(patch.done())
}

pub(super) fn medium(text: &Text<'_>, target: &str, medium: Option<&Medium>) -> Edited {
    let device = Device::Disk(target.to_owned());
    let disk = find(text, &device).ok_or_else(|| EditError::NoDevice(target.to_owned()))?;
    let source = text.child(disk, "source");
    let of = |attribute: &str| source.map(|at| text.value(at, attribute)).unwrap_or_default();
    let is_so = match medium {
        None => source.is_none_or(|_| of("file").is_empty() && of("dev").is_empty() && no_other(text, disk)),
        Some(Medium::File(path)) => of("file") == *path,
        Some(Medium::Block(path)) => of("dev") == *path,
    };
    if is_so {
        return Ok(text.xml.to_owned());
    }
    let mut patch = Patch::new(text);
    for layer in text.all(disk, "backingStore") {
        patch.remove(layer);
    }
    let Some(medium) = medium else {
        if let Some(at) = source {
            patch.remove(at);
        }
        return Ok(patch.done());
    };
    let (kind, attribute) = kind_of(medium);
    patch.set(disk, "type", kind);
    let mut element = format!("<source {attribute}='{}'", escape(medium.path()));
    let policy = of("startupPolicy");
    if !policy.is_empty() {
        let _ = write!(element, " startupPolicy='{}'", escape(&policy));
    }
    element.push_str("/>");
    match (source, text.child(disk, "driver")) {
        (Some(at), _) => patch.swap(at, &element),
        (None, Some(driver)) => patch.behind(driver, &element),
        (None, None) => patch.append(disk, &element),
    }
    Ok(patch.done())
}

pub(super) fn source(text: &Text<'_>, target: &str, medium: &Medium, format: &str) -> Edited {
    let device = Device::Disk(target.to_owned());
    let disk = find(text, &device).ok_or_else(|| EditError::NoDevice(target.to_owned()))?;
    let now = text.child(disk, "source");
    let (kind, attribute) = kind_of(medium);
    let driver = text.child(disk, "driver");
    let is_so = now.is_some_and(|at| text.value(at, attribute) == medium.path())
        && text.value(disk, "type") == kind
        && driver.is_some_and(|at| text.value(at, "type") == format);
    if is_so {
        return Ok(text.xml.to_owned());
    }
    let mut patch = Patch::new(text);
    // What lay below the old one; libvirt finds out by itself what lies below the new one.
    for layer in text.all(disk, "backingStore") {
        patch.remove(layer);
    }
    patch.set(disk, "type", kind);
    let element = format!("<source {attribute}='{}'/>", escape(medium.path()));
    let driver_element = format!("<driver name='qemu' type='{}'/>", escape(format));
    match (driver, now) {
        (Some(driver), Some(at)) => {
            patch.set(driver, "type", format);
            patch.swap(at, &element);
        }
        (Some(driver), None) => {
            patch.set(driver, "type", format);
            patch.behind(driver, &element);
        }
        (None, Some(at)) => patch.swap(at, &format!("{driver_element}{element}")),
        (None, None) => patch.append(disk, &format!("{driver_element}{element}")),
    }
    Ok(patch.done())
}

/// The type of a disk with this medium, and the attribute that names it.
const fn kind_of(medium: &Medium) -> (&'static str, &'static str) {
    match medium {
        Medium::File(_) => ("file", "file"),
        Medium::Block(_) => ("block", "dev"),
    }
}

/// Whether a disk names no source in another way.
fn no_other(text: &Text<'_>, disk: At) -> bool {
    matches!(text.value(disk, "type").as_str(), "" | "file" | "block")
}

pub(super) fn link(text: &Text<'_>, mac: &str, up: bool) -> Edited {
    let nic = nic(text, mac)?;
    let now = text.child(nic, "link");
    let is_up = now.is_none_or(|at| text.value(at, "state") != "down");
    let mut patch = Patch::new(text);
    match now {
        _ if is_up == up => {}
        Some(at) => patch.set(at, "state", if up { "up" } else { "down" }),
        None => {
            let last = ["model", "target", "source", "mac"].iter().find_map(|name| text.child(nic, name));
            match last {
                Some(at) => patch.behind(at, "<link state='down'/>"),
                None => patch.append(nic, "<link state='down'/>"),
            }
        }
    }
    Ok(patch.done())
}

pub(super) fn plug(text: &Text<'_>, mac: &str, to: &Plug) -> Edited {
    let nic = nic(text, mac)?;
    let source = text.child(nic, "source");
    let (kind, name) = match to {
        Plug::Network(name) => ("network", name),
        Plug::Bridge(name) => ("bridge", name),
    };
    // What runs tells the bridge of its network as well.
    let in_network = source.is_some_and(|at| !text.value(at, "network").is_empty());
    let is_so = source.is_some_and(|at| text.value(at, kind) == *name) && (kind == "network" || !in_network);
    let mut patch = Patch::new(text);
    if !is_so {
        let element = format!("<source {kind}='{}'/>", escape(name.as_str()));
        patch.set(nic, "type", kind);
        match (source, text.child(nic, "mac")) {
            (Some(at), _) => patch.swap(at, &element),
            (None, Some(mac)) => patch.behind(mac, &element),
            (None, None) => patch.append(nic, &element),
        }
    }
    Ok(patch.done())
}

fn nic(text: &Text<'_>, mac: &str) -> Result<At, EditError> {
    find(text, &Device::Nic(mac.to_ascii_lowercase())).ok_or_else(|| EditError::NoDevice(mac.to_owned()))
}

pub(super) fn boot(text: &Text<'_>, boot: &Boot) -> Edited {
    let root = ROOT;
    let os = text.child(root, "os").ok_or(EditError::Lacks("os"))?;
    let devices = text.child(root, "devices").ok_or(EditError::Lacks("devices"))?;
    let missing = boot.devices.iter().find(|device| find(text, device).is_none());
    if let Some(device) = missing {
        return Err(EditError::NoDevice(device.name().to_owned()));
    }
    let classes: Vec<String> = text.all(os, "boot").map(|at| text.value(at, "dev")).collect();
    let ordered: Vec<(At, At)> =
        text.children(devices).filter_map(|at| Some((at, text.child(at, "boot")?))).collect();
    let mut patch = Patch::new(text);
    if classes != boot.classes {
        for at in text.all(os, "boot") {
            patch.remove(at);
        }
        for class in &boot.classes {
            let element = format!("<boot dev='{}'/>", escape(class.as_str()));
            match text.children(os).filter(|at| text.name(*at) != "boot").last() {
                Some(last) => patch.behind(last, &element),
                None => patch.append(os, &element),
            }
        }
    }
    if order_of(text, &ordered) != boot.devices {
        for (_, at) in &ordered {
            patch.remove(*at);
        }
        for (number, device) in boot.devices.iter().enumerate() {
            let Some(at) = find(text, device) else { continue };
            let element = format!("<boot order='{}'/>", number + 1);
            let anchor = ["target", "model", "source", "mac"].iter().find_map(|n| text.child(at, n));
            match anchor {
                Some(anchor) => patch.behind(anchor, &element),
                None => patch.append(at, &element),
            }
        }
    }
    Ok(patch.done())
}

/// The devices that have a place in the order, by that. One that cannot be told stands as a disk without name.
fn order_of(text: &Text<'_>, ordered: &[(At, At)]) -> Vec<Device> {
    let number = |at: At| text.value(at, "order").trim().parse::<u32>().unwrap_or(u32::MAX);
    let mut all: Vec<(u32, Device)> = ordered
        .iter()
        .map(|(device, boot)| {
            (number(*boot), key(text, *device).unwrap_or_else(|| Device::Disk(String::new())))
        })
        .collect();
    all.sort_by_key(|(order, _)| *order);
    all.into_iter().map(|(_, device)| device).collect()
}
