//! Operations in a word or two, where no plan says it.

use crate::model::job::{Job, JobState, Progress, Unit};
use crate::model::operation::{
    Boot, HardwareOperation, LayerOperation, Operation, PoolOperation, Redefined, SnapshotOperation, Visit,
    VmOperation, VolumeOperation,
};
use crate::model::units::{bytes, bytes_of};

/// What is done, as titles and buttons say it: `Shut down`.
pub const fn verb(operation: &Operation) -> &'static str {
    let act = match operation {
        Operation::Vm { act, .. } => act,
        Operation::Volume { act, .. } => return verb_of_volume(act),
        Operation::Pool { act, .. } => return verb_of_pool(act),
        Operation::NewVm { .. } => return "Create",
        Operation::Template { .. } => return "Delete template",
        Operation::Snapshot { act: SnapshotOperation::Create(_), .. } => return "Take a snapshot of",
        Operation::Snapshot { act: SnapshotOperation::Revert { .. }, .. } => {
            return "Go back to a snapshot of";
        }
        Operation::Snapshot { act: SnapshotOperation::Delete { .. }, .. } => return "Delete a snapshot of",
        Operation::Network { act, .. } => return act.verb(),
    };
    match act {
        VmOperation::Start { .. } | VmOperation::UntilUp { boot: Boot::Start { .. }, .. } => "Start",
        VmOperation::Shutdown { .. } => "Shut down",
        VmOperation::Reboot { .. } | VmOperation::UntilUp { boot: Boot::Reboot { .. }, .. } => "Reboot",
        VmOperation::Reset | VmOperation::UntilUp { boot: Boot::Reset, .. } => "Reset",
        VmOperation::ForceOff => "Force off",
        VmOperation::Pause => "Pause",
        VmOperation::Resume => "Resume",
        VmOperation::Save => "Save",
        VmOperation::DiscardSaved => "Discard the saved memory of",
        VmOperation::Autostart { on: true } => "Start with the host:",
        VmOperation::Autostart { on: false } => "No longer start with the host:",
        VmOperation::StartOrder { .. } => "Set the start order of",
        VmOperation::Rename { .. } => "Rename",
        VmOperation::SetTags { .. } | VmOperation::ChangeTags { .. } => "Tag",
        VmOperation::Describe { .. } => "Describe",
        VmOperation::Console { .. } => "Open the console of",
        VmOperation::Visit { by: Visit::Screen } => "Look at the screen of",
        VmOperation::Visit { by: Visit::Viewer } => "Open a viewer of",
        VmOperation::Visit { by: Visit::Ssh } => "Open a shell in",
        VmOperation::SendKeys { .. } => "Press keys of",
        VmOperation::Clone(_) => "Clone",
        VmOperation::Template(_) => "Make a template of",
        VmOperation::Protect { on: true } => "Protect",
        VmOperation::Protect { on: false } => "No longer protect",
        VmOperation::Hardware(change) => hardware(&change.what),
        VmOperation::Layers(change) => match change.what {
            LayerOperation::Migrate(_) => "Move a disk of",
            LayerOperation::Commit { .. } => "Commit a disk of",
            LayerOperation::Pull { .. } => "Make independent a disk of",
        },
        VmOperation::Delete { .. } => "Delete",
        VmOperation::Undelete { .. } => "Bring back",
        VmOperation::Purge | VmOperation::PurgeWithVolumes => "Purge",
        VmOperation::Redefine { why: Redefined::Revert(_), .. } => "Revert",
        VmOperation::Redefine { .. } => "Redefine",
    }
}

/// A verb without what would lead on to a name: `Attach a NIC to` is `Attach a NIC` on a button.
pub fn bare(verb: &str) -> &str {
    let verb = verb.trim_end_matches(':');
    [" of", " to", " from", " into", " on"].iter().find_map(|w| verb.strip_suffix(w)).unwrap_or(verb)
}

/// The name of what it acts on, where the operation says it itself; cleaned.
pub fn of_what(operation: &Operation) -> Option<String> {
    let name = match operation {
        Operation::Vm { .. } | Operation::Snapshot { .. } => return None,
        Operation::Volume { pool, name, .. } => format!("{pool}/{name}"),
        Operation::Pool { name, .. }
        | Operation::Network { name, .. }
        | Operation::NewVm { name, .. }
        | Operation::Template { name, .. } => name.clone(),
    };
    Some(crate::model::text::clean(&name).into_owned())
}

/// What goes on while it is carried out, short enough for a cell: `stopping`.
pub const fn doing(operation: &Operation) -> &'static str {
    let act = match operation {
        Operation::Vm { act, .. } => act,
        Operation::Volume { act, .. } => return doing_to_volume(act),
        Operation::NewVm { .. } => return "creating",
        Operation::Template { .. } => return "deleting",
        Operation::Pool { .. } | Operation::Network { .. } => return "changing",
        Operation::Snapshot { act: SnapshotOperation::Create(_), .. } => return "taking snapshot",
        Operation::Snapshot { act: SnapshotOperation::Revert { .. }, .. } => return "going back",
        Operation::Snapshot { act: SnapshotOperation::Delete { .. }, .. } => return "merging",
    };
    match act {
        VmOperation::Start { .. } | VmOperation::UntilUp { boot: Boot::Start { .. }, .. } => "starting",
        VmOperation::Shutdown { .. } => "stopping",
        VmOperation::Reboot { .. } | VmOperation::UntilUp { boot: Boot::Reboot { .. }, .. } => "rebooting",
        VmOperation::Reset | VmOperation::UntilUp { boot: Boot::Reset, .. } => "resetting",
        VmOperation::ForceOff => "forcing off",
        VmOperation::Pause => "pausing",
        VmOperation::Resume => "resuming",
        VmOperation::Save => "saving",
        VmOperation::DiscardSaved => "discarding",
        VmOperation::Rename { .. } => "renaming",
        VmOperation::Console { .. } | VmOperation::Visit { .. } => "opening",
        VmOperation::SendKeys { .. } => "typing",
        VmOperation::Clone(_) | VmOperation::Template(_) => "copying",
        VmOperation::Layers(change) => match change.what {
            LayerOperation::Migrate(_) => "moving disk",
            LayerOperation::Commit { .. } | LayerOperation::Pull { .. } => "merging",
        },
        VmOperation::Delete { .. } => "deleting",
        VmOperation::Undelete { .. } => "coming back",
        VmOperation::Purge | VmOperation::PurgeWithVolumes => "purging",
        VmOperation::Autostart { .. }
        | VmOperation::StartOrder { .. }
        | VmOperation::SetTags { .. }
        | VmOperation::ChangeTags { .. }
        | VmOperation::Describe { .. }
        | VmOperation::Hardware(_)
        | VmOperation::Redefine { .. }
        | VmOperation::Protect { .. } => "changing",
    }
}

const fn hardware(what: &HardwareOperation) -> &'static str {
    match what {
        HardwareOperation::Resize { .. } => "Change vCPUs and memory of",
        HardwareOperation::AttachDisk(_) => "Attach a disk to",
        HardwareOperation::DetachDisk { .. } => "Detach a disk from",
        HardwareOperation::GrowDisk { .. } => "Grow a disk of",
        HardwareOperation::ChangeBus { .. } => "Change the bus of a disk of",
        HardwareOperation::AttachNic(_) => "Attach a NIC to",
        HardwareOperation::DetachNic { .. } => "Detach a NIC from",
        HardwareOperation::SetLink { up: true, .. } => "Link up a NIC of",
        HardwareOperation::SetLink { up: false, .. } => "Link down a NIC of",
        HardwareOperation::ChangeNetwork { .. } => "Change the network of a NIC of",
        HardwareOperation::InsertMedia { .. } => "Insert a medium into",
        HardwareOperation::EjectMedia { .. } => "Eject the medium of",
        HardwareOperation::BootOrder { .. } => "Set the boot order of",
        HardwareOperation::AttachXml { .. } => "Attach a device to",
    }
}

const fn verb_of_volume(act: &VolumeOperation) -> &'static str {
    match act {
        VolumeOperation::Create(_) => "Create volume",
        VolumeOperation::Delete => "Delete volume",
        VolumeOperation::Grow { .. } => "Grow volume",
        VolumeOperation::Clone { .. } => "Clone volume",
        VolumeOperation::Convert { .. } => "Convert volume",
        VolumeOperation::Wipe => "Wipe volume",
        VolumeOperation::Upload { .. } => "Upload to volume",
        VolumeOperation::Download { .. } => "Download volume",
    }
}

const fn verb_of_pool(act: &PoolOperation) -> &'static str {
    match act {
        PoolOperation::Define(_) | PoolOperation::Restore { .. } => "Define pool",
        PoolOperation::Build(_) => "Build pool",
        PoolOperation::Start => "Start pool",
        PoolOperation::Stop => "Stop pool",
        PoolOperation::Refresh => "Refresh pool",
        PoolOperation::Autostart { on: true } => "Start with the host:",
        PoolOperation::Autostart { on: false } => "No longer start with the host:",
        PoolOperation::Undefine => "Undefine pool",
    }
}

const fn doing_to_volume(act: &VolumeOperation) -> &'static str {
    match act {
        VolumeOperation::Create(_) => "creating",
        VolumeOperation::Delete => "deleting",
        VolumeOperation::Grow { .. } => "growing",
        VolumeOperation::Clone { .. } => "cloning",
        VolumeOperation::Convert { .. } => "converting",
        VolumeOperation::Wipe => "wiping",
        VolumeOperation::Upload { .. } => "uploading",
        VolumeOperation::Download { .. } => "downloading",
    }
}

/// What an open job does to its VM, in a word or two.
pub const fn doing_now(job: &Job) -> &'static str {
    match job.state {
        JobState::Queued => "queued",
        JobState::Cancelling => "cancelling",
        _ => doing(&job.operation),
    }
}

/// A VM or so many: `web01`, `3 VMs`.
pub fn of_several(n: usize) -> String {
    if n == 1 { "1 VM".into() } else { format!("{n} VMs") }
}

/// How far long work is, how fast, and how long it still takes: `1.2/4.0G · 120 MiB/s · 23 s left`.
pub fn progress(progress: &Progress) -> String {
    let mut parts = Vec::new();
    match progress.unit {
        Unit::Bytes => {
            parts.push(if progress.total > 0 {
                bytes_of(Some(progress.done as f64), progress.total as f64)
            } else {
                bytes(progress.done as f64)
            });
            parts.extend(progress.rate.map(|rate| format!("{}/s", bytes(rate))));
            let left = progress.seconds_left().map(|s| std::time::Duration::from_secs_f64(s.clamp(0.0, 1e9)));
            parts.extend(left.map(|left| format!("{} left", crate::model::time::human_duration(left))));
        }
        Unit::Seconds if progress.total > 0 => {
            parts.push(format!("{} of {} s", progress.done, progress.total));
        }
        Unit::Seconds => parts.push(format!("{} s", progress.done)),
    }
    parts.join(" · ")
}
