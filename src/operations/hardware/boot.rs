//! What a VM boots from.

use super::change::{Case, Change, Live, LivePart};
use crate::model::hardware::{Boot, Device, Edit};
use crate::model::operation::HardwareOperation;
use crate::model::plan::{Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::Firmware;

const VERB: &str = "Set the boot order of";
const CLASSES: [&str; 4] = ["hd", "cdrom", "network", "fd"];

pub(super) fn order(case: &Case<'_>, wanted: &[String]) -> Planned {
    let boot = match read(case, wanted) {
        Ok(boot) => boot,
        Err(no) => return *no,
    };
    if case.machine.boots_others {
        let reason = "A device that is passed through has a place in the order.";
        return case.refuse(VERB, RefusalKind::Unsupported, reason, "Change the order in its XML.");
    }
    let before = case.machine.boot.clone();
    let command = if boot.devices.is_empty() {
        let list = boot.classes.join(",");
        ["virt-xml", &case.name(), "--edit", "--boot", &list].map(str::to_owned).into()
    } else {
        ["virsh", "edit", &case.name()].map(str::to_owned).into()
    };
    let now: Vec<String> = named(&before);
    let change = Change {
        verb: VERB.into(),
        what: format!("Have it boot from {}", named(&boot).join(", ")),
        edits: vec![Edit::Boot(boot)],
        back: vec![Edit::Boot(before)],
        command,
        lives: vec![LivePart {
            what: String::new(),
            can: Live::Cannot("what it boots from is read as it starts.".into()),
            back: None,
        }],
        inverse: (!now.is_empty()).then(|| HardwareOperation::BootOrder { order: now.clone() }),
        ..Change::default()
    };
    let direct = case.defined.firmware == Firmware::DirectKernel;
    case.plan(change, |plan| {
        plan.rests_on("what it boots from", now.join(" ")).note_if(
            direct,
            Weight::Warning,
            "It boots a kernel that its definition names: the order is of no effect while that is so.",
        )
    })
}

fn named(boot: &Boot) -> Vec<String> {
    let devices = boot.devices.iter().map(|d| d.name().to_owned());
    boot.classes.iter().cloned().chain(devices).collect()
}

fn read(case: &Case<'_>, wanted: &[String]) -> Result<Boot, Box<Planned>> {
    let refuse = |kind, reason: String, remedy: &str| Box::new(case.refuse(VERB, kind, reason, remedy));
    if wanted.is_empty() {
        let remedy = "Name disks, MAC addresses or network, first to last.";
        return Err(refuse(RefusalKind::BadRequest, "It has to boot from something.".into(), remedy));
    }
    let twice = |all: &[String]| all.iter().enumerate().any(|(n, one)| all[..n].contains(one));
    if wanted.iter().all(|w| CLASSES.contains(&w.as_str())) {
        if twice(wanted) {
            return Err(refuse(RefusalKind::BadRequest, "Each can be named once.".into(), ""));
        }
        return Ok(Boot { classes: wanted.to_vec(), devices: Vec::new() });
    }
    let mut devices = Vec::new();
    for name in wanted {
        let device = device(case, name).ok_or_else(|| {
            let reason = format!("It has no disk and no NIC {}.", clean(name));
            refuse(RefusalKind::NotFound, reason, "Name targets such as vda, MAC addresses, or network.")
        })?;
        if devices.contains(&device) {
            return Err(refuse(RefusalKind::BadRequest, format!("{} is named twice.", clean(name)), ""));
        }
        devices.push(device);
    }
    Ok(Boot { classes: Vec::new(), devices })
}

fn device(case: &Case<'_>, name: &str) -> Option<Device> {
    let of = &case.defined;
    if of.disks.iter().any(|d| d.target == name) {
        return Some(Device::Disk(name.to_owned()));
    }
    let mac = name.to_ascii_lowercase();
    if of.nics.iter().any(|n| n.mac == mac) {
        return Some(Device::Nic(mac));
    }
    let first = of.nics.first().filter(|n| name == "network" && !n.mac.is_empty())?;
    Some(Device::Nic(first.mac.clone()))
}
