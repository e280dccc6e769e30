//! Disks: attached, detached, on another bus.

use super::change::{Case, Change, Live, LivePart, virsh};
use super::source::{self, Found, How};
use super::{media, nic};
use crate::model::hardware::{Device, Edit, Medium};
use crate::model::operation::{HardwareOperation, NewDisk, Target};
use crate::model::plan::{Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, VmDefinition};
use crate::operations::touch;
use crate::xml::edit::{self, write, write::DiskParts};

const ATTACH: &str = "Attach a disk to";
const DETACH: &str = "Detach a disk from";
const BUS: &str = "Change the bus of a disk of";
/// Buses that libvirt knows, with what their targets begin with.
const BUSES: [(&str, &str); 6] =
    [("virtio", "vd"), ("scsi", "sd"), ("sata", "sd"), ("usb", "sd"), ("ide", "hd"), ("fdc", "fd")];
const FORMATS: [&str; 9] = ["qcow2", "raw", "vmdk", "vdi", "vhdx", "vpc", "qed", "luks", "iso"];

type Checked<T> = Result<T, Box<Planned>>;

pub(super) fn attach(case: &Case<'_>, disk: &NewDisk) -> Planned {
    match made(case, disk) {
        Ok((change, note)) => case.plan(change, |plan| {
            let plan = plan.rests_on("its disks", targets(case).join(" "));
            match note {
                Some(text) => plan.note(Weight::Warning, text),
                None => plan,
            }
        }),
        Err(no) => *no,
    }
}

fn made(case: &Case<'_>, disk: &NewDisk) -> Checked<(Change, Option<String>)> {
    let refuse = |kind, reason: String, remedy: &str| Box::new(case.refuse(ATTACH, kind, reason, remedy));
    let bus = disk.bus.clone().unwrap_or_else(|| usual_bus(case, disk.cdrom));
    let prefix = prefix(case, ATTACH, &bus)?;
    let target = free_target(case, ATTACH, disk.target.as_deref(), prefix)?;
    let found = match &disk.source {
        Some(name) => Some(source::find(case, ATTACH, name)?),
        None if disk.cdrom => None,
        None => {
            return Err(refuse(RefusalKind::BadRequest, "A disk needs something that it holds.".into(), ""));
        }
    };
    let read_only = disk.read_only || disk.cdrom;
    if let Some(found) = &found {
        let path = found.medium.path();
        source::not_twice(case, ATTACH, path)?;
        source::nobody_else(case, ATTACH, path, How { writes: !read_only, shareable: disk.shareable })?;
    }
    let format = format_of(case, disk, found.as_ref())?;
    if disk.shareable && format != "raw" {
        let reason = format!("A disk that VMs share has to be raw: {format} is written by one only.");
        return Err(refuse(RefusalKind::BadRequest, reason, "Convert it, or do not share it."));
    }
    let xml = write::disk(DiskParts {
        cdrom: disk.cdrom,
        medium: found.as_ref().map(|f| &f.medium),
        format: &format,
        target: &target,
        bus: &bus,
        read_only,
        shareable: disk.shareable,
    });
    let what = format!("Attach {target}");
    let path = found.as_ref().map(|f| f.medium.path().to_owned()).unwrap_or_default();
    let mut words = vec!["attach-disk".to_owned(), case.name(), path.clone(), target.clone()];
    words.extend(["--targetbus".into(), bus.clone(), "--subdriver".into(), format]);
    words.extend(disk.cdrom.then_some(["--type".to_owned(), "cdrom".to_owned()]).into_iter().flatten());
    let mode = if read_only { Some("readonly") } else { disk.shareable.then_some("shareable") };
    words.extend(mode.map(|m| ["--mode".to_owned(), m.to_owned()]).into_iter().flatten());
    let unseen = found.as_ref().is_some_and(|f| f.image.is_none()).then(|| {
        format!("{} is in no started pool: whether it is there shows when it is attached.", clean(&path))
    });
    let device = Device::Disk(target.clone());
    let change = coming(ATTACH, what, xml, device, &words, hotplug(case, &bus, disk.cdrom))
        .undone(HardwareOperation::DetachDisk { target });
    let volume =
        found.as_ref().and_then(|f| f.image).map(|i| Target::volume(&i.pool, &i.volume.name).thing());
    let touches = (!path.is_empty()).then(|| touch::file(&path)).into_iter().chain(volume).collect();
    Ok((Change { touches, ..change }, unseen))
}

/// The change that brings a device.
pub(super) fn coming(
    verb: &str,
    what: String,
    xml: String,
    device: Device,
    words: &[String],
    cannot: Option<String>,
) -> Change {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (live, command) = virsh(&words);
    let edit = Edit::Add { xml };
    let can = match cannot {
        Some(why) => Live::Cannot(why),
        None => Live::Can(edit.clone(), live),
    };
    let back = Edit::Remove(device);
    Change {
        verb: verb.into(),
        lives: vec![LivePart { what: what.clone(), can, back: Some(back.clone()) }],
        what,
        edits: vec![edit],
        back: vec![back],
        command,
        ..Change::default()
    }
}

impl Change {
    /// This takes it back.
    pub(super) fn undone(mut self, by: HardwareOperation) -> Self {
        self.inverse = Some(by);
        self
    }
}

/// Why a disk of this bus cannot come or go while the VM runs.
fn hotplug(case: &Case<'_>, bus: &str, cdrom: bool) -> Option<String> {
    if cdrom {
        return Some("drives come and go with a start only; media can be changed at any time.".into());
    }
    match bus {
        "virtio" => case.no_port(),
        "scsi" => {
            let has = case.live.as_ref().is_some_and(|(_, machine)| machine.scsi);
            if has { None } else { case.no_port() }
        }
        "usb" => None,
        other => Some(format!("{other} disks come and go with a start only.")),
    }
}

fn format_of(case: &Case<'_>, disk: &NewDisk, found: Option<&Found<'_>>) -> Checked<String> {
    let bad = |reason: String, remedy: &str| {
        Err(Box::new(case.refuse(ATTACH, RefusalKind::BadRequest, reason, remedy)))
    };
    let told = found.and_then(|f| f.image).and_then(|i| i.volume.format.clone());
    let block = found.is_some_and(|f| matches!(f.medium, Medium::Block(_)));
    let format = match (&disk.format, told) {
        (Some(asked), Some(told)) if *asked != told && told != "iso" => {
            return bad(format!("It is {}, not {}.", clean(&told), clean(asked)), "Leave the format away.");
        }
        (Some(asked), _) => asked.clone(),
        (None, Some(told)) => told,
        (None, None) if disk.cdrom || block => "raw".into(),
        // A guest could write the head of another format into a raw image: it is never guessed.
        (None, None) => {
            return bad(
                "Its format is not known: it is in no started pool.".into(),
                "Give it, such as qcow2 or raw.",
            );
        }
    };
    if !FORMATS.contains(&format.as_str()) {
        return bad(
            format!("“{}” is no format of disks.", clean(&format)),
            "qcow2 and raw are the usual ones.",
        );
    }
    Ok(if format == "iso" { "raw".into() } else { format })
}

fn usual_bus(case: &Case<'_>, cdrom: bool) -> String {
    if !cdrom {
        return "virtio".into();
    }
    if let Some(drive) = case.defined.disks.iter().find(|d| d.device == "cdrom" && !d.bus.is_empty()) {
        return drive.bus.clone();
    }
    let machine = case.defined.machine.as_deref().unwrap_or_default();
    let arch = case.defined.arch.as_deref().unwrap_or("x86_64");
    let bus = match arch {
        "x86_64" | "i686" if machine.contains("q35") => "sata",
        "x86_64" | "i686" => "ide",
        _ => "scsi",
    };
    bus.into()
}

fn prefix(case: &Case<'_>, verb: &str, bus: &str) -> Checked<&'static str> {
    BUSES.iter().find(|(b, _)| *b == bus).map(|(_, prefix)| *prefix).ok_or_else(|| {
        let known = BUSES.map(|(bus, _)| bus).join(", ");
        let reason = format!("“{}” is no bus of disks.", clean(bus));
        Box::new(case.refuse(verb, RefusalKind::BadRequest, reason, format!("There are {known}.")))
    })
}

/// Targets of all its disks, in what runs and in what is defined.
fn targets(case: &Case<'_>) -> Vec<String> {
    let live = case.live.iter().flat_map(|(live, _)| &live.disks);
    let mut all: Vec<String> = case.defined.disks.iter().chain(live).map(|d| d.target.clone()).collect();
    all.sort();
    all.dedup();
    all
}

fn free_target(case: &Case<'_>, verb: &str, wanted: Option<&str>, prefix: &str) -> Checked<String> {
    let taken = targets(case);
    let refuse = |kind, reason: String, remedy: String| Box::new(case.refuse(verb, kind, reason, remedy));
    if let Some(wanted) = wanted {
        let letters = wanted.strip_prefix(prefix).unwrap_or_default();
        if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|b| b.is_ascii_lowercase()) {
            let reason = format!("“{}” is no target on this bus.", clean(wanted));
            return Err(refuse(
                RefusalKind::BadRequest,
                reason,
                format!("It is called {prefix}a, {prefix}b and so on."),
            ));
        }
        if taken.iter().any(|t| t == wanted) {
            let reason = format!("It has a {wanted} already.");
            return Err(refuse(
                RefusalKind::Taken,
                reason,
                "Leave the target away: the next free one is taken.".into(),
            ));
        }
        return Ok(wanted.to_owned());
    }
    let letter = |n: u8| char::from(b'a' + n);
    let one = (0..26).map(|n| format!("{prefix}{}", letter(n)));
    let two = (0..26).flat_map(|a| (0..26).map(move |b| format!("{prefix}{}{}", letter(a), letter(b))));
    one.chain(two)
        .find(|t| !taken.contains(t))
        .ok_or_else(|| refuse(RefusalKind::Taken, "All its targets are taken.".into(), String::new()))
}

/// The disk of this target, in what is defined or else in what runs.
pub(super) fn disk_of<'c>(case: &'c Case<'_>, verb: &str, target: &str) -> Checked<&'c DiskDefinition> {
    let of = |vm: &'c VmDefinition| vm.disks.iter().find(|d| d.target == target);
    let found = of(&case.defined).or_else(|| case.live.as_ref().and_then(|(live, _)| of(live)));
    found.ok_or_else(|| {
        let reason = format!("It has no disk {}.", clean(target));
        let has = targets(case).join(", ");
        let remedy = if has.is_empty() { String::new() } else { format!("It has {}.", clean(&has)) };
        Box::new(case.refuse(verb, RefusalKind::NotFound, reason, remedy))
    })
}

pub(super) fn detach(case: &Case<'_>, target: &str) -> Planned {
    let disk = match disk_of(case, DETACH, target) {
        Ok(disk) => disk,
        Err(no) => return *no,
    };
    let device = Device::Disk(target.to_owned());
    let xml = case.element(&device).unwrap_or_default();
    let (live, command) = virsh(&["detach-disk", &case.name(), target]);
    let edit = Edit::Remove(device.clone());
    let drive = matches!(disk.device.as_str(), "cdrom" | "floppy");
    let can = match hotplug(case, &disk.bus, drive).filter(|why| !why.contains("root ports")) {
        Some(why) => Live::Cannot(why),
        None => Live::Can(edit.clone(), live),
    };
    let waits = matches!(can, Live::Can(..)) && case.live.is_some();
    let back = Edit::Add { xml: xml.clone() };
    let what = format!("Detach {target}");
    let ordered = case.machine.boot.devices.contains(&device);
    let change = Change {
        verb: DETACH.into(),
        lives: vec![LivePart { what: what.clone(), can, back: Some(back.clone()) }],
        what,
        edits: vec![edit],
        back: vec![back],
        command,
        inverse: Some(HardwareOperation::AttachXml { xml: xml.clone() }),
        ..Change::default()
    };
    let boots = ordered || boots_from(case, target);
    let source = disk.source.as_ref().map(|s| clean(&s.describe()).into_owned());
    case.plan(change, |plan| {
        plan.rests_on(format!("its {target}"), &xml)
            .note_if(
                boots,
                Weight::Warning,
                "The VM boots from this disk: without it the next start may find nothing.",
            )
            .note_if(
                waits,
                Weight::Warning,
                "Unmount what the guest has on it first: what it has not written is lost.",
            )
            .note(
                Weight::Info,
                match source {
                    Some(source) => format!("What is on it stays: {source}."),
                    None => "It is empty.".into(),
                },
            )
    })
}

/// Whether a VM that boots by classes begins with this disk.
fn boots_from(case: &Case<'_>, target: &str) -> bool {
    let by_class = case.machine.boot.devices.is_empty()
        && case.machine.boot.classes.first().is_none_or(|class| class == "hd");
    let first = case.defined.disks.iter().find(|d| d.device == "disk");
    by_class && first.is_some_and(|d| d.target == target)
}

/// Whether what runs has a disk of this target, and the definition has none.
fn runs_only(case: &Case<'_>, target: &str) -> bool {
    let has = |vm: &VmDefinition| vm.disks.iter().any(|d| d.target == target);
    !has(&case.defined) && case.live.as_ref().is_some_and(|(live, _)| has(live))
}

pub(super) fn change_bus(case: &Case<'_>, target: &str, bus: &str, to: Option<&str>) -> Planned {
    match bus_made(case, target, bus, to) {
        Ok((change, xml)) => case.plan(change, |plan| {
            plan.rests_on(format!("its {target}"), xml)
                .note(Weight::Warning, "The guest needs a driver for the new bus, or does not find its disk: Windows does not have virtio's by itself.")
                .note(Weight::Info, "The guest sees the disk by another name: what names it by UUID or label goes on.")
        }),
        Err(no) => *no,
    }
}

fn bus_made(case: &Case<'_>, target: &str, bus: &str, to: Option<&str>) -> Checked<(Change, String)> {
    let disk = disk_of(case, BUS, target)?;
    if !case.defined.disks.iter().any(|d| d.target == target) {
        let reason = format!("{target} is gone with its next start.");
        return Err(Box::new(case.refuse(BUS, RefusalKind::State, reason, "")));
    }
    let prefix = prefix(case, BUS, bus)?;
    if disk.bus == bus {
        let reason = format!("It is on {} already.", clean(bus));
        return Err(Box::new(case.refuse(BUS, RefusalKind::AlreadySo, reason, "")));
    }
    let fits = target.strip_prefix(prefix).is_some() && to.is_none();
    // Only the definition changes: a name that but what runs has is free.
    let freed = to.filter(|to| to.starts_with(prefix) && runs_only(case, to));
    let to = match freed {
        Some(to) => to.to_owned(),
        None if fits => target.to_owned(),
        None => free_target(case, BUS, to, prefix)?,
    };
    let xml = case.element(&Device::Disk(target.to_owned())).unwrap_or_default();
    let edit = Edit::Bus { from: target.to_owned(), to: to.clone(), bus: bus.to_owned() };
    // The whole element, since its place on the old bus is not known afterwards.
    let back = vec![Edit::Remove(Device::Disk(to.clone())), Edit::Add { xml: xml.clone() }];
    let command = ["virt-xml", &case.name(), "--edit", &format!("target={target}"), "--disk"];
    let option = format!("target.dev={to},target.bus={bus},address.type=");
    let change = Change {
        verb: BUS.into(),
        what: format!("Put {target} on {bus} as {to}"),
        edits: vec![edit],
        back,
        command: command.into_iter().map(str::to_owned).chain([option]).collect(),
        lives: vec![LivePart {
            what: String::new(),
            can: Live::Cannot("the bus of a disk changes with a start only.".into()),
            back: None,
        }],
        inverse: Some(HardwareOperation::ChangeBus {
            target: to,
            bus: disk.bus.clone(),
            to: Some(target.to_owned()),
        }),
        ..Change::default()
    };
    Ok((change, xml))
}

/// A disk or NIC by its XML.
pub(super) fn attach_xml(case: &Case<'_>, xml: &str) -> Planned {
    const VERB: &str = "Attach a device to";
    let device = match edit::device_of(xml) {
        Ok(device) if !xml.contains('\0') => device,
        Ok(_) | Err(_) => {
            let reason = "It is no <disk> with a target, and no <interface> with a MAC address.";
            return case.refuse(VERB, RefusalKind::BadRequest, reason, "");
        }
    };
    // As it would be read in a definition of its own.
    let alone = format!("<domain><devices>{xml}</devices></domain>");
    let read = crate::xml::domain::parse(&alone).unwrap_or_default();
    // Gone from the definition alone: what runs has it still, and that is no obstacle.
    let runs_still = case.element(&device).is_some() && edit::element(&case.vm.defined_xml, &device).is_err();
    let cannot = match (read.disks.first(), read.nics.first()) {
        _ if runs_still => None,
        (Some(disk), _) => match disk_fits(case, VERB, disk) {
            Ok(()) => hotplug(case, &disk.bus, media::is_drive(disk)),
            Err(no) => return *no,
        },
        (None, Some(new)) => match nic::fits(case, VERB, new) {
            Ok(cannot) => cannot,
            Err(no) => return *no,
        },
        (None, None) => None,
    };
    let inverse = match &device {
        Device::Disk(target) => HardwareOperation::DetachDisk { target: target.clone() },
        Device::Nic(mac) => HardwareOperation::DetachNic { nic: mac.clone() },
    };
    let words = ["attach-device".to_owned(), case.name(), "FILE".into()];
    let what = format!("Attach {}", device.name());
    let touches = read.disks.iter().filter_map(|d| touch::source(d.source.as_ref()?)).collect();
    let change = coming(VERB, what, xml.to_owned(), device, &words, cannot).undone(inverse);
    let change = Change { touches, ..change };
    case.plan(change, |plan| plan.rests_on("its disks", targets(case).join(" ")))
}

fn disk_fits(case: &Case<'_>, verb: &str, disk: &DiskDefinition) -> Checked<()> {
    let prefix = prefix(case, verb, &disk.bus)?;
    free_target(case, verb, Some(&disk.target), prefix)?;
    if let Some(path) = disk.source.as_ref().and_then(|s| source::path_of(case, s)) {
        source::not_twice(case, verb, &path)?;
        let writes = !disk.read_only && !media::is_drive(disk);
        source::nobody_else(case, verb, &path, How { writes, shareable: disk.shareable })?;
    }
    Ok(())
}
