//! Forms about VMs: snapshots, vCPUs and memory, shutting down, the start order, bringing back.

use super::{Field, Form, On, Wrong, wrong};
use crate::console::app::ops::words::of_several;
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::operation::{
    AfterRevert, AskGuest, ChangeWhen, Freeze, HardwareChange, HardwareOperation, Memory, NewSnapshot,
    Operation, SnapshotContent, SnapshotOperation, SnapshotWay, Vcpus, VmOperation,
};
use crate::model::text::clean;
use crate::model::units::size_text;
use crate::model::vm::{StartGate, StartOrder, Vm};

/// When a change is to come.
const WHEN: [&str; 2] = ["now", "at the next start"];

/// The field that asks it.
pub(super) fn when_field() -> Field {
    Field::choice("when", "When", WHEN, 0)
        .hint("Now as far as that is possible while it runs, and at each start from now on.")
}

/// What it says.
pub(super) fn when(form: &Form) -> ChangeWhen {
    if form.word("when") == WHEN[1] { ChangeWhen::NextStart } else { ChangeWhen::Now }
}

/// The VMs it is about.
pub(super) fn vms(form: &Form) -> &[VmId] {
    match &form.on {
        On::Vms(ids) => ids,
        On::Part(id, _) => std::slice::from_ref(id),
        _ => &[],
    }
}

/// The same on each.
pub(super) fn on_each(form: &Form, act: &VmOperation) -> Vec<Operation> {
    vms(form).iter().map(|id| Operation::vm(*id, act.clone())).collect()
}

/// A change of hardware on each.
pub(super) fn hardware(form: &Form, what: HardwareOperation) -> Vec<Operation> {
    on_each(form, &VmOperation::Hardware(HardwareChange { what, when: when(form) }))
}

/// `web01`, `3 VMs`.
pub(super) fn whom(vms: &[&Vm]) -> String {
    match vms {
        [one] => one.display_name().into_owned(),
        several => of_several(several.len()),
    }
}

pub(super) fn on(vms: &[&Vm]) -> On {
    On::Vms(vms.iter().map(|vm| vm.id).collect())
}

/// A snapshot of each; `name` is what it is called unless another name is given.
pub fn snapshot(vms: &[&Vm], name: String) -> Form {
    let fields = vec![
        Field::text("name", "Name", name).hint("Unique among the VM's snapshots."),
        Field::text("text", "Description", "").hint("What it is for; may be empty."),
        Field::choice("content", "Holds", ["disks and memory", "disks only"], 0)
            .hint("With memory it goes back to the running guest. Of a VM that is off: its disks."),
        Field::choice("freeze", "Freeze", Freeze::ALL.map(Freeze::word), 0)
            .only_for("content", &["disks only"])
            .hint("The guest's file systems meanwhile: auto where the guest agent answers."),
        Field::choice("way", "Kept", SnapshotWay::ALL.map(SnapshotWay::word), 0).hint(
            "Inside the images or in layers of their own; auto takes what works with this VM and this host.",
        ),
    ];
    Form::new(format!("Take a snapshot of {}", whom(vms)), on(vms), fields, |form| {
        let name = form.needed("name", "A snapshot needs a name.")?;
        let new = NewSnapshot {
            description: form.text("text").to_owned(),
            content: if form.word("content") == "disks only" {
                SnapshotContent::Disks
            } else {
                SnapshotContent::All
            },
            freeze: chosen(&Freeze::ALL, Freeze::word, form.word("freeze")),
            way: chosen(&SnapshotWay::ALL, SnapshotWay::word, form.word("way")),
            ..NewSnapshot::named(name)
        };
        let act = SnapshotOperation::Create(new);
        Ok(vms_of(form, &act))
    })
}

fn vms_of(form: &Form, act: &SnapshotOperation) -> Vec<Operation> {
    vms(form).iter().map(|id| Operation::snapshot(*id, act.clone())).collect()
}

/// The value of a word.
pub(super) fn chosen<T: Copy + Default>(all: &[T], word: fn(T) -> &'static str, is: &str) -> T {
    all.iter().copied().find(|v| word(*v) == is).unwrap_or_default()
}

/// Going back to a snapshot; `keep` is what the present state would be called.
pub fn revert(vm: &Vm, snapshot: &str, keep: String) -> Form {
    let fields = vec![
        Field::tick("save", "Keep what is now", false)
            .hint("Takes a snapshot of the present state first: without one it is lost."),
        Field::text("keep", "As snapshot", keep).hint("Its name. Empty the field above to go without."),
        Field::choice("then", "Afterwards", AfterRevert::ALL.map(AfterRevert::word), 0)
            .hint("As then: running where its memory was kept, else off."),
    ];
    let title = format!("Go back to snapshot {} of {}", clean(snapshot), vm.display_name());
    Form::new(title, On::Part(vm.id, snapshot.to_owned()), fields, |form| {
        let On::Part(id, name) = &form.on else { return Ok(Vec::new()) };
        let keep = if form.is_ticked("save") {
            Some(form.needed("keep", "The present state is kept under a name.")?)
        } else {
            None
        };
        let then = chosen(&AfterRevert::ALL, AfterRevert::word, form.word("then"));
        let act = SnapshotOperation::Revert { name: name.clone(), then, keep };
        Ok(vec![Operation::snapshot(*id, act)])
    })
}

/// vCPUs and memory. Of several VMs an empty field leaves them as they are.
pub fn resize(vms: &[&Vm]) -> Form {
    let one = match vms {
        [vm] => vm.definition.as_deref(),
        _ => None,
    };
    let now = |text: Option<String>| text.unwrap_or_default();
    let fields = vec![
        Field::text("vcpus", "vCPUs", now(one.map(|d| d.vcpus.to_string())))
            .hint("More can be had while it runs, up to the most below."),
        Field::text("vcpus-max", "vCPUs at most", now(one.map(|d| d.vcpus_max.to_string())))
            .hint("Another most comes with the next start."),
        Field::text("memory", "Memory", now(one.map(|d| size_text(d.memory))))
            .hint("Such as 4G or 512M. While it runs it moves up to the most below."),
        Field::text("memory-max", "Memory at most", now(one.map(|d| size_text(d.memory_max))))
            .hint("Another most comes with the next start."),
        when_field(),
    ];
    Form::new(format!("vCPUs and memory of {}", whom(vms)), on(vms), fields, |form| {
        let vcpus = form.number("vcpus")?;
        let most = form.number("vcpus-max")?;
        let memory = form.size("memory")?;
        let most_memory = form.size("memory-max")?;
        if let (Some(n), Some(m)) = (vcpus, most)
            && n > m
        {
            return Err(wrong("vcpus-max", "This is fewer than it shall have."));
        }
        if let (Some(n), Some(m)) = (memory, most_memory)
            && n > m
        {
            return Err(wrong("memory-max", "This is less than it shall have."));
        }
        let vcpus = vcpus.map(|count| Vcpus { count, max: most });
        let memory = memory.map(|bytes| Memory { bytes, max: most_memory });
        if vcpus.is_none() && memory.is_none() {
            return Err(wrong("vcpus", "Give vCPUs, memory or both."));
        }
        Ok(hardware(form, HardwareOperation::Resize { vcpus, memory }))
    })
}

/// Shutting down, with how it is asked and how long it is waited.
pub fn shutdown(vms: &[&Vm], within_s: u32) -> Form {
    let fields = vec![
        Field::text("within", "Seconds", within_s.to_string())
            .hint("So long it is waited for. Nothing is forced then: forcing off is offered."),
        Field::choice("by", "Asked by", AskGuest::ALL.map(AskGuest::word), 0)
            .hint("auto: the guest agent where it is connected, else the ACPI power button."),
    ];
    Form::new(format!("Shut down {}", whom(vms)), on(vms), fields, |form| {
        let within_s = form.number("within")?.ok_or_else(|| wrong("within", "How many seconds?"))?;
        let by = chosen(&AskGuest::ALL, AskGuest::word, form.word("by"));
        Ok(on_each(form, &VmOperation::Shutdown { by, within_s }))
    })
}

/// When it starts after the host.
pub fn start_order(vms: &[&Vm]) -> Form {
    let now = match vms {
        [vm] => vm.definition.as_deref().and_then(|d| d.start_order),
        _ => None,
    };
    let gate = now.and_then(|o| StartGate::ALL.iter().position(|g| *g == o.gate)).unwrap_or(0);
    let fields = vec![
        Field::tick("in", "In the order", now.is_some() || vms.iter().all(|vm| vm.definition.is_some()))
            .hint("`novacron collect` starts these after the host. Unticked takes it out of the order."),
        Field::text("order", "Place", now.map_or(10, |o| o.order).to_string())
            .hint("Lower ones first; equal ones together."),
        Field::text("delay", "Then wait", now.map_or(0, |o| o.delay_s).to_string())
            .hint("Seconds, once it counts as started, until the next place begins."),
        Field::choice("gate", "Counts as started", StartGate::ALL.map(StartGate::word), gate)
            .hint("As soon as it runs, when its agent answers, or when it has an address."),
    ];
    Form::new(format!("Start order of {}", whom(vms)), on(vms), fields, |form| {
        let number = |key: &'static str| {
            form.text(key).parse::<u32>().map_err(|_| wrong(key, "This is a number from 0 on."))
        };
        let start = if form.is_ticked("in") {
            let gate = chosen(&StartGate::ALL, StartGate::word, form.word("gate"));
            Some(StartOrder { order: number("order")?, delay_s: number("delay")?, gate })
        } else {
            None
        };
        Ok(on_each(form, &VmOperation::StartOrder { start }))
    })
}

/// Deleting, where more may be lost than is kept.
pub fn delete(vms: &[&Vm]) -> Form {
    let fields = vec![
        Field::tick("force", "Force off first", false).hint("Its plug is pulled where it runs."),
        Field::tick("saved", "Saved memory may go", false)
            .hint("Where its saved memory cannot be kept, it is lost."),
    ];
    Form::new(format!("Delete {}", whom(vms)), on(vms), fields, |form| {
        let act = VmOperation::Delete {
            force_off: form.is_ticked("force"),
            discard_saved: form.is_ticked("saved"),
        };
        Ok(on_each(form, &act))
    })
}

/// Bringing a deleted one back, under another name.
pub fn undelete(held: &HeldVm) -> Form {
    let fields =
        vec![Field::text("name", "Name", held.name.clone()).hint("The one it had, unless it is taken.")];
    let title = format!("Bring back {}", clean(&held.name));
    Form::new(title, On::Vms(vec![held.vm]), fields, |form| {
        let name = Some(form.needed("name", "A VM needs a name.")?);
        Ok(on_each(form, &VmOperation::Undelete { name }))
    })
}

/// What a name must not hold, told while it is typed.
pub(super) fn plain_name(form: &Form, key: &'static str, what: &str) -> Result<String, Wrong> {
    let name = form.needed(key, &format!("{what} needs a name."))?;
    if name.contains('/') || name.contains(char::is_control) {
        return Err(wrong(key, "A name has no slash and no control character in it."));
    }
    Ok(name)
}
