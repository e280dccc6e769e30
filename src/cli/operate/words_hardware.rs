//! Changes of hardware as the commands that ask for them.

use crate::model::hardware::Plug;
use crate::model::operation::{ChangeWhen, DiskSourceName, HardwareChange, HardwareOperation as Hw};

/// The words behind `novacron vm`, the arguments behind the VM's name, and options.
pub(super) fn parts(change: &HardwareChange) -> (Vec<&'static str>, Vec<String>, Vec<String>) {
    let (verb, behind, mut options) = of(&change.what);
    if change.when == ChangeWhen::NextStart {
        options.push("--next-start".into());
    }
    (verb, behind, options)
}

fn of(what: &Hw) -> (Vec<&'static str>, Vec<String>, Vec<String>) {
    let none = Vec::new;
    let bytes = |n: u64| format!("{n}B");
    match what {
        Hw::Resize { vcpus, memory } => {
            let mut options = Vec::new();
            if let Some(vcpus) = vcpus {
                options.extend(["--vcpus".into(), vcpus.count.to_string()]);
                options.extend(vcpus.max.into_iter().flat_map(|m| ["--max-vcpus".into(), m.to_string()]));
            }
            if let Some(memory) = memory {
                options.extend(["--memory".into(), bytes(memory.bytes)]);
                options.extend(memory.max.into_iter().flat_map(|m| ["--max-memory".into(), bytes(m)]));
            }
            (vec!["set"], none(), options)
        }
        Hw::AttachDisk(disk) => {
            let given = [("--target", &disk.target), ("--bus", &disk.bus), ("--image-format", &disk.format)];
            let named = given.into_iter().filter_map(|(o, v)| Some([o.to_owned(), v.clone()?])).flatten();
            let flags = [
                (disk.read_only, "--read-only-disk"),
                (disk.shareable, "--shareable"),
                (disk.cdrom, "--cdrom"),
            ];
            let flags = flags.into_iter().filter(|(so, _)| *so).map(|(_, o)| o.to_owned());
            let source = disk.source.iter().map(DiskSourceName::text).collect();
            (vec!["disk", "attach"], source, named.chain(flags).collect())
        }
        Hw::DetachDisk { target } => (vec!["disk", "detach"], vec![target.clone()], none()),
        Hw::GrowDisk { target, to } => (vec!["disk", "grow"], vec![target.clone(), bytes(*to)], none()),
        Hw::ChangeBus { target, bus, to } => {
            let options = to.iter().flat_map(|to| ["--target".to_owned(), to.clone()]);
            (vec!["disk", "bus"], vec![target.clone(), bus.clone()], options.collect())
        }
        Hw::InsertMedia { target, source, force } => {
            (vec!["disk", "insert"], vec![source.text()], drive(target.as_ref(), *force))
        }
        Hw::EjectMedia { target, force } => (vec!["disk", "eject"], none(), drive(target.as_ref(), *force)),
        Hw::AttachNic(nic) => {
            let mut options = plug(&nic.to);
            options.extend(["--mac".into(), nic.mac.clone()]);
            options.extend(nic.model.iter().flat_map(|m| ["--model".to_owned(), m.clone()]));
            options.extend((!nic.up).then(|| "--down".into()));
            (vec!["nic", "attach"], none(), options)
        }
        Hw::DetachNic { nic } => (vec!["nic", "detach"], vec![nic.clone()], none()),
        Hw::SetLink { nic, up } => {
            let word = if *up { "up" } else { "down" };
            (vec!["nic", "link"], vec![nic.clone(), word.into()], none())
        }
        Hw::ChangeNetwork { nic, to } => (vec!["nic", "network"], vec![nic.clone()], plug(to)),
        Hw::BootOrder { order } => (vec!["boot"], vec![order.join(",")], none()),
        Hw::AttachXml { xml } => (vec!["device", "attach"], vec![xml.clone()], none()),
    }
}

fn plug(to: &Plug) -> Vec<String> {
    match to {
        Plug::Network(name) => vec!["--network".into(), name.clone()],
        Plug::Bridge(name) => vec!["--bridge".into(), name.clone()],
    }
}

fn drive(target: Option<&String>, force: bool) -> Vec<String> {
    let drive = target.into_iter().flat_map(|t| ["--drive".to_owned(), t.clone()]);
    drive.chain(force.then(|| "--force".to_owned())).collect()
}
