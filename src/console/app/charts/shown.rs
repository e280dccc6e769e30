//! Which charts are on screen, and of what.

use super::super::App;
use super::super::place::Screen;
use crate::engine::history::Subject;
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::text::clean;
use crate::model::vm::Vm;

/// Other VMs drawn beside the one that is open: more lines cannot be told apart.
const MOST_OTHERS: usize = 4;

/// A line of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of what.
    pub subject: Subject,
    /// Which metric.
    pub metric: MetricId,
    /// Its name in the legend, fit to be drawn.
    pub name: String,
}

/// A chart: up to a few lines of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartSpec {
    /// What it shows.
    pub title: &'static str,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A chart's title and the metrics in it.
type Plan = (&'static str, &'static [MetricId]);

const VM: &[Plan] = &[
    ("CPU", &[MetricId::VmCpu]),
    ("Memory in the guest", &[MetricId::VmMemoryShare]),
    ("Disks", &[MetricId::VmDiskRead, MetricId::VmDiskWrite]),
    ("Network", &[MetricId::VmNetRx, MetricId::VmNetTx]),
    ("Disk latency", &[MetricId::VmLatency]),
    ("Steal", &[MetricId::VmSteal, MetricId::VmWait]),
];

/// The same for several VMs: one line of each.
const VMS: &[Plan] = &[
    ("CPU", &[MetricId::VmCpu]),
    ("Memory in the guest", &[MetricId::VmMemoryShare]),
    ("Disks", &[MetricId::VmDisk]),
    ("Network", &[MetricId::VmNet]),
    ("Disk latency", &[MetricId::VmLatency]),
    ("Steal", &[MetricId::VmSteal]),
];

const DISK: &[Plan] = &[
    ("Throughput", &[MetricId::DiskRead, MetricId::DiskWrite]),
    ("Requests", &[MetricId::DiskReadIops, MetricId::DiskWriteIops]),
    ("Latency", &[MetricId::DiskReadLatency, MetricId::DiskWriteLatency]),
    ("Flushes", &[MetricId::DiskFlushIops]),
];

const NIC: &[Plan] = &[("Throughput", &[MetricId::NicRx, MetricId::NicTx])];

const POOL: &[Plan] =
    &[("Used", &[MetricId::PoolUsedShare]), ("Space", &[MetricId::PoolUsed, MetricId::PoolCapacity])];

const HOST: &[Plan] = &[
    ("CPU", &[MetricId::HostCpu, MetricId::HostCpuIowait]),
    ("Memory", &[MetricId::HostMemoryShare]),
    ("Load", &[MetricId::HostLoad]),
    ("Pressure", &[MetricId::HostPressureCpu, MetricId::HostPressureIo]),
];

/// The charts on screen; none where there is nothing to chart.
pub fn shown(app: &App) -> Vec<ChartSpec> {
    if let Some(page) = &app.page {
        return match app.charts.device.as_ref().filter(|d| d.vm() == Some(page.id)) {
            Some(disk @ Subject::Disk(..)) => of(DISK, disk),
            Some(nic @ Subject::Nic(..)) => of(NIC, nic),
            _ => of_vms(app, page.id),
        };
    }
    match app.screen {
        Screen::Host => of(HOST, &Subject::Host),
        _ => app.selected_pool().map_or_else(Vec::new, |p| of(POOL, &Subject::Pool(p.record.id.to_string()))),
    }
}

fn of(plans: &[Plan], subject: &Subject) -> Vec<ChartSpec> {
    let line = |metric: &MetricId| Line { subject: subject.clone(), metric: *metric, name: word(*metric) };
    plans
        .iter()
        .map(|(title, metrics)| ChartSpec { title, lines: metrics.iter().map(line).collect() })
        .collect()
}

/// What a line is called beside others under its chart's title.
fn word(metric: MetricId) -> String {
    use MetricId as M;
    let word = match metric {
        M::VmDiskRead | M::DiskRead | M::DiskReadIops | M::DiskReadLatency => "read",
        M::VmDiskWrite | M::DiskWrite | M::DiskWriteIops | M::DiskWriteLatency => "write",
        M::VmNetRx | M::NicRx => "in",
        M::VmNetTx | M::NicTx => "out",
        M::VmWait => "run-queue wait",
        M::HostCpu => "busy",
        M::HostPressureCpu => "CPU",
        M::HostPressureIo => "I/O",
        other => return other.get().label.to_lowercase(),
    };
    word.to_owned()
}

/// The charts of a VM, or of it and those marked.
fn of_vms(app: &App, id: VmId) -> Vec<ChartSpec> {
    let others = others(app, id);
    if others.is_empty() {
        return of(VM, &Subject::Vm(id));
    }
    let line = |id: &VmId, metric: MetricId| Line {
        subject: Subject::Vm(*id),
        metric,
        name: app.view().vm(*id).map_or_else(|| "gone".into(), |vm| vm.display_name().into_owned()),
    };
    let ids: Vec<VmId> = std::iter::once(id).chain(others).collect();
    let lines = |metric: MetricId| ids.iter().map(|id| line(id, metric)).collect();
    VMS.iter().map(|(title, metrics)| ChartSpec { title, lines: lines(metrics[0]) }).collect()
}

/// The marked VMs that are drawn beside the open one.
fn others(app: &App, id: VmId) -> Vec<VmId> {
    if !app.charts.compare {
        return Vec::new();
    }
    app.vms.marks.iter().copied().filter(|other| *other != id).take(MOST_OTHERS).collect()
}

/// The VM's devices that have charts: disks, then NICs.
pub fn devices(vm: &Vm) -> Vec<Subject> {
    let disks = vm.disks.iter().map(|d| Subject::Disk(vm.id, d.name.clone()));
    let nics = vm.nics.iter().map(|n| Subject::Nic(vm.id, nic_key(vm, &n.name).to_owned()));
    disks.chain(nics).collect()
}

/// A NIC as history knows it: by its MAC address, since the host's device is another one after each start.
fn nic_key<'v>(vm: &'v Vm, device: &'v str) -> &'v str {
    let nics = vm.definition.as_ref().map_or(&[][..], |d| &d.nics);
    nics.iter().find(|nic| nic.device.as_deref() == Some(device)).map_or(device, |nic| nic.mac.as_str())
}

/// The name a device goes by on screen: `vda`, `vnet3`.
pub fn device_of(vm: &Vm, subject: &Subject) -> Option<String> {
    match subject {
        Subject::Disk(_, target) => Some(clean(target).into_owned()),
        Subject::Nic(_, key) => {
            let found = vm.nics.iter().find(|n| nic_key(vm, &n.name) == key);
            Some(clean(found.map_or(key, |n| &n.name)).into_owned())
        }
        _ => None,
    }
}

/// The name of the host device of a NIC that history knows by this key.
pub(super) fn nic_device<'v>(vm: &'v Vm, key: &str) -> Option<&'v crate::model::vm::DeviceView> {
    vm.nics.iter().find(|n| nic_key(vm, &n.name) == key)
}
