//! One VM in the engine's hands: what is published of it, and what is remembered to make rates of.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::rates::{
    self, CPU_METRICS, DISK_DEVICE_METRICS, DISK_METRICS, MEMORY_METRICS, NET_METRICS, NIC_DEVICE_METRICS,
    Seen, Span, VCPU_METRICS,
};
use crate::hypervisor::Groups;
use crate::model::counters::{
    BalloonCounters, CpuCounters, DiskCounters, NicCounters, VcpuCounters, VmCounters,
};
use crate::model::metric::{Entity, Group, Kind, METRICS, Metric, MetricId, metrics_of};
use crate::model::resolution;
use crate::model::series::{Readings, Track};
use crate::model::time::Moment;
use crate::model::vm::{
    DeviceView, GroupTimes, PauseReason, Vm, VmDefinition, VmFlags, VmRecord, VmState, VmTracks,
};

/// A guest that has not renewed its memory report for this long has stopped reporting.
const SILENT_AFTER_S: f64 = 90.0;

/// What folding needs to know beside the counters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    /// When the counters were read.
    pub(crate) at: Moment,
    /// Logical CPUs of the host, where known.
    pub(crate) host_cpus: Option<u32>,
    /// Whether the kernel was seen to count run-queue waits.
    pub(crate) keeps_wait: bool,
    /// How much of the past tracks keep.
    pub(crate) keep: Duration,
}

/// The last counters of each group.
#[derive(Debug, Default)]
struct Memo {
    cpu: Option<Seen<CpuCounters>>,
    vcpus: Option<Seen<Vec<VcpuCounters>>>,
    disks: Option<Seen<Vec<DiskCounters>>>,
    nics: Option<Seen<Vec<NicCounters>>>,
    /// The guest's last memory report, and when it was first seen.
    report: Option<(u64, Moment)>,
}

/// The last I/O error the hypervisor told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IoTrouble {
    /// Image path.
    pub(crate) path: String,
    /// `enospc`, `eio` or empty.
    pub(crate) reason: String,
}

/// A VM and its memory of counters.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As it is published. Changed through [`Arc::make_mut`], so an unchanged VM stays the same pointer.
    pub(crate) vm: Arc<Vm>,
    /// Why its XML cannot be read.
    pub(crate) unreadable: Option<String>,
    /// What its disks last failed with.
    pub(crate) io_trouble: Option<IoTrouble>,
    /// Number of the event that last told its state: a list asked before that is old news.
    pub(crate) told: u64,
    epoch: u32,
    /// Only for a VM that was counted: most of a host's VMs may be off.
    memo: Option<Box<Memo>>,
}

impl Entry {
    /// A VM just listed.
    pub(crate) fn new(record: VmRecord) -> Self {
        let vm = Vm {
            id: record.id,
            name: record.name,
            state: record.state,
            state_since: None,
            domain_id: record.domain_id,
            flags: VmFlags::default(),
            definition: None,
            now: Readings::default(),
            fresh: GroupTimes::default(),
            tracks: None,
            disks: Vec::new(),
            nics: Vec::new(),
            addresses: Vec::new(),
            addresses_unavailable: None,
            job: None,
        };
        Self::resume(Arc::new(vm))
    }

    /// A VM as it was known; of what it was counted to be before, nothing is.
    pub(crate) const fn resume(vm: Arc<Vm>) -> Self {
        Self { vm, unreadable: None, io_trouble: None, told: 0, epoch: 0, memo: None }
    }

    /// The VM, to be changed.
    pub(crate) fn edit(&mut self) -> &mut Vm {
        Arc::make_mut(&mut self.vm)
    }

    /// Makes what was counted so far incomparable with what comes: the next rates are gaps.
    pub(crate) fn break_run(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.memo = None;
    }

    /// Takes a state. Returns whether it is another than before.
    pub(crate) fn set_state(&mut self, state: VmState, at: Moment, keep: Duration) -> bool {
        let before = self.vm.state;
        if before == state {
            return false;
        }
        self.break_run();
        if state != VmState::Paused(PauseReason::IoError) {
            self.io_trouble = None;
        }
        let vm = self.edit();
        vm.state = state;
        vm.state_since = Some(at.wall);
        if state != VmState::Running {
            gap_all(vm, at, keep);
        }
        if !state.is_active() {
            vm.now.clear();
            vm.domain_id = None;
            vm.addresses.clear();
            vm.addresses_unavailable = None;
            vm.job = None;
            vm.disks.iter_mut().chain(&mut vm.nics).for_each(|d| d.now.clear());
        }
        true
    }

    /// Drops what a VM that is off no longer needs, once its last values have left the window.
    pub(crate) fn expire(&mut self, at: Moment, keep: Duration) -> bool {
        let Some(tracks) = &self.vm.tracks else { return false };
        let newest = [&tracks.cpu, &tracks.vcpu, &tracks.memory, &tracks.disk, &tracks.net]
            .into_iter()
            .filter_map(|t| t.last_time())
            .max();
        if self.vm.state.is_active() || newest.is_some_and(|t| t.age(at.wall) < keep) {
            return false;
        }
        let vm = self.edit();
        vm.tracks = None;
        vm.disks.clear();
        vm.nics.clear();
        true
    }

    fn memo(&mut self) -> &mut Memo {
        self.memo.get_or_insert_default()
    }

    /// vCPUs to divide by.
    fn vcpus(&self) -> Option<u32> {
        let defined = self.vm.definition.as_ref().map(|d| d.vcpus).filter(|v| *v > 0);
        defined.or_else(|| {
            let seen = self.memo.as_ref()?.vcpus.as_ref()?.counters.len();
            u32::try_from(seen).ok().filter(|n| *n > 0)
        })
    }

    /// Takes counters of the groups that were asked for.
    pub(crate) fn fold(&mut self, counters: VmCounters, asked: Groups, ground: &Ground) {
        if let Some(state) = counters.state {
            self.set_state(state, ground.at, ground.keep);
            self.edit().fresh.set(Group::State, ground.at.wall);
        }
        if !matches!(self.vm.state, VmState::Running | VmState::ShuttingDown | VmState::Unknown) {
            // Not executing: what it uses is not a rate of 0 but no rate. Memory and space it still takes.
            self.break_run();
        }
        self.edit().tracks.get_or_insert_with(new_tracks);
        if asked.has(Group::Cpu) {
            self.cpu(counters.cpu, ground);
        }
        if asked.has(Group::Vcpu) {
            self.vcpu(counters.vcpus, ground);
        }
        if asked.has(Group::Balloon) {
            match counters.balloon {
                Some(balloon) => self.balloon(&balloon, ground),
                None => self.missing(Group::Balloon, ground),
            }
        }
        if asked.has(Group::Block) {
            match counters.disks {
                Some(disks) => self.disks(disks, ground),
                None => self.missing(Group::Block, ground),
            }
        }
        if asked.has(Group::Interface) {
            match counters.nics {
                Some(nics) => self.nics(nics, ground),
                None => self.missing(Group::Interface, ground),
            }
        }
    }

    /// A group was asked for and not given, as a busy VM does under NOWAIT. The last value stays and shows its age,
    /// and the next rate covers the time between; only when it stays away does the line break.
    fn missing(&mut self, group: Group, ground: &Ground) {
        let Some(tracks) = self.edit().tracks.as_mut() else { return };
        let track = match group {
            Group::Cpu => &mut tracks.cpu,
            Group::Vcpu => &mut tracks.vcpu,
            Group::Balloon => &mut tracks.memory,
            Group::Block => &mut tracks.disk,
            Group::Interface => &mut tracks.net,
            Group::State | Group::Node | Group::Pool => return,
        };
        let patience =
            if matches!(group, Group::Cpu | Group::Interface) { MISSED_QUICK } else { MISSED_SLOW };
        if track.last_time().is_some_and(|t| t.age(ground.at.wall) < patience) {
            return;
        }
        gap(track, ground.at, ground.keep);
    }

    fn cpu(&mut self, counters: Option<CpuCounters>, ground: &Ground) {
        let Some(now) = counters else { return self.missing(Group::Cpu, ground) };
        let mut row = [(MetricId::VmCpu, None), (MetricId::VmCpuHost, None)];
        match rates::span(self.memo.as_ref().and_then(|m| m.cpu.as_ref()), ground.at, self.epoch) {
            Span::TooShort => return,
            Span::Gap => {}
            Span::Seconds(s) => {
                let before = self.memo.as_ref().and_then(|m| m.cpu.as_ref()).map_or(now, |b| b.counters);
                match rates::cpu(&before, &now, s, self.vcpus(), ground.host_cpus) {
                    Some(values) => row = values,
                    // It fell: the VM was started anew, so no other group can be compared either.
                    None => self.break_run(),
                }
            }
        }
        let epoch = self.epoch;
        self.memo().cpu = Some(Seen { at: ground.at, epoch, counters: now });
        let vm = self.edit();
        vm.fresh.set(Group::Cpu, ground.at.wall);
        if let Some(tracks) = vm.tracks.as_mut() {
            store(&mut vm.now, &mut tracks.cpu, &row, ground);
        }
    }

    fn vcpu(&mut self, now: Vec<VcpuCounters>, ground: &Ground) {
        if now.is_empty() {
            return self.missing(Group::Vcpu, ground);
        }
        let mut row = [(MetricId::VmSteal, None), (MetricId::VmWait, None)];
        match rates::span(self.memo.as_ref().and_then(|m| m.vcpus.as_ref()), ground.at, self.epoch) {
            Span::TooShort => return,
            Span::Gap => {}
            Span::Seconds(s) => {
                if let Some(before) = self.memo.as_ref().and_then(|m| m.vcpus.as_ref()) {
                    row = rates::vcpus(&before.counters, &now, s, ground.keeps_wait);
                }
            }
        }
        let epoch = self.epoch;
        self.memo().vcpus = Some(Seen { at: ground.at, epoch, counters: now });
        let vm = self.edit();
        vm.fresh.set(Group::Vcpu, ground.at.wall);
        if let Some(tracks) = vm.tracks.as_mut() {
            store(&mut vm.now, &mut tracks.vcpu, &row, ground);
        }
    }

    fn balloon(&mut self, now: &BalloonCounters, ground: &Ground) {
        let report = now.last_update_s.filter(|s| *s > 0);
        let memo = self.memo();
        match (report, memo.report) {
            (Some(s), Some((seen, _))) if s == seen => {}
            (Some(s), _) => memo.report = Some((s, ground.at)),
            (None, _) => memo.report = None,
        }
        let age = memo.report.and_then(|(_, first)| ground.at.seconds_since(first));
        let row = rates::memory(now, age.is_some_and(|s| s > SILENT_AFTER_S));
        let vm = self.edit();
        vm.fresh.set(Group::Balloon, ground.at.wall);
        let tracks = vm.tracks.get_or_insert_with(new_tracks);
        store(&mut vm.now, &mut tracks.memory, &row, ground);
    }

    fn disks(&mut self, now: Vec<DiskCounters>, ground: &Ground) {
        let memo = self.memo.get_or_insert_default();
        let before = match rates::span(memo.disks.as_ref(), ground.at, self.epoch) {
            Span::TooShort => return,
            Span::Gap => None,
            Span::Seconds(s) => memo.disks.as_ref().map(|b| (b.counters.as_slice(), s)),
        };
        let vm = Arc::make_mut(&mut self.vm);
        vm.fresh.set(Group::Block, ground.at.wall);
        let (past, seconds) = before.unwrap_or((&[], 1.0));
        let tracks = vm.tracks.get_or_insert_with(new_tracks);
        store(&mut vm.now, &mut tracks.disk, &rates::disks(past, &now, seconds), ground);
        for disk in now.iter().filter(|d| rates::is_active_layer(d)) {
            let past = past.iter().find(|b| rates::is_active_layer(b) && b.target == disk.target);
            let view = view_of(&mut vm.disks, &disk.target, DISK_DEVICE_METRICS);
            store(&mut view.now, &mut view.track, &rates::disk(past, disk, seconds), ground);
        }
        vm.disks.retain(|v| now.iter().any(|d| d.target == v.name));
        order_disks(vm);
        memo.disks = Some(Seen { at: ground.at, epoch: self.epoch, counters: now });
    }

    fn nics(&mut self, now: Vec<NicCounters>, ground: &Ground) {
        let memo = self.memo.get_or_insert_default();
        let before = match rates::span(memo.nics.as_ref(), ground.at, self.epoch) {
            Span::TooShort => return,
            Span::Gap => None,
            Span::Seconds(s) => memo.nics.as_ref().map(|b| (b.counters.as_slice(), s)),
        };
        let vm = Arc::make_mut(&mut self.vm);
        vm.fresh.set(Group::Interface, ground.at.wall);
        let (past, seconds) = before.unwrap_or((&[], 1.0));
        let tracks = vm.tracks.get_or_insert_with(new_tracks);
        store(&mut vm.now, &mut tracks.net, &rates::nics(past, &now, seconds), ground);
        for nic in &now {
            let past = past.iter().find(|b| b.device == nic.device);
            let view = view_of(&mut vm.nics, &nic.device, NIC_DEVICE_METRICS);
            store(&mut view.now, &mut view.track, &rates::nic(past, nic, seconds), ground);
        }
        vm.nics.retain(|v| now.iter().any(|n| n.device == v.name));
        order_nics(vm);
        memo.nics = Some(Seen { at: ground.at, epoch: self.epoch, counters: now });
    }

    /// Takes a definition as read and parsed, or why it could not be. Returns whether anything is new.
    pub(crate) fn define(&mut self, read: Result<VmDefinition, String>) -> bool {
        match read {
            Ok(mut definition) => {
                shrink(&mut definition);
                let same = self.vm.definition.as_deref() == Some(&definition);
                let was_unreadable = self.unreadable.take().is_some();
                if same {
                    return was_unreadable;
                }
                let vm = self.edit();
                vm.definition = Some(Arc::new(definition));
                order_disks(vm);
                order_nics(vm);
                true
            }
            Err(why) => {
                let news = self.unreadable.as_ref() != Some(&why);
                self.unreadable = Some(why);
                news
            }
        }
    }
}

/// How long a group of the quick pace may stay away before its line breaks.
const MISSED_QUICK: Duration = Duration::from_secs(10);

/// The same for the groups that are asked seldom.
const MISSED_SLOW: Duration = Duration::from_secs(65);

/// Gives back the room that lists were grown into: with thousands of VMs it is megabytes.
fn shrink(definition: &mut VmDefinition) {
    definition.tags.shrink_to_fit();
    definition.boot.shrink_to_fit();
    definition.nics.shrink_to_fit();
    definition.graphics.shrink_to_fit();
    definition.disks.shrink_to_fit();
    for disk in &mut definition.disks {
        disk.backing.shrink_to_fit();
    }
}

fn new_tracks() -> VmTracks {
    let new = |metrics| Arc::new(Track::new(metrics));
    VmTracks {
        cpu: new(CPU_METRICS),
        vcpu: new(VCPU_METRICS),
        memory: new(MEMORY_METRICS),
        disk: new(DISK_METRICS),
        net: new(NET_METRICS),
    }
}

/// Puts a row into the newest values and, as far as the track holds them, into the past.
pub(super) fn store(
    now: &mut Readings,
    track: &mut Arc<Track>,
    row: &[(MetricId, Option<f64>)],
    ground: &Ground,
) {
    for (metric, value) in row {
        now.set(*metric, rounded(*metric, *value));
    }
    let mut values = [None; 16];
    let metrics = track.metrics();
    for (slot, metric) in values.iter_mut().zip(metrics) {
        *slot = row.iter().find(|(m, _)| m == metric).and_then(|(_, v)| rounded(*metric, *v));
    }
    let values = &values[..metrics.len().min(values.len())];
    if values.iter().all(Option::is_none) {
        return gap(track, ground.at, ground.keep);
    }
    let track = on_time(track, ground.at);
    Arc::make_mut(track).push(ground.at.wall, values, ground.keep);
}

/// Once, here: what is shown, kept in rings and recorded is then the same number.
fn rounded(metric: MetricId, value: Option<f64>) -> Option<f64> {
    value.map(|v| f64::from(resolution::round(metric, v)))
}

/// A row of gaps, where the track does not end in one already.
fn gap(track: &mut Arc<Track>, at: Moment, keep: Duration) {
    let track = on_time(track, at);
    if track.is_empty() || ends_in_gap(track) {
        return;
    }
    Arc::make_mut(track).push_gap(at.wall, keep);
}

fn ends_in_gap(track: &Track) -> bool {
    track.metrics().iter().all(|m| track.points(*m).next_back().is_none_or(|(_, v)| v.is_none()))
}

/// A wall clock set back leaves a past that lies in the future: the track begins anew.
fn on_time(track: &mut Arc<Track>, at: Moment) -> &mut Arc<Track> {
    if track.last_time().is_some_and(|t| t > at.wall) {
        *track = Arc::new(Track::new(track.metrics()));
    }
    track
}

fn gap_all(vm: &mut Vm, at: Moment, keep: Duration) {
    if let Some(t) = vm.tracks.as_mut() {
        for track in [&mut t.cpu, &mut t.vcpu, &mut t.disk, &mut t.net] {
            gap(track, at, keep);
        }
        if !vm.state.is_active() {
            gap(&mut t.memory, at, keep);
        }
    }
    let rates = |m: &&Metric| m.kind != Kind::Gauge;
    for metric in metrics_of(Entity::Vm).filter(rates) {
        vm.now.set(metric.id, None);
    }
    for device in vm.disks.iter_mut().chain(&mut vm.nics) {
        gap(&mut device.track, at, keep);
        for metric in METRICS.iter().filter(rates) {
            device.now.set(metric.id, None);
        }
    }
}

fn view_of<'a>(
    views: &'a mut Vec<DeviceView>,
    name: &str,
    metrics: &'static [MetricId],
) -> &'a mut DeviceView {
    let index = views.iter().position(|v| v.name == name).unwrap_or_else(|| {
        let track = Arc::new(Track::new(metrics));
        views.push(DeviceView { name: name.to_owned(), now: Readings::default(), track });
        views.len() - 1
    });
    &mut views[index]
}

fn order_disks(vm: &mut Vm) {
    if let Some(definition) = &vm.definition {
        let place = |v: &DeviceView| definition.disks.iter().position(|d| d.target == v.name);
        vm.disks.sort_by_key(|v| place(v).unwrap_or(usize::MAX));
    }
}

fn order_nics(vm: &mut Vm) {
    if let Some(definition) = &vm.definition {
        let place = |v: &DeviceView| {
            definition.nics.iter().position(|n| n.device.as_deref() == Some(v.name.as_str()))
        };
        vm.nics.sort_by_key(|v| place(v).unwrap_or(usize::MAX));
    }
}
