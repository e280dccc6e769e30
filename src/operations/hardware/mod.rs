//! Changing a VM's hardware: in what runs, in what the next start will use, or both.

mod boot;
mod change;
mod disk;
mod facts;
mod grow;
mod media;
mod nic;
mod sizes;
mod source;
#[cfg(test)]
mod tests;

pub use facts::{HardwareFacts, HardwareNeeds, Image, VmDevices};

use super::facts::{Facts, VmFacts};
use crate::model::operation::{HardwareChange, HardwareOperation as Hw, VmOperation as Op};
use crate::model::plan::Planned;
use change::Case;

pub(super) const fn needs(what: &Hw) -> HardwareNeeds {
    let live = HardwareNeeds { live: true, ..HardwareNeeds::NONE };
    match what {
        Hw::Resize { .. } => HardwareNeeds { node: true, ..live },
        Hw::AttachDisk(_) | Hw::InsertMedia { .. } => HardwareNeeds { others: true, images: true, ..live },
        Hw::GrowDisk { .. } => HardwareNeeds { images: true, others: true, ..live },
        Hw::AttachXml { .. } => HardwareNeeds { others: true, images: true, networks: true, ..live },
        Hw::AttachNic(_) => HardwareNeeds { others: true, networks: true, ..live },
        Hw::ChangeNetwork { .. } => HardwareNeeds { networks: true, ..live },
        Hw::DetachDisk { .. }
        | Hw::ChangeBus { .. }
        | Hw::DetachNic { .. }
        | Hw::SetLink { .. }
        | Hw::EjectMedia { .. }
        | Hw::BootOrder { .. } => live,
    }
}

pub(super) fn plan(act: &Op, change: &HardwareChange, vm: &VmFacts, facts: &Facts) -> Planned {
    let case = match Case::new(act, change, vm, facts) {
        Ok(case) => case,
        Err(no) => return no,
    };
    match &change.what {
        Hw::Resize { vcpus, memory } => sizes::resize(&case, *vcpus, *memory),
        Hw::AttachDisk(disk) => disk::attach(&case, disk),
        Hw::DetachDisk { target } => disk::detach(&case, target),
        Hw::ChangeBus { target, bus, to } => disk::change_bus(&case, target, bus, to.as_deref()),
        Hw::GrowDisk { target, to } => grow::grow(&case, target, *to),
        Hw::AttachNic(nic) => nic::attach(&case, nic),
        Hw::DetachNic { nic } => nic::detach(&case, nic),
        Hw::SetLink { nic, up } => nic::link(&case, nic, *up),
        Hw::ChangeNetwork { nic, to } => nic::change_network(&case, nic, to),
        Hw::InsertMedia { target, source, force } => media::insert(&case, target.as_deref(), source, *force),
        Hw::EjectMedia { target, force } => media::eject(&case, target.as_deref(), *force),
        Hw::BootOrder { order } => boot::order(&case, order),
        Hw::AttachXml { xml } => disk::attach_xml(&case, xml),
    }
}
