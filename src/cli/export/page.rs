//! A snapshot as a page. What is unknown, or too old to be true, is absent.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::family::{Family, Type, base, families};
use super::labels::Labels;
use super::text::{Dialect, Text};
use crate::model::host::version_text;
use crate::model::metric::{Entity, GROUPS, Metric};
use crate::model::series::Readings;
use crate::model::snapshot::Snapshot;
use crate::model::storage::Pool;
use crate::model::time::Timestamp;
use crate::model::vm::{DeviceView, Vm};

/// Older values are left out: after so long Prometheus itself no longer takes a value for the present one.
const STALE: Duration = Duration::from_secs(300);

/// Words of states, as filters and JSON have them.
const STATES: [&str; 7] = ["running", "paused", "shutting-down", "off", "crashed", "suspended", "unknown"];

/// What is told of a snapshot at a time.
struct Page<'s> {
    s: &'s Snapshot,
    now: Timestamp,
    text: Text,
}

/// The page of a snapshot, as of now.
pub(super) fn page(snapshot: &Snapshot, now: Timestamp, dialect: Dialect) -> String {
    let mut page = Page { s: snapshot, now, text: Text::new(dialect) };
    page.itself();
    page.host();
    page.vms();
    page.devices(Entity::Disk, |vm| &vm.disks);
    page.devices(Entity::Nic, |vm| &vm.nics);
    page.pools();
    page.text.end()
}

fn seconds(at: Option<Timestamp>) -> Option<f64> {
    at.map(|at| at.0 as f64 / 1000.0)
}

fn none() -> Labels {
    Labels::default()
}

impl Page<'_> {
    fn one(&mut self, name: &str, kind: Type, unit: &'static str, help: &'static str, value: Option<f64>) {
        self.text.family(&Family::new(name, kind, unit, help), [(Cow::Owned(none()), value)]);
    }

    /// Whether a value read then is still told.
    fn fresh(&self, at: Option<Timestamp>) -> bool {
        self.s.link.is_up() && at.is_some_and(|at| at.age(self.now) <= STALE)
    }

    fn itself(&mut self) {
        use Type::{Counter, Gauge, Info};
        let version = none().with("version", env!("CARGO_PKG_VERSION"));
        let build = Family::new("build", Info, "", "What exports this.");
        self.text.family(&build, [(Cow::Owned(version), Some(1.0))]);
        let up = f64::from(u8::from(self.s.link.is_up()));
        self.one("up", Gauge, "", "Whether the hypervisor is connected and answers: 1 or 0.", Some(up));
        let at = seconds(Some(self.s.at)).filter(|_| self.s.listed);
        let help = "When what is told here was last put together.";
        self.one("snapshot_timestamp_seconds", Gauge, "seconds", help, at);
        let cost = self.s.cost;
        let help = "Calls to the hypervisor given up as hung.";
        self.one("abandoned_calls", Counter, "", help, Some(cost.abandoned_calls as f64));
        let help = "Events of the hypervisor dropped because there were too many.";
        self.one("dropped_events", Counter, "", help, Some(cost.dropped_events as f64));
        let cpu = cost.cpu_percent.map(|v| v / 100.0);
        self.one(
            "exporter_cpu_ratio",
            Gauge,
            "ratio",
            "CPU time of this program, as a share of one CPU.",
            cpu,
        );
        let memory = cost.resident.map(|v| v as f64);
        self.one("exporter_memory_resident_bytes", Gauge, "bytes", "Memory of this program.", memory);
    }

    fn host(&mut self) {
        let host = Arc::clone(&self.s.host);
        let facts = host.node.as_ref().map(|n| {
            none()
                .with("uri", &self.s.uri)
                .with("hostname", &n.hostname)
                .with("driver", &n.driver)
                .with("libvirt_version", &version_text(n.libvirt_version))
        });
        let info = Family::new("host", Type::Info, "", "The host and how it is connected to.");
        self.text.family(&info, facts.map(|labels| (Cow::Owned(labels), Some(1.0))));
        let cpus = host.node.as_ref().map(|n| f64::from(n.cpus));
        self.one("host_cpus", Type::Gauge, "", "Logical CPUs of the host.", cpus);
        let help = "When the host's values were last read.";
        self.one("host_read_timestamp_seconds", Type::Gauge, "seconds", help, seconds(host.at));
        let fresh = self.fresh(host.at);
        for (metric, family) in families(Entity::Host) {
            let value = host.now.get(metric.id).filter(|_| fresh);
            self.text.family(&family, [(Cow::Owned(none()), value.map(|v| base(metric.unit, v)))]);
        }
    }

    fn vms(&mut self) {
        let vms: Vec<(&Arc<Vm>, Labels)> = self.s.vms.iter().map(|vm| (vm, vm_labels(vm))).collect();
        let info =
            Family::new("vm", Type::Info, "", "A VM: its operating system, architecture and machine type.");
        let facts = vms.iter().map(|(vm, labels)| {
            let d = vm.definition.as_deref();
            let of = |text: Option<&String>| text.map_or("", String::as_str).to_owned();
            let labels = labels
                .with("os", &of(d.and_then(|d| d.os.as_ref())))
                .with("arch", &of(d.and_then(|d| d.arch.as_ref())))
                .with("machine", &of(d.and_then(|d| d.machine.as_ref())));
            (Cow::Owned(labels), Some(1.0))
        });
        self.text.family(&info, facts);
        let up = self.s.link.is_up();
        let state = Family::new("vm_state", Type::StateSet, "", "The VM's state: 1 for the one that holds.");
        let states = vms.iter().flat_map(|(vm, labels)| {
            STATES.iter().map(move |word| {
                let holds = f64::from(u8::from(vm.state.word() == *word));
                (Cow::Owned(labels.with("novacron_vm_state", word)), up.then_some(holds))
            })
        });
        self.text.family(&state, states);
        let defined = |get: fn(&Vm) -> Option<f64>| {
            vms.iter().map(move |(vm, labels)| (Cow::Borrowed(labels), get(vm)))
        };
        let vcpus = Family::new("vm_vcpus", Type::Gauge, "", "vCPUs of the VM.");
        self.text.family(&vcpus, defined(|vm| Some(f64::from(vm.definition.as_ref()?.vcpus))));
        let memory =
            Family::new("vm_memory_defined_bytes", Type::Gauge, "bytes", "Memory the VM is defined with.");
        self.text.family(&memory, defined(|vm| Some(vm.definition.as_ref()?.memory as f64)));
        let help = "When the VM's values were last read.";
        let read = Family::new("vm_read_timestamp_seconds", Type::Gauge, "seconds", help);
        self.text.family(&read, defined(|vm| seconds(GROUPS.iter().filter_map(|g| vm.fresh.get(*g)).max())));
        for (metric, family) in families(Entity::Vm) {
            let values =
                vms.iter().map(|(vm, labels)| (Cow::Borrowed(labels), self.value(metric, vm, &vm.now)));
            let values: Vec<_> = values.collect();
            self.text.family(&family, values);
        }
    }

    fn devices(&mut self, entity: Entity, of: fn(&Vm) -> &[DeviceView]) {
        let devices: Vec<_> = self
            .s
            .vms
            .iter()
            .flat_map(|vm| of(vm).iter().map(move |d| (vm, d)))
            .map(|(vm, d)| (vm, d, device_labels(vm, d, entity)))
            .collect();
        for (metric, family) in families(entity) {
            let values =
                devices.iter().map(|(vm, d, labels)| (Cow::Borrowed(labels), self.value(metric, vm, &d.now)));
            let values: Vec<_> = values.collect();
            self.text.family(&family, values);
        }
    }

    /// A value of a VM or its device: only of one that executes, and only as long as it is new enough.
    fn value(&self, metric: &Metric, vm: &Vm, now: &Readings) -> Option<f64> {
        let told = vm.state.is_active() && self.fresh(vm.fresh.get(metric.group));
        now.get(metric.id).filter(|_| told).map(|v| base(metric.unit, v))
    }

    fn pools(&mut self) {
        let pools: Vec<(&Arc<Pool>, Labels)> = self
            .s
            .pools
            .iter()
            .flat_map(|pools| pools.iter())
            .map(|p| (p, none().with("name", &p.record.name).with("uuid", &p.record.id.to_string())))
            .collect();
        let up = self.s.link.is_up();
        let help = "Whether the pool runs and answers: 1 or 0.";
        let answers = |p: &Pool| {
            let runs = p.record.state == crate::model::storage::PoolState::Running && p.trouble.is_none();
            up.then(|| f64::from(u8::from(runs)))
        };
        let states: Vec<_> = pools.iter().map(|(p, labels)| (Cow::Borrowed(labels), answers(p))).collect();
        self.text.family(&Family::new("pool_up", Type::Gauge, "", help), states);
        let help = "When the pool was last read.";
        let read = Family::new("pool_read_timestamp_seconds", Type::Gauge, "seconds", help);
        self.text.family(&read, pools.iter().map(|(p, labels)| (Cow::Borrowed(labels), seconds(p.at))));
        for (metric, family) in families(Entity::Pool) {
            let value =
                |p: &Pool| pool_value(metric, p).filter(|_| self.fresh(p.at)).map(|v| base(metric.unit, v));
            let values: Vec<_> = pools.iter().map(|(p, labels)| (Cow::Borrowed(labels), value(p))).collect();
            self.text.family(&family, values);
        }
    }
}

/// A pool has no readings of its own: its newest values are in its record.
fn pool_value(metric: &Metric, pool: &Pool) -> Option<f64> {
    use crate::model::metric::MetricId;
    match metric.id {
        MetricId::PoolUsed => pool.record.allocation.map(|v| v as f64),
        MetricId::PoolUsedShare => pool.used_share().map(|share| share * 100.0),
        MetricId::PoolCapacity => pool.record.capacity.map(|v| v as f64),
        _ => None,
    }
}

fn vm_labels(vm: &Vm) -> Labels {
    none().with("name", &vm.name).with("uuid", &vm.id.to_string())
}

fn device_labels(vm: &Vm, device: &DeviceView, entity: Entity) -> Labels {
    let labels = vm_labels(vm).with("device", &device.name);
    if entity != Entity::Nic {
        return labels;
    }
    let nics = vm.definition.as_ref().map_or(&[][..], |d| &d.nics);
    let mac = nics.iter().find(|n| n.device.as_deref() == Some(device.name.as_str()));
    labels.with("mac", mac.map_or("", |n| n.mac.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vm::{PauseReason, VmState};

    #[test]
    fn every_state_has_its_word() {
        use VmState::{Crashed, Paused, Running, ShutOff, ShuttingDown, Suspended, Unknown};
        for state in [Running, Paused(PauseReason::User), ShuttingDown, ShutOff, Crashed, Suspended, Unknown]
        {
            assert!(STATES.contains(&state.word()), "{}", state.word());
        }
    }
}
