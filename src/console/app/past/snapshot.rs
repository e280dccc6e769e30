//! Everything at a past moment, as a snapshot: what things are from now, how they fared from history. What was not
//! recorded is unknown.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::history::MomentHistory;
use super::state::{Known, state};
use crate::engine::history::{Event, EventKind, PastSeries, PastView, Subject};
use crate::model::counters::Pressure;
use crate::model::host::{HostView, Machine};
use crate::model::id::VmId;
use crate::model::metric::{Group, METRICS, MetricId};
use crate::model::series::{Readings, Track};
use crate::model::snapshot::{Limits, SelfCost, Snapshot};
use crate::model::storage::{Pool, PoolState};
use crate::model::time::Timestamp;
use crate::model::vm::{DeviceView, GroupTimes, Vm, VmFlags, VmState, VmTracks};

use MetricId as M;

const CPU: &[M] = &[M::VmCpu, M::VmCpuHost];
const VCPU: &[M] = &[M::VmSteal, M::VmWait];
const MEMORY: &[M] = &[M::VmMemory, M::VmMemoryShare, M::VmMemoryAvailable, M::VmResident, M::VmBalloon];
const DISKS: &[M] = &[M::VmDiskRead, M::VmDiskWrite, M::VmDisk, M::VmIops, M::VmLatency];
const NICS: &[M] = &[M::VmNetRx, M::VmNetTx, M::VmNet, M::VmNetDrops, M::VmNetErrors];

/// Why there are no addresses.
const NOT_KEPT: &str = "Not kept in history.";

/// Series by what they are of.
type Index<'h> = HashMap<&'h Subject, Vec<&'h PastSeries>>;

/// The host as it was. `base` tells what things are: names, definitions, hardware.
pub fn at_moment(base: &Snapshot, history: &MomentHistory) -> Snapshot {
    let mut index: Index<'_> = HashMap::new();
    for series in &history.view.series {
        index.entry(&series.subject).or_default().push(series);
    }
    let of = Then { index, history };
    let pools =
        base.pools.as_ref().map(|pools| pools.iter().filter_map(|p| of.pool(p)).map(Arc::new).collect());
    Snapshot {
        serial: base.serial,
        at: history.at,
        uri: base.uri.clone(),
        demo: base.demo,
        link: base.link.clone(),
        listed: true,
        limits: Arc::new(Limits { read_only: base.limits.read_only, ..Limits::default() }),
        host: Arc::new(of.host(&base.host)),
        vms: of.vms(base),
        pools,
        networks: base.networks.clone(),
        alerts: Arc::new([]),
        cost: SelfCost::default(),
        recording: base.recording.clone(),
        source: base.source.clone(),
    }
}

/// What is known of the moment.
struct Then<'h> {
    index: Index<'h>,
    history: &'h MomentHistory,
}

impl Then<'_> {
    fn series(&self, subject: &Subject) -> &[&PastSeries] {
        self.index.get(subject).map_or(&[], Vec::as_slice)
    }

    fn value(&self, subject: &Subject, metric: M) -> Option<f64> {
        let found = self.series(subject).iter().find(|s| s.metric == metric)?;
        found.value.map(f64::from)
    }

    fn readings(&self, subject: &Subject) -> Readings {
        let mut now = Readings::default();
        for series in self.series(subject) {
            now.set(series.metric, series.value.map(f64::from));
        }
        now
    }

    fn track(&self, subject: &Subject, metrics: &'static [M]) -> Arc<Track> {
        Arc::new(track(&self.history.view, self.series(subject), metrics))
    }

    fn vms(&self, base: &Snapshot) -> Arc<[Arc<Vm>]> {
        let mut happened: HashMap<VmId, (Option<&Event>, Option<&Event>)> = HashMap::new();
        for event in &self.history.before {
            if let Some(Subject::Vm(id)) = event.subject {
                happened.entry(id).or_default().0 = Some(event);
            }
        }
        for event in self.history.after.iter().rev() {
            if let Some(Subject::Vm(id)) = event.subject {
                happened.entry(id).or_default().1 = Some(event);
            }
        }
        let known = base.vms.iter().map(|vm| (vm.id, Some(&**vm)));
        let gone = self.index.keys().filter_map(|s| match s {
            Subject::Vm(id) if base.vm(*id).is_none() => Some((*id, None)),
            _ => None,
        });
        let mut vms: Vec<Arc<Vm>> = known
            .chain(gone)
            .filter_map(|(id, base)| self.vm(id, base, happened.get(&id).copied().unwrap_or_default()))
            .map(Arc::new)
            .collect();
        vms.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        vms.into()
    }

    fn vm(
        &self,
        id: VmId,
        base: Option<&Vm>,
        (before, after): (Option<&Event>, Option<&Event>),
    ) -> Option<Vm> {
        let subject = Subject::Vm(id);
        let step_ms = i64::try_from(self.history.view.step.as_millis()).unwrap_or(i64::MAX / 4);
        let state = state(&Known {
            before,
            after,
            measured: self.value(&subject, M::VmCpu).is_some(),
            now: base.map(|vm| (vm.state, vm.state_since)),
            at: self.history.at,
            step_ms,
        })?;
        // What it still has of the minute before it stopped says nothing of it.
        let mut now = if state.is_active() { self.readings(&subject) } else { Readings::default() };
        // Not recorded: two others tell it.
        if let (Some(used), Some(share @ 1.0..)) = (now.get(M::VmMemory), now.get(M::VmMemoryShare)) {
            now.set(M::VmMemoryAvailable, Some(used * 100.0 / share));
        }
        Some(Vm {
            id,
            name: self.name(id, base),
            state,
            state_since: before.filter(|e| changes_state(e.kind) && state != VmState::Unknown).map(|e| e.at),
            domain_id: None,
            flags: base.map_or_else(VmFlags::default, |vm| vm.flags.clone()),
            definition: base.and_then(|vm| vm.definition.clone()),
            fresh: fresh(&now, self.history.at),
            now,
            tracks: state.is_active().then(|| self.tracks(&subject)),
            disks: if state.is_active() { self.disks(id, base) } else { Vec::new() },
            nics: if state.is_active() { self.nics(id, base) } else { Vec::new() },
            addresses: Vec::new(),
            addresses_unavailable: Some(NOT_KEPT.into()),
            job: None,
        })
    }

    fn name(&self, id: VmId, base: Option<&Vm>) -> String {
        let told = self.history.names.iter().find(|(other, _)| *other == id).map(|(_, name)| name.clone());
        let short = || id.to_string().chars().take(8).collect();
        told.or_else(|| base.map(|vm| vm.name.clone())).unwrap_or_else(short)
    }

    fn tracks(&self, subject: &Subject) -> VmTracks {
        VmTracks {
            cpu: self.track(subject, CPU),
            vcpu: self.track(subject, VCPU),
            memory: self.track(subject, MEMORY),
            disk: self.track(subject, DISKS),
            net: self.track(subject, NICS),
        }
    }

    fn disks(&self, id: VmId, base: Option<&Vm>) -> Vec<DeviceView> {
        let defined = base.and_then(|vm| vm.definition.as_deref()).map_or(&[][..], |d| &d.disks);
        let place = |name: &str| defined.iter().position(|d| d.target == name).unwrap_or(usize::MAX);
        let found = self.index.keys().filter_map(|s| match s {
            Subject::Disk(vm, target) if *vm == id => Some((*s, target.clone())),
            _ => None,
        });
        let mut disks: Vec<_> = found.map(|(s, name)| self.device(s, name)).collect();
        disks.sort_by(|a, b| (place(&a.name), &a.name).cmp(&(place(&b.name), &b.name)));
        disks
    }

    fn nics(&self, id: VmId, base: Option<&Vm>) -> Vec<DeviceView> {
        let defined = base.and_then(|vm| vm.definition.as_deref()).map_or(&[][..], |d| &d.nics);
        let found = self.index.keys().filter_map(|s| match s {
            Subject::Nic(vm, key) if *vm == id => Some((*s, key)),
            _ => None,
        });
        // By the name its host device has now: that is how definition and values find each other.
        let name = |key: &str| {
            let nic = defined.iter().find(|nic| nic.mac == key);
            nic.and_then(|nic| nic.device.clone()).unwrap_or_else(|| key.to_owned())
        };
        let mut nics: Vec<_> = found.map(|(s, key)| self.device(s, name(key))).collect();
        nics.sort_by(|a, b| a.name.cmp(&b.name));
        nics
    }

    fn device(&self, subject: &Subject, name: String) -> DeviceView {
        DeviceView { name, now: self.readings(subject), track: self.track(subject, &[]) }
    }

    /// A pool as it was; `None` when nothing of it was recorded.
    fn pool(&self, base: &Pool) -> Option<Pool> {
        let subject = Subject::Pool(base.record.id.to_string());
        let bytes = |metric| self.value(&subject, metric).map(|v| v as u64);
        let (used, size) = (bytes(M::PoolUsed), bytes(M::PoolCapacity));
        if used.is_none() && size.is_none() {
            return None;
        }
        let mut record = base.record.clone();
        // Only pools that run are measured.
        record.state = PoolState::Running;
        record.allocation = used;
        record.capacity = size;
        record.available = size.zip(used).map(|(size, used)| size.saturating_sub(used));
        let track = self.track(&subject, base.track.metrics());
        Some(Pool { record, at: Some(self.history.at), volumes: None, trouble: None, track })
    }

    fn host(&self, base: &HostView) -> HostView {
        let now = self.readings(&Subject::Host);
        let swap = base.swap.zip(now.get(M::HostSwap));
        HostView {
            node: base.node.clone(),
            machine: base.machine.as_deref().map(|m| Arc::new(without_values(m))),
            local: base.local,
            load: None,
            pressure: pressure(&now),
            swap: swap.map(|((total, _), used)| (total, total.saturating_sub(used as u64))),
            uptime_s: None,
            at: Some(self.history.at),
            track: self.track(&Subject::Host, base.track.metrics()),
            now,
        }
    }
}

/// What the machine is, without how it fares.
fn without_values(machine: &Machine) -> Machine {
    Machine { filesystems: Vec::new(), block_devices: Vec::new(), unavailable: Vec::new(), ..machine.clone() }
}

fn pressure(now: &Readings) -> Option<Pressure> {
    let (cpu, memory) = (now.get(M::HostPressureCpu)?, now.get(M::HostPressureMemory)?);
    Some(Pressure { cpu, memory, io: now.get(M::HostPressureIo)? })
}

const fn changes_state(kind: EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::VmStarted
            | E::VmStopped
            | E::VmPaused
            | E::VmResumed
            | E::VmCrashed
            | E::VmIoError
            | E::VmSuspended
    )
}

fn fresh(now: &Readings, at: Timestamp) -> GroupTimes {
    let mut times = GroupTimes::default();
    let read = |group: Group| METRICS.iter().any(|m| m.group == group && now.get(m.id).is_some());
    for group in crate::model::metric::GROUPS {
        if read(group) {
            times.set(group, at);
        }
    }
    times
}

/// The means before the moment, as a track.
fn track(view: &PastView, series: &[&PastSeries], metrics: &'static [M]) -> Track {
    let mut out = Track::new(metrics);
    let columns: Vec<Option<&PastSeries>> =
        metrics.iter().map(|m| series.iter().find(|s| s.metric == *m).copied()).collect();
    let rows = columns.iter().flatten().map(|s| s.recent.len()).max().unwrap_or(0);
    let step = i64::try_from(view.step.as_millis()).unwrap_or(0);
    for row in 0..rows {
        let back = i64::try_from(rows - 1 - row).unwrap_or(0);
        let at = Timestamp(view.at.0 - back * step);
        let values: Vec<Option<f64>> =
            columns.iter().map(|s| s.and_then(|s| *s.recent.get(row)?).map(f64::from)).collect();
        out.push(at, &values, Duration::from_secs(1 << 40));
    }
    out
}

#[cfg(test)]
mod tests;
