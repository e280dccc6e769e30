//! Columns of a VM's disks and NICs.

use std::sync::Arc;

use super::{Column, Measured, Needs, Value};
use crate::model::metric::MetricId;
use crate::model::vm::{DeviceView, DiskDefinition, NicDefinition, NicSource, Vm};

/// A disk of a VM: as defined, and as measured; either may be missing.
#[derive(Clone, Debug)]
pub struct DiskRow {
    /// The VM.
    pub vm: Arc<Vm>,
    defined: Option<usize>,
    measured: Option<usize>,
}

impl DiskRow {
    /// As defined; `None` for one that was unplugged or whose VM's XML is not known.
    pub fn definition(&self) -> Option<&DiskDefinition> {
        self.vm.definition.as_ref()?.disks.get(self.defined?)
    }

    /// As measured; `None` for a VM that does not run.
    pub fn view(&self) -> Option<&DeviceView> {
        self.vm.disks.get(self.measured?)
    }

    /// Target name (`vda`), not cleaned.
    pub fn target(&self) -> &str {
        self.definition()
            .map(|d| d.target.as_str())
            .or_else(|| self.view().map(|v| v.name.as_str()))
            .unwrap_or("")
    }
}

/// The VM's disks: those defined, in their order, then those only measured.
pub fn disk_rows(vm: &Arc<Vm>) -> Vec<DiskRow> {
    let defined: &[DiskDefinition] = vm.definition.as_ref().map_or(&[], |d| &d.disks);
    let names = defined.iter().map(|d| Some(d.target.as_str()));
    pair(names, &vm.disks)
        .into_iter()
        .map(|(defined, measured)| DiskRow { vm: Arc::clone(vm), defined, measured })
        .collect()
}

impl Measured for DiskRow {
    fn reading(&self, metric: MetricId) -> Option<f64> {
        self.view().filter(|_| self.vm.state.is_active())?.now.get(metric)
    }
}

/// A NIC of a VM: as defined, and as measured; either may be missing.
#[derive(Clone, Debug)]
pub struct NicRow {
    /// The VM.
    pub vm: Arc<Vm>,
    defined: Option<usize>,
    measured: Option<usize>,
}

impl NicRow {
    /// As defined; `None` for one that was unplugged or whose VM's XML is not known.
    pub fn definition(&self) -> Option<&NicDefinition> {
        self.vm.definition.as_ref()?.nics.get(self.defined?)
    }

    /// As measured; `None` for a VM that does not run.
    pub fn view(&self) -> Option<&DeviceView> {
        self.vm.nics.get(self.measured?)
    }

    fn addresses(&self) -> Value<'_> {
        let Some(mac) = self.definition().map(|d| d.mac.as_str()) else { return Value::Unknown };
        let mut own = self.vm.addresses.iter().filter(|a| a.mac.as_deref() == Some(mac)).peekable();
        if own.peek().is_none() {
            return Value::Unknown;
        }
        Value::list(own.map(|a| format!("{}/{}", a.address, a.prefix)))
    }
}

/// The VM's NICs: those defined, in their order, then those only measured.
pub fn nic_rows(vm: &Arc<Vm>) -> Vec<NicRow> {
    let defined: &[NicDefinition] = vm.definition.as_ref().map_or(&[], |d| &d.nics);
    let names = defined.iter().map(|d| d.device.as_deref());
    pair(names, &vm.nics)
        .into_iter()
        .map(|(defined, measured)| NicRow { vm: Arc::clone(vm), defined, measured })
        .collect()
}

impl Measured for NicRow {
    fn reading(&self, metric: MetricId) -> Option<f64> {
        self.view().filter(|_| self.vm.state.is_active())?.now.get(metric)
    }
}

/// Pairs what is defined with what is measured by name: a hot-plugged device shifts the positions.
fn pair<'a>(
    names: impl Iterator<Item = Option<&'a str>>,
    views: &[DeviceView],
) -> Vec<(Option<usize>, Option<usize>)> {
    let mut pairs: Vec<_> = names
        .enumerate()
        .map(|(i, name)| (Some(i), views.iter().position(|v| Some(v.name.as_str()) == name)))
        .collect();
    for i in 0..views.len() {
        if !pairs.iter().any(|(_, m)| *m == Some(i)) {
            pairs.push((None, Some(i)));
        }
    }
    pairs
}

fn disk<'a>(row: &'a DiskRow, field: impl FnOnce(&'a DiskDefinition) -> Value<'a>) -> Value<'a> {
    row.definition().map_or(Value::Unknown, field)
}

fn nic<'a>(row: &'a NicRow, field: impl FnOnce(&'a NicDefinition) -> Value<'a>) -> Value<'a> {
    row.definition().map_or(Value::Unknown, field)
}

/// Columns of disks, in the order they are shown.
pub static DISK_COLUMNS: &[Column<DiskRow>] = &[
    Column::<DiskRow>::of_field("target", "target", "DISK", 6, 0, "Its name in the VM.", |r, _| {
        Value::Text(r.target().into())
    })
    .by_default(),
    Column::<DiskRow>::of_field("device", "device", "KIND", 6, 5, "Disk, cdrom, floppy or lun.", |r, _| {
        disk(r, |d| Value::Text(d.device.as_str().into()))
    })
    .needing(Needs::Definition)
    .by_default(),
    Column::<DiskRow>::of_field("bus", "bus", "BUS", 6, 5, "How the guest reaches it.", |r, _| {
        disk(r, |d| Value::Text(d.bus.as_str().into()))
    })
    .needing(Needs::Definition)
    .by_default(),
    Column::<DiskRow>::of_field(
        "format",
        "format",
        "FORMAT",
        6,
        4,
        "Image format of its active layer.",
        |r, _| disk(r, |d| Value::text(d.format.as_deref())),
    )
    .needing(Needs::Definition)
    .by_default(),
    Column::<DiskRow>::of_metric("capacity", MetricId::DiskCapacity, 8, 2).by_default(),
    Column::<DiskRow>::of_metric("allocation", MetricId::DiskAllocation, 5, 2).by_default(),
    Column::<DiskRow>::of_metric("read", MetricId::DiskRead, 5, 1).by_default(),
    Column::<DiskRow>::of_metric("write", MetricId::DiskWrite, 5, 1).by_default(),
    Column::<DiskRow>::of_metric("read-iops", MetricId::DiskReadIops, 6, 3).by_default(),
    Column::<DiskRow>::of_metric("write-iops", MetricId::DiskWriteIops, 6, 3).by_default(),
    Column::<DiskRow>::of_metric("flush-iops", MetricId::DiskFlushIops, 6, 7),
    Column::<DiskRow>::of_metric("read-latency", MetricId::DiskReadLatency, 7, 2).by_default(),
    Column::<DiskRow>::of_metric("write-latency", MetricId::DiskWriteLatency, 7, 2).by_default(),
    Column::<DiskRow>::of_metric("flush-latency", MetricId::DiskFlushLatency, 7, 7),
    Column::<DiskRow>::of_metric("errors", MetricId::DiskErrors, 6, 6),
    Column::<DiskRow>::of_field(
        "volume",
        "volume",
        "VOLUME",
        24,
        3,
        "Its pool and volume, where a pool is known to have it.",
        |r, context| {
            let image = r.definition().and_then(|d| d.source.as_ref());
            let found = image.and_then(|image| context.volume_of(image));
            Value::text(found.map(|(pool, volume)| format!("{pool}/{volume}")))
        },
    )
    .needing(Needs::Definition)
    .growing()
    .by_default(),
    Column::<DiskRow>::of_field("source", "source", "SOURCE", 32, 4, "Where its bytes lie.", |r, _| {
        disk(r, |d| Value::text(d.source.as_ref().map(crate::model::vm::DiskSource::describe)))
    })
    .needing(Needs::Definition)
    .growing()
    .by_default(),
    Column::<DiskRow>::of_field(
        "backing",
        "backing",
        "BACKING",
        32,
        6,
        "Layers below it, nearest first.",
        |r, _| disk(r, |d| Value::list(d.backing.iter().map(|l| l.source.describe()))),
    )
    .needing(Needs::Definition)
    .growing(),
    Column::<DiskRow>::of_field("cache", "cache", "CACHE", 12, 7, "Cache mode.", |r, _| {
        disk(r, |d| Value::text(d.cache.as_deref()))
    })
    .needing(Needs::Definition),
    Column::<DiskRow>::of_field(
        "read-only",
        "read_only",
        "RO",
        3,
        7,
        "Whether the guest may only read it.",
        |r, _| disk(r, |d| Value::Flag(d.read_only)),
    )
    .needing(Needs::Definition),
    Column::<DiskRow>::of_field(
        "shareable",
        "shareable",
        "SHARED",
        6,
        8,
        "Whether VMs may share it.",
        |r, _| disk(r, |d| Value::Flag(d.shareable)),
    )
    .needing(Needs::Definition),
    Column::<DiskRow>::of_field(
        "serial",
        "serial",
        "SERIAL",
        20,
        8,
        "Serial number the guest sees.",
        |r, _| disk(r, |d| Value::text(d.serial.as_deref())),
    )
    .needing(Needs::Definition),
];

/// Columns of NICs, in the order they are shown.
pub static NIC_COLUMNS: &[Column<NicRow>] = &[
    Column::<NicRow>::of_field(
        "device",
        "device",
        "NIC",
        10,
        0,
        "Its device on the host, while the VM runs.",
        |r, _| {
            let defined = r.definition().and_then(|d| d.device.as_deref());
            Value::text(defined.or_else(|| r.view().map(|v| v.name.as_str())))
        },
    )
    .by_default(),
    Column::<NicRow>::of_field(
        "source",
        "source",
        "PLUGGED IN",
        14,
        1,
        "What it is plugged into.",
        |r, _| nic(r, |d| Value::text(d.source.name())),
    )
    .needing(Needs::Definition)
    .by_default(),
    Column::<NicRow>::of_field("type", "type", "TYPE", 9, 6, "Kind of what it is plugged into.", |r, _| {
        nic(r, |d| Value::Word(kind(&d.source)))
    })
    .needing(Needs::Definition),
    Column::<NicRow>::of_field("model", "model", "MODEL", 8, 5, "Device model the guest sees.", |r, _| {
        nic(r, |d| Value::text(d.model.as_deref()))
    })
    .needing(Needs::Definition)
    .by_default(),
    Column::<NicRow>::of_field("mac", "mac", "MAC", 17, 3, "MAC address.", |r, _| {
        nic(r, |d| Value::Text(d.mac.as_str().into()))
    })
    .needing(Needs::Definition)
    .by_default(),
    Column::<NicRow>::of_field(
        "addresses",
        "addresses",
        "ADDRESSES",
        20,
        1,
        "Guest addresses on it.",
        |r, _| r.addresses(),
    )
    .needing(Needs::Addresses)
    .growing()
    .by_default(),
    Column::<NicRow>::of_metric("in", MetricId::NicRx, 5, 1).by_default(),
    Column::<NicRow>::of_metric("out", MetricId::NicTx, 5, 1).by_default(),
    Column::<NicRow>::of_metric("in-packets", MetricId::NicRxPackets, 6, 4).by_default(),
    Column::<NicRow>::of_metric("out-packets", MetricId::NicTxPackets, 7, 4).by_default(),
    Column::<NicRow>::of_metric("drops", MetricId::NicDrops, 5, 3).by_default(),
    Column::<NicRow>::of_metric("errors", MetricId::NicErrors, 6, 3).by_default(),
    Column::<NicRow>::of_field("link", "link", "LINK", 4, 4, "Whether its link is up.", |r, _| {
        nic(r, |d| Value::Word(if d.link_up { "up" } else { "down" }))
    })
    .needing(Needs::Definition)
    .by_default(),
    Column::<NicRow>::of_field("vlans", "vlans", "VLANS", 8, 7, "VLAN tags.", |r, _| {
        nic(r, |d| Value::list(d.vlans.iter().map(u16::to_string)))
    })
    .needing(Needs::Definition),
];

const fn kind(source: &NicSource) -> &'static str {
    match source {
        NicSource::Network(_) => "network",
        NicSource::Bridge(_) => "bridge",
        NicSource::Direct(_) => "direct",
        NicSource::User => "user",
        NicSource::HostDevice => "hostdev",
        NicSource::Other(_) => "other",
        NicSource::None => "none",
    }
}
