//! Columns of VMs.

use super::{Column, Context, Measured, Needs, Value};
use crate::model::metric::MetricId;
use crate::model::units::Unit;
use crate::model::vm::{Firmware, PauseReason, Vm, VmDefinition, VmState};

impl Measured for Vm {
    /// What a VM measured before it was switched off is not what it measures now.
    fn reading(&self, metric: MetricId) -> Option<f64> {
        self.state.is_active().then(|| self.now.get(metric)).flatten()
    }
}

const fn metric(id: &'static str, metric: MetricId, width: u16, priority: u8) -> Column<Vm> {
    Column::<Vm>::of_metric(id, metric, width, priority)
}

const fn defined(
    id: &'static str,
    key: &'static str,
    label: &'static str,
    width: u16,
    doc: &'static str,
    field: super::Field<Vm>,
) -> Column<Vm> {
    Column::<Vm>::of_field(id, key, label, width, 8, doc, field).needing(Needs::Definition)
}

/// Columns of VMs, in the order they are shown.
pub static VM_COLUMNS: &[Column<Vm>] = &[
    Column::<Vm>::of_field("name", "name", "NAME", 16, 0, "The VM's name.", |vm, _| {
        Value::Text(vm.name.as_str().into())
    })
    .growing()
    .on_overview(),
    Column::<Vm>::of_field(
        "state",
        "state",
        "STATE",
        13,
        0,
        "State, with the reason of a pause.",
        |vm, _| Value::State(vm.state),
    )
    .on_overview(),
    metric("cpu", MetricId::VmCpu, 5, 1).on_overview(),
    metric("cpu-host", MetricId::VmCpuHost, 8, 6),
    metric("steal", MetricId::VmSteal, 5, 5).by_default(),
    metric("wait", MetricId::VmWait, 5, 7),
    metric("memory", MetricId::VmMemory, 9, 1).showing(memory).on_overview(),
    metric("memory-percent", MetricId::VmMemoryShare, 5, 6),
    metric("memory-available", MetricId::VmMemoryAvailable, 9, 8),
    metric("resident", MetricId::VmResident, 5, 7),
    metric("balloon", MetricId::VmBalloon, 7, 8),
    metric("disk", MetricId::VmDisk, 5, 2).on_overview(),
    metric("read", MetricId::VmDiskRead, 5, 6),
    metric("write", MetricId::VmDiskWrite, 5, 6),
    metric("iops", MetricId::VmIops, 5, 6),
    metric("latency", MetricId::VmLatency, 7, 4).by_default(),
    metric("net", MetricId::VmNet, 5, 2).on_overview(),
    metric("net-in", MetricId::VmNetRx, 6, 6),
    metric("net-out", MetricId::VmNetTx, 7, 6),
    metric("drops", MetricId::VmNetDrops, 5, 7),
    metric("net-errors", MetricId::VmNetErrors, 7, 7),
    Column::<Vm>::of_field("address", "address", "ADDRESS", 15, 3, "Best known guest address.", |vm, _| {
        Value::text(vm.addresses.first().map(|a| a.address.to_string()))
    })
    .needing(Needs::Addresses)
    .by_default(),
    Column::<Vm>::of_field(
        "addresses",
        "addresses",
        "ADDRESSES",
        32,
        8,
        "All known guest addresses.",
        |vm, _| match vm.addresses.as_slice() {
            [] => Value::Unknown,
            all => Value::list(all.iter().map(|a| a.address.to_string())),
        },
    )
    .needing(Needs::Addresses),
    Column::<Vm>::of_field(
        "autostart",
        "autostart",
        "AUTO",
        4,
        6,
        "Whether it starts with the host.",
        |vm, _| Value::flag(vm.flags.autostart),
    )
    .needing(Needs::Flags)
    .by_default(),
    defined("tags", "tags", "TAGS", 14, "Its tags, kept in the VM's own metadata.", |vm, _| {
        of(vm, |d| Value::list(d.tags.iter().map(String::as_str)))
    })
    .by_default(),
    defined("vcpus", "vcpus", "VCPUS", 5, "Virtual CPUs online.", |vm, _| of(vm, |d| Value::count(d.vcpus)))
        .right(),
    defined("memory-size", "memory_bytes", "MEM SIZE", 8, "Memory it is given now.", |vm, _| {
        of(vm, |d| Value::bytes(Some(d.memory)))
    })
    .right(),
    defined("memory-max", "memory_max_bytes", "MEM MAX", 7, "Memory it can be given at most.", |vm, _| {
        of(vm, |d| Value::bytes(Some(d.memory_max)))
    })
    .right(),
    defined("title", "title", "TITLE", 20, "Its title.", |vm, _| of(vm, |d| Value::text(d.title.as_deref())))
        .growing(),
    defined("os", "os", "OS", 14, "Operating system, as far as its definition tells.", |vm, _| {
        of(vm, |d| Value::text(d.os.as_deref()))
    }),
    defined("networks", "networks", "NETWORKS", 14, "What its NICs are plugged into.", |vm, _| {
        of(vm, |d| Value::list(d.nics.iter().filter_map(|n| n.source.name())))
    }),
    defined("disks", "disk_count", "DISKS", 5, "How many disks it has.", |vm, _| {
        of(vm, |d| {
            Value::count(d.disks.iter().filter(|k| matches!(k.device.as_str(), "disk" | "lun")).count())
        })
    })
    .right(),
    defined("nics", "nic_count", "NICS", 4, "How many network interfaces it has.", |vm, _| {
        of(vm, |d| Value::count(d.nics.len()))
    })
    .right(),
    defined("agent", "agent", "AGENT", 13, "Whether the guest agent is connected.", |vm, _| of(vm, agent)),
    Column::<Vm>::of_field("job", "job", "JOB", 16, 7, "What libvirt does to it now.", |vm, _| {
        Value::text(vm.job.as_ref().map(|j| match j.progress {
            Some(p) => format!("{} {:.0} %", j.what, p * 100.0),
            None => j.what.clone(),
        }))
    }),
    Column::<Vm>::of_field("reason", "state_reason", "REASON", 16, 8, "Why it is paused.", |vm, _| match vm
        .state
    {
        VmState::Paused(reason) => Value::Word(pause_word(reason)),
        _ => Value::Unknown,
    }),
    Column::<Vm>::of_field(
        "since",
        "state_seconds",
        "SINCE",
        6,
        8,
        "For how long it has been in this state, as far as seen by this program.",
        |vm, context| vm.state_since.map_or(Value::Unknown, |t| Value::Span(t.age(context.now()))),
    )
    .right(),
    Column::<Vm>::of_field(
        "persistent",
        "persistent",
        "DEFINED",
        7,
        8,
        "Whether it stays when it stops.",
        |vm, _| Value::flag(vm.flags.persistent),
    )
    .needing(Needs::Flags),
    Column::<Vm>::of_field(
        "saved",
        "managed_save",
        "SAVED",
        5,
        8,
        "Whether its memory is saved on disk.",
        |vm, _| Value::flag(vm.flags.managed_save),
    )
    .needing(Needs::Flags),
    defined("type", "virt_type", "TYPE", 6, "How it is virtualized: kvm, qemu, lxc.", |vm, _| {
        of(vm, |d| Value::Text(d.virt_type.as_str().into()))
    }),
    defined("arch", "arch", "ARCH", 8, "Processor architecture.", |vm, _| {
        of(vm, |d| Value::text(d.arch.as_deref()))
    }),
    defined("machine", "machine", "MACHINE", 16, "Machine type.", |vm, _| {
        of(vm, |d| Value::text(d.machine.as_deref()))
    }),
    defined("firmware", "firmware", "FIRMWARE", 15, "Firmware it boots with.", |vm, _| {
        of(vm, |d| Value::Word(firmware_word(d.firmware)))
    }),
    Column::<Vm>::of_field(
        "uuid",
        "uuid",
        "UUID",
        36,
        9,
        "Its identity across renames and hosts.",
        |vm, _| Value::Text(vm.id.to_string().into()),
    ),
    Column::<Vm>::of_field(
        "id",
        "domain_id",
        "ID",
        5,
        9,
        "libvirt's number of the running domain.",
        |vm, _| vm.domain_id.map_or(Value::Unknown, Value::count),
    )
    .right(),
];

fn of<'a>(vm: &'a Vm, field: impl FnOnce(&'a VmDefinition) -> Value<'a>) -> Value<'a> {
    vm.definition.as_deref().map_or(Value::Unknown, field)
}

/// Used of what the guest has; of what the VM is given when the guest does not tell.
fn memory<'a>(vm: &'a Vm, _: &'a Context<'_>) -> Value<'a> {
    if !vm.state.is_active() {
        return Value::Unknown;
    }
    let used = vm.reading(MetricId::VmMemory);
    let total = vm
        .reading(MetricId::VmMemoryAvailable)
        .or_else(|| vm.reading(MetricId::VmBalloon))
        .or_else(|| vm.definition.as_ref().map(|d| d.memory as f64));
    match (used, total) {
        (used, Some(total)) => Value::Share { used, total },
        (Some(used), None) => Value::Number(used, Unit::Bytes),
        (None, None) => Value::Unknown,
    }
}

const fn agent(d: &VmDefinition) -> Value<'_> {
    match (d.has_agent_channel, d.agent_connected) {
        (_, Some(true)) => Value::Word("connected"),
        (true, Some(false)) => Value::Word("not connected"),
        (true, None) => Value::Unknown,
        (false, _) => Value::Word("no channel"),
    }
}

const fn firmware_word(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Bios => "BIOS",
        Firmware::Uefi { secure_boot: false } => "UEFI",
        Firmware::Uefi { secure_boot: true } => "UEFI secure",
        Firmware::DirectKernel => "direct kernel",
    }
}

const fn pause_word(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::User => "user",
        PauseReason::IoError => "io_error",
        PauseReason::Migration => "migration",
        PauseReason::Saving => "saving",
        PauseReason::Watchdog => "watchdog",
        PauseReason::Crashed => "crashed",
        PauseReason::StartingUp => "starting_up",
        PauseReason::PostcopyFailed => "postcopy_failed",
        PauseReason::Other => "other",
    }
}
