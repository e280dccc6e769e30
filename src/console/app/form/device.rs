//! Forms about a VM's disks, drives and NICs, and what it boots from.

use super::vm::{hardware, on, when_field, whom};
use super::{Field, Form, On, Wrong, wrong};
use crate::model::hardware::Plug;
use crate::model::operation::{
    DiskSourceName, HardwareChange, HardwareOperation as Hw, NewDisk, NewNic, Operation, VmOperation,
};
use crate::model::snapshot::Snapshot;
use crate::model::text::clean;
use crate::model::units::size_text;
use crate::model::vm::{DiskDefinition, NicDefinition, NicSource, Vm};

const BUSES: [&str; 5] = ["virtio", "scsi", "sata", "usb", "ide"];
/// Takes what fits the machine or the pool.
const FITTING: &str = "what fits";

/// Volumes as `POOL/VOLUME`, those that fit first asked for.
fn volumes(view: &Snapshot, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let pools = view.pools.iter().flat_map(|p| p.iter());
    let named = pools.flat_map(|p| {
        p.volumes.iter().flat_map(|v| v.iter()).map(|v| format!("{}/{}", p.record.name, v.name))
    });
    named.filter(|name| fits(name)).collect()
}

fn is_medium(name: &str) -> bool {
    name.to_lowercase().ends_with(".iso") || name.to_lowercase().ends_with(".img")
}

fn source(form: &Form, key: &'static str) -> Result<Option<DiskSourceName>, Wrong> {
    form.given_text(key)
        .map(|text| DiskSourceName::of(&text).ok_or_else(|| wrong(key, "An absolute path, or POOL/VOLUME.")))
        .transpose()
}

fn part(form: &Form) -> String {
    match &form.on {
        On::Part(_, part) => part.clone(),
        _ => String::new(),
    }
}

/// Another disk or drive.
pub fn attach_disk(vm: &Vm, view: &Snapshot) -> Form {
    let fields = vec![
        Field::choice("device", "Device", ["disk", "CD-ROM drive"], 0),
        Field::text("source", "Image", "")
            .otherwise("POOL/VOLUME, or an absolute path")
            .known(volumes(view, |name| !is_medium(name)))
            .hint("A volume or a file that is there: n on the volumes of a pool (3) makes one. A drive may be empty."),
        Field::choice("bus", "Bus", [FITTING].into_iter().chain(BUSES), 0),
        Field::choice("format", "Format", [FITTING, "qcow2", "raw"], 0)
            .hint("Of the image; its pool tells, unless it lies in none."),
        Field::text("target", "Target", "").otherwise("the next that is free").hint("Such as vdb."),
        Field::tick("read-only", "Read-only", false).hint("The guest may not write to it."),
        Field::tick("shareable", "Shared", false).hint("Other VMs may use it at the same time."),
        when_field(),
    ];
    Form::new(format!("Attach a disk to {}", whom(&[vm])), on(&[vm]), fields, |form| {
        let cdrom = form.word("device") != "disk";
        let source = source(form, "source")?;
        if source.is_none() && !cdrom {
            return Err(wrong("source", "Which image? Ctrl-n goes through the volumes."));
        }
        let disk = NewDisk {
            source,
            target: form.given_text("target"),
            bus: other_than_fitting(form.word("bus")),
            format: other_than_fitting(form.word("format")),
            read_only: form.is_ticked("read-only"),
            shareable: form.is_ticked("shareable"),
            cdrom,
        };
        Ok(hardware(form, Hw::AttachDisk(disk)))
    })
}

fn other_than_fitting(word: &str) -> Option<String> {
    Some(word).filter(|w| *w != FITTING && !w.is_empty()).map(str::to_owned)
}

/// A larger disk; `size` is what it has, where that is known.
pub fn grow_disk(vm: &Vm, target: &str, size: Option<u64>) -> Form {
    let now = size.map(size_text).unwrap_or_default();
    let hint = match size {
        Some(size) => format!("It has {}. The guest's file system is grown in the guest.", size_text(size)),
        None => "Such as 40G. The guest's file system is grown in the guest.".to_owned(),
    };
    let fields = vec![Field::text("to", "New size", now).hint(hint)];
    let title = format!("Grow disk {} of {}", clean(target), vm.display_name());
    Form::new(title, On::Part(vm.id, target.to_owned()), fields, |form| {
        let to = form.size("to")?.ok_or_else(|| wrong("to", "How large shall it be?"))?;
        Ok(hardware(form, Hw::GrowDisk { target: part(form), to }))
    })
}

/// A disk on another bus.
pub fn change_bus(vm: &Vm, disk: &DiskDefinition) -> Form {
    let others: Vec<&str> = BUSES.into_iter().filter(|bus| *bus != disk.bus).collect();
    let fields = vec![
        Field::choice("bus", "Bus", others, 0)
            .hint(format!("It is on {}. The guest needs a driver for the new one.", clean(&disk.bus))),
        Field::text("target", "Target", "").otherwise("the next that is free"),
    ];
    let title = format!("Change the bus of disk {} of {}", clean(&disk.target), vm.display_name());
    Form::new(title, On::Part(vm.id, disk.target.clone()), fields, |form| {
        let (bus, to) = (form.word("bus").to_owned(), form.given_text("target"));
        Ok(hardware(form, Hw::ChangeBus { target: part(form), bus, to }))
    })
}

/// A medium into a drive.
pub fn insert_media(vm: &Vm, drive: Option<&str>, view: &Snapshot) -> Form {
    let drives: Vec<String> = drives(vm).map(|d| d.target.clone()).collect();
    let at = drives.iter().position(|d| Some(d.as_str()) == drive).unwrap_or(0);
    let fields = vec![
        Field::choice("drive", "Drive", drives, at),
        Field::text("source", "Medium", "")
            .otherwise("POOL/VOLUME, or an absolute path")
            .known(volumes(view, is_medium))
            .hint("An ISO image. What is in the drive is taken out first."),
        Field::tick("force", "Force", false).hint("Also where the guest has locked the tray."),
        when_field(),
    ];
    Form::new(format!("Insert a medium into {}", vm.display_name()), on(&[vm]), fields, |form| {
        let source = source(form, "source")?.ok_or_else(|| wrong("source", "Which medium?"))?;
        let target = Some(form.word("drive").to_owned()).filter(|d| !d.is_empty());
        Ok(hardware(form, Hw::InsertMedia { target, source, force: form.is_ticked("force") }))
    })
}

/// Its CD-ROM and floppy drives.
pub fn drives(vm: &Vm) -> impl Iterator<Item = &DiskDefinition> {
    let disks = vm.definition.iter().flat_map(|d| d.disks.iter());
    disks.filter(|d| matches!(d.device.as_str(), "cdrom" | "floppy"))
}

fn networks(view: &Snapshot) -> Vec<String> {
    view.networks.iter().flat_map(|n| n.iter()).map(|n| n.name.clone()).collect()
}

fn plug_fields(view: &Snapshot, now: Option<&NicDefinition>) -> [Field; 3] {
    let networks = networks(view);
    let (network, bridge) = match now.map(|nic| &nic.source) {
        Some(NicSource::Network(name)) => (Some(name.clone()), None),
        Some(NicSource::Bridge(name)) => (None, Some(name.clone())),
        _ => (None, None),
    };
    let at = network.and_then(|name| networks.iter().position(|n| *n == name)).unwrap_or(0);
    let by_bridge = bridge.is_some() || networks.is_empty();
    [
        Field::choice("to", "Plugged into", ["network", "bridge"], usize::from(by_bridge))
            .hint("A network of libvirt's, or a bridge that the host has."),
        Field::choice("network", "Network", networks, at).only_for("to", &["network"]),
        Field::text("bridge", "Bridge", bridge.unwrap_or_default()).only_for("to", &["bridge"]),
    ]
}

fn plug(form: &Form) -> Result<Plug, Wrong> {
    if form.word("to") == "bridge" {
        return Ok(Plug::Bridge(form.needed("bridge", "Which bridge of the host?")?));
    }
    match form.word("network") {
        "" => Err(wrong("network", "There is no network; a bridge of the host works without.")),
        name => Ok(Plug::Network(name.to_owned())),
    }
}

/// Another NIC; `mac` is an address that nobody has.
pub fn attach_nic(vm: &Vm, view: &Snapshot, mac: String) -> Form {
    let [to, network, bridge] = plug_fields(view, None);
    let fields = vec![
        to,
        network,
        bridge,
        Field::choice("model", "Model", ["virtio", "e1000e", "e1000", "rtl8139"], 0)
            .hint("virtio is the fastest; others are for guests without its driver."),
        Field::text("mac", "MAC address", mac),
        Field::tick("up", "Link up", true),
        when_field(),
    ];
    Form::new(format!("Attach a NIC to {}", vm.display_name()), on(&[vm]), fields, |form| {
        let mac = form.needed("mac", "A NIC needs an address.")?.to_lowercase();
        if !is_mac(&mac) {
            return Err(wrong("mac", "A MAC address is six pairs such as 52:54:00:12:34:56."));
        }
        let model = Some(form.word("model").to_owned());
        Ok(hardware(form, Hw::AttachNic(NewNic { to: plug(form)?, model, mac, up: form.is_ticked("up") })))
    })
}

fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 6 && parts.iter().all(|p| p.len() == 2 && u8::from_str_radix(p, 16).is_ok())
}

/// A MAC address of QEMU's range that no VM here has; which one depends on the seed alone.
pub fn free_mac(view: &Snapshot, seed: u64) -> String {
    let mut state = seed;
    loop {
        // splitmix64: spreads whatever the seed is.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let [a, b, c, ..] = (x ^ (x >> 31)).to_be_bytes();
        let mac = format!("52:54:00:{a:02x}:{b:02x}:{c:02x}");
        let taken = |vm: &Vm| vm.definition.iter().flat_map(|d| d.nics.iter()).any(|nic| nic.mac == mac);
        if !view.vms.iter().any(|vm| taken(vm)) {
            return mac;
        }
    }
}

/// A NIC in another network.
pub fn change_network(vm: &Vm, nic: &NicDefinition, view: &Snapshot) -> Form {
    let [to, network, bridge] = plug_fields(view, Some(nic));
    let title = format!("Change the network of NIC {} of {}", clean(&nic.mac), vm.display_name());
    Form::new(title, On::Part(vm.id, nic.mac.clone()), vec![to, network, bridge, when_field()], |form| {
        let to = plug(form)?;
        Ok(hardware(form, Hw::ChangeNetwork { nic: part(form), to }))
    })
}

/// What it boots from.
pub fn boot_order(vm: &Vm) -> Form {
    let definition = vm.definition.as_deref();
    let now = definition.map(|d| d.boot.join(" ")).unwrap_or_default();
    let disks = definition.iter().flat_map(|d| d.disks.iter().map(|disk| disk.target.clone()));
    let nics = definition.iter().flat_map(|d| d.nics.iter().map(|nic| nic.mac.clone()));
    let devices: Vec<String> = disks.chain(nics).map(|d| clean(&d).into_owned()).collect();
    let hint = format!("First to last, blanks between: {}, or hd cdrom network.", devices.join(" "));
    let fields = vec![Field::text("order", "Boots from", now).hint(hint)];
    Form::new(format!("Boot order of {}", vm.display_name()), on(&[vm]), fields, |form| {
        let order: Vec<String> =
            form.text("order").split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        if order.is_empty() {
            return Err(wrong("order", "It boots from something: name it."));
        }
        Ok(hardware(form, Hw::BootOrder { order }))
    })
}

/// A change of hardware without a form.
pub fn change(vm: &Vm, what: Hw) -> Operation {
    let when = crate::model::operation::ChangeWhen::Now;
    Operation::vm(vm.id, VmOperation::Hardware(HardwareChange { what, when }))
}
